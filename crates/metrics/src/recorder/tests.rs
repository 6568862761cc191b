use super::*;
use crate::{EXACT_SAMPLES_MAX, Objectives, Rejection};

pub(crate) fn spec() -> RecorderSpec {
    RecorderSpec {
        transfer: false,
        millisecond: SimDuration::from_millis(1),
        warm_up: SimDuration::ZERO,
        cool_down: SimDuration::ZERO,
        tbt: false,
        exact_max: EXACT_SAMPLES_MAX,
        slo: SloSpec::default(),
        classes: Vec::new(),
    }
}

pub(crate) fn at(seconds: u64) -> SimTime {
    SimTime::from_nanos(seconds * 1_000_000_000)
}

pub(crate) fn record(index: u32, arrival: u64, first: u64, end: u64, tokens: u32) -> RequestRecord {
    RequestRecord {
        transfer_end: None,
        index,
        class: 0,
        arrival: at(arrival),
        first_scheduled: Some(at(arrival)),
        first_token: Some(at(first)),
        prefill_end: None,
        decode_start: None,
        end: Some(at(end)),
        prompt_tokens: 10,
        output_tokens: tokens,
        cached_tokens: 0,
        preemptions: 0,
        replica: None,
        status: Status::Completed,
    }
}

/// One request a second, each in the system for two seconds.
fn steady(spec: RecorderSpec, requests: u64) -> Totals {
    let mut recorder = Recorder::new(spec);
    for second in 0..requests + 2 {
        recorder.advance(at(second));
        let mut levels = recorder.levels();
        if second >= 2 {
            let arrival = second - 2;
            recorder.delivered(3);
            recorder.gaps(SimDuration::from_millis(500), 1);
            recorder.gaps(SimDuration::from_millis(500), 1);
            recorder.ended(&record(arrival as u32, arrival, arrival + 1, second, 3));
            levels.in_system -= 1;
        }
        if second < requests {
            recorder.arrival();
            levels.in_system += 1;
        }
        recorder.set_levels(levels);
    }
    recorder.finish()
}

#[test]
fn a_whole_run_is_measured_by_default() {
    let totals = steady(spec(), 100);
    assert_eq!((totals.completed, totals.measured_requests), (100, 100));
    let latency = totals.latency;
    assert_eq!(latency.ttft_ms.unwrap().mean, 1_000.0);
    assert_eq!(latency.e2e_ms.unwrap().p99, 2_000.0);
    assert_eq!(latency.tpot_ms.unwrap().p50, 500.0);
    let itl = totals.itl_ms.unwrap();
    assert_eq!((itl.count, itl.mean), (200, 500.0));
    assert_eq!(totals.measured.time, at(101));
    assert_eq!(totals.peak.in_system, 2);
}

#[test]
fn warm_up_and_cool_down_are_left_out() {
    let cut = RecorderSpec {
        warm_up: SimDuration::from_millis(9_500),
        cool_down: SimDuration::from_millis(20_000),
        ..spec()
    };
    let totals = steady(cut, 100);
    // Arrivals from 10 s up to, not at, 79 s: as many as there are gaps.
    assert_eq!((totals.completed, totals.measured_requests), (100, 69));
    assert_eq!(totals.measured.time, at(69));
    assert!((totals.measured.per_second(totals.measured.completed as f64) - 1.0).abs() < 1e-12);
    assert!((totals.measured.average(totals.measured.in_system_ns) - 2.0).abs() < 1e-12);
    // Gaps end at 11 s ... 79 s, two a second.
    assert_eq!(totals.itl_ms.unwrap().count, 138);

    let all_cut = RecorderSpec { warm_up: SimDuration::from_millis(500_000), ..spec() };
    let totals = steady(all_cut, 100);
    assert_eq!((totals.measured_requests, totals.measured.time), (0, SimTime::ZERO));
    assert_eq!(totals.latency.ttft_ms, None);
}

#[test]
fn what_was_held_back_is_measured_in_the_end() {
    // The first request ends before the second arrives, 50 s later: only then is it known to lie
    // before the cool-down. The third, and what happens to it, is not measured.
    let cut = RecorderSpec { cool_down: SimDuration::from_millis(20_000), ..spec() };
    let mut recorder = Recorder::new(cut);
    recorder.arrival();
    recorder.set_levels(Levels { in_system: 1, ..Levels::default() });
    recorder.advance(at(2));
    recorder.gaps(SimDuration::from_millis(700), 1);
    recorder.ended(&record(0, 0, 1, 2, 3));
    recorder.set_levels(Levels::default());
    recorder.advance(at(10));
    recorder.arrival();
    recorder.set_levels(Levels { in_system: 1, ..Levels::default() });
    recorder.advance(at(50));
    recorder.arrival();
    recorder.set_levels(Levels { in_system: 2, ..Levels::default() });
    recorder.advance(at(51));
    for (index, arrival) in [(1, 10), (2, 50)] {
        let left =
            RequestRecord { status: Status::Unfinished, ..record(index, arrival, 51, 51, 0) };
        recorder.ended(&left);
    }
    let totals = recorder.finish();
    assert_eq!((totals.completed, totals.measured_requests), (1, 1));
    assert_eq!(totals.itl_ms.unwrap().count, 1);
    // The span goes from the first arrival to the last one before the cool-down.
    assert_eq!(totals.measured.time, at(10));
}

#[test]
fn a_class_that_comes_late_takes_nothing_from_the_first() {
    let mut recorder = Recorder::new(spec());
    for (index, class) in [0, 0, 0, 1, 0].into_iter().enumerate() {
        let names = ["a", "b"].map(str::to_owned);
        recorder.name_classes(names[..=usize::from(index >= 3)].to_vec());
        recorder.arrival();
        let at_once = RequestRecord { class, ..record(index as u32, 0, 0, 0, 2) };
        recorder.ended(&at_once);
    }
    let totals = recorder.finish();
    let requests: Vec<u64> = totals.classes.iter().map(|class| class.requests).collect();
    assert_eq!(requests, [4, 1]);
}

#[test]
fn objectives_are_counted_by_class() {
    let mut slo = SloSpec { ttft_ms: Some(1_500.0), ..SloSpec::default() };
    slo.classes
        .insert("strict".to_owned(), Objectives { e2e_ms: Some(3_000.0), ..Objectives::default() });
    let classes = vec!["loose".to_owned(), "strict".to_owned()];
    let mut recorder = Recorder::new(RecorderSpec { slo, classes, ..spec() });
    for _ in 0..3 {
        recorder.arrival();
    }
    recorder.set_levels(Levels { in_system: 3, ..Levels::default() });
    recorder.advance(at(2));
    recorder.ended(&record(0, 0, 1, 2, 3));
    recorder.set_levels(Levels { in_system: 2, ..Levels::default() });
    recorder.advance(at(4));
    recorder.ended(&RequestRecord { class: 1, ..record(1, 0, 1, 4, 3) });
    let rejection = Rejection { kind: "kv-too-small", detail: "needs 9 blocks".to_owned() };
    let refused = RequestRecord {
        first_scheduled: None,
        first_token: None,
        prefill_end: None,
        decode_start: None,
        end: None,
        output_tokens: 0,
        status: Status::Unfinished,
        ..record(2, 0, 0, 0, 0)
    };
    recorder.ended(&refused);
    recorder.set_levels(Levels::default());
    recorder.arrival();
    recorder.ended(&RequestRecord {
        arrival: at(4),
        status: Status::Rejected(rejection),
        ..refused
    });
    let totals = recorder.finish();
    assert_eq!((totals.completed, totals.unfinished, totals.rejected), (2, 1, 1));
    assert_eq!((totals.slo.requests, totals.slo.met), (4, 1));
    assert_eq!((totals.classes[0].slo.met, totals.classes[1].slo.met), (1, 0));
    assert_eq!(totals.rejections[0].example, "needs 9 blocks");
}

#[test]
#[should_panic(expected = "Little's law")]
fn a_lost_request_is_noticed() {
    let mut recorder = Recorder::new(spec());
    recorder.arrival();
    recorder.set_levels(Levels { in_system: 1, ..Levels::default() });
    recorder.advance(at(2));
    let _ = recorder.finish();
}
