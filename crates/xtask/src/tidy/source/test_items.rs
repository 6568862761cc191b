//! Finds the items under `#[cfg(test)]`.

use super::{blank, is_word};

/// Words that an item can begin with. Anything else (a field, a match arm) ends at a comma too.
const ITEM_WORDS: &[&str] = &[
    "pub",
    "mod",
    "fn",
    "impl",
    "use",
    "struct",
    "enum",
    "union",
    "const",
    "static",
    "trait",
    "type",
    "unsafe",
    "async",
    "extern",
    "macro_rules",
    "let",
];

/// The code with every item under `#[cfg(test)]` blank, its attribute included.
///
/// `code` has neither comments nor strings.
pub(super) fn blanked(code: &str) -> String {
    let (mut result, mut rest) = (String::with_capacity(code.len()), code);
    while let Some(found) = rest.find("#[cfg(") {
        let attribute = balanced(&rest[found + 1..]).map_or(rest.len(), |bytes| found + 1 + bytes);
        let end = if is_test_only(&rest[found..attribute]) {
            let end = attribute + item(&rest[attribute..]);
            result.push_str(&rest[..found]);
            result.push_str(&blank(&rest[found..end]));
            end
        } else {
            result.push_str(&rest[..attribute]);
            attribute
        };
        rest = &rest[end..];
    }
    result + rest
}

/// Does this attribute keep its item out of a build that is no test?
fn is_test_only(attribute: &str) -> bool {
    let condition: String = attribute.chars().filter(|c| !c.is_whitespace()).collect();
    condition == "#[cfg(test)]"
        || (condition.starts_with("#[cfg(all(")
            && condition.split(['(', ')', ',']).any(|w| w == "test"))
            && !condition.contains("not(test)")
}

/// Length of the item at the start: up to its `;`, or the end of its braces.
fn item(code: &str) -> usize {
    let mut at = 0;
    let mut listed = None;
    while let Some(c) = code[at..].chars().next() {
        match c {
            ';' => return at + 1,
            ',' if listed == Some(true) => return at + 1,
            '}' | ')' | ']' => return at,
            '{' => return balanced(&code[at..]).map_or(code.len(), |b| closed(code, at + b)),
            '(' | '[' => at += balanced(&code[at..]).unwrap_or(code.len() - at),
            _ if is_word(c) => {
                let word = &code[at..];
                let word = &word[..word.find(|c| !is_word(c)).unwrap_or(word.len())];
                listed.get_or_insert_with(|| !ITEM_WORDS.contains(&word));
                at += word.len();
            }
            _ => at += c.len_utf8(),
        }
    }
    at
}

/// The end of an item whose braces end at `brace`: a `use` or `const` has a `;` after them.
fn closed(code: &str, brace: usize) -> usize {
    let rest = &code[brace..];
    let space = rest.len() - rest.trim_start().len();
    if rest[space..].starts_with(';') { brace + space + 1 } else { brace }
}

/// Length of the bracketed text at the start, whose first sign is its opening bracket.
fn balanced(code: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, expect: &str) {
        let blanked = blanked(code);
        assert_eq!(blanked.split_whitespace().collect::<Vec<_>>().join(" "), expect);
        assert_eq!(blanked.matches('\n').count(), code.matches('\n').count());
    }

    #[test]
    fn test_items_go() {
        check("a;\n#[cfg(test)]\nmod tests { fn f() { g(); } }\nb;", "a; b;");
        check("#[cfg(test)] mod tests; b;", "b;");
        check("#[cfg(test)] #[track_caller] pub fn f<A, B>(x: [u8; 3]) -> A { x; } b;", "b;");
        check("#[cfg(all(test, unix))] use a::{b, c}; d;", "d;");
        check("#[cfg(test)] mod tests { never closed", "");
    }

    #[test]
    fn fields_under_test_go_alone() {
        check("struct S { #[cfg(test)] a: Vec<u8>, b: u8 }", "struct S { b: u8 }");
        check("struct S { b: u8, #[cfg(test)] a: u8 }", "struct S { b: u8, }");
    }

    #[test]
    fn other_conditions_stay() {
        for code in ["#[cfg(not(test))] fn f() {}", "#[cfg(any(test, unix))] fn f() {}"] {
            check(code, code);
        }
    }
}
