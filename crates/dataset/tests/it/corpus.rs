//! Every file of the corpus is read, and what comes of it is compared: its rows and notices, or the
//! error. A file that was once read wrongly belongs here.

use std::fmt::Write;
use std::path::Path;

use tokendrome_dataset::{Format, open};

#[test]
fn files_of_the_corpus_are_read_as_before() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut names: Vec<_> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort_unstable();
    let mut report = String::new();
    for name in names {
        let outcome = outcome(&folder.join(&name)).replace(&format!("{}/", folder.display()), "");
        write!(report, "== {}\n{outcome}\n", name.display()).unwrap();
    }
    insta::assert_snapshot!(report);
}

fn outcome(path: &Path) -> String {
    let mut trace = match open(path, Format::Auto) {
        Ok(trace) => trace,
        Err(error) => return format!("{error}\n"),
    };
    let (layout, notices) = (trace.layout(), trace.notices());
    let mut text = String::new();
    for row in trace.by_ref() {
        match row {
            Ok(row) => writeln!(
                text,
                "{layout:?} {}: at {} ns, {} + {} tokens, {} ids",
                row.index,
                row.arrival_ns,
                row.input_tokens,
                row.output_tokens,
                row.hash_ids.len()
            ),
            Err(error) => writeln!(text, "{error}"),
        }
        .unwrap();
    }
    assert!(trace.next().is_none(), "a trace stays over");
    for notice in notices.list() {
        writeln!(text, "notice: {notice}").unwrap();
    }
    text
}
