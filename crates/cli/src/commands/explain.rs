//! `tokendrome explain`.

use std::borrow::Cow;

use tokendrome::Scenario;
use tokendrome::explain::{Batch, Decodes, ExplainError, Explanation, MeanLengths, explain};
use tokendrome_report::explain::{Explained, render, write_json};
use tokendrome_report::table::Style;

use crate::args::{ExplainArgs, PoolChoice};
use crate::console::Console;
use crate::failure::Failure;
use crate::outputs::Target;
use crate::workload_files::Prepared;

pub(crate) fn execute(args: &ExplainArgs, console: &Console) -> Result<(), Failure> {
    let prepared = Prepared::load(&args.scenario)?;
    let scenario = &pool(args, &prepared.resolved)?;
    let batches = batches(args, scenario, &prepared)?;
    let iterations = batches.into_iter().map(|batch| explain(scenario, batch));
    let iterations: Result<Vec<Explanation>, ExplainError> = iterations.collect();
    let iterations = iterations.map_err(|error| failure(&error))?;
    let notices: Vec<String> = prepared.notices().cloned().collect();
    let explained = Explained { scenario, iterations: &iterations, notices: &notices };
    if args.json {
        return Target::Stdout.write(|mut out| write_json(&explained, &mut out));
    }
    console.print(&render(&explained, Style { color: console.color, width: Console::width() }))
}

/// The scenario, or one of its pools as a scenario of its own.
fn pool<'a>(args: &ExplainArgs, all: &'a Scenario) -> Result<Cow<'a, Scenario>, Failure> {
    match (args.pool.map(PoolChoice::phase), &all.disaggregation) {
        (None, None) => Ok(Cow::Borrowed(all)),
        (Some(phase), Some(_)) => {
            Ok(Cow::Owned(all.pool(phase).expect("a disaggregated scenario has two pools")))
        }
        (None, Some(_)) => {
            Err(Failure::usage("the scenario has two pools, whose iterations are not alike")
                .help("name one: --pool prefill, or --pool decode"))
        }
        (Some(_), None) => {
            Err(Failure::usage("the scenario has one pool of replicas alone")
                .help("leave out --pool"))
        }
    }
}

fn failure(error: &ExplainError) -> Failure {
    let failure = Failure::usage(error.to_string());
    match error {
        ExplainError::Ticks => {
            failure.help("leave out time_unit, or choose a scenario whose clock counts seconds")
        }
        _ => failure,
    }
}

/// The batch that is asked for, or those that are typical.
fn batches(
    args: &ExplainArgs,
    scenario: &Scenario,
    prepared: &Prepared,
) -> Result<Vec<Batch>, Failure> {
    if args.prefill.is_empty() && args.decodes.is_empty() {
        return Ok(Batch::typical(scenario, lengths(prepared)?).into());
    }
    let (mut decodes, mut origin) = (Vec::with_capacity(args.decodes.len()), "");
    for wanted in &args.decodes {
        let context = match wanted.context {
            Some(context) => context,
            None => {
                origin = "half-way through requests of the workload's mean lengths";
                lengths(prepared)?.context()
            }
        };
        decodes.push(Decodes { count: wanted.count, context });
    }
    Ok(vec![Batch { prefills: args.prefill.clone(), decodes, origin: origin.to_owned() }])
}

/// Mean lengths of the workload, synthetic or recorded.
fn lengths(prepared: &Prepared) -> Result<MeanLengths, Failure> {
    if let Some(lengths) = MeanLengths::of_workload(&prepared.resolved) {
        return Ok(lengths);
    }
    let rows = prepared.rows()?.map(|(rows, _)| MeanLengths::of_rows(&prepared.resolved, rows));
    let lengths = rows.transpose().map_err(|error| Failure::usage(error.to_string()))?;
    lengths.flatten().ok_or_else(|| {
        Failure::usage("the trace is empty: it tells no lengths")
            .help("say what the iteration computes: --prefill TOKENS, --decodes N@CONTEXT")
    })
}
