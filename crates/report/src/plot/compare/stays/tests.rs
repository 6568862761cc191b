use tokendrome::metrics::Status;
use tokendrome::units::ReplicaId;
use tokendrome::{TimeSeries, TimeUnit};

use super::*;

/// A request by its times in seconds: first scheduled, first token, end.
fn record(index: u32, replica: u32, times: [u64; 3]) -> RequestRecord {
    let at = |seconds: u64| Some(SimTime::from_nanos(seconds * 1_000_000_000));
    RequestRecord {
        transfer_end: None,
        index,
        class: 0,
        arrival: SimTime::ZERO,
        first_scheduled: at(times[0]),
        first_token: at(times[1]),
        end: at(times[2]),
        prompt_tokens: 1,
        output_tokens: 1,
        cached_tokens: 0,
        preemptions: 0,
        replica: Some(ReplicaId(replica)),
        prefill_end: None,
        decode_start: None,
        status: Status::Completed,
    }
}

fn first(requests: Vec<RequestRecord>, duration_s: f64) -> FirstTrial {
    let series = TimeSeries { bucket_s: 1.0, points: Vec::new() };
    FirstTrial { series, duration_s, requests, time_unit: TimeUnit::Second, hands_over: false }
}

fn rows(slots: &Slots) -> Vec<usize> {
    slots.stays.iter().map(|stay| slots.row(stay)).collect()
}

#[test]
fn a_request_takes_the_lowest_free_slot() {
    // The third comes when the first ends; the fourth finds only its own slot free.
    let times = [[0, 1, 4], [0, 1, 6], [4, 5, 9], [7, 7, 8]];
    let records = (0..).zip(times).map(|(index, times)| record(index, 0, times));
    let slots = &Slots::of_all([Some(&first(records.collect(), 9.0))].into_iter())[0];
    assert_eq!((rows(slots), slots.rows(), slots.end_s), (vec![0, 1, 0, 1], 2, 9.0));
    let last = &slots.stays[2];
    assert_eq!((last.start_s, last.decode_s, last.end_s), (4.0, 5.0, 9.0));
    assert!(!slots.is_opening && !slots.is_cut());
}

#[test]
fn replicas_have_slots_of_their_own() {
    let all = [record(0, 1, [0, 1, 9]), record(1, 0, [0, 1, 9]), record(2, 1, [1, 2, 9])];
    let slots = &Slots::of_all([Some(&first(all.to_vec(), 9.0))].into_iter())[0];
    assert_eq!((&slots.pools[..], rows(slots)), (&[(0, 0), (1, 1)][..], vec![1, 0, 2]));
}

#[test]
fn what_has_not_ended_keeps_its_slot() {
    let mut unfinished = record(0, 0, [0, 2, 0]);
    (unfinished.end, unfinished.status) = (None, Status::Unfinished);
    let all = vec![unfinished, record(1, 0, [3, 4, 5])];
    let slots = &Slots::of_all([Some(&first(all, 8.0))].into_iter())[0];
    assert_eq!((rows(slots), slots.stays[0].end_s), (vec![0, 1], 8.0));
}

#[test]
fn all_scenarios_are_drawn_over_the_same_time() {
    // One request at a time, each for as many seconds.
    let of = |seconds: u64| {
        let record = |index: u32| {
            let start = u64::from(index) * seconds;
            record(index, 0, [start, start, start + seconds])
        };
        first((0..300).map(record).collect(), 300.0 * seconds as f64)
    };
    let (quick, slow) = (of(1), of(10));
    let all = Slots::of_all([Some(&quick), Some(&slow), None].into_iter());
    assert_eq!(all.iter().map(|of| of.end_s).collect::<Vec<_>>(), [120.0; 3]);
    assert_eq!(all.iter().map(|of| of.stays.len()).collect::<Vec<_>>(), [120, 12, 0]);
    assert_eq!(all.iter().map(|of| of.is_opening).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn what_begins_at_once_is_drawn_to_its_end() {
    let all: Vec<_> = (0..300).map(|index| record(index, 0, [0, 1, 5])).collect();
    let slots = &Slots::of_all([Some(&first(all, 5.0))].into_iter())[0];
    assert_eq!((slots.end_s, slots.rows(), slots.is_cut()), (5.0, 300, true));
}
