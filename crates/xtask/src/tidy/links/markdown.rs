//! As much of Markdown as links need: link targets and headings, outside code.

use std::collections::BTreeSet;

use crate::tidy::source::numbered;

/// Link targets with their lines, counted from 1: `[a](target)`, `![a](target)`, `[a]: target`.
pub(super) fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        let line = without_code(line);
        let inline = line.match_indices("](").filter_map(|(at, _)| target(&line[at + 2..]));
        links.extend(inline.map(|target| (number, target)));
        links.extend(defined(&line).map(|target| (number, target)));
    }
    links
}

/// The anchors of the headings, as GitHub makes them.
pub(super) fn anchors(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    for (_, line) in prose(text).filter(|(_, line)| line.starts_with('#')) {
        let heading = line.trim_start_matches('#').trim();
        let kept = heading.chars().filter(|&c| c.is_alphanumeric() || " -_".contains(c));
        let plain: String = kept.flat_map(char::to_lowercase).collect();
        let anchor = plain.replace(' ', "-");
        let mut unique = anchor.clone();
        for copy in 1.. {
            if anchors.insert(unique) {
                break;
            }
            unique = format!("{anchor}-{copy}");
        }
    }
    anchors
}

/// The lines outside fenced code.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence = None;
    numbered(text).filter(move |(_, line)| {
        let start = line.trim_start();
        let sign = ["```", "~~~"].into_iter().find(|sign| start.starts_with(sign));
        match (fence, sign) {
            (None, Some(_)) => fence = sign,
            (Some(open), Some(close)) if open == close => fence = None,
            (None, None) => return true,
            _ => {}
        }
        false
    })
}

/// The line without its `code`; a backtick without a partner stays.
fn without_code(line: &str) -> String {
    let mut parts: Vec<&str> = line.split('`').collect();
    let tail = if parts.len().is_multiple_of(2) { parts.pop() } else { None };
    let outside = parts.into_iter().step_by(2).collect::<Vec<_>>().join("");
    outside + tail.unwrap_or("")
}

/// The target at the start of `text`, up to the bracket that closes it.
fn target(text: &str) -> Option<String> {
    if let Some(angled) = text.strip_prefix('<') {
        return angled.split_once('>').map(|(target, _)| target.to_owned());
    }
    let end = text.find(|c: char| c == ')' || c.is_whitespace())?;
    Some(text[..end].to_owned())
}

/// The target of a line `[name]: target`.
fn defined(line: &str) -> Option<String> {
    let (_, target) = line.trim_start().strip_prefix('[')?.split_once("]:")?;
    target.split_whitespace().next().map(|word| word.trim_matches(['<', '>']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &[&str]) {
        let targets: Vec<_> = links(text).into_iter().map(|(_, target)| target).collect();
        assert_eq!(targets, expect);
    }

    #[test]
    fn links_of_every_form() {
        check("[a](b) and ![c](d \"title\") and [`e`](f#g)", &["b", "d", "f#g"]);
        check("[a](<b c>)\n\n[d]: e \"title\"", &["b c", "e"]);
    }

    #[test]
    fn code_holds_no_links() {
        check("```\n[a](b)\n```\n[c](d)", &["d"]);
        check("`[a](b)` it`s [c](d)", &["d"]);
    }

    #[test]
    fn anchors_like_those_of_github() {
        let anchors = anchors("# What's `new`?\n## A-b_c d\n## A-b_c d\n```\n# no\n```");
        let expect = ["whats-new", "a-b_c-d", "a-b_c-d-1"];
        assert_eq!(anchors, expect.map(str::to_owned).into());
    }
}
