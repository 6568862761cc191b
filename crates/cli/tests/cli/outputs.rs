//! The files that a run writes.

use crate::harness::{CONSTANT, Folder};

#[test]
fn all_outputs_are_written() {
    let folder = Folder::new(&[("a.toml", CONSTANT)]);
    folder.stdout(&[
        "run",
        "a.toml",
        "-o",
        "report.json",
        "--requests-out",
        "rows.csv",
        "--timeline",
        "timeline.json",
        "--plot",
        "page.html",
        "--animation",
        "run.html",
    ]);
    folder.stdout(&["run", "a.toml", "--requests-out", "rows.parquet", "--plot", "plot.svg"]);
    folder.stdout(&["run", "a.toml", "--plot", "plot.png"]);
    let expect = [
        "a.toml",
        "page.html",
        "plot.png",
        "plot.svg",
        "report.json",
        "rows.csv",
        "rows.parquet",
        "run.html",
        "timeline.json",
    ];
    assert_eq!(folder.names(), expect);
    let rows = folder.read("rows.csv");
    assert!(
        rows.starts_with("request_index,arrival_s,ttft_s,e2e_s,tpot_s,input_tokens,"),
        "{rows}"
    );
    assert_eq!(rows.lines().count(), 21);
    for name in ["report.json", "timeline.json"] {
        let json: serde_json::Value = serde_json::from_str(&folder.read(name)).unwrap();
        assert!(json.is_object(), "{name}");
    }
    assert!(folder.read("plot.svg").contains("<svg"));
}

#[test]
fn watching_changes_nothing() {
    let folder = Folder::new(&[]);
    let plain = folder.stdout(&["run", "--requests", "50", "-o", "-"]);
    let watched = folder.stdout(&[
        "run",
        "--requests",
        "50",
        "-o",
        "-",
        "--requests-out",
        "r.csv",
        "--timeline",
        "t.json",
        "--animation",
        "a.html",
    ]);
    assert_eq!(plain, watched);
}

#[test]
fn an_animation_says_what_it_leaves_out() {
    let folder = Folder::new(&[("a.toml", CONSTANT)]);
    let notes = |args: &[&str]| {
        let args = [&["run", "a.toml", "-q", "--animation", "run.html"], args].concat();
        let output = folder.output(&args);
        assert!(output.status.success());
        assert!(folder.read("run.html").starts_with("<!DOCTYPE html>"));
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(notes(&[]), "");
    assert_eq!(notes(&["--animation-from", "0.5", "--animation-until", "1"]), "");
    let cut = notes(&["--requests", "2100"]);
    assert!(cut.starts_with("note: the animation shows 2,000 of 2,100 requests and "), "{cut}");
    let late = notes(&["--animation-from", "100"]);
    assert!(late.contains("it begins at 100 s, and the run ended at "), "{late}");
}

#[test]
fn an_existing_file_is_kept_until_the_new_one_is_whole() {
    let folder = Folder::new(&[("report.json", "old")]);
    let output = folder.output(&["run", "--trace", "none.jsonl", "-o", "report.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(folder.read("report.json"), "old");
    assert_eq!(folder.names(), ["report.json"]);
}
