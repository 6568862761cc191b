//! `tokendrome fit`.

use tokendrome::catalog::{DType, ModelSpec};
use tokendrome::{Placements, Scenario, fit};
use tokendrome_report::fit::{Fitted, FittedFormats, render, write_json};
use tokendrome_report::table::Style;
use tokendrome_scenario::{Change, Input, Loaded, load};

use crate::args::{ChangeArgs, FitArgs, built_in};
use crate::console::Console;
use crate::failure::Failure;
use crate::outputs::Target;

/// Formats of weights that are looked at beside the model's own.
const DTYPES: [&str; 3] = ["bf16", "fp8", "int4"];

pub(crate) fn execute(args: &FitArgs, console: &Console) -> Result<(), Failure> {
    if let Some(flag) = args.changes.flag_of_a_run() {
        let message = format!("{flag} has no say in what fits an accelerator");
        return Err(Failure::usage(message).help("leave it out"));
    }
    let mut changes = args.changes.clone();
    if let Some(model) = &args.named {
        changes.name_model(model);
    }
    let [tp, pp, dtypes, kv_dtypes] = changes.take_lists();
    let input = built_in();
    let plain = loaded(&input, &changes, None, None)?;
    // What `--set` and the flags of vLLM say counts as well.
    let said = plain.scenario.parallelism;
    let placements = Placements {
        tensor: sizes("--tp", tp, said.tensor_parallel_size)?,
        pipeline: sizes("--pp", pp, said.pipeline_parallel_size)?,
    };
    let mut found = Found::default();
    for kv_dtype in options(kv_dtypes.as_deref()) {
        for dtype in formats(dtypes.as_deref(), &plain.scenario) {
            let loaded = loaded(&input, &changes, dtype.as_deref(), kv_dtype.as_deref())?;
            found.add(&loaded, &placements, args.context)?;
        }
    }
    let scenario = &plain.scenario;
    let fitted = Fitted { scenario, formats: &found.formats, notices: &found.notices };
    if args.json {
        return Target::Stdout.write(|mut out| write_json(&fitted, &mut out));
    }
    console.print(&render(&fitted, Style { color: console.color, width: Console::width() }))
}

/// The scenario with the changes, in these formats.
fn loaded(
    input: &Input,
    changes: &ChangeArgs,
    dtype: Option<&str>,
    kv_dtype: Option<&str>,
) -> Result<Loaded, Failure> {
    let (mut list, notices) = changes.list()?;
    let flags = [("--dtype", "model.dtype", dtype), ("--kv-dtype", "model.kv_dtype", kv_dtype)];
    for (flag, path, value) in flags {
        list.extend(value.map(|value| Change::flag(flag, path, value)));
    }
    let mut loaded = load(input, &list)?;
    loaded.notices.splice(0..0, notices);
    Ok(loaded)
}

/// The values of a list, or one that nobody gave.
fn options(list: Option<&str>) -> Vec<Option<String>> {
    match list {
        Some(list) => list.split(',').map(|value| Some(value.trim().to_owned())).collect(),
        None => vec![None],
    }
}

/// The formats of weights: those that were asked for, or the model's own and the usual ones that
/// are not wider.
fn formats(list: Option<&str>, scenario: &Scenario) -> Vec<Option<String>> {
    let Some(model) = scenario.model.as_ref().filter(|_| list.is_none()) else {
        return options(list);
    };
    let own = weights(model);
    let is_other = |name: &&str| {
        let other = DType::ALL.into_iter().find(|dtype| dtype.name() == *name);
        other.is_some_and(|other| other.bits_per_element() < own.bits_per_element())
    };
    let others = DTYPES.into_iter().filter(is_other).map(|name| Some(name.to_owned()));
    std::iter::once(None).chain(others).collect()
}

/// The format that most weights of the layers have.
fn weights(model: &ModelSpec) -> DType {
    if model.is_moe() && model.transformer().is_some() {
        model.dtypes.experts
    } else {
        model.dtypes.linear
    }
}

/// The sizes of a list; without one, what the scenario says beyond the usual 1.
fn sizes(flag: &str, list: Option<String>, said: u32) -> Result<Vec<u32>, Failure> {
    let read = |text: &str| match text.trim().parse::<u32>() {
        Ok(size) if size > 0 => Ok(size),
        _ => Err(Failure::usage(format!(
            "{flag} takes whole numbers from 1, with commas between them; found `{text}`"
        ))),
    };
    match list {
        Some(list) => list.split(',').map(read).collect(),
        None => Ok(if said == 1 { Vec::new() } else { vec![said] }),
    }
}

#[derive(Default)]
struct Found {
    formats: Vec<FittedFormats>,
    notices: Vec<String>,
}

impl Found {
    fn add(
        &mut self,
        loaded: &Loaded,
        placements: &Placements,
        context: Option<u32>,
    ) -> Result<(), Failure> {
        let scenario = &loaded.scenario;
        let found = fit(scenario, placements, context);
        let (rows, notices) = found.map_err(|error| loaded.explain(&error))?;
        let model = scenario.model.as_ref().expect("what fits has a model");
        let (dtype, kv_dtype) = (weights(model), model.dtypes.kv);
        self.formats.push(FittedFormats { dtype, kv_dtype, rows });
        for notice in loaded.notices.iter().chain(&notices) {
            if !self.notices.contains(notice) {
                self.notices.push(notice.clone());
            }
        }
        Ok(())
    }
}
