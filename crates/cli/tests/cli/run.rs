//! Runs: what they print, that they repeat, how they stop.

use std::io::Write;
use std::process::Stdio;

use crate::harness::{CONSTANT, Folder};

#[test]
fn a_small_run_prints_the_report() {
    let folder = Folder::new(&[("a.toml", CONSTANT)]);
    insta::assert_snapshot!("small_run", folder.transcript(&["run", "a.toml"]));
}

#[test]
fn run_need_not_be_named() {
    let folder = Folder::new(&[("a.toml", CONSTANT)]);
    let named = folder.stdout(&["run", "a.toml"]);
    assert_eq!(folder.stdout(&["a.toml"]), named);
    let flags = ["--requests", "5", "--seed", "7"];
    assert_eq!(folder.stdout(&flags), folder.stdout(&["run", "--requests", "5", "--seed", "7"]));
}

#[test]
fn a_scenario_comes_from_a_pipe_and_a_report_goes_to_one() {
    let folder = Folder::new(&[("a.toml", CONSTANT)]);
    let mut command = folder.command(&["run", "-", "-o", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(CONSTANT.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        folder.stdout(&["run", "a.toml", "-o", "-"])
    );
}

#[test]
fn equal_runs_give_equal_bytes() {
    let folder = Folder::new(&[]);
    let json = |threads: &str| {
        let mut command = folder.command(&["run", "--requests", "200", "-o", "-"]);
        command.env("RAYON_NUM_THREADS", threads).output().unwrap().stdout
    };
    assert_eq!(json("1"), json("4"));
}

#[test]
fn a_report_and_a_resolved_scenario_run_again_to_the_same_digest() {
    let trace = "{\"timestamp\": 0, \"input_length\": 10, \"output_length\": 5}\n".repeat(9);
    let folder = Folder::new(&[("t.jsonl", &trace)]);
    for flags in
        [&["--requests", "30"][..], &["--trace", "t.jsonl"], &["--users", "3", "--requests", "9"]]
    {
        let first = folder.stdout(&[&["run", "-o", "-"], flags].concat());
        std::fs::write(folder.path("report.json"), &first).unwrap();
        let resolved = folder.stdout(&[&["resolve"], flags].concat());
        std::fs::write(folder.path("resolved.toml"), resolved).unwrap();
        let digest =
            |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["digest"].clone();
        for again in ["report.json", "resolved.toml"] {
            assert_eq!(
                digest(&folder.stdout(&["run", again, "-o", "-"])),
                digest(&first),
                "{again}"
            );
        }
    }
}

#[test]
fn figures_of_inference_lab_files_and_flags_meet() {
    let lab = include_str!("../../../scenario/src/load/tests/inference_lab.toml");
    let folder = Folder::new(&[("lab.toml", lab)]);
    let text = folder.transcript(&["run", "lab.toml", "--requests", "10"]);
    assert!(text.contains("completed 10") && !text.contains("[status"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let folder = Folder::new(&[]);
    for args in [&["models"][..], &["schema"], &["run", "--requests", "5"]] {
        let mut child =
            folder.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{args:?}: {output:?}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_writes_what_it_has_and_says_so() {
    let folder = Folder::new(&[]);
    let args = ["run", "--requests", "2000000000", "-o", "r.json", "--requests-out", "r.csv"];
    let child =
        folder.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let report: serde_json::Value = serde_json::from_str(&folder.read("r.json")).unwrap();
    assert_eq!(report["is_complete"], false);
    let rows = folder.read("r.csv").lines().count() as u64 - 1;
    assert_eq!(report["summary"]["requests"]["total"].as_u64(), Some(rows));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("interrupted"), "{stderr}");
}
