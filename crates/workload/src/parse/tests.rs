use proptest::prelude::*;

use super::*;

#[track_caller]
fn check_layout(line: &str, expect: Result<Layout, &str>) {
    let mut parser = Parser::new(None, None);
    match (parser.line(line.as_bytes()), expect) {
        (Ok(_), Ok(layout)) => assert_eq!(parser.layout(), Some(layout), "{line}"),
        (Err(error), Err(part)) => assert!(error.what.contains(part), "{error}"),
        (found, _) => panic!("{line}: {found:?}"),
    }
}

#[test]
fn the_first_line_shows_the_layout() {
    check_layout(r#"{"timestamp":0,"input_length":1,"output_length":1}"#, Ok(Layout::Jsonl));
    check_layout(" {\"timestamp\":0,\"input_length\":1,\"output_length\":1}", Ok(Layout::Jsonl));
    check_layout("TIMESTAMP,ContextTokens,GeneratedTokens", Ok(Layout::Azure));
    check_layout("Timestamp,Request tokens,Response tokens", Ok(Layout::Burstgpt));
    check_layout("[{\"timestamp\":0}]", Err("a JSON list; write its objects one a line"));
    check_layout("a,b,c", Err("the first line shows no layout that is known; found \"a,b,c\""));
    check_layout("\u{0}\u{1}", Err("found \"\\u{0}\\u{1}\""));
}

#[test]
fn empty_lines_and_the_mark_at_the_start_are_passed_over() {
    let mut parser = Parser::new(None, None);
    let row = b"{\"timestamp\":0,\"input_length\":1,\"output_length\":1}\r\n";
    assert_eq!(parser.line(b"\xef\xbb\xbf\r\n"), Ok(None));
    assert_eq!(parser.line(b""), Ok(None));
    assert_eq!(parser.layout(), None);
    assert!(parser.line(row).unwrap().is_some());
    assert_eq!(parser.line(b" \t\n"), Ok(None));
    assert_eq!(parser.line(row).unwrap().unwrap().index, 1);
    assert_eq!(parser.facts().rows, 2);
    let error = parser.line(&[b"\xef\xbb\xbf", &row[..]].concat()).unwrap_err();
    assert_eq!(error.column, 1);
}

fn any_row() -> impl Strategy<Value = TraceRow> {
    let optional = (
        prop::option::of(1..=u32::MAX),
        prop::option::of(any::<i32>()),
        prop::option::of("[^\u{0}]{1,8}"),
        prop::option::of("[^\u{0}]{1,8}"),
        prop::collection::vec(any::<u64>(), 1..6),
    );
    let lengths = (1..=u32::MAX, 1..=u32::MAX, 0..=86_400_000_000_000_u64);
    (lengths, optional).prop_map(|((input, output, ns), (max, priority, class, session, ids))| {
        TraceRow {
            index: 0,
            arrival_ns: ns,
            input_tokens: input,
            output_tokens: output,
            max_tokens: max,
            priority,
            slo_class: class,
            session_id: session,
            // One size of block fits all: ids without end, cut where the prompt ends.
            hash_ids: ids.into_iter().take(input.div_ceil(1 << 30) as usize).collect(),
        }
    })
}

/// The row as a line, by another writer of JSON than the reader's author.
fn as_line(row: &TraceRow) -> String {
    let ms = format!("{}.{:06}", row.arrival_ns / 1_000_000, row.arrival_ns % 1_000_000);
    let text = |text: &Option<String>| serde_json::to_string(text).unwrap();
    format!(
        "{{\"timestamp\":{ms},\"input_length\":{},\"output_length\":{},\"max_tokens\":{},\
         \"priority\":{},\"slo_class\":{},\"session_id\":{},\"hash_ids\":{}}}",
        row.input_tokens,
        row.output_tokens,
        serde_json::to_string(&row.max_tokens).unwrap(),
        serde_json::to_string(&row.priority).unwrap(),
        text(&row.slo_class),
        text(&row.session_id),
        serde_json::to_string(&row.hash_ids).unwrap(),
    )
}

/// Bytes that are near to traces.
fn traceish() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "{\"timestamp\":0,\"input_length\":1,\"output_length\":1",
        "}",
        "\n",
        ",",
        "\"hash_ids\":[1",
        "]",
        "\"turn\":",
        "1",
        "9999999999",
        "-",
        ".5",
        "e9",
        "null",
        "\"",
        "\\",
        "{",
        ":",
        "TIMESTAMP,ContextTokens,GeneratedTokens\n",
        "2023-11-16 18:15:46.6805900",
        "+00:00",
        "Timestamp,Request tokens,Response tokens\n",
        "\u{feff}",
        "é",
        "\r\n",
        " ",
    ]);
    let near = prop::collection::vec(pieces, 0..20).prop_map(|pieces| pieces.concat().into_bytes());
    prop_oneof![near, prop::collection::vec(any::<u8>(), 0..200)]
}

proptest! {
    #[test]
    fn rows_come_back_from_their_lines(rows in prop::collection::vec(any_row(), 1..5)) {
        let mut parser = Parser::new(None, None);
        for (index, row) in rows.into_iter().enumerate() {
            let fits = row.hash_ids.len() == row.input_tokens.div_ceil(1 << 30) as usize;
            let row = TraceRow {
                index: index as u32,
                hash_ids: if fits { row.hash_ids } else { Vec::new() },
                ..row
            };
            let found = parser.line(as_line(&row).as_bytes());
            prop_assert_eq!(found, Ok(Some(row)));
        }
    }

    /// Whatever the bytes, there is an answer, and an error has a place in its line.
    #[test]
    fn any_bytes_have_an_answer(
        bytes in traceish(),
        forced in prop::sample::select(vec![
            None, Some(Layout::Jsonl), Some(Layout::Azure), Some(Layout::Burstgpt),
        ]),
    ) {
        let mut parser = Parser::new(forced, None);
        for line in bytes.split(|&byte| byte == b'\n') {
            if let Err(error) = parser.line(line) {
                prop_assert!((1..=line.len() + 1).contains(&error.column), "{:?}", error);
            }
            let _ = length(line);
        }
        let _ = parser.facts().notices();
    }
}
