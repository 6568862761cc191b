//! The configuration language of Inference Lab: its five sections and every name of its reference.
//!
//! Where a name is also ours it passes; where its meaning differs the rewriting says so in a
//! notice.

mod hardware;
mod model;
mod scheduler;
mod workload;

use super::Rewriter;
use crate::tree::{Node, Table};

/// Names of that language beyond ours, by section: known to the hints and to the schema.
pub(crate) const NAMES: [(&str, &[&str]); 4] = [
    ("hardware", hardware::NAMES),
    ("model", model::NAMES),
    ("workload", workload::NAMES),
    ("simulation", &["log_interval"]),
];

pub(super) fn rewrite(rewriter: &mut Rewriter<'_>, root: &mut Table) {
    hardware::rewrite(rewriter, root);
    model::rewrite(rewriter, root);
    scheduler::rewrite(root);
    workload::rewrite(rewriter, root);
    if let Some(table) = section(root, "simulation")
        && table.take("log_interval").is_some()
    {
        let notice = "`simulation.log_interval` has no effect: progress is shown by time, on a \
                      terminal";
        rewriter.notices.push(notice.to_owned());
    }
}

fn section<'a>(root: &'a mut Table, name: &str) -> Option<&'a mut Table> {
    root.get_mut(name)?.as_table_mut()
}

/// Takes a key out of a section, if both are there.
fn take(root: &mut Table, name: &str, key: &str) -> Option<crate::tree::Entry> {
    root.get_mut(name).and_then(Node::as_table_mut)?.take(key)
}
