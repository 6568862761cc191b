//! `[workload]`: arrivals by pattern and rate, lengths by distribution.

use super::{section, take};
use crate::compat::Rewriter;
use crate::compat::ticks::is_ticking;
use crate::kind::set_kind;
use crate::problem::Problem;
use crate::source::Place;
use crate::tree::{Entry, Node, Table, Value};

pub(super) const NAMES: &[&str] = &[
    "arrival_pattern",
    "arrival_rate",
    "num_requests",
    "duration_secs",
    "num_concurrent_users",
    "seed",
    "input_len_dist",
    "output_len_dist",
    "dataset_path",
];

/// Their patterns and our kinds of arrivals.
const PATTERNS: [(&str, &str); 6] = [
    ("poisson", "poisson"),
    ("uniform", "uniform"),
    ("fixed_rate", "fixed-rate"),
    ("burst", "bursts"),
    ("batched", "batched"),
    ("closed_loop", "closed-loop"),
];

/// Requests of one burst: their reference names no size.
const BURST: i128 = 10;

pub(super) fn rewrite(rewriter: &mut Rewriter<'_>, root: &mut Table) {
    seed(rewriter, root);
    let is_ticking = is_ticking(root);
    let Some(workload) = section(root, "workload") else {
        return;
    };
    dataset(rewriter, workload);
    rewriter.rename(workload, "duration_secs", "duration_s");
    arrivals(rewriter, workload, is_ticking);
    lengths(rewriter, workload, "input_len_dist", "input_tokens");
    lengths(rewriter, workload, "output_len_dist", "output_tokens");
}

/// Their language demands lengths of prompts even where a dataset brings the prompts.
fn dataset(rewriter: &mut Rewriter<'_>, workload: &mut Table) {
    if let Some(entry) = workload.take("dataset_path")
        && let Some(dataset) = workload.table_mut("dataset", entry.at)
    {
        rewriter.put(dataset, "path", entry);
    }
    if workload.contains("dataset") && workload.take("input_len_dist").is_some() {
        let notice = "`workload.input_len_dist` has no effect: the dataset brings the prompts";
        rewriter.notices.push(notice.to_owned());
    }
}

/// The seed belongs to the whole simulation; a seed given there wins.
fn seed(rewriter: &mut Rewriter<'_>, root: &mut Table) {
    let Some(entry) = take(root, "workload", "seed") else {
        return;
    };
    if let Some(simulation) = root.table_mut("simulation", entry.at) {
        rewriter.put(simulation, "seed", entry);
    }
}

fn arrivals(rewriter: &mut Rewriter<'_>, workload: &mut Table, is_ticking: bool) {
    let pattern = workload.take("arrival_pattern");
    let rate = workload.take("arrival_rate");
    let users = workload.take("num_concurrent_users");
    let Some(first) = pattern.as_ref().or(rate.as_ref()).or(users.as_ref()) else {
        return;
    };
    let is_new = !workload.contains("arrivals");
    let kind = match &pattern {
        Some(pattern) => kind_of(rewriter, pattern),
        None if is_new && rate.is_none() => Some(Node::string("closed-loop", Place::NOWHERE)),
        None if is_new => Some(Node::string("poisson", Place::NOWHERE)),
        None => None,
    };
    if pattern.is_some() && kind.is_none() {
        return;
    }
    let requests = workload.get("requests").cloned();
    let Some(arrivals) = workload.table_mut("arrivals", first.at) else {
        return;
    };
    if let Some(kind) = kind {
        set_kind(arrivals, first.at, kind);
    }
    let needs_size = pattern.is_some() && !arrivals.contains("size");
    let kind = arrivals.get("kind").and_then(Node::as_str);
    match kind.unwrap_or_default() {
        "bursts" if needs_size => burst(rewriter, arrivals),
        "batched" if needs_size => batch(rewriter, arrivals, requests, first.at),
        _ => {}
    }
    if let Some(rate) = rate {
        set_rate(rewriter, arrivals, (rate, is_ticking), pattern.is_some());
    }
    if let Some(users) = users {
        set_users(rewriter, arrivals, users);
    }
}

fn kind_of(rewriter: &mut Rewriter<'_>, pattern: &Entry) -> Option<Node> {
    let name = pattern.value.as_str().map(|text| text.replace('-', "_"));
    let found = PATTERNS.iter().find(|(theirs, _)| Some(*theirs) == name.as_deref());
    if let Some((_, ours)) = found {
        return Some(Node::string(*ours, pattern.value.at));
    }
    let found = pattern.value.describe();
    let known: Vec<String> = PATTERNS.iter().map(|(theirs, _)| format!("`{theirs}`")).collect();
    let problem = Problem::new(format!("`arrival_pattern` is unknown: {found}"))
        .at(pattern.value.at, "not a pattern")
        .help(format!("the patterns are {}", known.join(", ")));
    rewriter.problem(problem);
    None
}

fn burst(rewriter: &mut Rewriter<'_>, arrivals: &mut Table) {
    let size = Node::new(Value::Integer(BURST), Place::NOWHERE);
    arrivals.put("size", Place::NOWHERE, size);
    rewriter.notices.push(format!(
        "`arrival_pattern = \"burst\"` is simulated as bursts of {BURST} requests at Poisson \
         times; \
         give `[workload.arrivals]` with `kind = \"bursts\"` to choose"
    ));
}

/// All requests at once.
fn batch(rewriter: &mut Rewriter<'_>, arrivals: &mut Table, requests: Option<Node>, at: Place) {
    match requests {
        Some(requests) => arrivals.put("size", at, requests),
        None => rewriter.problem(
            Problem::new("`arrival_pattern = \"batched\"` needs `num_requests`")
                .at(at, "how many arrive at once is not said"),
        ),
    }
}

/// The mean rate, under the name that it has in this kind of arrivals. Their language demands a
/// rate even of the patterns that have none.
fn set_rate(
    rewriter: &mut Rewriter<'_>,
    arrivals: &mut Table,
    (rate, is_ticking): (Entry, bool),
    is_demanded: bool,
) {
    let kind = arrivals.get("kind").and_then(Node::as_str).unwrap_or("");
    let key = match kind {
        "daily" if is_ticking => "mean_per_tick",
        "daily" => "mean_per_s",
        "closed-loop" | "batched" if is_demanded => return,
        "closed-loop" | "batched" | "ramp" => {
            let message = format!("arrivals of kind `{kind}` have no mean rate");
            let help = "change the kind as well, for example with `--set \
                        workload.arrivals.kind=poisson`";
            rewriter.problem(Problem::new(message).at(rate.at, "").help(help));
            return;
        }
        _ if is_ticking => "rate_per_tick",
        _ => "rate_per_s",
    };
    rewriter.put(arrivals, key, rate);
}

fn set_users(rewriter: &mut Rewriter<'_>, arrivals: &mut Table, users: Entry) {
    let kind = arrivals.get("kind").and_then(Node::as_str).unwrap_or("");
    if kind == "closed-loop" {
        rewriter.put(arrivals, "users", users);
        return;
    }
    let message = format!("arrivals of kind `{kind}` have no fixed number of users");
    let help = "give `arrival_pattern = \"closed_loop\"`, or remove it";
    rewriter.problem(Problem::new(message).at(users.at, "").help(help));
}

/// A distribution under their names of its parameters.
fn lengths(rewriter: &mut Rewriter<'_>, workload: &mut Table, theirs: &str, ours: &str) {
    let Some(mut entry) = workload.take(theirs) else {
        return;
    };
    let existing = workload.get(ours).and_then(Node::as_table);
    if let Some(distribution) = entry.value.as_table_mut() {
        let own = distribution.get("kind").and_then(Node::as_str);
        let kind = own.or_else(|| existing?.get("kind")?.as_str());
        let names: &[(&str, &str)] = match kind.unwrap_or_default() {
            "fixed" => &[("value", "tokens")],
            "normal" => &[("std_dev", "std")],
            "lognormal" => &[("mean", "mu"), ("std_dev", "sigma")],
            _ => &[],
        };
        for (theirs, ours) in names {
            rewriter.rename(distribution, theirs, ours);
        }
    }
    match (workload.get_mut(ours).and_then(Node::as_table_mut), entry.value.value) {
        (Some(below), Value::Table(above)) if rewriter.sources.is_flag(entry.value.at) => {
            below.overlay(above);
        }
        (_, value) => {
            entry.value = Node::new(value, entry.value.at);
            rewriter.put(workload, ours, entry);
        }
    }
}
