//! The engine against theory.

use serde_json::Value;

use crate::harness::Folder;

#[test]
fn theory_is_confirmed() {
    let folder = Folder::new(&[]);
    let quick = ["validate", "queueing", "--quick", "--trials", "5", "-o"];
    let table = folder.stdout(&[&quick[..], &["v.json", "--threads", "2"]].concat());
    assert!(table.contains("all 156 comparisons confirm the theory"), "{table}");
    let json = folder.stdout(&[&quick[..], &["-", "--threads", "1"]].concat());
    assert_eq!(json, folder.read("v.json"), "threads change nothing");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["is_confirmed"], &json["trials"]), (&true.into(), &5.into()));
    assert_eq!(json["cases"].as_array().unwrap().len(), 26);
}

#[test]
fn a_system_is_a_scenario_to_run() {
    let folder = Folder::new(&[]);
    let toml = folder.stdout(&["validate", "queueing", "--scenario", "mm2-0.5", "--quick"]);
    std::fs::write(folder.path("mm2.toml"), toml).unwrap();
    let text = folder.stdout(&["run", "mm2.toml"]);
    assert!(text.contains("In-flight batching, 1 slot"), "{text}");
    // Two servers, half loaded.
    let json: Value =
        serde_json::from_str(&folder.stdout(&["run", "mm2.toml", "-o", "-"])).unwrap();
    let busy = json["summary"]["utilisation"]["busy"].as_f64().unwrap();
    assert!((0.4..0.6).contains(&busy), "{busy}");
}

#[test]
fn mistakes_are_explained() {
    let folder = Folder::new(&[]);
    let mut text = String::new();
    for args in [
        &["validate"][..],
        &["validate", "queueing", "--scenario", "mm3-0.5"],
        &["validate", "queueing", "--trials", "2"],
        &["validate", "queueing", "-o", "v.csv"],
        &["validate", "queueing", "--scenario", "mm1-0.5", "-o", "v.json"],
    ] {
        let output = folder.output(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        text += &format!("$ tokendrome {}\n{stderr}\n", args.join(" "));
    }
    assert!(folder.names().is_empty(), "nothing is left behind");
    insta::assert_snapshot!("validate_mistakes", text);
}
