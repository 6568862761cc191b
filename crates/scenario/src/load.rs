//! The way from a file and flags to a scenario.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use tokendrome::{Scenario, ScenarioError};

use crate::change::Change;
use crate::check;
use crate::compat::{Rewriter, cluster_config, counts, ticks};
use crate::parse::{Format, parse};
use crate::problem::{Problem, Problems};
use crate::source::{Origin, Source, Sources};
use crate::sweep::Override;
use crate::tree::{Node, Table, Value};
use crate::{files, fill, paths, pools, schema, sweep};

/// Where a scenario comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file, whose format its name tells. A report of an earlier run stands for its scenario.
    File(PathBuf),
    /// Standard input, whose format its beginning tells.
    Stdin,
    /// Text of the program itself.
    Text {
        /// What errors call it.
        name: String,
        /// The text.
        text: String,
        /// Its format.
        format: Format,
    },
}

/// A scenario as it was read, not yet resolved, with what is needed to explain what is wrong with
/// it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The scenario. Files that it names are relative to the working folder.
    pub scenario: Scenario,
    /// What a person should know of how it was read.
    pub notices: Vec<String>,
    /// The point of a sweep that it stands for, as errors call it.
    point: Option<String>,
    root: Table,
    sources: Sources,
}

/// Reads a scenario and makes the changes, in their order.
///
/// # Errors
/// Everything that is wrong with it, with places.
pub fn load(input: &Input, changes: &[Change]) -> Result<Loaded, Problems> {
    let mut sources = Sources::default();
    let root = read(input, &mut sources);
    let (root, sweep) = root.map_err(|problems| Problems::new(problems, &sources))?;
    let mut loaded = Loading::new(sources).load(root, changes, &[], None)?;
    if sweep.is_some() {
        loaded.notices.push(LEFT_ASIDE.to_owned());
    }
    Ok(loaded)
}

/// Said where a scenario with a sweep is read as a single one.
const LEFT_ASIDE: &str = "the section `[sweep]` is left aside: this is the scenario as it stands \
                          without it; `tokendrome sweep` simulates its points";

/// The tree of a scenario, and what a sweep varies in it, if there is one.
pub(crate) fn read(
    input: &Input,
    sources: &mut Sources,
) -> Result<(Table, Option<sweep::Spec>), Vec<Problem>> {
    let (name, text, format, origin) = match input {
        Input::File(path) => {
            let name = path.display().to_string();
            let text = files::read(path).map_err(|problem| vec![problem])?;
            let format = Format::of(&name, &text);
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            (name, text, format, Origin::File(folder))
        }
        Input::Stdin => {
            let text = files::read_stdin().map_err(|problem| vec![problem])?;
            let format = Format::of("", &text);
            ("standard input".to_owned(), text, format, Origin::Text)
        }
        Input::Text { name, text, format } => (name.clone(), text.clone(), *format, Origin::Text),
    };
    let text: Arc<str> = text.into();
    let source = sources.add(Source { name, text: Arc::clone(&text), origin });
    let root = parse(source, &text, format).map_err(|problems| or_a_trace(input, problems))?;
    let Value::Table(mut root) = root.value else {
        return Ok((Table::default(), None));
    };
    if let Some(scenario) = of_report(&mut root) {
        sources.set_origin(source, Origin::Text);
        return Ok((scenario, None));
    }
    let sweep = sweep::take(&mut root, sources)?;
    let mut rewriter = Rewriter::new(sources);
    cluster_config::rewrite(&mut rewriter, &mut root);
    if !rewriter.problems.is_empty() {
        return Err(rewriter.problems);
    }
    Ok((root, sweep))
}

/// A trace in the place of a scenario is a likely mistake.
fn or_a_trace(input: &Input, mut problems: Vec<Problem>) -> Vec<Problem> {
    const HELP: &str = "is it a trace? Then give it with `--trace`";
    let Input::File(path) = input else { return problems };
    let is_trace = path.extension().is_some_and(|end| end == "csv" || end == "jsonl");
    if let Some(first) = problems.first_mut().filter(|_| is_trace) {
        first.help = Some(HELP.to_owned());
    }
    problems
}

/// The scenario in a report, which carries it with all defaults filled in.
fn of_report(root: &mut Table) -> Option<Table> {
    if !(root.contains("schema_version") && root.contains("digest")) {
        return None;
    }
    match root.take("scenario")?.value.value {
        Value::Table(scenario) => Some(scenario),
        _ => None,
    }
}

pub(crate) struct Loading {
    sources: Sources,
    problems: Vec<Problem>,
    notices: Vec<String>,
}

impl Loading {
    pub(crate) fn new(sources: Sources) -> Self {
        Self { sources, problems: Vec::new(), notices: Vec::new() }
    }

    /// The scenario in a tree with the changes, and then what the point of a sweep lays over it.
    pub(crate) fn load(
        mut self,
        root: Table,
        changes: &[Change],
        overrides: &[Override<'_>],
        point: Option<String>,
    ) -> Result<Loaded, Problems> {
        match self.scenario(root, changes, overrides) {
            Some((scenario, root)) => {
                Ok(Loaded { scenario, notices: self.notices, point, root, sources: self.sources })
            }
            None => Err(Problems::new(self.problems, &self.sources).within(point.as_deref())),
        }
    }

    /// The scenario and the tree that it was read from; `None` if there are problems.
    fn scenario(
        &mut self,
        mut root: Table,
        changes: &[Change],
        overrides: &[Override<'_>],
    ) -> Option<(Scenario, Table)> {
        self.rewrite(&mut root);
        self.notice_kept_sizes(&root, changes, overrides);
        for change in changes {
            if let Err(problem) = change.apply(&mut root, &mut self.sources) {
                self.problems.push(problem);
            }
        }
        self.rewrite(&mut root);
        for over in overrides {
            if let Err(problem) = over.apply(&mut root) {
                self.problems.push(problem);
            }
        }
        if !overrides.is_empty() {
            self.rewrite(&mut root);
        }
        pools::inherit(&mut root);
        self.rewriting(|rewriter| counts::settle(rewriter, &mut root));
        ticks::into_fields(&mut root, &mut self.problems);
        fill::fill(&mut root, &self.sources, &mut self.problems);
        paths::anchor(&mut root, &self.sources);
        if root.has_leftovers() {
            check::drop_leftovers(&mut root, &schema::strict());
        }
        let json = Node::new(Value::Table(root.clone()), crate::source::Place::NOWHERE).to_json();
        let read = Scenario::deserialize(json);
        match read {
            Ok(scenario) if self.problems.is_empty() => Some((scenario, root)),
            Ok(_) => None,
            Err(error) => {
                self.explain(&root, &error);
                None
            }
        }
    }

    /// A file that was resolved has the sizes of its model and accelerator. They stay when flags
    /// exchange those, which is hardly what was meant.
    fn notice_kept_sizes(&mut self, root: &Table, changes: &[Change], overrides: &[Override<'_>]) {
        const SIZES: [&str; 5] = [
            "num_gpu_blocks",
            "kv_cache_memory",
            "max_num_batched_tokens",
            "max_num_seqs",
            "max_model_len",
        ];
        const CAUSES: [&str; 6] = [
            "model",
            "hardware",
            "parallelism",
            "scheduler.kv_cache_memory",
            "scheduler.gpu_memory_utilization",
            "scheduler.block_size",
        ];
        let changed = |section: &str| {
            changes.iter().any(|change| change.is_in(section))
                || overrides.iter().any(|over| over.is_in(section))
        };
        if !CAUSES.into_iter().any(changed) {
            return;
        }
        let Some(Value::Table(scheduler)) = root.get("scheduler").map(|node| &node.value) else {
            return;
        };
        let is_kept =
            |size: &&str| scheduler.contains(size) && !changed(&format!("scheduler.{size}"));
        let kept: Vec<&str> = SIZES.into_iter().filter(is_kept).collect();
        if !kept.is_empty() {
            self.notices.push(format!(
                "the scenario's {} stay as they are, though what they were chosen for \
                 changes; take them out of it to have them chosen anew",
                kept.join(", ")
            ));
        }
    }

    fn rewrite(&mut self, root: &mut Table) {
        self.rewriting(|rewriter| rewriter.rewrite(root));
    }

    fn rewriting(&mut self, rewrite: impl FnOnce(&mut Rewriter<'_>)) {
        let mut rewriter = Rewriter::new(&self.sources);
        rewrite(&mut rewriter);
        let (problems, notices) = (rewriter.problems, rewriter.notices);
        self.problems.extend(problems);
        for notice in notices {
            if !self.notices.contains(&notice) {
                self.notices.push(notice);
            }
        }
    }

    /// Finds out what the types do not like. What the walk of the schema cannot see (nothing known)
    /// is said in the words of the reader.
    fn explain(&mut self, root: &Table, error: &serde_json::Error) {
        let found = check::check(root, &schema::strict());
        if found.is_empty() && self.problems.is_empty() {
            self.problems.push(Problem::new(error.to_string()));
        }
        self.problems.extend(found.into_iter().map(|problem| Problem {
            message: ticks::renamed(root, &problem.message),
            label: problem.label.map(|(at, text)| (at, ticks::renamed(root, &text))),
            help: problem.help.map(|help| ticks::renamed(root, &help)),
        }));
    }
}

impl Loaded {
    /// What resolving or simulating the scenario found wrong, with its place in the text.
    #[must_use]
    pub fn explain(&self, error: &ScenarioError) -> Problems {
        let field = error.path.rsplit('.').next().unwrap_or_default();
        let shown = ticks::shown(&self.root, field);
        let has_no_subject = ["must ", "is "].iter().any(|verb| error.message.starts_with(verb));
        let mut problem = Problem::new(if has_no_subject {
            format!("`{shown}` {}", ticks::told(&self.root, field, &error.message))
        } else {
            ticks::told(&self.root, field, &error.message)
        });
        if let Some(at) = self.root.place_of(&error.path) {
            problem = problem.at(at, "");
        }
        if let Some(help) = &error.help {
            problem = problem.help(help.clone());
        }
        Problems::new(vec![problem], &self.sources).within(self.point.as_deref())
    }
}

#[cfg(test)]
mod tests;
