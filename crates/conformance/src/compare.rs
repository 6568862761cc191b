//! Where two traces begin to differ.

use std::fmt;

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;

use crate::json;

/// The first difference between a recorded trace and ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Counted from 1.
    pub line: usize,
    /// The number that the recorded line gives itself (`i`), if it has one.
    pub step: Option<u64>,
    /// The way to the value that differs, such as `s[3]`.
    pub field: String,
    /// What was recorded there.
    pub recorded: String,
    /// What we say there.
    pub ours: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "differs in line {}", self.line)?;
        if let Some(step) = self.step {
            write!(f, ", step {step}")?;
        }
        write!(f, ", {}", self.field)
    }
}

/// What stands for a value that one side does not have.
const ABSENT: &str = "(absent)";

/// What stands for a line that one side does not have.
const ENDS: &str = "(the trace ends here)";

/// Bytes of a value beyond which a message tells of a part of it.
const WHOLE_MAX: usize = 60;

/// The first difference of two traces; none if they are the same, byte for byte.
#[must_use]
pub fn first_difference(recorded: &[u8], ours: &[u8]) -> Option<Difference> {
    if recorded == ours {
        return None;
    }
    let lines = |trace| <[u8]>::split_inclusive(trace, |&byte| byte == b'\n');
    let (mut theirs, mut mine) = (lines(recorded), lines(ours));
    let mut line = 0;
    loop {
        line += 1;
        match (theirs.next(), mine.next()) {
            (Some(a), Some(b)) if a == b => {}
            (None, None) => return None,
            (a, b) => {
                let a = a.map(String::from_utf8_lossy);
                let b = b.map(String::from_utf8_lossy);
                return Some(in_line(line, a.as_deref(), b.as_deref()));
            }
        }
    }
}

fn in_line(line: usize, recorded: Option<&str>, ours: Option<&str>) -> Difference {
    let same = match (recorded, ours) {
        (Some(a), Some(b)) => a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count(),
        _ => 0,
    };
    let shown = |text: Option<&str>| text.map_or(ENDS.to_owned(), |text| around(text, same));
    let whole = Difference {
        line,
        step: None,
        field: "the whole line".to_owned(),
        recorded: shown(recorded),
        ours: shown(ours),
    };
    let (Some(recorded), Some(ours)) = (recorded, ours) else { return whole };
    let (Ok(a), Ok(b)) = (json::parse(recorded), json::parse(ours)) else { return whole };
    let step = a.as_object().and_then(|object| object.get_number("i")?.value.parse().ok());
    let sides = Sides { recorded, ours };
    match sides.difference(String::new(), Some(&a), Some(&b)) {
        Some((field, recorded, ours)) => Difference { line, step, field, recorded, ours },
        // The same values in other bytes: spaces, the order of keys, the end of the line.
        None => Difference { step, field: "its spelling".to_owned(), ..whole },
    }
}

/// The part of a line about its byte `at`, with what cannot be seen written out.
fn around(line: &str, at: usize) -> String {
    /// Bytes shown before the place.
    const BEFORE: usize = 20;
    let whole_chars =
        |at: usize| (0..=at.min(line.len())).rev().find(|&at| line.is_char_boundary(at));
    let start = whole_chars(at.saturating_sub(BEFORE)).unwrap_or(0);
    let end = whole_chars(start + WHOLE_MAX).unwrap_or(0);
    let mut part = String::from(if start > 0 { "..." } else { "" });
    let text = line[start..end].chars();
    for character in text {
        match character.is_control() {
            true => part.extend(character.escape_default()),
            false => part.push(character),
        }
    }
    match (at >= line.len(), end < line.len()) {
        (true, _) => part.push_str(" (the line ends here)"),
        (false, true) => part.push_str("..."),
        (false, false) => {}
    }
    part
}

/// The texts of one line.
struct Sides<'a> {
    recorded: &'a str,
    ours: &'a str,
}

impl Sides<'_> {
    /// The way to the first part that differs, and that part on both sides.
    fn difference(
        &self,
        way: String,
        a: Option<&Value<'_>>,
        b: Option<&Value<'_>>,
    ) -> Option<(String, String, String)> {
        let (text_a, text_b) = (a.map(|a| a.text(self.recorded)), b.map(|b| b.text(self.ours)));
        if text_a == text_b {
            return None;
        }
        let is_long = |text: Option<&str>| text.is_some_and(|text| text.len() > WHOLE_MAX);
        let part = match (a, b) {
            (Some(Value::Object(a)), Some(Value::Object(b))) => {
                let keys = a.properties.iter().chain(&b.properties);
                keys.map(|property| property.name.as_str()).find_map(|key| {
                    let way = if way.is_empty() { key.to_owned() } else { format!("{way}.{key}") };
                    let (a, b) = (a.get(key), b.get(key));
                    self.difference(way, a.map(|a| &a.value), b.map(|b| &b.value))
                })
            }
            (Some(Value::Array(a)), Some(Value::Array(b)))
                if is_long(text_a) || is_long(text_b) =>
            {
                let longest = a.elements.len().max(b.elements.len());
                (0..longest).find_map(|index| {
                    let way = format!("{way}[{index}]");
                    self.difference(way, a.elements.get(index), b.elements.get(index))
                })
            }
            _ => None,
        };
        if part.is_some() || way.is_empty() {
            return part;
        }
        let shown = |text: Option<&str>| text.map_or(ABSENT.to_owned(), json::short);
        Some((way, shown(text_a), shown(text_b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(recorded: &str, ours: &str, expect: &str) {
        let found = first_difference(recorded.as_bytes(), ours.as_bytes());
        let shown = found.map_or("none".to_owned(), |found| {
            format!("{found}: {} | {}", found.recorded, found.ours)
        });
        assert_eq!(shown, expect);
    }

    #[test]
    fn the_first_field_that_differs_is_told() {
        let line = |s: &str| format!("{{\"trace\":1}}\n{{\"i\":7,{s}}}\n");
        let check = |a: &str, b: &str, expect: &str| check(&line(a), &line(b), expect);
        check("\"t\":1", "\"t\":1", "none");
        check("\"t\":1,\"w\":2", "\"t\":1,\"w\":3", "differs in line 2, step 7, w: 2 | 3");
        check(
            "\"s\":[[\"a\",1]]",
            "\"s\":[[\"a\",2]]",
            "differs in line 2, step 7, s: [[\"a\",1]] | [[\"a\",2]]",
        );
        check("\"t\":1", "\"t\":1,\"fin\":[]", "differs in line 2, step 7, fin: (absent) | []");
        check("\"pre\":[]", "\"fin\":[]", "differs in line 2, step 7, pre: [] | (absent)");
        check("\"b\":{\"x\":1}", "\"b\":{\"x\":2}", "differs in line 2, step 7, b.x: 1 | 2");
        check(
            "\"t\":1,\"w\":2",
            "\"w\":2,\"t\":1",
            "differs in line 2, step 7, its spelling: {\"i\":7,\"t\":1,\"w\":2}\\n | \
             {\"i\":7,\"w\":2,\"t\":1}\\n",
        );
    }

    #[test]
    fn long_lists_are_searched() {
        let list = |last: &str| {
            let parts: String = (0..20).map(|i| format!("[\"r{i:05}\",1,{i},\"R\"],")).collect();
            format!("{{\"s\":[{parts}[\"r7\",{last},\"P\"]]}}\n")
        };
        check(
            &list("1,2"),
            &list("1,3"),
            "differs in line 1, s[20]: [\"r7\",1,2,\"P\"] | [\"r7\",1,3,\"P\"]",
        );
    }

    #[test]
    fn ends_and_odd_lines_are_told() {
        check("a\n", "a\nb\n", "differs in line 2, the whole line: (the trace ends here) | b\\n");
        check("{}", "{}\n", "differs in line 1, its spelling: {} (the line ends here) | {}\\n");
        check("{ }\r\n", "{}\n", "differs in line 1, its spelling: { }\\r\\n | {}\\n");
        check("not json", "{}", "differs in line 1, the whole line: not json | {}");
        check("", "{}\n", "differs in line 1, the whole line: (the trace ends here) | {}\\n");
        let long = format!("{{\"s\":[{}]}}\n", "1,".repeat(100) + "1");
        check(
            &long[..120],
            &long,
            "differs in line 1, the whole line: ...1,1,1,1,1,1,1,1,1,1, (the line ends here) | \
             ...1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,...",
        );
    }
}
