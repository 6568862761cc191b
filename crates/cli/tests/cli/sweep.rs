//! A scenario at many points.

use std::fs;
use std::process::Output;

use serde_json::Value;

use crate::harness::Folder;

/// Slots at a load; nothing depends on a model.
const SLOTS: &str = r#"
[scheduler]
kind = "static"
max_batch_size = 4

[step_time]
kind = "affine"
base_ms = 10.0
per_token_ms = 0.5
law = "exponential"

[workload]
requests = 40
arrivals = { kind = "poisson", rate_per_s = 1.0 }
input_tokens = 10
output_tokens = { kind = "geometric", p = 0.05, max = 100 }

[simulation]
trials = 4
"#;

const SWEEP: &str = r#"
[sweep]
workload.arrivals.rate_per_s = "2:6:2"
scheduler = [
    { label = "by batch", kind = "static" },
    { label = "by slot", kind = "in-flight" },
]
"#;

const POINTS: usize = 6;

fn folder() -> Folder {
    Folder::new(&[("a.toml", &format!("{SLOTS}{SWEEP}")), ("plain.toml", SLOTS)])
}

#[test]
fn points_are_printed() {
    let folder = folder();
    let mut text = folder.transcript(&["sweep", "a.toml"]);
    let zip = ["--vary", "workload.requests=10,20", "--vary", "simulation.seed=1:2:1"];
    let args = [&["sweep", "plain.toml", "--mode", "zip", "--trials", "1"][..], &zip].concat();
    text += &folder.transcript(&args);
    insta::assert_snapshot!("sweep", text);
}

#[test]
fn threads_do_not_change_a_byte() {
    let folder = folder();
    let sweep = |threads: &str, more: &[&str]| {
        folder.stdout(&[&["sweep", "a.toml", "--threads", threads], more].concat())
    };
    let csv = sweep("1", &["-o", "-"]);
    assert_eq!(csv.lines().count(), 1 + POINTS);
    assert_eq!(csv, sweep("4", &["-o", "-"]));
    let plot = ["--plot", "p.svg", "--plot-figure", "utilisation.busy"];
    let table = sweep("4", &[&["-o", "p.csv"][..], &plot].concat());
    assert_eq!((table, folder.read("p.csv")), (sweep("1", &[]), csv));
    assert!(folder.read("p.svg").contains(">utilisation.busy<"));
    let journal = folder.read("p.csv.journal");
    assert_eq!(journal.lines().count(), 1 + POINTS);
    sweep("1", &["-o", "q.csv"]);
    assert_eq!(folder.read("q.csv.journal"), journal);
}

#[test]
fn a_point_is_what_run_makes_of_it() {
    let folder = folder();
    folder.stdout(&["sweep", "a.toml", "-o", "p.json"]);
    let sweep: Value = serde_json::from_str(&folder.read("p.json")).unwrap();
    let set =
        ["--set", "workload.arrivals.rate_per_s=6", "--set", "scheduler={kind=\"in-flight\"}"];
    let run = folder.stdout(&[&["run", "plain.toml", "-o", "-"][..], &set].concat());
    let run: Value = serde_json::from_str(&run).unwrap();
    let point = &sweep["points"][POINTS - 1];
    assert_eq!(point["settings"]["scheduler"], "by slot");
    assert_eq!((&point["figures"], &point["digest"]), (&run["figures"], &run["digest"]));
    // Every trial has the same arrivals, whoever serves them.
    let arrived = |at: usize| &sweep["points"][at]["figures"]["output_tokens.mean"];
    assert_eq!(arrived(4), arrived(5));
}

#[test]
fn a_sweep_goes_on_from_any_line_of_its_journal() {
    let folder = folder();
    let args = |output: &'static str| ["sweep", "a.toml", "-q", "-o", output];
    for (output, again) in [("p.csv", "q.csv"), ("p.parquet", "q.parquet"), ("p.json", "q.json")] {
        folder.stdout(&args(output));
        let expect = fs::read(folder.path(output)).unwrap();
        let journal = folder.read(&format!("{output}.journal"));
        let lines: Vec<&str> = journal.split_inclusive('\n').collect();
        for kept in 0..=lines.len() {
            // A power cut in the middle of a line.
            let cut = lines.get(kept).map_or("", |next| &next[..next.len() / 2]);
            let text = lines[..kept].concat() + cut;
            fs::write(folder.path(&format!("{again}.journal")), text).unwrap();
            folder.stdout(&args(again));
            assert_eq!(fs::read(folder.path(again)).unwrap(), expect, "{kept} lines, {output}");
            assert_eq!(folder.read(&format!("{again}.journal")), journal, "{kept} lines");
        }
    }
}

#[test]
fn finished_points_are_not_simulated_again() {
    let folder = folder();
    let args = ["sweep", "plain.toml", "-o", "p.csv", "--vary", "workload.requests=10,20"];
    let said = |more: &[&str]| {
        let Output { status, stderr, .. } = folder.output(&[&args, more].concat());
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stderr).unwrap()
    };
    assert_eq!(said(&[]), "");
    let all = "note: 2 of 2 points are finished already, as `p.csv.journal` says\n";
    assert_eq!(said(&[]), all);
    assert_eq!(said(&["--seed", "7"]), "", "other draws");
    assert_eq!(said(&["--trials", "3"]), "", "other trials");
    // Four slots are the default: half of these points are the two above.
    let more = said(&["--vary", "scheduler=static,in-flight"]);
    assert_eq!(more, all.replace("2 of 2", "2 of 4"));
    assert_eq!(said(&["--fresh"]), "");
    assert_eq!(said(&[]), all);
}

#[test]
fn a_trace_counts_by_its_bytes() {
    let trace = "{\"timestamp\": 0, \"input_length\": 10, \"output_length\": 5}\n".repeat(9);
    let folder = folder();
    fs::write(folder.path("t.jsonl"), &trace).unwrap();
    let args = ["sweep", "plain.toml", "--trace", "t.jsonl", "-o", "p.csv", "--vary"];
    let sweep = || folder.output(&[&args[..], &["workload.trace.speedup=1,2"]].concat());
    assert!(sweep().status.success());
    assert!(String::from_utf8(sweep().stderr).unwrap().contains("2 of 2 points are finished"));
    fs::write(folder.path("t.jsonl"), trace.repeat(2)).unwrap();
    let Output { status, stderr, .. } = sweep();
    assert!(status.success() && stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    assert!(folder.read("p.csv").contains(",4,18,"), "{}", folder.read("p.csv"));
}

#[test]
fn other_commands_take_the_scenario_without_its_sweep() {
    let folder = folder();
    let plain = folder.stdout(&["run", "plain.toml"]);
    let with = folder.stdout(&["run", "a.toml"]);
    assert!(with.contains("note: the section `[sweep]` is left aside"), "{with}");
    let figures = |text: &str| text.lines().take(25).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(figures(&plain), figures(&with));
    assert_eq!(folder.stdout(&["resolve", "a.toml"]), folder.stdout(&["resolve", "plain.toml"]));
    let both = folder.stdout(&["compare", "plain.toml", "a.toml"]);
    assert!(both.contains("note: a: the section `[sweep]` is left aside"), "{both}");
}

#[test]
fn mistakes_are_explained() {
    let folder = folder();
    let files = [
        (
            "zip.toml",
            "[sweep]\nmode = \"zip\"\nsimulation.seed = [1, 2]\nworkload.requests = [1]\n",
        ),
        ("key.toml", "[sweep]\nscheduler.max_batch_sze = [1, 2]\n"),
        ("empty.toml", "[sweep]\nworkload.requests = []\n"),
        ("range.toml", "[sweep]\nworkload.requests = \"9:1:2\"\n"),
        ("value.toml", "[sweep]\nscheduler.max_batch_size = [4, 0]\n"),
    ];
    for (name, sweep) in files {
        fs::write(folder.path(name), format!("{SLOTS}{sweep}")).unwrap();
    }
    fs::write(folder.path("p.csv.journal"), "my notes\n").unwrap();
    let before = folder.names();
    let mut text = String::new();
    let vary = "workload.requests=10,20";
    for args in [
        &["sweep", "plain.toml"][..],
        &["sweep", "zip.toml"],
        &["sweep", "key.toml"],
        &["sweep", "empty.toml"],
        &["sweep", "range.toml"],
        &["sweep", "value.toml"],
        &["run", "empty.toml"],
        &["sweep", "plain.toml", "--vary", "workload.requests"],
        &["sweep", "plain.toml", "--vary", "workload.requests=10,many"],
        &["sweep", "plain.toml", "--vary", "workload.requests=1:1e6:1"],
        &["sweep", "plain.toml", "--vary", vary, "--mode", "cross"],
        &["sweep", "plain.toml", "--vary", vary, "-o", "p.csv"],
        &["sweep", "plain.toml", "--vary", vary, "-o", "p.txt"],
        &["sweep", "plain.toml", "--vary", vary, "-o", "none/p.csv"],
        &["sweep", "plain.toml", "--vary", vary, "--plot-figure", "x"],
        &["sweep", "plain.toml", "--vary", vary, "--plot", "p.svg", "--plot-figure", "ttft", "-q"],
        &["sweep", "plain.toml", "--vary", "simulation.max_time_s=1e-9,9", "-o", "q.csv"],
    ] {
        let Output { status, stderr, .. } = folder.output(args);
        assert_eq!(status.code(), Some(2), "{args:?}");
        text +=
            &format!("$ tokendrome {}\n{}\n", args.join(" "), String::from_utf8(stderr).unwrap());
    }
    assert_eq!(folder.read("p.csv.journal"), "my notes\n");
    // Of the last one, the point with more requests was finished before the other failed.
    assert_eq!(folder.read("q.csv.journal").lines().count(), 2);
    fs::remove_file(folder.path("q.csv.journal")).unwrap();
    assert_eq!(folder.names(), before, "nothing else is left behind");
    insta::assert_snapshot!("sweep_mistakes", text);
}

#[cfg(unix)]
#[test]
fn an_interrupted_sweep_says_how_to_go_on() {
    use std::io::Read;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let folder = folder();
    // One point is done at once, and the other would take minutes.
    let vary = ["--vary", "workload.output_tokens=1,900000", "--requests", "40000"];
    let args = ["sweep", "plain.toml", "--trials", "1", "-o", "p.csv", "-q", "--threads", "2"];
    let args = [&args[..], &vary].concat();
    let mut command = folder.command(&args);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    let finished = || {
        let journal = fs::read_to_string(folder.path("p.csv.journal"));
        journal.is_ok_and(|text| text.lines().count() == 2)
    };
    while !finished() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no point is finished");
        std::thread::sleep(Duration::from_millis(10));
    }
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    let (mut told, mut said) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    let expect = "note: interrupted: 1 of 2 points are finished and kept in `p.csv.journal`; the \
                  same command goes on from there\n";
    assert_eq!(said, expect);
    assert!(told.contains("2 points · interrupted after 1"), "{told}");
    assert!(!folder.path("p.csv").exists());
    // What was kept is taken from there; a shorter second point will do.
    let vary = ["--vary", "workload.output_tokens=1,2", "--requests", "40000"];
    let args = ["sweep", "plain.toml", "--trials", "1", "-o", "p.csv"];
    let said = folder.output(&[&args[..], &vary].concat()).stderr;
    assert!(String::from_utf8(said).unwrap().contains("note: 1 of 2 points are finished already"));
    assert_eq!(folder.read("p.csv").lines().count(), 3);
}
