//! `[scheduler]`: vLLM's names, and another name of a policy.

use super::section;
use crate::tree::{Node, Table};

/// Its program also calls the shortest output first the shortest job first.
pub(super) fn rewrite(root: &mut Table) {
    if let Some(policy) = section(root, "scheduler").and_then(|table| table.get_mut("policy"))
        && policy.as_str() == Some("sjf")
    {
        *policy = Node::string("sof", policy.at);
    }
}
