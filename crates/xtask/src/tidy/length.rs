//! Sources that fit a reader: at most 400 lines, at most 100 columns, no `mod.rs`.

use super::Finding;
use super::repo::{File, Repo};
use super::source::numbered;

const LINES_MAX: usize = 400;
const COLUMNS_MAX: usize = 100;

/// Files that may be longer, with the reason beside each.
const LONGER: &[&str] = &[];

pub(super) fn check(repo: &Repo) -> Vec<Finding> {
    let python = repo.files.iter().filter(|file| file.path.ends_with(".py"));
    repo.rust()
        .chain(python)
        .flat_map(|file| {
            let lines = numbered(&file.text).filter(|(_, line)| is_wide(line));
            let wide = lines.map(|(number, line)| wide_line(file, number, line));
            wide.chain(long_file(file)).chain(mod_file(file)).collect::<Vec<_>>()
        })
        .collect()
}

fn long_file(file: &File) -> Option<Finding> {
    let lines = file.text.lines().count();
    (lines > LINES_MAX && !LONGER.contains(&file.path.as_str())).then(|| {
        let what = format!("{lines} lines, {LINES_MAX} at most");
        Finding::new(&file.path, LINES_MAX + 1, what, "split the file by meaning, not by size")
    })
}

fn wide_line(file: &File, number: usize, line: &str) -> Finding {
    let what = format!("{} columns, {COLUMNS_MAX} at most", line.chars().count());
    Finding::new(&file.path, number, what, "break it; rustfmt leaves comments and strings to you")
}

/// A line that is a lone address cannot be broken, and may be long.
fn is_wide(line: &str) -> bool {
    let text = line.trim().trim_start_matches(['/', '!']).trim();
    let is_address = text.contains("://") && text.split_whitespace().count() <= 2;
    line.chars().count() > COLUMNS_MAX && !is_address
}

fn mod_file(file: &File) -> Option<Finding> {
    let folder = file.path.strip_suffix("/mod.rs")?;
    Some(Finding::new(&file.path, 1, "module file named mod.rs", format!("name it {folder}.rs")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_file(path: &str, text: &str, expect: &[&str]) {
        let found = check(&Repo::of(&[(path, text)]));
        let shown: Vec<_> = found.iter().map(|f| format!("{}: {}", f.line, f.what)).collect();
        assert_eq!(shown, expect);
    }

    #[test]
    fn a_long_file_is_found() {
        check_file("a.rs", &"x\n".repeat(400), &[]);
        check_file("a.rs", &"x\n".repeat(401), &["401: 401 lines, 400 at most"]);
        check_file("a.py", &"x\n".repeat(401), &["401: 401 lines, 400 at most"]);
        check_file("a.md", &"x\n".repeat(401), &[]);
    }

    #[test]
    fn a_wide_line_is_found_and_a_lone_address_is_not() {
        check_file("a.rs", &format!("\n// {}", "ü".repeat(97)), &[]);
        check_file("a.rs", &format!("\n// {}", "ü".repeat(98)), &["2: 101 columns, 100 at most"]);
        check_file("a.rs", &format!("/// [a]: https://{}", "b".repeat(100)), &[]);
    }

    #[test]
    fn a_mod_file_is_found() {
        check_file("a/mod.rs", "", &["1: module file named mod.rs"]);
        check_file("a/amod.rs", "", &[]);
    }
}
