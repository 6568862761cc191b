//! The paths that code names, with the groups of `use` spelled out.

use crate::tidy::source::{is_word, line_of};

/// Every path in `code` (which has neither comments nor strings), with its line.
///
/// `a::{b, c::d}` gives `a::b` and `a::c::d`. A path with two names or more is given from its last
/// name but one too (`a::b::c` also as `b::c`), because its first part may be imported.
pub(super) fn paths(code: &str) -> Vec<(usize, String)> {
    let mut reader = Reader { code, at: 0, paths: Vec::new() };
    while reader.at < code.len() {
        reader.path("");
        reader.sign();
    }
    reader.paths
}

struct Reader<'a> {
    code: &'a str,
    at: usize,
    paths: Vec<(usize, String)>,
}

impl Reader<'_> {
    /// Reads the path at this place, if one begins here, as continuing `prefix`.
    fn path(&mut self, prefix: &str) {
        let mut path = prefix.to_owned();
        let mut start = self.at;
        self.skip("::");
        while let Some(name) = self.name() {
            start = self.at - name.len();
            path = if path.is_empty() { name } else { format!("{path}::{name}") };
            if !self.skip("::") {
                break;
            }
            if self.skip("{") {
                self.group(&path);
                return;
            }
        }
        if path != prefix {
            self.found(start, path);
        }
    }

    /// Reads the members of a group up to its closing brace.
    fn group(&mut self, prefix: &str) {
        while self.at < self.code.len() {
            self.path(prefix);
            if self.sign() == Some('}') {
                return;
            }
        }
    }

    fn found(&mut self, start: usize, path: String) {
        let line = line_of(self.code, start);
        let names: Vec<&str> = path.split("::").collect();
        if let [_, .., before, last] = names.as_slice() {
            self.paths.push((line, format!("{before}::{last}")));
        }
        self.paths.push((line, path));
    }

    /// Takes a name or `*`.
    fn name(&mut self) -> Option<String> {
        self.skip_space();
        let rest = &self.code[self.at..];
        let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let bytes = if rest.starts_with('*') { 1 } else { word };
        self.at += bytes;
        (bytes > 0).then(|| rest[..bytes].to_owned())
    }

    fn skip(&mut self, sign: &str) -> bool {
        self.skip_space();
        let found = self.code[self.at..].starts_with(sign);
        self.at += if found { sign.len() } else { 0 };
        found
    }

    fn skip_space(&mut self) {
        let rest = &self.code[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes what begins no path.
    fn sign(&mut self) -> Option<char> {
        self.skip_space();
        let sign = self.code[self.at..].chars().next().filter(|&c| !is_word(c))?;
        self.at += sign.len_utf8();
        Some(sign)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, expect: &[&str]) {
        let paths: Vec<_> = paths(code).into_iter().map(|(_, path)| path).collect();
        for path in expect {
            assert!(paths.iter().any(|found| found == path), "no {path} in {paths:?}");
        }
    }

    #[test]
    fn groups_are_spelled_out() {
        check(
            "use a::{self, b::{c, d as e}, f::*}; g::h();",
            &["a::self", "a::b::c", "a::b::d", "a::f::*", "g::h"],
        );
        check("a\n  ::b\n  ::c", &["a::b::c", "b::c"]);
        check("} ) a::b }", &["a::b"]);
    }

    #[test]
    fn lines_are_those_of_the_last_name() {
        assert_eq!(paths("use a::{\nb,\nc};")[2], (3, "a::c".to_owned()));
    }
}
