//! The engine does no IO, reads no clock, no environment and no unseeded randomness, starts no
//! threads and prints nothing.
//!
//! Looks at the sources of the facade and of every crate below it, outside tests.

use super::Finding;
use super::markers::calls;
use super::repo::{File, Repo};
use super::source::{Source, is_test_file, numbered};
use crate::layers;

mod paths;

/// Paths that the engine may not name, themselves or anything below them, and why.
const PATHS: &[(&str, &str)] = &[
    ("std::fs", "reads or writes files"),
    ("std::net", "talks to the network"),
    ("std::env", "reads the environment"),
    ("std::process", "starts or ends processes"),
    ("std::thread", "starts threads"),
    ("std::time::Instant", "reads a clock"),
    ("std::time::SystemTime", "reads a clock"),
    ("std::time::UNIX_EPOCH", "reads a clock"),
    ("Instant::now", "reads a clock"),
    ("SystemTime::now", "reads a clock"),
    ("rayon", "starts threads"),
    ("rand::rng", "is a random source without a seed"),
    ("rand::random", "is a random source without a seed"),
    ("rand::rngs::SysRng", "is a random source without a seed"),
    ("rand::rngs::ThreadRng", "is a random source without a seed"),
    ("getrandom", "is a random source without a seed"),
];

const MACROS: &[&str] = &["print", "println", "eprint", "eprintln"];

const REMEDY: &str = "take it as an argument, or do it in a crate above the facade";

pub(super) fn check(repo: &Repo) -> Vec<Finding> {
    let engine = repo.workspace.packages.iter().filter(|p| layers::is_engine(&p.name));
    let sources = engine.flat_map(|package| repo.sources(package));
    sources.filter(|file| !is_test_file(&file.path)).flat_map(in_file).collect()
}

fn in_file(file: &File) -> Vec<Finding> {
    let code = Source::new(&file.text).engine_code();
    let mut found: Vec<Finding> = Vec::new();
    for (line, path) in paths::paths(&code) {
        let forbidden = PATHS.iter().find(|(name, _)| names(&path, name));
        // `std::time::Instant::now` is forbidden twice over; once is enough to say.
        let is_said = |why: &str| found.iter().any(|f| f.line == line && f.what.ends_with(why));
        if let Some((name, why)) = forbidden.filter(|(_, why)| !is_said(why)) {
            found.push(Finding::new(&file.path, line, format!("`{name}` {why}"), REMEDY));
        }
    }
    for (number, line) in numbered(&code) {
        for name in MACROS.iter().filter(|name| calls(line, name)) {
            found.push(Finding::new(&file.path, number, format!("`{name}!` prints"), REMEDY));
        }
    }
    found
}

/// Does `path` name the forbidden path, something below it, or all that stands beside it (`*`)?
fn names(path: &str, forbidden: &str) -> bool {
    let below = path.strip_prefix(forbidden);
    let beside = forbidden.rsplit_once("::").map(|(parent, _)| format!("{parent}::*"));
    below.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        || beside.as_deref() == Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_in(path: &str, text: &str, expect: &[&str]) {
        let repo = Repo::of(&[(path, text)]).with("tokendrome-cluster", &[], &[]).with(
            "tokendrome-dataset",
            &[],
            &[],
        );
        let found = check(&repo);
        let shown: Vec<_> = found.iter().map(|f| format!("{}: {}", f.line, f.what)).collect();
        assert_eq!(shown, expect);
    }

    #[track_caller]
    fn check_engine(text: &str, expect: &[&str]) {
        check_in("crates/cluster/src/a.rs", text, expect);
    }

    #[test]
    fn forbidden_paths_are_found_however_they_are_named() {
        check_engine("use std::fs;", &["1: `std::fs` reads or writes files"]);
        check_engine("use std::{\n io,\n fs::File};", &["3: `std::fs` reads or writes files"]);
        check_engine("fn f() { std::env::var(a); }", &["1: `std::env` reads the environment"]);
        check_engine(
            "\nuse std::time::{Duration, Instant as T};",
            &["2: `std::time::Instant` reads a clock"],
        );
        check_engine(
            "use std::time;\nlet a = time::Instant::now();",
            &["2: `Instant::now` reads a clock"],
        );
        check_engine("let a = ::std::thread::spawn(f);", &["1: `std::thread` starts threads"]);
        check_engine("use rayon::prelude::*;", &["1: `rayon` starts threads"]);
        check_engine("let r = rand::rng();", &["1: `rand::rng` is a random source without a seed"]);
    }

    #[test]
    fn printing_is_found() {
        check_engine("\nfn f() { println!(); }", &["2: `println!` prints"]);
        check_engine("std::eprintln!(\"a\");", &["1: `eprintln!` prints"]);
    }

    #[test]
    fn what_only_looks_like_it_passes() {
        check_engine("// std::fs\nlet a = \"std::fs\"; use std::time::Duration;", &[]);
        check_engine("use crate::{fs, net}; let a = self.process::<u8>(env!(\"X\"));", &[]);
        check_engine("use std::fmt; use rand::rngs; let a = my_println!();", &[]);
    }

    #[test]
    fn tests_and_crates_above_the_facade_may() {
        check_engine("#[cfg(test)]\nmod tests { use std::fs; }", &[]);
        check_in("crates/cluster/tests/a.rs", "use std::fs;", &[]);
        check_in("crates/cluster/src/a/tests.rs", "use std::fs;", &[]);
        check_in("crates/dataset/src/a.rs", "use std::fs;", &[]);
    }
}
