//! Help, versions and lists.

use crate::harness::Folder;

#[test]
fn help_teaches_by_example() {
    let folder = Folder::new(&[]);
    for (name, args) in [
        ("help", &["--help"][..]),
        ("help_short", &["-h"]),
        ("help_run", &["run", "--help"]),
        ("help_compare", &["compare", "--help"]),
        ("help_sweep", &["sweep", "-h"]),
        ("help_capacity", &["capacity", "--help"]),
        ("help_explain", &["explain", "-h"]),
        ("help_fit", &["fit", "-h"]),
        ("help_resolve", &["resolve", "-h"]),
        ("help_models", &["models", "--help"]),
        ("help_validate", &["validate", "queueing", "--help"]),
        ("help_conformance", &["conformance", "vllm", "--help"]),
    ] {
        insta::assert_snapshot!(name, folder.transcript(args));
    }
}

#[test]
fn lists_are_aligned_and_narrow() {
    let folder = Folder::new(&[]);
    for list in ["models", "accelerators"] {
        let text = folder.stdout(&[list]);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 100, "{list}: {widest} columns");
        assert!(text.lines().count() > 20, "{text}");
    }
    insta::assert_snapshot!("models_llama_2", folder.transcript(&["models", "llama-2"]));
    let json: serde_json::Value =
        serde_json::from_str(&folder.stdout(&["accelerators", "h100-sxm", "--json"])).unwrap();
    assert_eq!(json[0]["name"], "h100-sxm");
}

#[test]
fn schema_and_completions_are_printed() {
    let folder = Folder::new(&[]);
    let schema: serde_json::Value = serde_json::from_str(&folder.stdout(&["schema"])).unwrap();
    assert_eq!(schema["title"], "Tokendrome scenario");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(folder.stdout(&["completions", shell]).contains("tokendrome"), "{shell}");
    }
}

#[test]
fn color_is_for_terminals_and_on_demand() {
    let folder = Folder::new(&[]);
    let colored = |args: &[&str]| folder.transcript(args).contains('\u{1b}');
    assert!(!colored(&["run", "--requests", "5"]));
    assert!(colored(&["run", "--requests", "5", "--color", "always"]));
    assert!(!colored(&["run", "--requests", "5", "--no-color"]));
    assert!(!colored(&["run", "--tp", "x"]));
    assert!(colored(&["--color", "always", "run", "--tp", "x"]));
}
