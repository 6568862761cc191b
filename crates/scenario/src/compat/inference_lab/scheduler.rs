//! `[scheduler]`: vLLM's names, and policies that vLLM has not.

use super::section;
use crate::compat::Rewriter;
use crate::problem::Problem;
use crate::tree::{Entry, Table};

pub(super) const NAMES: &[&str] = &["max_num_partial_prefills", "enable_preemption_free"];

/// Orders of the waiting queue by length.
const POLICIES: [&str; 7] = ["sof", "sif", "stf", "lif", "lof", "ltf", "sjf"];

pub(super) fn rewrite(rewriter: &mut Rewriter<'_>, root: &mut Table) {
    let Some(scheduler) = section(root, "scheduler") else {
        return;
    };
    if let Some(policy) = scheduler.get("policy")
        && let Some(name) = policy.as_str()
        && POLICIES.contains(&name)
    {
        let help = "available policies: `fcfs`, `priority`";
        rewriter.not_available(&format!("the policy `{name}`"), policy.at, help);
        scheduler.take("policy");
    }
    if let Some(entry) = scheduler.take("enable_preemption_free") {
        preemption_free(rewriter, &entry);
    }
    if let Some(entry) = scheduler.take("max_num_partial_prefills") {
        partial_prefills(rewriter, &entry);
    }
}

fn preemption_free(rewriter: &mut Rewriter<'_>, entry: &Entry) {
    match entry.value.as_bool() {
        Some(false) => {}
        Some(true) => {
            let help = "remove it; requests are then preempted when the KV cache is full";
            rewriter.not_available("`enable_preemption_free`", entry.at, help);
        }
        None => {
            let found = entry.value.describe();
            let message =
                format!("`enable_preemption_free` must be `true` or `false`; found {found}");
            rewriter.problem(Problem::new(message).at(entry.value.at, "not true or false"));
        }
    }
}

fn partial_prefills(rewriter: &mut Rewriter<'_>, entry: &Entry) {
    match entry.value.as_integer() {
        Some(1) => {}
        Some(2..) => {
            let help = "remove it, and give `long_prefill_token_threshold` to share the budget \
                        between prompts";
            let what = "`max_num_partial_prefills` above 1";
            rewriter.not_available(what, entry.at, help);
        }
        _ => {
            let found = entry.value.describe();
            let message =
                format!("`max_num_partial_prefills` must be a whole number above 0; found {found}");
            rewriter.problem(Problem::new(message).at(entry.value.at, ""));
        }
    }
}
