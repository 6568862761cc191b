//! Other spellings of a scenario, rewritten into the one that the types have.
//!
//! Rewriting works on the tree and keeps the places, so that whatever is wrong later is shown where
//! a person wrote it. It is idempotent: a tree in our own spelling passes unchanged. What another
//! language has and this simulator has not is refused by name, never dropped.

pub(crate) mod batching;
pub(crate) mod cluster_config;
pub(crate) mod counts;
pub(crate) mod inference_lab;
pub(crate) mod shorthand;
pub(crate) mod ticks;

use crate::problem::Problem;
use crate::source::{Place, Sources};
use crate::tree::{Entry, Table};

/// Collects what rewriting finds.
pub(crate) struct Rewriter<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) problems: Vec<Problem>,
    pub(crate) notices: Vec<String>,
}

impl<'a> Rewriter<'a> {
    pub(crate) fn new(sources: &'a Sources) -> Self {
        Self { sources, problems: Vec::new(), notices: Vec::new() }
    }

    /// Rewrites a whole scenario.
    pub(crate) fn rewrite(&mut self, root: &mut Table) {
        shorthand::rewrite(self, root);
        batching::rewrite(self, root);
        inference_lab::rewrite(self, root);
    }

    pub(crate) fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Renames a key.
    fn rename(&mut self, table: &mut Table, old: &str, new: &str) {
        if let Some(entry) = table.take(old) {
            self.put(table, new, entry);
        }
    }

    /// Puts a value under its right name. A flag wins over what is there; from a file, both names
    /// at once are an error.
    fn put(&mut self, table: &mut Table, key: &str, entry: Entry) {
        let is_new = !table.contains(key);
        if is_new || self.sources.is_flag(entry.value.at) {
            table.put(key, entry.at, entry.value);
        } else if entry.key != key {
            let message = format!("`{}` and `{key}` are the same setting", entry.key);
            self.problem(Problem::new(message).at(entry.at, "remove one of the two"));
        }
    }

    /// Refuses what cannot be simulated yet.
    fn not_available(&mut self, what: &str, at: Place, help: &str) {
        let message = format!("{what} is not available yet");
        self.problem(Problem::new(message).at(at, "").help(help));
    }
}

#[cfg(test)]
mod tests;
