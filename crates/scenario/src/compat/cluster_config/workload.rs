//! `workload`, and how long it lasts.

use super::section::{Section, is_integer, word};
use crate::compat::Rewriter;
use crate::source::Place;
use crate::tree::{Node, Table, Value};

const KEYS: [&str; 9] = [
    "avg_input_length",
    "input_length_std",
    "max_input_length",
    "avg_output_length",
    "output_length_std",
    "max_output_length",
    "arrival_rate",
    "arrival_process",
    "batch_size",
];

/// Lengths of a request: our name, theirs with what holds if it is not said.
type Lengths = (&'static str, [(&'static str, &'static str, i128); 3]);

const LENGTHS: [Lengths; 2] = [
    (
        "input_tokens",
        [
            ("avg_input_length", "mean", 512),
            ("input_length_std", "std", 100),
            ("max_input_length", "max", 1_024),
        ],
    ),
    (
        "output_tokens",
        [
            ("avg_output_length", "mean", 128),
            ("output_length_std", "std", 50),
            ("max_output_length", "max", 256),
        ],
    ),
];

/// Requests per second and seconds, if they are not said.
const ARRIVAL_RATE: i128 = 5;
const DURATION_S: i128 = 500;

const PROCESSES: [(&str, &str); 4] = [
    ("poisson", "poisson"),
    ("deterministic", "fixed-rate"),
    ("constant", "fixed-rate"),
    ("fixed-rate", "fixed-rate"),
];

pub(super) fn rewrite(rewriter: &mut Rewriter<'_>, root: &mut Table, file: &mut Section) {
    let theirs = file.section(rewriter, "workload");
    let mut theirs = theirs.unwrap_or_else(|| Section::new("workload", Table::default()));
    let mut workload = Table::default();
    for (ours, keys) in LENGTHS {
        let mut lengths = Table::default();
        lengths.put("kind", Place::NOWHERE, Node::string("normal", Place::NOWHERE));
        for (key, parameter, default) in keys {
            lengths.put(parameter, Place::NOWHERE, integer(default));
            theirs.move_to(key, &mut lengths, parameter);
        }
        workload.put(ours, Place::NOWHERE, Node::new(Value::Table(lengths), Place::NOWHERE));
    }
    let mut arrivals = Table::default();
    let process = theirs.take("arrival_process");
    let kind = match &process {
        None => Some("poisson"),
        Some(process) => word(rewriter, process, &PROCESSES),
    };
    if let Some(kind) = kind {
        let at = process.map_or(Place::NOWHERE, |process| process.value.at);
        arrivals.put("kind", at, Node::string(kind, at));
    }
    arrivals.put("rate_per_s", Place::NOWHERE, integer(ARRIVAL_RATE));
    theirs.move_to("arrival_rate", &mut arrivals, "rate_per_s");
    let arrivals = Node::new(Value::Table(arrivals), Place::NOWHERE);
    workload.put("arrivals", Place::NOWHERE, arrivals);
    workload.put("duration_s", Place::NOWHERE, integer(DURATION_S));
    file.move_to("simulation_duration_s", &mut workload, "duration_s");
    if let Some(size) = theirs.take("batch_size").filter(|size| !is_integer(&size.value, 1)) {
        let help = "requests arrive one by one: remove it, and limit batches with \
                    `max_batch_size` in `scheduler`";
        rewriter.not_available("`batch_size` of a workload", size.at, help);
    }
    theirs.finish(rewriter, &KEYS);
    root.put("workload", Place::NOWHERE, Node::new(Value::Table(workload), Place::NOWHERE));
    let mut simulation = Table::default();
    file.move_to("random_seed", &mut simulation, "seed");
    file.move_to("warm_up_s", &mut simulation, "warm_up_s");
    root.put("simulation", Place::NOWHERE, Node::new(Value::Table(simulation), Place::NOWHERE));
}

fn integer(value: i128) -> Node {
    Node::new(Value::Integer(value), Place::NOWHERE)
}
