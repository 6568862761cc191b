//! Readers of all kinds: valid traces come back as they were, and whatever the bytes, there is an
//! answer.

use std::io::{self, Cursor, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use tokendrome_dataset::{Format, LINE_BYTES_MAX, Options, Trace, from_reader};

type Row = (u64, u32, u32);

fn trace(bytes: Vec<u8>) -> Result<Trace, String> {
    from_reader("trace", Cursor::new(bytes), &Options::default()).map_err(|error| error.to_string())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn rows(bytes: Vec<u8>) -> Result<Vec<Row>, String> {
    trace(bytes)?
        .map(|row| row.map(|row| (row.arrival_ns, row.input_tokens, row.output_tokens)))
        .collect::<Result<_, _>>()
        .map_err(|error| error.0)
}

#[test]
fn a_line_without_end_is_refused_before_memory_is_full() {
    let endless = from_reader("trace", io::repeat(b' '), &Options::default());
    let expect = "trace:1:1: the line is longer than 64 MiB; write each row as a line of its own";
    assert_eq!(endless.unwrap_err().to_string(), expect);
    // A gzip bomb is no other thing.
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    io::copy(&mut io::repeat(b'{').take(LINE_BYTES_MAX + 1), &mut packed).unwrap();
    assert_eq!(trace(packed.finish().unwrap()).unwrap_err(), expect);
}

/// Gives its bytes one by one, then fails.
struct Faulty(Cursor<Vec<u8>>);

impl Read for Faulty {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(&mut buffer[..1])? {
            0 => Err(io::Error::other("the disk is gone")),
            bytes => Ok(bytes),
        }
    }
}

#[test]
fn a_reader_may_be_slow_and_may_fail() {
    let line = "{\"timestamp\":0,\"input_length\":1,\"output_length\":1}\n";
    let bytes = [line.repeat(3).as_bytes(), b"{\"time"].concat();
    let mut trace = from_reader("pipe", Faulty(Cursor::new(bytes)), &Options::default()).unwrap();
    assert_eq!(trace.by_ref().take(3).filter(Result::is_ok).count(), 3);
    let error = trace.next().unwrap().unwrap_err();
    assert_eq!(error.0, "pipe: cannot be read after line 3: the disk is gone");
    assert!(trace.next().is_none());
}

fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    // Times of the CSV layouts are in steps of 100 ns, from the first row on.
    let row = (0..=864_000_000_000_u64, 1..=u32::MAX, 1..=u32::MAX);
    prop::collection::vec(row, 1..20).prop_map(|mut rows| {
        rows[0].0 = 0;
        rows.iter_mut().for_each(|row| row.0 *= 100);
        rows
    })
}

fn jsonl(rows: &[Row]) -> String {
    let line = |&(ns, input, output): &Row| {
        let (ms, rest) = (ns / 1_000_000, ns % 1_000_000);
        format!(
            "{{\"timestamp\":{ms}.{rest:06},\"input_length\":{input},\"output_length\":{output}}}\n"
        )
    };
    rows.iter().map(line).collect()
}

/// Times begin at the turn of a leap year's month and cross it.
fn azure(rows: &[Row]) -> String {
    let line = |&(ns, input, output): &Row| {
        let (seconds, rest) = (ns / 1_000_000_000 + 43_200, ns % 1_000_000_000 / 100);
        let date = if seconds < 86_400 { "2024-02-29" } else { "2024-03-01" };
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        format!("{date} {hour:02}:{minute:02}:{second:02}.{rest:07},{input},{output}\r\n")
    };
    let header = "TIMESTAMP,ContextTokens,GeneratedTokens\r\n".to_owned();
    header + &rows.iter().map(line).collect::<String>()
}

fn burstgpt(rows: &[Row]) -> String {
    let line = |&(ns, input, output): &Row| {
        let (seconds, rest) = (ns / 1_000_000_000, ns % 1_000_000_000);
        format!("{seconds}.{rest:09},\"a, b\",{input},{output},0,x\n")
    };
    let header =
        "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n".to_owned();
    header + &rows.iter().map(line).collect::<String>()
}

/// Bytes that are near to a trace: a good one with a few bytes changed, or its end cut off, or
/// packed and then damaged.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let good = (any_rows(), 0..3_u8, any::<bool>()).prop_map(|(rows, kind, packed)| {
        let text = [jsonl, azure, burstgpt][usize::from(kind)](&rows);
        if packed { gzip(text.as_bytes()) } else { text.into_bytes() }
    });
    let damage = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (good, damage, any::<prop::sample::Index>()).prop_map(|(mut bytes, damage, end)| {
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len()) + 1);
        bytes
    })
}

proptest! {
    #[test]
    fn valid_traces_come_back(expect in any_rows(), two_members in any::<bool>()) {
        for text in [jsonl(&expect), azure(&expect), burstgpt(&expect)] {
            prop_assert_eq!(rows(text.clone().into_bytes()), Ok(expect.clone()));
            let packed = if two_members {
                let (head, tail) = text.as_bytes().split_at(text.len() / 2);
                [gzip(head), gzip(tail)].concat()
            } else {
                gzip(text.as_bytes())
            };
            prop_assert_eq!(rows(packed), Ok(expect.clone()));
        }
    }

    #[test]
    fn any_bytes_have_an_answer(
        bytes in prop_oneof![damaged(), prop::collection::vec(any::<u8>(), 0..300)],
        format in prop::sample::select(vec![
            Format::Auto, Format::Jsonl, Format::Azure, Format::Burstgpt,
        ]),
    ) {
        let options = Options { format, block_tokens: None };
        if let Ok(mut trace) = from_reader("t", Cursor::new(bytes), &options) {
            let errors = trace.by_ref().filter(Result::is_err).count();
            prop_assert!(errors <= 1);
            prop_assert!(trace.notices().facts().requests >= 1);
        }
    }
}
