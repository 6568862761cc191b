use serde_json::Value;
use tokendrome::units::ReplicaId;

use super::*;

fn iteration(replica: u32, number: u64, start_ns: u64, end_ns: u64) -> Iteration {
    Iteration {
        replica: ReplicaId(replica),
        number,
        start: SimTime::from_nanos(start_ns),
        end: SimTime::from_nanos(end_ns),
        delivered: SimTime::from_nanos(end_ns),
        prefills: 2,
        prefill_tokens: 1024,
        decodes: 37,
        preempted: 1,
        running: 39,
        waiting: 5,
        kv_blocks: 700,
        kv_blocks_total: 1000,
        token_budget: Some(8192),
    }
}

fn events(iterations: &[Iteration]) -> Vec<Value> {
    let mut timeline = TimelineWriter::new(Vec::new(), TimeUnit::Second);
    for iteration in iterations {
        timeline.iteration(iteration);
    }
    let bytes = timeline.finish().unwrap();
    let trace: Value = serde_json::from_slice(&bytes).unwrap();
    trace["traceEvents"].as_array().unwrap().clone()
}

fn of_phase<'a>(events: &'a [Value], phase: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["ph"] == phase).collect()
}

#[test]
fn an_empty_run_is_a_valid_trace() {
    assert!(events(&[]).is_empty());
}

#[test]
fn an_iteration_has_its_batch_as_name_and_all_figures() {
    let mut timeline = TimelineWriter::new(Vec::new(), TimeUnit::Second);
    timeline.iteration(&iteration(1, 9, 1_234_567, 2_234_568));
    insta::assert_snapshot!(String::from_utf8(timeline.finish().unwrap()).unwrap());
}

#[test]
fn names_say_what_is_computed() {
    let name = |prefills, decodes| {
        let mut one = iteration(0, 0, 0, 1);
        (one.prefills, one.decodes) = (prefills, decodes);
        let events = events(&[one]);
        of_phase(&events, "X")[0]["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(name(2, 37), "prefill 2 (1,024 tok) + decode 37");
    assert_eq!(name(2, 0), "prefill 2 (1,024 tok)");
    assert_eq!(name(0, 37), "decode 37");
    assert_eq!(name(0, 0), "empty");
}

#[test]
fn counters_are_written_where_they_change_and_fall_when_nothing_runs() {
    let mut second = iteration(0, 1, 10, 20);
    second.waiting = 6;
    let events = events(&[iteration(0, 0, 0, 10), second, iteration(0, 2, 30, 40)]);
    let waiting: Vec<(f64, u64)> = of_phase(&events, "C")
        .into_iter()
        .filter(|event| event["name"] == "waiting")
        .map(|event| (event["ts"].as_f64().unwrap(), event["args"]["value"].as_u64().unwrap()))
        .collect();
    let expect = [(0.0, 5), (0.01, 6), (0.02, 0), (0.03, 5), (0.04, 0)];
    assert_eq!(waiting, expect);
    let running = of_phase(&events, "C").iter().filter(|e| e["name"] == "running").count();
    assert_eq!(running, 4);
}

#[test]
fn iterations_in_flight_at_once_stand_in_rows_of_their_own() {
    let events = events(&[
        iteration(0, 0, 0, 10),
        iteration(0, 1, 5, 15),
        iteration(0, 2, 10, 20),
        iteration(1, 0, 3, 20),
    ]);
    let rows: Vec<(u64, u64)> = of_phase(&events, "X")
        .iter()
        .map(|event| (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap()))
        .collect();
    assert_eq!(rows, [(1, 1), (1, 2), (1, 1), (2, 1)]);
    let names = of_phase(&events, "M");
    let rows_named = names.iter().filter(|event| event["name"] == "thread_name").count();
    assert_eq!(rows_named, 3);
}

#[test]
fn the_first_error_is_kept_to_the_end() {
    struct Short(usize);
    impl Write for Short {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut timeline = TimelineWriter::new(Short(100), TimeUnit::Second);
    for number in 0..10 {
        timeline.iteration(&iteration(0, number, number * 10, number * 10 + 10));
    }
    let error = timeline.finish().err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
}
