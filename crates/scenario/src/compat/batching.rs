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
    let Some(kind) = arrivals.entry("kind") else { return };
    let (at, kind) = (kind.at, kind.value.clone());
    let known = KINDS.iter().find(|(theirs, ..)| kind.as_str() == Some(theirs));
    let Some(&(_, ours, parameter, our_parameter)) = known else { return };
    arrivals.put("kind", at, Node::string(ours, kind.at));
    let our_parameter = match our_parameter {
        "rate_per_s" if is_ticking => "rate_per_tick",
        parameter => parameter,
    };
    if !arrivals.contains(parameter) && !arrivals.contains(our_parameter) {
        let message = format!("arrivals of kind {} need `{parameter}`", kind.describe());
        rewriter.problem(Problem::new(message).at(kind.at, format!("needs `{parameter}`")));
    }
    rewriter.rename(arrivals, parameter, our_parameter);
}
