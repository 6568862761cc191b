use std::io::{BufReader, Cursor};

use super::*;

/// The entries of a text with their places, read a few bytes at a time.
fn entries(text: &str, ahead: usize) -> Result<Vec<(String, u64, usize)>, String> {
    let input = BufReader::with_capacity(ahead, Cursor::new(text.as_bytes().to_vec()));
    let mut records = Records::new("d".to_owned(), Box::new(input));
    let mut found = Vec::new();
    while let Some(chunk) = records.next_chunk().map_err(|error| error.to_string())? {
        for (bytes, place) in chunk.entries() {
            let text = String::from_utf8_lossy(bytes).into_owned();
            found.push((text, place.line, place.column));
        }
    }
    Ok(found)
}

fn check(text: &str, expect: &[(&str, u64, usize)]) {
    let expect: Vec<_> =
        expect.iter().map(|&(text, line, column)| (text.to_owned(), line, column)).collect();
    for ahead in [3, 4, 7, 1 << 16] {
        assert_eq!(entries(text, ahead), Ok(expect.clone()), "{text:?}, {ahead} bytes ahead");
    }
}

#[test]
fn lines_are_entries() {
    check("", &[]);
    check(" \n\n", &[]);
    check("{1}", &[("{1}", 1, 1)]);
    check("\n\n  {1}\r\n\n{2}\n", &[("{1}\r", 3, 3), ("{2}", 5, 1)]);
    check("\u{feff}{1}\n{2}", &[("{1}", 1, 1), ("{2}", 2, 1)]);
}

#[test]
fn elements_of_an_array_are_entries_however_it_is_laid_out() {
    check("[]", &[]);
    check("[\n]\n", &[]);
    check("[{},{}]", &[("{}", 1, 2), ("{}", 1, 5)]);
    let nested = r#"{"a": [{"b": "}] \" {"}, "ä\\"], "c": {}}"#;
    check(&format!("[{nested} , {nested}]"), &[(nested, 1, 2), (nested, 1, 46)]);
    check("[\n {\n \"a\":\n1},\n\n{}\n]\n", &[("{\n \"a\":\n1}", 2, 2), ("{}", 6, 1)]);
}

#[test]
fn a_broken_array_is_refused_where_it_breaks() {
    let cases = [
        ("[", "d:1:2: the file ends inside the array; is it complete?"),
        ("[{}", "d:1:4: the file ends inside the array; is it complete?"),
        ("[{} {}]", "d:1:5: a comma is missing between two entries of the array"),
        ("[{},\n3]", "d:2:1: an entry of the array must be an object, `{...}`"),
        ("[,{}]", "d:1:2: an entry of the array must be an object, `{...}`"),
        ("[{},]", "d:1:5: an entry of the array must be an object, `{...}`"),
        ("[{}] x", "d:1:6: something follows the array; remove it"),
        (
            "[{},\n {\"a\": \"]}\"",
            "d:2:2: the file ends inside the entry that begins here; is it complete?",
        ),
    ];
    for (text, expect) in cases {
        assert_eq!(entries(text, 4), Err(expect.to_owned()), "{text:?}");
    }
}

#[test]
fn a_long_file_comes_in_many_chunks() {
    let line = format!("{{\"a\": \"{}\"}}\n", "x".repeat(999));
    let input = Box::new(Cursor::new(line.repeat(1_000).into_bytes()));
    let mut records = Records::new("d".to_owned(), input);
    let (mut chunks, mut read) = (0, 0);
    while let Some(chunk) = records.next_chunk().expect("it is whole") {
        chunks += 1;
        for (bytes, place) in chunk.entries() {
            read += 1;
            assert_eq!((bytes.len(), place.line), (line.len() - 1, read));
        }
    }
    assert_eq!(read, 1_000);
    assert_eq!(chunks, 1_000_usize.div_ceil(CHUNK_BYTES.div_ceil(line.len() - 1)));
}
