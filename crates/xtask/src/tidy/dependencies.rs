//! Edges between the crates of the workspace are those of the table in `layers`.
//!
//! Tests may use more: a dev-dependency is wrong only if it closes a circle, because then the crate
//! is compiled twice and its types stop matching.

use std::collections::BTreeSet;

use super::Finding;
use super::repo::Repo;
use super::source::numbered;
use crate::layers;
use crate::workspace::{Package, Workspace};

const TABLE_FILE: &str = "crates/xtask/src/layers.rs";

pub(super) fn check(repo: &Repo) -> Vec<Finding> {
    let mut found = Vec::new();
    for package in &repo.workspace.packages {
        found.extend(not_in_table(repo, package));
        found.extend(package.tests_use.iter().filter_map(|used| circle(repo, package, used)));
    }
    found
}

fn not_in_table(repo: &Repo, package: &Package) -> Vec<Finding> {
    let Some(layer) = layers::layer(&package.name) else {
        let what = format!("crate `{}` has no row in the table of layers", package.name);
        let remedy = format!("add it to {TABLE_FILE} and to the code map in ARCHITECTURE.md");
        return vec![finding(repo, package, &package.name, what, remedy)];
    };
    let allowed = match layer.may_use {
        [] => "no crate of ours".to_owned(),
        names => format!("only {}", names.join(", ")),
    };
    let wrong = package.uses.iter().filter(|used| !layer.may_use.contains(&used.as_str()));
    wrong
        .map(|used| {
            let what = format!("`{}` may not use `{used}`, {allowed}", package.name);
            let remedy = format!("move the code, or change {TABLE_FILE} and ARCHITECTURE.md");
            finding(repo, package, used, what, remedy)
        })
        .collect()
}

fn circle(repo: &Repo, package: &Package, used: &str) -> Option<Finding> {
    reachable(&repo.workspace, used).contains(package.name.as_str()).then(|| {
        let what = format!("dev-dependency of `{}`: `{used}` uses it in turn", package.name);
        finding(repo, package, used, what, format!("move the test to `{used}` or above"))
    })
}

/// The crate and all that it uses, directly or not, in tests too.
fn reachable<'a>(workspace: &'a Workspace, from: &'a str) -> BTreeSet<&'a str> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(name) = open.pop() {
        if seen.insert(name) {
            let package = workspace.package(name);
            let edges = package.into_iter().flat_map(|p| p.uses.iter().chain(&p.tests_use));
            open.extend(edges.map(String::as_str));
        }
    }
    seen
}

/// A finding at the line of the manifest that names `name`.
fn finding(repo: &Repo, package: &Package, name: &str, what: String, remedy: String) -> Finding {
    let path = format!("{}/Cargo.toml", package.dir);
    let manifest = repo.file(&path).map_or("", |file| &file.text);
    let names_it = |line: &str| {
        line.split(|c: char| !(c.is_alphanumeric() || "-_".contains(c))).any(|word| word == name)
    };
    let line = numbered(manifest).find(|(_, line)| names_it(line)).map_or(1, |(number, _)| number);
    Finding::new(&path, line, what, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(repo: &Repo) -> Vec<String> {
        check(repo).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn an_edge_outside_the_table_is_found_at_its_line() {
        let manifest =
            "[package]\nname = \"tokendrome-kv\"\n[dependencies]\ntokendrome-sched = 1\n";
        let repo = Repo::of(&[("crates/kv/Cargo.toml", manifest)])
            .with("tokendrome-kv", &["tokendrome-units", "tokendrome-sched"], &[])
            .with("tokendrome-sched", &["tokendrome-units"], &[]);
        let found = check(&repo);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].path.as_str(), found[0].line), ("crates/kv/Cargo.toml", 4));
        assert_eq!(
            found[0].what,
            "`tokendrome-kv` may not use `tokendrome-sched`, only tokendrome-units"
        );
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        let repo = Repo::of(&[]).with("tokendrome-novel", &[], &[]);
        assert_eq!(whats(&repo), ["crate `tokendrome-novel` has no row in the table of layers"]);
    }

    #[test]
    fn tests_may_use_more_but_not_in_a_circle() {
        let repo = Repo::of(&[])
            .with("tokendrome-kernel", &[], &[])
            .with("tokendrome-sched", &["tokendrome-kv"], &["tokendrome-kernel"])
            .with("tokendrome-kv", &[], &["tokendrome-sched"]);
        let circle = "dev-dependency of `tokendrome-kv`: `tokendrome-sched` uses it in turn";
        assert_eq!(whats(&repo), [circle]);
    }
}
