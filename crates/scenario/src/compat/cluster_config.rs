//! The configuration file of an event-driven cluster simulator: a model by its name, and sections
//! `workload`, `cluster`, `parallelism`, `scheduler` and `disaggregation` with keys of its own.
//!
//! Another kind of file, not other names in ours: it is told apart and rewritten as a whole, before
//! flags; what is not a key of that kind is refused there. What its keys become:
//! `docs/scenario.md`.

mod machine;
mod scheduler;
mod section;
mod workload;

use super::Rewriter;
use crate::tree::{Node, Table};

use machine::{Machine, disaggregation};
use section::Section;

/// Keys that no scenario of ours has, by section; one of them shows the kind of the file.
const MARKS: [(&str, &[&str]); 5] = [
    ("", &["simulation_duration_s", "random_seed"]),
    ("cluster", &["xpu", "interconnect"]),
    ("workload", &["avg_input_length", "avg_output_length", "arrival_process"]),
    ("scheduler", &["batching_type"]),
    ("disaggregation", &["prefill_cluster", "decode_cluster"]),
];

const KEYS: [&str; 9] = [
    "model",
    "workload",
    "cluster",
    "parallelism",
    "scheduler",
    "disaggregation",
    "simulation_duration_s",
    "warm_up_s",
    "random_seed",
];

/// Rewrites a file of that kind; any other passes unchanged.
pub(crate) fn rewrite(rewriter: &mut Rewriter<'_>, root: &mut Table) {
    if !is_meant(root) {
        return;
    }
    let mut file = Section::new("", std::mem::take(root));
    if let Some(model) = file.take("model") {
        root.put("model", model.at, model.value);
    }
    let scheduler = file.section(rewriter, "scheduler");
    scheduler::rewrite(rewriter, root, scheduler);
    workload::rewrite(rewriter, root, &mut file);
    let machine = Machine {
        cluster: file.section(rewriter, "cluster"),
        parallelism: file.section(rewriter, "parallelism"),
    };
    if let Some(of) = file.section(rewriter, "disaggregation") {
        machine.rewrite_shared(rewriter, root);
        disaggregation(rewriter, root, of);
    } else {
        machine.rewrite(rewriter, root);
    }
    file.finish(rewriter, &KEYS);
}

fn is_meant(root: &Table) -> bool {
    let has = |table: &Table, keys: &[&str]| keys.iter().any(|key| table.contains(key));
    let is_marked = MARKS.iter().any(|(section, keys)| match *section {
        "" => has(root, keys),
        name => root.get(name).and_then(Node::as_table).is_some_and(|table| has(table, keys)),
    });
    let has_machine = root.contains("cluster") || root.contains("disaggregation");
    root.get("model").is_some_and(|model| model.as_str().is_some()) && has_machine && is_marked
}

#[cfg(test)]
mod tests;
