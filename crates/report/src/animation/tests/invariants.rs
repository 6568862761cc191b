//! Every request in one phase, every moment as the run had it, and no more than the limits.

use tokendrome::metrics::Status;
use tokendrome::units::SimTime;

use super::*;
use crate::animation::collect::Request;

/// The phase of a request by its record: the number that the script has for it.
pub(super) fn phase(record: &RequestRecord, time: u64, hands_over: bool) -> u32 {
    let is_past = |moment: Option<SimTime>| moment.is_some_and(|moment| moment.as_nanos() <= time);
    if record.arrival.as_nanos() > time {
        0
    } else if is_past(record.end) {
        if matches!(record.status, Status::Rejected(_)) { 6 } else { 5 }
    } else if !is_past(record.first_scheduled) {
        1
    } else if !is_past(record.prefill_end) {
        2
    } else if hands_over && !is_past(record.decode_start) {
        3
    } else {
        4
    }
}

#[test]
fn the_moments_of_a_request_follow_each_other() {
    for scenario in of_every_kind() {
        let (animation, ..) = whole(&scenario);
        for one in &animation.shown.requests {
            let later = [one.scheduled, one.prefilled, one.decode, one.end];
            let moments: Vec<u64> =
                [one.arrival].into_iter().chain(later.into_iter().flatten()).collect();
            assert!(moments.is_sorted(), "{one:?}");
            assert!(one.first_token.is_none_or(|token| Some(token) >= one.prefilled), "{one:?}");
        }
        assert!(animation.shown.requests.is_sorted());
        assert!(animation.shown.iterations.is_sorted());
    }
}

#[test]
fn counts_match_the_levels_of_iterations() {
    let phases = PhasesSpec { max_sequences: 6, ..PhasesSpec::default() };
    for scenario in [
        serving(vllm(false), 3, 200),
        serving(SchedulerSpec::PrefillPrioritizing(phases), 1, 60),
        serving(SchedulerSpec::Static(SlotsSpec::default()), 2, 60),
    ] {
        let (animation, _, seen) = whole(&scenario);
        assert!(seen.records.iter().all(|record| record.preemptions == 0));
        let requests = &animation.shown.requests;
        for iteration in &seen.iterations {
            let now = iteration.start.as_nanos();
            let here = requests.iter().filter(|one| one.replica == Some(iteration.replica.0));
            let present =
                here.filter(|one| one.arrival <= now && one.end.is_none_or(|end| end > now));
            let (running, waiting): (Vec<&Request>, Vec<&Request>) =
                present.partition(|one| one.scheduled.is_some_and(|begun| begun <= now));
            let counts = (running.len() as u32, waiting.len() as u32);
            assert_eq!(counts, (iteration.running, iteration.waiting), "{iteration:?}");
        }
        assert!(seen.iterations.iter().any(|iteration| iteration.waiting > 0));
    }
}

/// All that is shown of a run is all that happens in its time.
#[track_caller]
fn check_whole(shown: &Shown, seen: &Witness) {
    let (from, until) = (shown.from, shown.until);
    let is_there = |record: &&RequestRecord| {
        let arrival = record.arrival.as_nanos();
        (arrival < until || arrival == from) && record.end.is_none_or(|end| end.as_nanos() >= from)
    };
    let mut expect: Vec<u32> =
        seen.records.iter().filter(is_there).map(|record| record.index).collect();
    let mut indices: Vec<u32> = shown.requests.iter().map(|one| one.index).collect();
    expect.sort_unstable();
    indices.sort_unstable();
    assert_eq!(indices, expect);
    let runs = |one: &&Iteration| one.start.as_nanos() < until && one.end.as_nanos() > from;
    assert_eq!(shown.iterations.len(), seen.iterations.iter().filter(runs).count());
}

#[test]
fn limits_and_windows_cut_time_and_nothing_else() {
    let scenario = serving(vllm(false), 2, 200);
    let seconds = |from, until| Window::new(TimeUnit::Second, from, until).unwrap();
    for (window, limits, is_cut) in [
        (Window::ALL, [9, 200, 9_999], false),
        (Window::ALL, [9, 50, 9_999], true),
        (Window::ALL, [9, 200, 100], true),
        (seconds(Some(1.0), Some(1.5)), [200, 200, 9_999], false),
        (seconds(Some(1.0), Some(1.5)), [200, 9, 9_999], true),
        (seconds(Some(1.0), None), [200, 200, 20], true),
        (seconds(None, Some(0.2)), [9, 200, 9_999], false),
    ] {
        let (animation, report, seen) = run(&scenario, window, limits);
        let shown = &animation.shown;
        assert_eq!(shown.is_cut, is_cut, "{window:?} {limits:?}");
        assert_eq!(animation.left_out(&report).is_some(), is_cut);
        assert!(shown.iterations.len() <= limits[2]);
        assert!(shown.requests.len() <= limits[0] + limits[1]);
        assert_eq!(shown.from, window.from.as_nanos());
        assert!(shown.until <= window.until.as_nanos() && shown.until <= shown.run_end);
        assert_eq!((shown.requests_seen, shown.carried_left_out), (200, 0));
        check_whole(shown, &seen);
    }
}

#[test]
fn what_is_left_out_is_said() {
    let scenario = ticking(SchedulerSpec::InFlight(SlotsSpec::default()), 30);
    let window = |from, until| Window::new(TimeUnit::Tick, from, until).unwrap();
    let said = |window, limits| {
        let (animation, report, _) = run(&scenario, window, limits);
        let page = page_of(&animation, &report);
        let left_out = animation.left_out(&report);
        assert_eq!(page.contains("<li>Note: "), left_out.is_some());
        left_out.unwrap_or_default()
    };
    assert_eq!(said(Window::ALL, NO_LIMITS), "");
    assert_eq!(said(window(Some(5.0), Some(9.5)), NO_LIMITS), "");
    insta::assert_snapshot!(
        [
            said(Window::ALL, [6, 9, 999]),
            said(window(Some(5.0), None), [6, 99, 8]),
            said(window(Some(20.0), None), [4, 99, 999]),
            said(window(Some(1e6), None), NO_LIMITS),
        ]
        .join("\n")
    );
}

#[test]
fn a_run_without_an_iteration_is_shown() {
    let mut scenario = serving(vllm(false), 1, 5);
    let SchedulerSpec::Vllm(spec) = &mut scenario.scheduler else { unreachable!() };
    spec.max_model_len = Some(2);
    scenario.workload.input_tokens = Some(LengthsSpec::Fixed { tokens: 100 });
    let (animation, report, seen) = whole(&scenario);
    assert_eq!((seen.iterations.len(), animation.shown.requests.len()), (0, 5));
    assert!(page_of(&animation, &report).contains("with 5 of its 5 requests and 0 of its 0 "));
}

#[test]
fn ticks_are_small_numbers() {
    let scenario = ticking(SchedulerSpec::Static(SlotsSpec::default()), 12);
    let (animation, report, _) = whole(&scenario);
    let json: serde_json::Value = serde_json::from_str(&page::data(&animation, &report)).unwrap();
    assert_eq!(json["quantum_ns"], TICK.as_nanos());
}
