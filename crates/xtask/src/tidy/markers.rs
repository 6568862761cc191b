//! Nothing half done: no placeholder macros, no notes to oneself.

use super::Finding;
use super::repo::{File, Repo};
use super::source::{Source, is_word, numbered};

/// Words of notes, in comments and in code. In strings they are free.
const NOTES: &[&str] = &["TODO", "FIXME", "XXX"];
const MACROS: &[&str] = &["todo", "unimplemented", "dbg"];

pub(super) fn check(repo: &Repo) -> Vec<Finding> {
    repo.rust().flat_map(in_file).collect()
}

fn in_file(file: &File) -> Vec<Finding> {
    let source = Source::new(&file.text);
    let mut found = Vec::new();
    for (number, line) in numbered(&source.unquoted) {
        for note in line.split(|c| !is_word(c)).filter(|word| NOTES.contains(word)) {
            let remedy = "do it now, or say what is so and why";
            found.push(Finding::new(&file.path, number, format!("`{note}` in the source"), remedy));
        }
    }
    for (number, line) in numbered(&source.code) {
        for name in MACROS.iter().filter(|name| calls(line, name)) {
            let remedy = "write what belongs there, or take the call out";
            found.push(Finding::new(&file.path, number, format!("call of `{name}!`"), remedy));
        }
    }
    found
}

/// Does this line of code call the macro `name`?
pub(super) fn calls(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let after = line[at + name.len()..].trim_start();
        let is_macro = after.strip_prefix('!').is_some_and(|after| !after.starts_with('='));
        is_macro && !line[..at].ends_with(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_text(text: &str, expect: &[&str]) {
        let found = check(&Repo::of(&[("a.rs", text)]));
        let shown: Vec<_> = found.iter().map(|f| format!("{}: {}", f.line, f.what)).collect();
        assert_eq!(shown, expect);
    }

    #[test]
    fn notes_are_found_in_comments_and_names_but_not_in_strings() {
        check_text("\n// TODO: later", &["2: `TODO` in the source"]);
        check_text("/* FIXME */ fn f() {}", &["1: `FIXME` in the source"]);
        check_text("let a = \"XXX\"; // XXXL", &[]);
    }

    #[test]
    fn placeholder_macros_are_found_in_code_only() {
        check_text("fn f() { todo!() }", &["1: call of `todo!`"]);
        check_text("\nunimplemented !(\"x\")", &["2: call of `unimplemented!`"]);
        check_text("let a = dbg!(b);", &["1: call of `dbg!`"]);
        check_text("// no todo!() here\nmy_todo!(); let a = todo != b;", &[]);
    }
}
