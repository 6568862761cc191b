use serde_json::Value;
use tokendrome_explore::{
    Basis, Capacity, Condition, Curve, Drift, Grid, Interval, Measured, Objective, Search, Tried,
    detect,
};

use super::*;
use crate::fixtures;
use crate::plot;

const SEARCH: Search =
    Search { from_per_s: None, to_per_s: None, precision: 0.01, trials_first: 1, trials_max: 200 };

fn tried(rate_per_s: f64, verdict: Option<Verdict>, measured: Measured) -> Tried {
    Tried { rate_per_s, trials: 10, arrivals: 10_000.0, verdict, measured }
}

fn drift(share: f64, departures_per_s: f64) -> Measured {
    Measured::Drift(Drift { share, half: Some(0.006), departures_per_s })
}

fn found(tried: Vec<Tried>) -> Capacity {
    Capacity {
        rate_per_s: Some(100.5),
        interval: Some(Interval { low: 99.625, high: 101.375 }),
        basis: Basis::Departures,
        holds_per_s: Some(96.5),
        fails_per_s: Some(104.5),
        speedup: None,
        has_sessions: false,
        tried,
        runs: 32,
        is_complete: true,
        notices: vec!["something to know".to_owned()],
    }
}

fn by_drift() -> Capacity {
    found(vec![
        tried(160.0, None, drift(0.375, 100.0)),
        tried(96.5, Some(Verdict::Holds), drift(-0.000_25, 96.0)),
        tried(104.5, Some(Verdict::Fails), drift(0.04, 100.25)),
    ])
}

/// Shows what a search by a method came to.
fn with<T>(method: &Method, capacity: &Capacity, show: impl FnOnce(&Searched<'_>) -> T) -> T {
    let scenario = fixtures::full().scenario;
    let sides = [Side { name: "mm1", scenario: &scenario, capacity }];
    let notices = ["of all".to_owned()];
    show(&Searched { method, sides: &sides, notices: &notices })
}

fn written(format: Format, method: &Method, capacity: &Capacity) -> String {
    let mut bytes = Vec::new();
    with(method, capacity, |searched| write(format, searched, &mut bytes)).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn by_limits() -> (Method, Capacity) {
    let condition = Condition::read("ttft_ms.p99<=500").unwrap();
    let figure = |mean| {
        let name = "latency.ttft_ms.p99".to_owned();
        Measured::Objectives(vec![Objective { name, mean, half: Some(12.5) }])
    };
    let mut capacity = found(vec![
        tried(96.5, Some(Verdict::Holds), figure(420.0)),
        tried(104.5, Some(Verdict::Fails), figure(590.0)),
        tried(100.0, Some(Verdict::Undecided), figure(501.0)),
    ]);
    capacity.basis = Basis::Bracket;
    (Method::Objectives(SEARCH, vec![condition]), capacity)
}

fn by_curves() -> (Method, Capacity) {
    let points: Vec<(f64, f64)> =
        (1..=10).map(|at| (f64::from(at), 0.25 * f64::from(at))).collect();
    let values: Vec<f64> = points.iter().map(|(_, mean)| *mean).collect();
    let curve = Measured::Curve(Curve { detection: detect(&values), points });
    let grid = Grid {
        from_per_s: 2.0,
        to_per_s: 2.0,
        step_per_s: 1.0,
        window_s: 10.0,
        points: 10,
        trials: 10,
    };
    let mut capacity = found(vec![tried(2.0, Some(Verdict::Fails), curve)]);
    (capacity.rate_per_s, capacity.interval, capacity.basis) = (None, None, Basis::Nothing);
    (Method::MannKendall(grid), capacity)
}

#[test]
fn the_tables() {
    let text = |method: &Method, capacity: &Capacity| {
        with(method, capacity, |searched| render(searched, false, Style::default()))
    };
    let (limits, of_limits) = by_limits();
    let (grid, of_grid) = by_curves();
    let all = [
        text(&Method::Drift(SEARCH), &by_drift()),
        text(&limits, &of_limits),
        text(&grid, &of_grid),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn json_has_everything() {
    let value = |method: &Method, capacity: &Capacity| -> Value {
        serde_json::from_str(&written(Format::Json, method, capacity)).unwrap()
    };
    let drift = value(&Method::Drift(SEARCH), &by_drift());
    assert_eq!(drift["method"], serde_json::json!({ "kind": "drift", "precision": 0.01 }));
    let side = &drift["scenarios"][0];
    for (key, expect) in [("rate_per_s", 100.5), ("low_per_s", 99.625), ("fails_per_s", 104.5)] {
        assert_eq!(side[key].as_f64(), Some(expect), "{key}");
    }
    assert_eq!((&side["basis"], &side["runs"]), (&"departures".into(), &32.into()));
    assert_eq!(side["tried"][1]["drift"].as_f64(), Some(-0.000_25));
    assert_eq!(side["tried"][1]["verdict"], "stable");
    let (method, capacity) = by_curves();
    let curve = value(&method, &capacity);
    assert!(curve["scenarios"][0]["rate_per_s"].is_null());
    let tried = &curve["scenarios"][0]["tried"][0];
    assert_eq!(
        (&tried["detection"]["kendall"], &tried["verdict"]),
        (&45.into(), &"unstable".into())
    );
    assert_eq!(tried["curve"][9]["response_s"].as_f64(), Some(2.5));
    let (method, capacity) = by_limits();
    let limits = value(&method, &capacity);
    assert_eq!(limits["method"]["conditions"][0], "latency.ttft_ms.p99 <= 500");
    assert_eq!(limits["scenarios"][0]["tried"][2]["objectives"][0]["mean"].as_f64(), Some(501.0));
}

#[test]
fn csv_has_a_row_a_rate() {
    let text = written(Format::Csv, &Method::Drift(SEARCH), &by_drift());
    let expect = "scenario,rate_per_s,trials,arrivals,verdict,drift,drift_half,departures_per_s\n\
                  mm1,160,10,10000,,0.375,0.006,100\n\
                  mm1,96.5,10,10000,stable,-0.00025,0.006,96\n\
                  mm1,104.5,10,10000,unstable,0.04,0.006,100.25\n";
    assert_eq!(text, expect);
    let (method, capacity) = by_limits();
    let text = written(Format::Csv, &method, &capacity);
    assert_eq!(text.lines().nth(1), Some("mm1,96.5,10,10000,met,latency.ttft_ms.p99,420,12.5"));
    let (method, capacity) = by_curves();
    let text = written(Format::Csv, &method, &capacity);
    assert!(text.lines().nth(1).unwrap().starts_with("mm1,2,10,10000,unstable,45,3.93"), "{text}");
}

#[test]
fn plots_are_whole_in_every_format() {
    let cases = [(Method::Drift(SEARCH), by_drift()), by_limits(), by_curves()];
    for (method, capacity) in &cases {
        for format in [plot::Format::Svg, plot::Format::Png, plot::Format::Html] {
            let mut bytes = Vec::new();
            let draw = |searched: &Searched<'_>| plot::write_capacity(format, searched, &mut bytes);
            with(method, capacity, draw).unwrap();
            assert!(bytes.len() > 1_000);
            if format == plot::Format::Svg {
                let text = String::from_utf8(bytes).unwrap();
                assert!(roxmltree::Document::parse(&text).is_ok());
                // A disc or ring for every rate but those far beyond the largest.
                let is_near = |of: &&Tried| of.rate_per_s < 150.0;
                let near = capacity.tried.iter().filter(is_near).count();
                assert!(near > 0);
                assert_eq!(text.matches("<circle").count(), near);
            }
        }
    }
}
