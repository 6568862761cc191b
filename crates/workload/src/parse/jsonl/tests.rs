use crate::TraceRow;
use crate::parse::{Layout, Parser};

/// Reads lines, the last of which is looked at.
#[track_caller]
fn last(lines: &[&str]) -> (Parser, Result<TraceRow, (usize, String)>) {
    let mut parser = Parser::new(Some(Layout::Jsonl), None);
    let (last, before) = lines.split_last().unwrap();
    for line in before {
        parser.line(line.as_bytes()).unwrap();
    }
    let row = parser.line(last.as_bytes()).map(Option::unwrap);
    (parser, row.map_err(|error| (error.column, error.what)))
}

#[track_caller]
fn check(line: &str, expect: TraceRow) {
    assert_eq!(last(&[line]).1, Ok(expect));
}

/// The last of these lines is refused at `column` with a text that begins with `what`.
#[track_caller]
fn refuse(lines: &[&str], column: usize, what: &str) {
    let (found_column, found) = last(lines).1.unwrap_err();
    assert!(found.starts_with(what), "{found}");
    assert_eq!(found_column, column, "{found}");
}

fn row(arrival_ns: u64, input_tokens: u32, output_tokens: u32) -> TraceRow {
    TraceRow { arrival_ns, input_tokens, output_tokens, ..TraceRow::default() }
}

const MINIMAL: &str = r#"{"timestamp": 0, "input_length": 6758, "output_length": 500}"#;

#[test]
fn rows_are_read() {
    check(MINIMAL, row(0, 6_758, 500));
    check(
        r#"{"timestamp":10.5,"input_length":1,"output_length":4294967295}"#,
        row(10_500_000, 1, u32::MAX),
    );
    check(
        r#"{"output_length": 4, "hash_ids": [46, 47], "input_length": 655, "timestamp": 1e3}"#,
        TraceRow { hash_ids: vec![46, 47], ..row(1_000_000_000, 655, 4) },
    );
    check(
        r#"{"timestamp":1,"input_length":2,"output_length":3,"max_tokens":9,"priority":-5,
            "slo_class":"chat","session_id":"a\u00e9"}"#,
        TraceRow {
            max_tokens: Some(9),
            priority: Some(-5),
            slo_class: Some("chat".to_owned()),
            session_id: Some("aé".to_owned()),
            ..row(1_000_000, 2, 3)
        },
    );
}

#[test]
fn null_is_absent_and_a_session_may_be_a_number() {
    check(
        r#"{"timestamp":0,"input_length":5,"output_length":1,"hash_ids":null,"priority":null,
            "session_id":null,"max_tokens":null,"slo_class":null,"text_input":null}"#,
        row(0, 5, 1),
    );
    check(
        r#"{"timestamp":0,"input_length":5,"output_length":1,"hash_ids":[],"session_id":12}"#,
        TraceRow { session_id: Some("12".to_owned()), ..row(0, 5, 1) },
    );
}

#[test]
fn missing_fields_are_named() {
    refuse(&["{}"], 1, "the row has no `timestamp`; add it");
    refuse(&[r#"{"timestamp":0,"output_length":1}"#], 1, "the row has no `input_length`; add it");
    refuse(&[r#"{"timestamp":0,"input_length":1,"output_length":null}"#], 1, "the row has no `out");
    refuse(
        &[r#"{"session_id":"a","delay":5,"input_length":1,"output_length":1}"#],
        1,
        "the row has no `timestamp`; sessions are not driven by `delay` here",
    );
    refuse(
        &[r#"{"timestamp":0,"text_input":"Hello","output_length":1}"#],
        1,
        "the row has no `input_length`; prompts are not tokenised here",
    );
}

#[test]
fn unknown_and_doubled_fields_are_refused() {
    refuse(
        &[r#"{"timestamp":0,"input_lenght":1}"#],
        16,
        "unknown field `input_lenght`; did you mean `input_length`?",
    );
    refuse(
        &[r#"{"timestamp":0,"temperature":1}"#],
        16,
        "unknown field `temperature`; leave it out; known are timestamp, input_length, ",
    );
    refuse(&[r#"{"turn":1,"turn":1}"#], 11, "`turn` stands twice in the row; leave one out");
    refuse(&[r#"{"turn":null,"turn":1}"#], 14, "`turn` stands twice");
}

#[test]
fn values_of_the_wrong_kind_are_shown() {
    let input = |value: &str| format!(r#"{{"input_length":{value},"timestamp":0}}"#);
    for (value, shown) in [
        ("0", "0"),
        ("-3", "-3"),
        ("1.5", "1.5"),
        ("4294967296", "4294967296"),
        ("99999999999999999999999", "99999999999999999999999"),
        ("NaN", "NaN"),
        ("\"abc\"", "\"abc\""),
        ("[5]", "a list"),
        ("{}", "an object"),
        ("true", "true"),
        ("007", "007"),
    ] {
        let what =
            format!("`input_length` must be a whole number from 1 to 4,294,967,295; found {shown}");
        refuse(&[&input(value)], 17, &what);
    }
    let time = "`timestamp` must be a number of milliseconds, 0 or more; found ";
    refuse(&[r#"{"timestamp":-0.5}"#], 14, &format!("{time}-0.5"));
    refuse(&[r#"{"timestamp":Infinity}"#], 14, &format!("{time}Infinity"));
    refuse(&[r#"{"timestamp":"1700"}"#], 14, &format!("{time}\"1700\""));
    refuse(
        &[r#"{"timestamp":1e30,"input_length":1,"output_length":1}"#],
        14,
        "`timestamp` is beyond the clock's range of 584 years; found 1e30; write it in millisec",
    );
    refuse(&[r#"{"delay":-1}"#], 10, "`delay` must be a number of milliseconds, 0 or more");
    refuse(&[r#"{"turn":-1}"#], 9, "`turn` must be a whole number, 0 or more; found -1");
    refuse(&[r#"{"slo_class":""}"#], 14, "`slo_class` must be a string that is not empty");
    refuse(&[r#"{"slo_class":5}"#], 14, "`slo_class` must be a string that is not empty; found 5");
    refuse(&[r#"{"session_id":-5}"#], 15, "`session_id` must be a string or a whole number");
    for value in ["- 5", "--5", "5.5", "2147483648", "-2147483649"] {
        let line = format!(r#"{{"priority":{value}}}"#);
        refuse(&[&line], 13, "`priority` must be a whole number from -2,147,483,648 to ");
    }
    refuse(&[r#"{"hash_ids":5}"#], 13, "`hash_ids` must be a list of whole numbers");
    refuse(&[r#"{"hash_ids":[1,-2]}"#], 16, "`hash_ids` must be a list of whole numbers from 0 to");
    refuse(&[r#"{"hash_ids":[1,]}"#], 16, "`hash_ids` must be a list of whole numbers");
}

#[test]
fn the_priority_may_be_extreme() {
    for value in [i32::MIN, -1, 0, i32::MAX] {
        let line = MINIMAL.replace('}', &format!(r#","priority":{value}}}"#));
        assert_eq!(last(&[&line]).1.unwrap().priority, Some(value));
    }
}

#[test]
fn lines_that_are_no_object_are_refused() {
    let cut_off = "the line ends inside the object";
    for end in 1..MINIMAL.len() {
        let (column, what) = last(&[&MINIMAL[..end]]).1.unwrap_err();
        assert!(column <= end + 1, "{column}");
        let ends = what.starts_with(cut_off);
        // A number may end anywhere, so that one cut short is still one.
        assert!(ends || what.contains("found nothing"), "{what}");
    }
    refuse(&["{"], 2, cut_off);
    refuse(&["[1]"], 1, "expected `{`; found a list; correct the JSON");
    refuse(&["5"], 1, "expected `{`; found 5");
    refuse(&[r#"{"turn" 1}"#], 9, "expected `:`; found 1");
    refuse(&[r#"{"turn":1;}"#], 9, "`turn` must be");
    refuse(&[r#"{"turn":1 2}"#], 11, "expected `,` or `}`; found 2");
    refuse(&[r#"{turn:1}"#], 2, "expected `\"`; found turn");
    refuse(&[&format!("{MINIMAL} {MINIMAL}")], 62, "found an object after the object; write one");
    refuse(&[r#"{"extra":{"a":[1,}]}}"#], 18, "expected a value; found }");
}

#[test]
fn times_count_from_a_first_row_that_is_a_date() {
    let at = |time: &str| MINIMAL.replace(": 0,", &format!(": {time},"));
    let (parser, row) = last(&[&at("1700000000000.25"), &at("1700000000001.75")]);
    assert_eq!(row.unwrap().arrival_ns, 1_500_000);
    assert_eq!(
        parser.facts().notices(),
        ["times count from the first row, which is at 1,700,000,000.000 s in the trace"]
    );
    refuse(
        &[&at("1700000000000"), &at("1699999999000")],
        15,
        "the row is 1.000 s earlier than the first row, from which times count; sort",
    );
    refuse(
        &[&at("1753780607550317897")],
        15,
        "`timestamp` is beyond the clock's range of 584 years; found 1753780607550317897; write it \
         in milliseconds",
    );
    let (parser, _) = last(&[&at("1700000000")]);
    assert_eq!(parser.facts().notices().len(), 2);
    assert!(parser.facts().notices()[1].contains("looks like a Unix time in seconds"));
    let (parser, row) = last(&[&at("86400000")]);
    assert_eq!(row.unwrap().arrival_ns, 86_400_000_000_000);
    assert!(parser.facts().notices().is_empty());
}

#[test]
fn rows_of_bailian_are_in_seconds() {
    let root = r#"{"chat_id": 159, "parent_chat_id": -1, "timestamp": 61.114, "input_length": 33,
        "output_length": 132, "type": "text", "turn": 1, "hash_ids": [1089, 1090, 1091]}"#;
    let (parser, row) = last(&[root]);
    assert_eq!(row.unwrap().arrival_ns, 61_114_000_000);
    assert_eq!(parser.facts().block_tokens(), Some(16));
    assert_eq!(
        parser.facts().notices(),
        [
            "1 request belongs to sessions: each is replayed by itself at its recorded time, and \
             waits for no earlier turn",
            "an entry of `hash_ids` stands for 16 tokens",
            "the rows have `parent_chat_id`, so `timestamp` was read as seconds",
            "fields without a use here were left out: `chat_id`, `type`",
        ]
    );
    refuse(&[root, MINIMAL], 1, "the row has no `parent_chat_id` and the first row has one");
    refuse(&[MINIMAL, root], 1, "the row has `parent_chat_id` and the first row has none: rows");
}

#[test]
fn hash_lists_must_fit_together() {
    let hashed = |tokens: u32, ids: &str| {
        format!(r#"{{"timestamp":0,"input_length":{tokens},"output_length":1,"hash_ids":[{ids}]}}"#)
    };
    refuse(
        &[&hashed(1_000, "1,2"), &hashed(5_000, "1,2,3")],
        65,
        "`hash_ids` has 3 ids for 5,000 input tokens, which blocks of 2,048 tokens would fit \
         (1,667 to 2,499 do): too few for the rows before, whose blocks have 512 tokens",
    );
    refuse(&[&hashed(2, "1,2,3")], 62, "`hash_ids` has 3 ids for 2 input tokens, and no size");
    let (parser, _) = last(&[MINIMAL, &hashed(1_000, "1,2"), &hashed(513, "1,2"), MINIMAL]);
    assert_eq!(parser.facts().block_tokens(), Some(512));
    assert_eq!((parser.facts().hashed, parser.facts().requests), (2, 4));
}
