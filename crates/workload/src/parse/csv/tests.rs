use super::*;
use crate::parse::Parser;

#[track_caller]
fn last(lines: &[&str]) -> (Parser, Result<Option<TraceRow>, (usize, String)>) {
    let mut parser = Parser::new(None, None);
    let (last, before) = lines.split_last().unwrap();
    for line in before {
        parser.line(line.as_bytes()).unwrap();
    }
    let row = parser.line(last.as_bytes());
    (parser, row.map_err(|error| (error.column, error.what)))
}

#[track_caller]
fn check(lines: &[&str], arrival_ns: u64, input_tokens: u32, output_tokens: u32) {
    let row = last(lines).1.unwrap().unwrap();
    let found = (row.arrival_ns, row.input_tokens, row.output_tokens);
    assert_eq!(found, (arrival_ns, input_tokens, output_tokens), "{lines:?}");
}

#[track_caller]
fn refuse(lines: &[&str], column: usize, what: &str) {
    let (found_column, found) = last(lines).1.unwrap_err();
    assert!(found.starts_with(what), "{found}");
    assert_eq!(found_column, column, "{found}");
}

const AZURE: &str = "TIMESTAMP,ContextTokens,GeneratedTokens\r\n";
const AZURE_ROW: &str = "2023-11-16 18:15:46.6805900,374,44\r\n";
const BURST: &str = "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type";
const BURST_3: &str = "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,\
                       Total tokens,Log Type";

#[test]
fn rows_of_azure_count_from_the_first() {
    check(&[AZURE, AZURE_ROW], 0, 374, 44);
    check(&[AZURE, AZURE_ROW, "2023-11-16 18:15:50.9951690,396,109"], 4_314_579_000, 396, 109);
    check(
        &[AZURE, "2024-02-29 23:59:59+00:00,1,1", "2024-03-01 00:00:00.5+00:00,2,3"],
        1_500_000_000,
        2,
        3,
    );
    check(
        &[AZURE, "2024-05-10 00:00:00Z,1,1", "2024-05-10 02:00:01+02:00,2,3"],
        1_000_000_000,
        2,
        3,
    );
    check(&["GeneratedTokens,TIMESTAMP,ContextTokens", "9,2024-05-10 00:00:00,7"], 0, 7, 9);
    check(&[AZURE, "\"2024-05-10 00:00:00\",\"7\", \"9\" "], 0, 7, 9);
    check(&["\u{feff}\"TIMESTAMP\",ContextTokens,GeneratedTokens", AZURE_ROW], 0, 374, 44);
}

#[test]
fn wrong_rows_of_azure_are_refused() {
    let tokens = "must be a whole number from 1 to 4,294,967,295; found";
    for (value, hint) in [
        ("abc", ""),
        ("-1", ""),
        ("", ""),
        ("NaN", ""),
        ("1.5", ""),
        ("4294967296", ""),
        ("0", "; leave out requests without tokens"),
    ] {
        let line = format!("2023-11-16 18:15:46.6805900,{value},44");
        let what = format!("`ContextTokens` {tokens} \"{value}\"{hint}");
        refuse(&[AZURE, &line], 29, &what);
    }
    refuse(
        &[AZURE, "2023-11-16 18:15:46,374,0"],
        25,
        &format!("`GeneratedTokens` {tokens} \"0\"; leave out"),
    );
    let date = "`TIMESTAMP` must be a date and time as in `2023-11-16 18:15:46.6805900`; found ";
    refuse(&[AZURE, "1700000000,1,1"], 1, &format!("{date}\"1700000000\""));
    refuse(&[AZURE, "2023-02-29 00:00:00,1,1"], 1, &format!("{date}\"2023-02-29 00:00:00\""));
    refuse(&[AZURE, AZURE], 1, &format!("{date}\"TIMESTAMP\""));
    refuse(&[AZURE, "2023-11-16 18:15:46,374"], 24, "the row has 2 of 3 columns; complete it");
    refuse(&[AZURE, "2023-11-16 18:15:46,1,1,9"], 25, "the row has more than 3 columns; leave out");
    refuse(&[AZURE, "2023-11-16 18:15:46,\"1,1"], 21, "the quote is not closed on its line");
    refuse(&[AZURE, AZURE_ROW, "2023-11-16 18:15:46,1,1"], 1, "the row is 0.680 s earlier than");
    refuse(&[AZURE, AZURE_ROW, "2023-11-16 18:15:47Z,1,1"], 1, "some times of the trace name");
    refuse(
        &[AZURE, "0001-01-01 00:00:00,1,1", "9999-01-01 00:00:00,1,1"],
        1,
        "the row is 315,506,361,600.000 s later than the first row, beyond the clock's range",
    );
}

#[test]
fn rows_of_burstgpt_are_in_seconds() {
    check(&[BURST, "5,ChatGPT,472,18,490,Conversation log"], 5_000_000_000, 472, 18);
    check(&[BURST, "45.25,GPT-4,472.0,18.0,490.0,\"API, log\""], 45_250_000_000, 472, 18);
    check(&["Log Type,Timestamp,Request tokens,Response tokens", "x,1,2,3"], 1_000_000_000, 2, 3);
    let (parser, row) = last(&[BURST_3, "5,abc,1.5,ChatGPT,472,18,490,Conversation log"]);
    assert_eq!(row.unwrap().unwrap().session_id.as_deref(), Some("abc"));
    assert_eq!(parser.facts().in_sessions, 1);
    let (parser, row) = last(&["sessionid,timestamp,request_tokens,RESPONSE TOKENS", ",5,4,3"]);
    assert_eq!(row.unwrap().unwrap().session_id, None);
    assert_eq!(parser.facts().in_sessions, 0);
}

#[test]
fn failed_requests_are_skipped_and_counted() {
    let (failed, good) = ("6,ChatGPT,472,0,472,API log", "7,ChatGPT,472,1,473,API log");
    let (parser, row) = last(&[BURST, failed, failed, good]);
    assert_eq!(row.unwrap().unwrap().index, 2);
    let facts = parser.facts();
    assert_eq!((facts.rows, facts.requests, facts.failed), (3, 1, 2));
    assert_eq!(last(&[BURST, "6,ChatGPT,0,0.0,0,API log"]).1, Ok(None));
    // The first row of the file gives the time, though it failed.
    let (parser, row) = last(&[BURST, "1700000000,m,1,0,1,l", "1700000002,m,1,1,2,l"]);
    assert_eq!(row.unwrap().unwrap().arrival_ns, 2_000_000_000);
    assert_eq!(parser.facts().counted_from_ns, Some(1_700_000_000_000_000_000));
}

#[test]
fn wrong_rows_of_burstgpt_are_refused() {
    let seconds = "`Timestamp` must be a number of seconds, from 0 to 584 years; found ";
    for value in ["-1", "NaN", "inf", "", "1e11", "2023-11-16 18:15:46"] {
        let line = format!("{value},ChatGPT,472,18,490,x");
        refuse(&[BURST, &line], 1, &format!("{seconds}\"{value}\""));
    }
    refuse(
        &[BURST, "1,ChatGPT,0,18,18,x"],
        11,
        "`Request tokens` must be a whole number from 1 to",
    );
    refuse(
        &[BURST, "1,ChatGPT,5,-1,4,x"],
        13,
        "`Response tokens` must be a whole number from 1 to",
    );
    refuse(&[BURST, "1,ChatGPT,5"], 12, "the row has 3 of 6 columns");
}

#[test]
fn headers_must_fit() {
    refuse(&["TIMESTAMP,ContextTokens"], 24, "the header has no column `GeneratedTokens`; add it");
    refuse(
        &["TIMESTAMP,ContextTokens,GeneratedTokns"],
        25,
        "unknown column `GeneratedTokns` of an Azure trace; did you mean `GeneratedTokens`?",
    );
    refuse(
        &["Timestamp,Request tokens,Response tokens,Price"],
        42,
        "unknown column `Price` of a BurstGPT trace; leave it out; known are Timestamp, Request",
    );
    refuse(
        &["TIMESTAMP,ContextTokens,ContextTokens"],
        25,
        "two columns are named `ContextTokens`; leave one out",
    );
}

#[test]
fn a_header_of_the_other_layout_is_told() {
    let mut parser = Parser::new(Some(Layout::Azure), None);
    let error = parser.line(BURST.as_bytes()).unwrap_err();
    assert_eq!(error.column, 11);
    assert_eq!(
        error.what,
        "unknown column `Model` of an Azure trace; the header is that of the format BurstGPT"
    );
}
