//! What the two pools of a cluster take over from the scenario around them.

use crate::compat::shorthand::find;
use crate::tree::{Node, Table};

/// Lays each pool's parallelism over the scenario's, key by key: who says how many ranks share a
/// layer of one pool does not take back what the scenario says of stages and engines. (Hardware,
/// scheduler and step times of a pool stand for themselves.)
pub(crate) fn inherit(root: &mut Table) {
    let Some(all) = root.get("parallelism").and_then(Node::as_table).cloned() else { return };
    for pool in ["prefill", "decode"] {
        let own = find(root, &["disaggregation", pool, "parallelism"]);
        if let Some(own) = own.and_then(Node::as_table_mut) {
            let mut whole = all.clone();
            whole.overlay(std::mem::take(own));
            *own = whole;
        }
    }
}
