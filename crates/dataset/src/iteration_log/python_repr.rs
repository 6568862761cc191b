//! Python's way to write dicts, lists, texts and numbers, turned into JSON.

use serde_json::Value;

/// Parses a dict as Python's `repr` writes it. JSON is understood as well.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let json = to_json(text)?;
    serde_json::from_str(&json).map_err(|error| match error.is_eof() {
        true => "the line is cut off".to_owned(),
        false => format!("this is no dict: {error}"),
    })
}

fn to_json(text: &str) -> Result<String, String> {
    let mut json = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match c {
            '\'' | '"' => {
                let (content, length) = string(rest, c)?;
                json.push_str(&Value::String(content).to_string());
                rest = &rest[length..];
            }
            '(' | ')' => {
                json.push(if c == '(' { '[' } else { ']' });
                rest = &rest[1..];
            }
            _ if c.is_ascii_digit() => {
                let length = number(rest);
                json.push_str(&rest[..length]);
                rest = &rest[length..];
            }
            _ if c.is_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
                let word = &rest[..end.unwrap_or(rest.len())];
                json.push_str(match word {
                    "True" | "true" => "true",
                    "False" | "false" => "false",
                    "None" | "null" | "nan" | "inf" | "NaN" | "Infinity" => "null",
                    _ => return Err(format!("this is no dict: `{word}` stands without quotes")),
                });
                rest = &rest[word.len()..];
            }
            _ => {
                json.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    Ok(json)
}

/// How many bytes the number takes that stands first, with its exponent.
fn number(text: &str) -> usize {
    let mut before = ' ';
    let end = text.find(|c: char| {
        let is_part = c.is_ascii_alphanumeric() || c == '.';
        let is_sign = matches!(c, '+' | '-') && matches!(before, 'e' | 'E');
        before = c;
        !is_part && !is_sign
    });
    end.unwrap_or(text.len())
}

/// The text that begins with this quote, and how many bytes it takes with its quotes.
fn string(text: &str, quote: char) -> Result<(String, usize), String> {
    let mut content = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Ok((content, at + 1)),
            '\\' => match chars.next() {
                Some((_, 'n')) => content.push('\n'),
                Some((_, 't')) => content.push('\t'),
                Some((_, other)) => content.push(other),
                None => break,
            },
            _ => content.push(c),
        }
    }
    Err("the line is cut off: a quote is not closed".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dicts_become_json() {
        for (text, expect) in [
            (
                "{'a': 1, 'b': [True, None, -2.5e-05, 1e3]}",
                json!({"a": 1, "b": [true, null, -2.5e-5, 1e3]}),
            ),
            (r#"{'it\'s': "a 'b'", 'c': (1, 2)}"#, json!({"it's": "a 'b'", "c": [1, 2]})),
            (r#"{"json": {"x": false, "y": null}}"#, json!({"json": {"x": false, "y": null}})),
            ("{'x': nan, 'y': '\u{e9}\u{2713}'}", json!({"x": null, "y": "\u{e9}\u{2713}"})),
        ] {
            assert_eq!(parse(text).unwrap(), expect, "{text}");
        }
    }

    #[test]
    fn what_is_no_dict_is_told() {
        for (text, expect) in [
            ("{'a': 1", "cut off"),
            ("{'a", "a quote is not closed"),
            ("{'a': <Enum.X: 1>}", "`Enum` stands without quotes"),
            ("{'a' 1}", "no dict"),
        ] {
            let found = parse(text).unwrap_err();
            assert!(found.contains(expect), "{text}: {found}");
        }
    }
}
