//! Paths that lead nowhere, formats that are forced, and what outlives the trace.

use std::fs;
use std::num::NonZeroU32;

use tempfile::tempdir;
use tokendrome_dataset::{Format, Options, open, open_with};

const AZURE: &str = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,374,44\n";
const ROW: &str = "{\"timestamp\":0,\"input_length\":655,\"output_length\":1,\"hash_ids\":[1,2]}\n";

/// Opens `name` in a folder with these files: the error without the path of the folder.
#[track_caller]
fn check(files: &[&str], name: &str, expect: &str) {
    let folder = tempdir().unwrap();
    for file in files {
        fs::write(folder.path().join(file), AZURE).unwrap();
    }
    let error = open(&folder.path().join(name), Format::Auto).unwrap_err().to_string();
    let short = error.replace(&folder.path().display().to_string(), "");
    assert_eq!(short, expect);
}

#[test]
fn a_missing_file_is_told_with_the_nearest_name() {
    check(&[], "/trace.csv", "/trace.csv: no such file; check the path");
    check(&["other"], "trace.csv", "/trace.csv: no such file; check the path");
    check(
        &["tarce.csv", "trace.jsonl"],
        "trace.csv",
        "/trace.csv: no such file; did you mean /tarce.csv?",
    );
    check(
        &["trace.csv.gz", "trace.csx"],
        "trace.csv",
        "/trace.csv: no such file; did you mean /trace.csv.gz?",
    );
    check(&["a.csv"], "a.csv.gz", "/a.csv.gz: no such file; did you mean /a.csv?");
    check(
        &[],
        "nowhere/trace.csv",
        "/nowhere/trace.csv: no such file; the folder /nowhere cannot be read either",
    );
}

#[test]
fn a_folder_is_no_trace() {
    check(&[], "", "/: a folder; name a file in it");
}

#[test]
fn a_forced_format_is_kept_to() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("trace");
    fs::write(&path, AZURE).unwrap();
    let message = |format| {
        let error = open(&path, format).unwrap_err().to_string();
        error.strip_prefix(&*path.display().to_string()).unwrap().to_owned()
    };
    assert!(open(&path, Format::Azure).is_ok());
    assert_eq!(message(Format::Jsonl), ":1:1: expected `{`; found TIMESTAMP; correct the JSON");
    assert_eq!(
        message(Format::Burstgpt),
        ":1:11: unknown column `ContextTokens` of a BurstGPT trace; the header is that of the \
         format Azure"
    );
}

#[test]
fn a_given_size_of_block_is_checked() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("trace");
    fs::write(&path, ROW).unwrap();
    let options = |tokens| Options {
        format: Format::Auto,
        block_tokens: Some(NonZeroU32::new(tokens).unwrap()),
    };
    assert_eq!(open(&path, Format::Auto).unwrap().notices().block_tokens(), Some(512));
    let trace = open_with(&path, &options(400)).unwrap();
    assert_eq!(trace.notices().block_tokens(), Some(400));
    let error = open_with(&path, &options(16)).unwrap_err().to_string();
    assert!(error.ends_with(
        ":1:64: `hash_ids` has 2 ids for 655 input tokens, which blocks of 512 tokens would fit \
         (328 to 654 do): too few for blocks of 16 tokens; give the size that fits all rows \
         (`workload.trace.block_size`)"
    ));
}

#[test]
fn notices_grow_while_rows_are_read_and_outlive_the_trace() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("trace");
    fs::write(&path, ROW.repeat(3)).unwrap();
    let mut trace = open(&path, Format::Auto).unwrap();
    let notices = trace.notices();
    assert_eq!(notices.facts().rows, 1);
    assert_eq!(trace.next().unwrap().unwrap().index, 0);
    assert_eq!(trace.next().unwrap().unwrap().index, 1);
    assert_eq!(notices.facts().rows, 2);
    // As rows of a replay.
    let rows: tokendrome_workload::Rows = Box::new(trace);
    assert_eq!(rows.count(), 1);
    assert_eq!(notices.facts().rows, 3);
    assert_eq!(notices.list(), ["an entry of `hash_ids` stands for 512 tokens"]);
}
