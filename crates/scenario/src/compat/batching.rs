//! Arrivals under the names of batching studies: a batch at the start, a target concurrency, a
//! request rate.

use super::Rewriter;
use crate::problem::Problem;
use crate::tree::{Node, Table};

/// Kinds of arrivals beyond ours: the name there, our kind, its parameter there, ours.
pub(crate) const KINDS: [(&str, &str, &str, &str); 3] = [
    ("batch", "batched", "initial_batch", "size"),
    ("concurrent", "closed-loop", "target_concurrency", "users"),
    ("request-rate", "fixed-rate", "request_rate", "rate_per_s"),
];

pub(super) fn rewrite(rewriter: &mut Rewriter<'_>, root: &mut Table) {
    let is_ticking = super::ticks::is_ticking(root);
    let arrivals = root.get_mut("workload").and_then(Node::as_table_mut);
    let arrivals = arrivals.and_then(|workload| workload.get_mut("arrivals"));
    let Some(arrivals) = arrivals.and_then(Node::as_table_mut) else { return };
    let Some(kind) = arrivals.get("kind").cloned() else { return };
    // The kind may be ours already: flags come when the file has been rewritten.
    let is_meant = |(theirs, ours, ..): &&(&str, &str, &str, &str)| {
        kind.as_str().is_some_and(|kind| kind == *theirs || kind == *ours)
    };
    let Some(&(theirs, ours, parameter, our_parameter)) = KINDS.iter().find(is_meant) else {
        return;
    };
    let our_parameter = match our_parameter {
        "rate_per_s" if is_ticking => "rate_per_tick",
        parameter => parameter,
    };
    rewriter.rename(arrivals, parameter, our_parameter);
    if kind.as_str() == Some(theirs) {
        arrivals.put("kind", kind.at, Node::string(ours, kind.at));
        if !arrivals.contains(our_parameter) {
            let message = format!("arrivals of kind `{theirs}` have no `{parameter}`");
            rewriter.problem(Problem::new(message).at(kind.at, format!("needs `{parameter}`")));
        }
    }
}
