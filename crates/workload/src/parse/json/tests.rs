use proptest::prelude::*;

use super::*;

#[track_caller]
fn check_string(line: &str, expect: Result<&str, usize>) {
    let found = Cursor::new(line).string().map_err(|error| error.column);
    assert_eq!(found.as_deref(), expect.as_deref(), "{line}");
}

#[test]
fn strings_are_read() {
    check_string(r#""""#, Ok(""));
    check_string(r#" "abc" "#, Ok("abc"));
    check_string(r#""é€😀""#, Ok("é€😀"));
    check_string(r#""\"\\\/\b\f\n\r\t""#, Ok("\"\\/\u{8}\u{c}\n\r\t"));
    check_string(r#""a\u00e9b\u20ACc""#, Ok("aéb€c"));
    check_string(r#""\ud83d\ude00!""#, Ok("😀!"));
}

#[test]
fn broken_strings_are_refused_at_their_place() {
    check_string(r#"abc"#, Err(1));
    check_string(r#""abc"#, Err(5));
    check_string(r#""é\x""#, Err(3));
    check_string(r#""\"#, Err(2));
    check_string(r#""\u12"#, Err(2));
    check_string(r#""\u12g4""#, Err(2));
    check_string(r#""\ud83d""#, Err(2));
    check_string(r#""\ud83d\u0041""#, Err(2));
    check_string(r#""\ude00""#, Err(2));
    check_string("\"a\tb\"", Err(3));
}

#[test]
fn whole_numbers_are_read() {
    let check = |line: &str, expect: Result<(u64, usize), Fault>| {
        let mut cursor = Cursor::new(line);
        assert_eq!(cursor.whole().map(|value| (value, cursor.at())), expect, "{line}");
    };
    check("0", Ok((0, 1)));
    check(" 17,", Ok((17, 3)));
    check("17]", Ok((17, 2)));
    check("17.0}", Ok((17, 4)));
    check("1e3", Ok((1_000, 3)));
    check("18446744073709551615 ", Ok((u64::MAX, 20)));
    check("18446744073709551616", Err(Fault::TooLarge));
    check("-1", Err(Fault::Negative));
    for line in ["", "007", "1.5", "+1", ".5", "1.", "1e", "NaN", "true", "\"1\"", "1a", "- 1"] {
        check(line, Err(Fault::NotANumber));
    }
}

#[test]
fn what_is_next_is_shown() {
    let check = |line: &str, expect: &str| assert_eq!(Cursor::new(line).shown(), expect, "{line}");
    check("", "nothing");
    check(" -5, 3", "-5");
    check("\"abc\", 3", "\"abc\"");
    check("\"abc", "\"abc");
    check("\"", "\"");
    check("{}", "an object");
    check("[1]", "a list");
    check(":", ":");
    check("é, 3", "é");
    check("]", "]");
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Cursor::new(&nested(100)).skip().is_ok());
    let error = Cursor::new(&nested(101)).skip().unwrap_err();
    assert_eq!(error.column, 101);
    assert!(Cursor::new(&"[".repeat(1_000_000)).skip().is_err());
}

fn is_value(line: &str) -> bool {
    let mut cursor = Cursor::new(line);
    cursor.skip().is_ok() && cursor.end().is_ok()
}

/// Text that is near to JSON.
fn jsonish() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "{", "}", "[", "]", ",", ":", "\"", "\"a\"", "\\", "\\u00e9", "\\ud83d", "0", "1", "-",
        ".", "e", "E+", "true", "null", "nul", " ", "\t", "é", "\u{0}",
    ]);
    prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// What serde_json takes for a value is one, and nothing else is.
    #[test]
    fn values_are_those_of_serde_json(line in jsonish()) {
        let expect = serde_json::from_str::<serde_json::Value>(&line);
        // It refuses numbers beyond the range of floats, which have no part in the grammar.
        let range = expect.as_ref().is_err_and(|error| error.to_string().contains("out of range"));
        prop_assert!(range || is_value(&line) == expect.is_ok(), "{line}: {expect:?}");
    }

    #[test]
    fn strings_are_those_of_serde_json(text in any::<String>()) {
        let line = serde_json::to_string(&text).unwrap();
        prop_assert_eq!(Cursor::new(&line).string().unwrap(), text);
    }
}
