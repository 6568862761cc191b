use serde_json::Value;
use tokendrome::metrics::{RequestRecord, SeriesPoint, Status};
use tokendrome::units::{ReplicaId, SimTime};
use tokendrome::{Scenario, TimeUnit};
use tokendrome_explore::{Difference, Estimate, FirstTrial, Interval, Side};

use super::*;
use crate::fixtures;

fn interval(mean: f64, half: f64) -> Option<Interval> {
    Some(Interval { low: mean - half, high: mean + half })
}

/// Figures whose values are `scale` times those of a first scenario.
fn side(scale: f64) -> Side {
    let figures = [
        ("requests.completed", 1_000.0, 0.0),
        ("requests.rejected", 0.0, 0.0),
        ("duration_s", 125.5 * scale, 0.25),
        ("latency.ttft_ms.mean", 173.25 * scale, 4.125),
        ("latency.e2e_ms.p99", 13_250.0 * scale, 125.0),
        ("throughput.requests_per_s", 7.875 / scale, 0.015_625),
        ("utilisation.busy", 0.9375, 0.001_953_125),
        ("queue.waiting_end", 4.0 * (scale - 1.0), 0.5),
        ("queue.waiting_mean", 1.5 * scale, 0.25),
    ];
    let firsts = [1_000.0, 0.0, 125.5, 173.25, 13_250.0, 7.875, 0.9375, 0.0, 1.5];
    let estimates = figures.iter().map(|&(name, mean, half)| Estimate {
        name: name.to_owned(),
        n: 20,
        mean,
        std: Some(2.0 * half),
        ci95: interval(mean, half),
    });
    let differences = figures.iter().zip(firsts).map(|(&(name, mean, half), first)| Difference {
        name: name.to_owned(),
        n: 20,
        mean: mean - first,
        std: Some(half),
        ci95: interval(mean - first, half / 2.0),
        first_mean: first,
    });
    Side {
        digest: 0xAB,
        estimates: estimates.collect(),
        differences: differences.collect(),
        first_trial: Some(first_trial(scale)),
    }
}

/// Eight requests in four slots; the queue grows.
fn first_trial(scale: f64) -> FirstTrial {
    let record = |index: u32| {
        let at = |seconds: f64| Some(SimTime::from_nanos((seconds * 1e9) as u64));
        let start = f64::from(index / 4) * 3.0 * scale;
        RequestRecord {
            transfer_end: None,
            index,
            class: 0,
            arrival: SimTime::ZERO,
            first_scheduled: at(start),
            first_token: at(start + 0.5),
            end: at(start + 1.0 + f64::from(index % 4) * 0.5 * scale),
            prompt_tokens: 10,
            output_tokens: 5,
            cached_tokens: 0,
            preemptions: 0,
            replica: Some(ReplicaId(0)),
            prefill_end: None,
            decode_start: None,
            status: Status::Completed,
        }
    };
    let point = |at: u32| SeriesPoint {
        start_s: f64::from(at) * 0.1,
        arrivals_per_s: 3.0,
        completions_per_s: 1.0,
        prompt_tokens_per_s: 30.0,
        output_tokens_per_s: 5.0,
        waiting: scale * f64::from(at),
        running: 4.0,
        kv_blocks: 8.0,
    };
    FirstTrial {
        series: tokendrome::TimeSeries { bucket_s: 0.1, points: (0..60).map(point).collect() },
        duration_s: 6.0,
        requests: (0..8).map(record).collect(),
        time_unit: TimeUnit::Second,
        hands_over: false,
    }
}

/// As many scenarios, each with other batches, and what came out.
pub(crate) fn compared(names: &[&str]) -> (Cases, Comparison) {
    let scenario = |seqs: u32| -> Scenario {
        let mut json = serde_json::to_value(fixtures::minimal().scenario).unwrap();
        json["scheduler"]["max_num_seqs"] = seqs.into();
        serde_json::from_value(json).unwrap()
    };
    let named = (1u32..).zip(names).map(|(at, name)| ((*name).to_owned(), scenario(4 * at)));
    let cases = Cases::new(named.collect()).unwrap();
    let mut sides: Vec<Side> =
        (0u32..).zip(names).map(|(at, _)| side(1.0 + 0.25 * f64::from(at))).collect();
    sides[0].differences.clear();
    let notices = vec!["more gets the requests of few at other times".to_owned()];
    let precision = None;
    (
        cases,
        Comparison { trials: 20, is_complete: true, precision, is_exact: false, notices, sides },
    )
}

fn table(names: &[&str], change: impl FnOnce(&mut Comparison), style: Style) -> String {
    let (cases, mut comparison) = compared(names);
    change(&mut comparison);
    render(&Compared { cases: &cases, comparison: &comparison, lengths: None }, style)
}

#[test]
fn two_scenarios() {
    insta::assert_snapshot!(table(&["few", "more"], |_| {}, Style::default()));
}

#[test]
fn several_scenarios() {
    let names = ["few", "more", "a-scenario-with-a-long-name"];
    insta::assert_snapshot!(table(&names, |_| {}, Style::default()));
}

#[test]
fn exact_differences_have_no_interval() {
    let exact = |of: &mut Comparison| {
        of.is_exact = true;
        for side in &mut of.sides {
            side.differences.iter_mut().for_each(|of| (of.std, of.ci95) = (None, None));
        }
    };
    insta::assert_snapshot!(table(&["few", "more"], exact, Style::default()));
}

#[test]
fn what_was_interrupted_at_once_has_no_table() {
    let nothing = |of: &mut Comparison| {
        (of.trials, of.is_complete) = (0, false);
        for side in &mut of.sides {
            (side.estimates, side.differences) = (Vec::new(), Vec::new());
            side.first_trial = None;
        }
    };
    let text = table(&["few", "more"], nothing, Style::default());
    assert!(text.contains("0 trials") && !text.contains("difference"), "{text}");
}

#[test]
fn two_lengths() {
    let scenario = fixtures::minimal().scenario;
    let cuts =
        [(Lengths::name(3.0, TimeUnit::Second), 3.0), (Lengths::name(6.0, TimeUnit::Second), 6.0)];
    let cases = Cases::cut(&scenario, cuts.to_vec()).unwrap();
    let (_, mut comparison) = compared(&["a", "b"]);
    let lengths = Lengths::judge(3.0, 6.0, &comparison);
    let told = Compared { cases: &cases, comparison: &comparison, lengths: Some(&lengths) };
    insta::assert_snapshot!(render(&told, Style::default()));
    let mut bytes = Vec::new();
    write_json(&told, &mut bytes).unwrap();
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(value["lengths"]["verdict"], "growing");
    let first = comparison.sides[1].first_trial.as_mut().unwrap();
    first.duration_s = 60.0;
    let idle = Lengths::judge(3.0, 60.0, &comparison).verdict();
    assert!(idle.starts_with("none: requests have to arrive until the end"), "{idle}");
}

#[test]
fn no_line_is_wider_than_the_style_says() {
    let several = ["few", "more", "a-scenario-with-a-long-name"];
    for (names, width) in [(&["few", "more"][..], 44), (&several, 50)] {
        let text = table(names, |_| {}, Style { color: false, width });
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
        assert!(text.contains("difference"), "{text}");
    }
}

#[test]
fn json_has_every_figure_and_scenario() {
    let (cases, comparison) = compared(&["few", "more"]);
    let mut bytes = Vec::new();
    let told = Compared { cases: &cases, comparison: &comparison, lengths: None };
    write_json(&told, &mut bytes).unwrap();
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((&value["schema_version"], &value["seed"]), (&"1.1".into(), &42.into()));
    let [first, second] = &value["scenarios"].as_array().unwrap()[..] else { panic!("two") };
    assert_eq!((&first["name"], &second["digest"]), (&"few".into(), &"00000000000000ab".into()));
    assert!(first["differences"].is_null() && value.get("lengths").is_none());
    let of = &second["differences"]["latency.ttft_ms.mean"];
    assert_eq!((of["mean"].as_f64(), of["change"].as_f64()), (Some(43.3125), Some(0.25)));
    assert_eq!((of["ci95_low"].as_f64(), &of["n"]), (Some(41.25), &20.into()));
    assert!(second["differences"]["queue.waiting_end"]["change"].is_null());
    let read: Scenario = serde_json::from_value(second["scenario"].clone()).unwrap();
    assert_eq!(&read, cases.list[1].simulation.scenario());
}
