//! The tables of flags in docs/cli.md are those of the code.

use std::fmt::Write;
use std::path::Path;

use crate::engine::flag::{Fate, Flag, Target};
use crate::engine::table::FLAGS;

const BEGIN: &str = "<!-- from here to the end: written by the tests of tokendrome-scenario -->\n";

#[test]
fn the_documentation_lists_every_flag() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, found) = text.split_once(BEGIN).expect("docs/cli.md has the mark");
    let expected = tables();
    if found != expected && std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
        std::fs::write(&path, format!("{before}{BEGIN}{expected}")).unwrap();
        return;
    }
    assert_eq!(
        found, expected,
        "docs/cli.md is not of this table: INSTA_UPDATE=always cargo test -p tokendrome-scenario"
    );
}

fn tables() -> String {
    let mut text = String::from("\n| flag | sets |\n|---|---|\n");
    for flag in FLAGS.iter() {
        match flag.fate {
            Fate::Maps(target) => row(&mut text, &[&names(flag), &meaning(target)]),
            Fate::Config => row(&mut text, &[&names(flag), "the flags in a YAML file"]),
            _ => {}
        }
    }
    text.push_str("\nRefused, except with the values that change nothing:\n\n");
    text.push_str("| flags | except | because |\n|---|---|---|\n");
    for (fate, flags) in groups() {
        if let Fate::Refused { why, harmless } = fate {
            row(&mut text, &[&flags, &in_backticks(harmless.split_whitespace()), why]);
        }
    }
    text.push_str("\nIgnored, with a notice:\n\n| flags | because |\n|---|---|\n");
    for (fate, flags) in groups() {
        if let Fate::Ignored(why) = fate {
            row(&mut text, &[&flags, why]);
        }
    }
    text
}

/// Flags in a row that share a fate.
fn groups() -> Vec<(Fate, String)> {
    let mut groups: Vec<(Fate, String)> = Vec::new();
    for flag in FLAGS.iter() {
        match groups.last_mut().filter(|(fate, _)| *fate == flag.fate) {
            Some((_, flags)) => write!(flags, ", {}", names(flag)).unwrap(),
            None => groups.push((flag.fate, names(flag))),
        }
    }
    groups
}

fn row(text: &mut String, cells: &[&str]) {
    for cell in cells {
        write!(text, "| {cell}{}", if cell.is_empty() { "" } else { " " }).unwrap();
    }
    text.push_str("|\n");
}

fn names(flag: &Flag) -> String {
    let mut text = format!("`--{}`", flag.name);
    for alias in &flag.aliases {
        write!(text, " (`{alias}`)").unwrap();
    }
    text
}

fn in_backticks<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn meaning(target: Target) -> String {
    match target {
        Target::Switch(path) | Target::Method(path) | Target::Share { path, .. } => {
            format!("`{path}`")
        }
        Target::Whole { path, suffixes, .. } => {
            format!("`{path}`{}", if suffixes { "; takes `8k` and `8K`" } else { "" })
        }
        Target::Word { path, words } => {
            format!("`{path}`: {}", in_backticks(words.iter().map(|(word, _)| *word)))
        }
        Target::Model => "`model`: of the catalog, or a `config.json`".to_owned(),
        Target::Length => "`scheduler.max_model_len`; takes `8k` and `8K`; `auto` and `-1` cut \
                           the model's context to what the KV cache holds"
            .to_owned(),
    }
}
