//! Every example runs.

use std::path::Path;

use crate::harness::Folder;

#[test]
fn every_example_runs() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let entries = |folder: &str| {
        std::fs::read_dir(examples.join(folder)).unwrap().map(|entry| entry.unwrap().path())
    };
    let mut files: Vec<_> = [".", "capacity", "clusters", "scheduling"]
        .into_iter()
        .flat_map(entries)
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    assert!(files.len() >= 18, "{files:?}");
    let folder = Folder::new(&[]);
    for file in files {
        let file = file.to_str().unwrap();
        let set = ["--set", "workload.requests=20", "--set", "simulation.warm_up_s=0"];
        let set = [&set[..], &["--trials", "1"]].concat();
        let report = folder.stdout(&[&["run", file, "-o", "-"], &set[..]].concat());
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["summary"]["requests"]["completed"], 20, "{file}");
        assert_eq!(report["is_complete"], true, "{file}");
        if std::fs::read_to_string(file).unwrap().contains("[sweep]") {
            let points = folder.stdout(&[&["sweep", file, "-o", "-"], &set[..]].concat());
            assert!(points.lines().count() > 2, "{file}");
        }
    }
}

#[test]
fn the_example_of_the_default_is_the_default() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/default.toml");
    let folder = Folder::new(&[]);
    let example = folder.stdout(&["resolve", example.to_str().unwrap()]);
    assert_eq!(example, folder.stdout(&["resolve"]));
}
