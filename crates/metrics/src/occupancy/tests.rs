use tokendrome_units::{ReplicaId, SimDuration};

use super::LevelTimes;
use crate::recorder::tests::{at, spec};
use crate::{Recorder, RecorderSpec, Totals};

fn times(of: &Totals, pool: usize) -> Vec<(u64, u128)> {
    of.kv_times[pool].iter().map(|(level, nanos)| (level, nanos / 1_000_000_000)).collect()
}

/// Two replicas, of which the first changes at 1, 3 and 6 s, the second at 4 s, until 10 s.
/// Requests that end at once arrive at 2 s and at 7 s.
fn recorded(spec: RecorderSpec, split: Option<u32>) -> Totals {
    let mut recorder = Recorder::new(spec);
    recorder.follow_replicas(2);
    if let Some(first) = split {
        recorder.split_pools(first);
    }
    let changes = [(1, 0, 5), (3, 0, 8), (4, 1, 2), (6, 0, 5)];
    for second in 1..10 {
        recorder.advance(at(second));
        if [2, 7].contains(&second) {
            recorder.arrival();
            recorder.ended(&crate::recorder::tests::record(0, second, second, second, 1));
        }
        for (_, replica, blocks) in changes.into_iter().filter(|of| of.0 == second) {
            recorder.blocks_in_use(ReplicaId(replica), blocks);
        }
    }
    recorder.advance(at(10));
    recorder.finish()
}

#[test]
fn replicas_of_a_pool_are_summed() {
    let totals = recorded(spec(), None);
    // The first: 0 for 1 s, 5 for 2 + 4 s, 8 for 3 s. The second: 0 for 4 s, 2 for 6 s.
    assert_eq!(times(&totals, 0), [(0, 5), (2, 6), (5, 6), (8, 3)]);
    let pool = [(&totals.kv_times[0], 10)];
    // Of 20 s: up to 25 % nothing, up to 55 % two blocks, up to 85 % five.
    let found = LevelTimes::percentiles(&pool, [1, 25, 26, 55, 56, 85, 86, 100]);
    assert_eq!(found, Some([0.0, 0.0, 0.2, 0.2, 0.5, 0.5, 0.8, 0.8]));
}

#[test]
fn pools_are_kept_apart_and_compared_by_share() {
    let totals = recorded(spec(), Some(1));
    assert_eq!(times(&totals, 0), [(0, 1), (5, 6), (8, 3)]);
    assert_eq!(times(&totals, 1), [(0, 4), (2, 6)]);
    let both = [(&totals.kv_times[0], 10), (&totals.kv_times[1], 2)];
    // 5 s of nothing, 6 s of a half, 3 s of 80 %, 6 s of all.
    let found = LevelTimes::percentiles(&both, [50, 60, 70, 71]);
    assert_eq!(found, Some([0.5, 0.8, 0.8, 1.0]));
}

#[test]
fn warm_up_and_cool_down_are_left_out() {
    let warm_up = SimDuration::from_millis(1_500);
    let cut = RecorderSpec { warm_up, ..spec() };
    // From the arrival at 2 s to the end.
    assert_eq!(times(&recorded(cut.clone(), None), 0), [(0, 2), (2, 6), (5, 5), (8, 3)]);
    let cut = RecorderSpec { cool_down: SimDuration::from_millis(1), ..cut };
    // From the arrival at 2 s to itself: the one at 7 s is in the cool-down.
    assert_eq!(times(&recorded(cut, None), 0), []);
    let never = RecorderSpec { warm_up: SimDuration::from_millis(60_000), ..spec() };
    let totals = recorded(never, None);
    assert_eq!(LevelTimes::percentiles(&[(&totals.kv_times[0], 10)], [50]), None);
}

#[test]
fn what_was_held_back_is_measured_up_to_the_end_of_the_span() {
    let mut recorder =
        Recorder::new(RecorderSpec { cool_down: SimDuration::from_millis(3_000), ..spec() });
    recorder.follow_replicas(1);
    for second in 0..10 {
        recorder.advance(at(second));
        recorder.arrival();
        recorder.ended(&crate::recorder::tests::record(0, second, second, second, 1));
        if second % 4 == 1 {
            recorder.blocks_in_use(ReplicaId(0), second);
        }
    }
    // The last arrival at 9 s: measured is up to that at 6 s.
    let totals = recorder.finish();
    assert_eq!(totals.measured.time, at(6));
    assert_eq!(times(&totals, 0), [(0, 1), (1, 4), (5, 1)]);
}

#[test]
fn large_levels_are_rounded_down_a_little() {
    let mut recorder = Recorder::new(spec());
    recorder.follow_replicas(1);
    for (second, blocks) in [(0, 2_047), (1, 2_049), (2, 1_000_003), (3, 0)] {
        recorder.advance(at(second));
        recorder.blocks_in_use(ReplicaId(0), blocks);
    }
    let found: Vec<u64> = recorder.finish().kv_times[0].iter().map(|of| of.0).collect();
    assert_eq!(found[..2], [2_047, 2_048]);
    assert!((999_004..=1_000_003).contains(&found[2]), "{}", found[2]);
}
