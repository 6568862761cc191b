//! The points of a sweep: the scenario once more for each, with the values of the point.

use tokendrome::{SweepParameter, SweepSetting};

use super::{Spec, SweepMode, Vary};
use crate::change::{Change, edit};
use crate::load::{Input, Loaded, Loading, read};
use crate::problem::{Problem, Problems};
use crate::source::{Place, Sources};
use crate::tree::{Node, Table};

/// A value that a point lays over the tree.
#[derive(Debug)]
pub(crate) struct Override<'a> {
    pub(crate) field: &'a str,
    at: Place,
    value: &'a Node,
}

impl Override<'_> {
    pub(crate) fn apply(&self, root: &mut Table) -> Result<(), Problem> {
        let parts: Vec<&str> = self.field.split('.').map(str::trim).collect();
        edit::set(root, &parts, self.at, self.value.clone())
    }

    /// Whether it sets `section` or something in it.
    pub(crate) fn is_in(&self, section: &str) -> bool {
        let rest = self.field.strip_prefix(section);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// A scenario with what varies in it.
#[derive(Debug, Clone)]
pub struct LoadedSweep {
    /// The scenario as it stands without the sweep.
    pub base: Loaded,
    spec: Spec,
    /// The tree before flags change it.
    root: Table,
    changes: Vec<Change>,
    sources: Sources,
}

/// Reads a scenario with a sweep, and makes the changes, in their order. What `vary` names is
/// replaced in the sweep of the file, or added to it; `mode` replaces that of the file.
///
/// # Errors
/// Everything that is wrong with the sweep, or else with the scenario as it stands; or nothing
/// varies.
pub fn load_sweep(
    input: &Input,
    changes: &[Change],
    vary: &[Vary],
    mode: Option<SweepMode>,
) -> Result<LoadedSweep, Problems> {
    let mut sources = Sources::default();
    let (root, spec) = match read(input, &mut sources) {
        Ok((root, spec)) => (root, spec.unwrap_or_default()),
        Err(problems) => return Err(Problems::new(problems, &sources)),
    };
    let spec = match varied(spec, vary, mode, &mut sources) {
        Ok(spec) => spec,
        Err(problem) => return Err(Problems::new(vec![problem], &sources)),
    };
    let base = Loading::new(sources.clone()).load(root.clone(), changes, &[], None)?;
    Ok(LoadedSweep { base, spec, root, changes: changes.to_vec(), sources })
}

/// The sweep of the file with that of the command line.
fn varied(
    mut spec: Spec,
    vary: &[Vary],
    mode: Option<SweepMode>,
    sources: &mut Sources,
) -> Result<Spec, Problem> {
    spec.mode = mode.unwrap_or(spec.mode);
    for (at, one) in vary.iter().enumerate() {
        let parameter = one.parameter(sources)?;
        if vary[..at].iter().any(|other| other.field() == one.field()) {
            let message = format!("`{}` varies twice", parameter.field);
            return Err(Problem::new(message).at(parameter.at, "the second time"));
        }
        let known = spec.parameters.iter_mut().find(|known| known.field == parameter.field);
        match known {
            Some(known) => *known = parameter,
            None => spec.parameters.push(parameter),
        }
    }
    if spec.parameters.is_empty() {
        let help = "add a section `[sweep]` to the scenario, or give a field its values by \
                    `--vary workload.arrivals.rate_per_s=2,4,8`";
        return Err(Problem::new("nothing varies: the scenario has no sweep").help(help));
    }
    spec.check()?;
    Ok(spec)
}

impl LoadedSweep {
    /// Number of points; at least one.
    #[must_use]
    pub fn points(&self) -> usize {
        self.spec.count().unwrap_or(0)
    }

    /// The fields that vary, with their values, in the order in which they were written.
    #[must_use]
    pub fn parameters(&self) -> Vec<SweepParameter> {
        let parameter = |of: &super::Parameter| SweepParameter {
            field: of.field.clone(),
            settings: of.values.iter().map(setting).collect(),
        };
        self.spec.parameters.iter().map(parameter).collect()
    }

    /// Which of its values each field has at a point, which counts from 0.
    #[must_use]
    pub fn settings(&self, point: usize) -> Vec<usize> {
        self.spec.settings(point)
    }

    /// The scenario of a point, which counts from 0.
    ///
    /// # Errors
    /// Everything that is wrong with it; messages name the point.
    pub fn point(&self, point: usize) -> Result<Loaded, Problems> {
        let settings = self.spec.settings(point);
        let mut overrides: Vec<Override<'_>> = self
            .spec
            .parameters
            .iter()
            .zip(&settings)
            .map(|(parameter, &setting)| Override {
                field: &parameter.field,
                at: parameter.at,
                value: &parameter.values[setting].node,
            })
            .collect();
        // A whole table comes before the fields in it.
        overrides.sort_by_key(|of| of.field.matches('.').count());
        let loading = Loading::new(self.sources.clone());
        loading.load(self.root.clone(), &self.changes, &overrides, Some(self.name(point)))
    }

    /// What errors call a point: `point 3 of 9 (scheduler = static)`.
    #[must_use]
    pub fn name(&self, point: usize) -> String {
        let settings = self.spec.settings(point);
        let said = self.spec.parameters.iter().zip(settings).map(|(parameter, setting)| {
            format!("{} = {}", parameter.field, parameter.values[setting].label)
        });
        let said: Vec<String> = said.collect();
        format!("point {} of {} ({})", point + 1, self.points(), said.join(", "))
    }
}

fn setting(of: &super::Labelled) -> SweepSetting {
    SweepSetting { label: of.label.clone(), value: of.node.to_json() }
}
