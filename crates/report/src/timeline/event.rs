//! Single events as JSON.

use std::fmt;
use std::io::{self, Write};

use tokendrome::units::{Id, SimTime};
use tokendrome_metrics::Iteration;

use super::Counters;
use crate::number::grouped;

/// What a counter track shows.
type Value = fn(&Counters) -> String;

/// Counter tracks by name.
pub(super) const COUNTERS: [(&str, Value); 3] = [
    ("waiting", |counters| counters.waiting.to_string()),
    ("running", |counters| counters.running.to_string()),
    ("KV use (%)", |counters| format!("{}.{:02}", counters.kv_use / 100, counters.kv_use % 100)),
];

/// Nanoseconds, printed as microseconds.
struct Micros(u64);

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

/// Processes and threads are numbered from 1: viewers treat 0 as none.
fn process(replica: usize) -> usize {
    replica + 1
}

pub(super) fn process_name(out: &mut impl Write, replica: usize) -> io::Result<()> {
    let pid = process(replica);
    write!(
        out,
        r#"{{"ph":"M","name":"process_name","pid":{pid},"args":{{"name":"replica {replica}"}}}}"#
    )
}

pub(super) fn thread_name(out: &mut impl Write, replica: usize, row: usize) -> io::Result<()> {
    let (pid, tid) = (process(replica), row + 1);
    let name = match row {
        0 => "iterations".to_owned(),
        _ => format!("iterations, row {tid}"),
    };
    write!(
        out,
        r#"{{"ph":"M","name":"thread_name","pid":{pid},"tid":{tid},"args":{{"name":"{name}"}}}}"#
    )
}

pub(super) fn counter(
    out: &mut impl Write,
    replica: usize,
    name: &str,
    time: SimTime,
    value: &str,
) -> io::Result<()> {
    let (pid, time) = (process(replica), Micros(time.as_nanos()));
    write!(
        out,
        r#"{{"ph":"C","name":"{name}","pid":{pid},"ts":{time},"args":{{"value":{value}}}}}"#
    )
}

/// What an iteration computes, such as `prefill 2 (1,024 tok) + decode 37`, and its category.
fn batch(iteration: &Iteration) -> (String, &'static str) {
    let prefill = || {
        let tokens = grouped(iteration.prefill_tokens);
        format!("prefill {} ({tokens} tok)", iteration.prefills)
    };
    let decode = || format!("decode {}", iteration.decodes);
    match (iteration.prefills, iteration.decodes) {
        (0, 0) => ("empty".to_owned(), "empty"),
        (0, _) => (decode(), "decode"),
        (_, 0) => (prefill(), "prefill"),
        _ => (format!("{} + {}", prefill(), decode()), "mixed"),
    }
}

pub(super) fn iteration(out: &mut impl Write, row: usize, of: &Iteration) -> io::Result<()> {
    let (name, category) = batch(of);
    let (pid, tid) = (process(of.replica.index()), row + 1);
    let start = Micros(of.start.as_nanos());
    let length = Micros((of.end - of.start).as_nanos());
    write!(out, r#"{{"ph":"X","name":"{name}","cat":"{category}","#)?;
    write!(out, r#""pid":{pid},"tid":{tid},"ts":{start},"dur":{length},"#)?;
    write!(
        out,
        r#""args":{{"iteration":{},"prefills":{},"prefill_tokens":{},"decodes":{},"preempted":{},"#,
        of.number, of.prefills, of.prefill_tokens, of.decodes, of.preempted
    )?;
    write!(
        out,
        r#""running":{},"waiting":{},"kv_blocks":{},"kv_blocks_total":{}"#,
        of.running, of.waiting, of.kv_blocks, of.kv_blocks_total
    )?;
    match of.token_budget {
        Some(budget) => write!(out, r#","token_budget":{budget}}}}}"#),
        None => write!(out, "}}}}"),
    }
}
