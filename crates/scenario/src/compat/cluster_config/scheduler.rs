//! `scheduler`: batches by phase, or continuous batching.

use super::section::{Section, is_integer, word};
use crate::compat::Rewriter;
use crate::problem::Problem;
use crate::source::Place;
use crate::tree::{Node, Table, Value};

const KEYS: [&str; 5] = [
    "batching_type",
    "max_batch_size",
    "batching_strategy",
    "min_batch_size",
    "batching_window_ms",
];

/// Their kinds of batching and our schedulers.
const TYPES: [(&str, &str); 3] =
    [("phase", "phase-batching"), ("phase-batching", "phase-batching"), ("continuous", "vllm")];

const STRATEGIES: [(&str, &str); 2] = [("greedy", "greedy"), ("windowed", "windowed")];

pub(super) fn rewrite(rewriter: &mut Rewriter<'_>, root: &mut Table, theirs: Option<Section>) {
    let mut scheduler = Table::default();
    let mut theirs = theirs.unwrap_or_else(|| Section::new("scheduler", Table::default()));
    let given = theirs.take("batching_type");
    let kind = match &given {
        None => Some("phase-batching"),
        Some(given) => word(rewriter, given, &TYPES),
    };
    let at = given.map_or(Place::NOWHERE, |given| given.value.at);
    let Some(kind) = kind else { return };
    scheduler.put("kind", at, Node::string(kind, at));
    if kind == "vllm" {
        theirs.move_to("max_batch_size", &mut scheduler, "max_num_seqs");
        never_waits(rewriter, &mut theirs);
    } else {
        for key in ["max_batch_size", "min_batch_size", "batching_window_ms"] {
            theirs.move_to(key, &mut scheduler, key);
        }
        if let Some(strategy) = theirs.take("batching_strategy")
            && let Some(word) = word(rewriter, &strategy, &STRATEGIES)
        {
            let at = strategy.value.at;
            scheduler.put("batching_strategy", strategy.at, Node::string(word, at));
        }
    }
    theirs.finish(rewriter, &KEYS);
    root.put("scheduler", at, Node::new(Value::Table(scheduler), at));
}

/// Continuous batching takes whoever is there: what would have it wait is refused.
fn never_waits(rewriter: &mut Rewriter<'_>, theirs: &mut Section) {
    let strategy = theirs.take("batching_strategy");
    let (fewest, window) = (theirs.take("min_batch_size"), theirs.take("batching_window_ms"));
    if strategy.as_ref().is_some_and(|of| of.value.as_str() == Some("greedy")) {
        // With it the other two have no effect there either.
        return;
    }
    let fewest = fewest.filter(|of| !is_integer(&of.value, 1));
    let window = window.filter(|of| !is_integer(&of.value, 0));
    for entry in [strategy, fewest, window].into_iter().flatten() {
        let message = format!("continuous batching waits for nobody: `{}`", entry.key);
        let help = "remove it, or give `\"batching_type\": \"phase\"`";
        rewriter.problem(Problem::new(message).at(entry.at, "").help(help));
    }
}
