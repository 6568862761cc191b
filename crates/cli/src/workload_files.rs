//! The scenario of a command, with the files that its workload names.

use std::path::Path;
use std::sync::Arc;

use tokendrome::Scenario;
use tokendrome::steptime::StepTimeSpec;
use tokendrome::workload::{LengthsSpec, Rows};
use tokendrome_scenario::{Change, Input, load};

use crate::args::ScenarioArgs;
use crate::built_in::fit_lengths;
use crate::failure::Failure;
use crate::rows::{Notices, rows_of};

/// A scenario that can be simulated.
pub(crate) struct Prepared {
    /// As it was read, with the lengths of its files.
    pub(crate) scenario: Scenario,
    /// With every default filled in.
    pub(crate) resolved: Scenario,
    reading: Vec<String>,
    resolving: Vec<String>,
}

impl Prepared {
    pub(crate) fn load(args: &ScenarioArgs) -> Result<Self, Failure> {
        let (input, (mut changes, mut reading)) = (args.input(), args.changes()?);
        fit_lengths(&input, &mut changes, &mut reading);
        Self::load_from(&input, (changes, reading))
    }

    /// The scenario of `input`, with changes and what there is to know of them.
    pub(crate) fn load_from(
        input: &Input,
        (changes, mut reading): (Vec<Change>, Vec<String>),
    ) -> Result<Self, Failure> {
        let mut loaded = load(input, &changes)?;
        reading.append(&mut loaded.notices);
        read_files(&mut loaded.scenario)?;
        let resolved = loaded.scenario.clone().resolve();
        let (resolved, resolving) = resolved.map_err(|error| loaded.explain(&error))?;
        Ok(Self { scenario: loaded.scenario, resolved, reading, resolving })
    }

    /// What there is to know of how the scenario was read and completed.
    pub(crate) fn notices(&self) -> impl Iterator<Item = &String> {
        self.reading.iter().chain(&self.resolving)
    }

    /// What there is to know of how the scenario was read: a run cannot know it.
    pub(crate) fn reading(&self) -> &[String] {
        &self.reading
    }

    /// The rows of the trace or dataset, if there is one, and what is found while they are read.
    pub(crate) fn rows(&self) -> Result<Option<(Rows, Notices)>, Failure> {
        rows_of(&self.resolved)
    }
}

/// Reads what the scenario keeps in files.
pub(crate) fn read_files(scenario: &mut Scenario) -> Result<(), Failure> {
    read_lengths(scenario)?;
    if let StepTimeSpec::OperatorTables(spec) = &mut scenario.step_time
        && spec.tables.is_none()
    {
        let read = tokendrome_dataset::read_operator_tables(Path::new(&spec.path));
        let tables = read.map_err(|error| Failure::usage(error.to_string()))?;
        spec.tables = Some(Arc::new(tables));
    }
    Ok(())
}

/// Reads the lengths that the scenario keeps in files.
fn read_lengths(scenario: &mut Scenario) -> Result<(), Failure> {
    let workload = &mut scenario.workload;
    let new = workload.sessions.as_mut().and_then(|sessions| sessions.new_tokens.as_mut());
    let prefix = workload.prefixes.as_mut().map(|prefixes| &mut prefixes.tokens);
    let (input, output) = (workload.input_tokens.as_mut(), workload.output_tokens.as_mut());
    for lengths in [input, output, new, prefix].into_iter().flatten() {
        if let LengthsSpec::Empirical { values, file } = lengths
            && let Some(path) = file.take()
        {
            if !values.is_empty() {
                let message = format!("lengths are given by `values` and by the file `{path}`");
                return Err(Failure::usage(message).help("remove one of the two"));
            }
            let read = tokendrome_dataset::read_lengths(Path::new(&path));
            *values = read.map_err(|error| Failure::usage(error.to_string()))?;
        }
    }
    Ok(())
}
