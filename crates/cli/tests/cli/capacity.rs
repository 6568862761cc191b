//! The largest rate that scenarios can take.

use serde_json::Value;

use crate::harness::{CONSTANT, Folder};

/// One slot, one token, steps of 10 ms in the mean: 100 requests a second.
const SERVER: &str = include_str!("../../../../examples/capacity/mm1.toml");
const BATCHES: &str = include_str!("../../../../examples/capacity/batches.toml");

#[test]
fn the_examples_have_the_capacity_of_theory() {
    let folder = Folder::new(&[("mm1.toml", SERVER), ("batches.toml", BATCHES)]);
    let run = |threads: &str| {
        let args = ["capacity", "mm1.toml", "batches.toml", "--precision", "2%"];
        folder.stdout(&[&args[..], &["--threads", threads, "-o", "-"]].concat())
    };
    let json = run("1");
    assert_eq!(json, run("4"));
    let value: Value = serde_json::from_str(&json).unwrap();
    for (at, theory) in [(0, 100.0), (1, 4.0 / (8.4667 * 0.010))] {
        let rate = value["scenarios"][at]["rate_per_s"].as_f64().unwrap();
        assert!((rate / theory - 1.0).abs() < 0.02, "{rate} {theory}");
        assert_eq!(value["scenarios"][at]["basis"], "departures");
    }
}

#[test]
fn searches_print_what_they_found() {
    let folder = Folder::new(&[("mm1.toml", SERVER)]);
    let by = |more: &[&str]| folder.transcript(&[&["capacity", "mm1.toml"], more].concat());
    let coarse = ["--precision", "5%"];
    let mut text = by(&[&coarse[..], &["--plot", "a.png", "-o", "a.csv"]].concat());
    text += &by(&[&coarse[..], &["--slo", "e2e_ms.mean<=20", "--attainment", "0.5"]].concat());
    let grid = ["--method", "mann-kendall", "--from", "60", "--to", "140", "--step", "40"];
    text += &by(&[&grid[..], &["--window", "10", "--points", "10", "--trials", "4"]].concat());
    insta::assert_snapshot!("capacity", text);
    assert_eq!(folder.names(), ["a.csv", "a.png", "mm1.toml"]);
}

#[test]
fn mistakes_are_explained() {
    let folder = Folder::new(&[("a.toml", CONSTANT), ("mm1.toml", SERVER)]);
    let mut text = String::new();
    for args in [
        &["a.toml", "--users", "4"][..],
        &["a.toml", "--slo"],
        &["mm1.toml", "--slo", "ttft_ms.p98<=5"],
        &["mm1.toml", "--slo", "ttft_ms.p99"],
        &["mm1.toml", "--method", "drift", "--attainment", "0.9"],
        &["mm1.toml", "--attainment", "90"],
        &["mm1.toml", "--step", "1"],
        &["mm1.toml", "--method", "mann-kendall"],
        &["mm1.toml", "--method", "mann-kendall", "--from", "1", "--to", "2", "--points", "9"],
        &["mm1.toml", "--from", "3", "--to", "2"],
        &["mm1.toml", "--precision", "40%"],
        &["mm1.toml", "-o", "mm1.toml"],
        &["mm1.toml", "-o", "a.xml"],
    ] {
        text += &folder.transcript(&[&["capacity"], args].concat());
    }
    insta::assert_snapshot!("capacity_mistakes", text);
    assert_eq!(folder.names(), ["a.toml", "mm1.toml"]);
}
