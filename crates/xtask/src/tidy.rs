//! Rules of the repository that a program can check.
//!
//! A rule is a function from the repository to its findings; each stands in a file of its own,
//! with a test that it does catch a violation. [`RULES`] lists them. Rules read text, they do not
//! compile: they are quick, and they see files that no target includes.

mod dependencies;
mod engine_purity;
mod file_size;
mod length;
mod links;
mod markers;
mod private_data;
mod repo;
mod source;
mod vocabulary;

use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use crate::error::Error;
use repo::Repo;

/// A rule looks at the whole repository and says what it found.
type Rule = fn(&Repo) -> Vec<Finding>;

const RULES: &[Rule] = &[
    dependencies::check,
    length::check,
    markers::check,
    engine_purity::check,
    vocabulary::check,
    private_data::check,
    file_size::check,
    links::check,
];

/// One thing to put right.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Finding {
    path: String,
    /// Counted from 1.
    line: usize,
    what: String,
    /// The way out, as an imperative.
    remedy: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.path, self.line, self.what, self.remedy)
    }
}

/// Runs every rule on the repository at `root` and prints the findings to `out`.
pub(crate) fn run(root: &Path, out: &mut impl Write) -> Result<(), Error> {
    let repo = Repo::load(root)?;
    let findings = findings(&repo);
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    if findings.is_empty() {
        summary(&repo, out)?;
        Ok(())
    } else {
        Err(Error::Findings { count: findings.len() })
    }
}

fn summary(repo: &Repo, out: &mut impl Write) -> io::Result<()> {
    let (files, crates) = (repo.files.len(), repo.workspace.packages.len());
    writeln!(out, "tidy: {} rules, {files} files, {crates} crates: nothing found", RULES.len())
}

/// Everything that the rules find, in the order of files and lines.
fn findings(repo: &Repo) -> Vec<Finding> {
    let mut found: Vec<Finding> = RULES.iter().flat_map(|rule| rule(repo)).collect();
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests;
