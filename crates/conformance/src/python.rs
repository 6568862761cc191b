//! JSON as Python's `json.dumps` writes it, which is how recordings are written: compact, in the
//! order of the keys, and in ASCII.

use std::fmt::Write as _;

use jsonc_parser::ast::Value;

/// A value that was read by `json.load`, written by `json.dumps` with compact separators.
///
/// Whole numbers keep their digits, other numbers are written as Python's `repr` does: the fewest
/// digits that give the same number again.
pub(crate) fn dump(value: &Value<'_>, out: &mut String) {
    match value {
        Value::NullKeyword(_) => out.push_str("null"),
        Value::BooleanLit(flag) => out.push_str(if flag.value { "true" } else { "false" }),
        Value::NumberLit(number) => dump_number(number.value, out),
        Value::StringLit(text) => dump_string(&text.value, out),
        Value::Array(array) => {
            out.push('[');
            for (index, element) in array.elements.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                dump(element, out);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (index, property) in object.properties.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                dump_string(property.name.as_str(), out);
                out.push(':');
                dump(&property.value, out);
            }
            out.push('}');
        }
    }
}

/// [`dump`] into a text of its own.
pub(crate) fn echo(value: &Value<'_>) -> String {
    let mut out = String::new();
    dump(value, &mut out);
    out
}

fn dump_number(spelling: &str, out: &mut String) {
    let is_whole = spelling.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match spelling.parse::<f64>() {
        _ if spelling == "-0" => out.push('0'),
        Ok(number) if !is_whole => out.push_str(&repr(number)),
        _ => out.push_str(spelling),
    }
}

/// A float as Python's `repr`: `0.05`, `1e-05`, `1e+16`.
fn repr(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    // Rust's shortest digits are the same, and so is where the exponent begins; Python writes the
    // exponent's sign, and at least two digits of it.
    let shortest = format!("{number:?}");
    let Some((digits, exponent)) = shortest.split_once('e') else { return shortest };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

/// Text in quotes; everything but printable ASCII as an escape.
pub(crate) fn dump_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let parsed = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default());
        let mut out = String::new();
        dump(&parsed.unwrap().value.unwrap(), &mut out);
        assert_eq!(out, expect);
    }

    #[test]
    fn numbers_are_spelled_as_python_does() {
        for (text, expect) in [
            ("0", "0"),
            ("-0", "0"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("0.05", "0.05"),
            ("5e-2", "0.05"),
            ("1e-2", "0.01"),
            ("0.0", "0.0"),
            ("-0.0", "-0.0"),
            ("1E2", "100.0"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1.5e-7", "1.5e-07"),
            ("1e15", "1000000000000000.0"),
            ("1e16", "1e+16"),
            ("1.5e300", "1.5e+300"),
            ("0.1000000000000000055", "0.1"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("5e-324", "5e-324"),
            ("1e999", "Infinity"),
        ] {
            check(text, expect);
        }
    }

    #[test]
    fn strings_are_ascii() {
        check(r#""a b~ \/ \" \\ \n\t\r\b\f""#, r#""a b~ / \" \\ \n\t\r\b\f""#);
        check("\"ü €\u{7f}\u{1}\"", r#""\u00fc \u20ac\u007f\u0001""#);
        check("\"😀\"", r#""\ud83d\ude00""#);
        check(r#""\ud83d\ude00""#, r#""\ud83d\ude00""#);
    }

    #[test]
    fn order_is_kept_and_space_is_not() {
        check(
            r#"{ "b": [1, null, true], "a": {"c": "d"}, "e": [] }"#,
            r#"{"b":[1,null,true],"a":{"c":"d"},"e":[]}"#,
        );
    }
}
