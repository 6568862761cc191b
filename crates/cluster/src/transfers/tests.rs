use proptest::prelude::*;

use super::*;

const SHARED: Wires = Wires { bandwidth: 100.0, replica_bandwidth: None, are_shared: true };

fn pair(from: u32, to: u32) -> [ReplicaId; 2] {
    [ReplicaId(from), ReplicaId(to)]
}

fn seconds(seconds: f64) -> SimTime {
    SimTime::from_nanos((seconds * 1e9).round() as u64)
}

/// Plays flows of (begin in seconds, ends, bytes) to their end: when each ended.
fn play(wires: Wires, flows: &[(f64, [ReplicaId; 2], f64)]) -> Vec<f64> {
    let mut transfers = Transfers::new(wires);
    let mut ends = vec![f64::NAN; flows.len()];
    let (mut next, mut since) = (0, 0.0);
    let mut now;
    loop {
        let end = transfers.next_end_s().map(|left| since + left);
        let begin = flows.get(next).map(|flow| flow.0);
        match (begin, end) {
            (Some(begin), end) if end.is_none_or(|end| begin < end) => {
                let (_, replicas, bytes) = flows[next];
                transfers.begin(seconds(begin), next, replicas, bytes);
                (next, now) = (next + 1, begin);
            }
            (_, Some(end)) => {
                for flow in transfers.ended(seconds(end)) {
                    ends[flow] = end;
                }
                now = end;
            }
            (_, None) => break,
        }
        since = seconds(now).as_nanos() as f64 / 1e9;
    }
    let all: f64 = flows.iter().map(|flow| flow.2).sum();
    assert!((transfers.bytes_sent() - all).abs() <= 1e-6 * all.max(1.0), "bytes are conserved");
    ends
}

#[test]
fn flows_share_a_link_by_hand() {
    // Alone for a second, then half of it each; the first has 50 bytes left then.
    let flows = [(0.0, pair(0, 9), 150.0), (1.0, pair(1, 9), 150.0)];
    assert_eq!(play(SHARED, &flows), [2.0, 3.0]);
    let apart = Wires { are_shared: false, ..SHARED };
    assert_eq!(play(apart, &flows), [1.5, 2.5]);
}

#[test]
fn tight_connections_leave_the_rest_to_others() {
    let wires = Wires { replica_bandwidth: Some(40.0), ..SHARED };
    // Two flows into replica 9 have 20 each; the one into 8 could have 60, and has 40.
    assert_eq!(rates(&wires, &[pair(0, 9), pair(1, 9), pair(2, 8)]), [20.0, 20.0, 40.0]);
    // Four replicas with 40 each, and a link of 100: 25 each.
    let four = [pair(0, 9), pair(1, 8), pair(2, 7), pair(3, 6)];
    assert_eq!(rates(&wires, &four), [25.0; 4]);
    // Replica 0 sends to two: 20 each; of the 60 left two others have 30 each.
    let mixed = [pair(0, 9), pair(0, 8), pair(2, 7), pair(3, 6)];
    assert_eq!(rates(&wires, &mixed), [20.0, 20.0, 30.0, 30.0]);
}

proptest! {
    /// No wire carries more than it can, and nobody's rate could grow but at the cost of somebody
    /// who has no more.
    #[test]
    fn rates_are_max_min_fair(
        flows in prop::collection::vec((0_u32..4, 4_u32..8), 1..12),
        own in prop::option::of(1.0..120.0_f64),
    ) {
        let wires = Wires { replica_bandwidth: own, ..SHARED };
        let flows: Vec<_> = flows.into_iter().map(|(from, to)| pair(from, to)).collect();
        let rates = rates(&wires, &flows);
        let through = |replica: ReplicaId| {
            let through = flows.iter().zip(&rates);
            let through = through.filter(|(ends, _)| ends.contains(&replica));
            through.map(|(_, rate)| *rate).collect::<Vec<f64>>()
        };
        let all: f64 = rates.iter().sum();
        prop_assert!(all <= 100.0 + 1e-9);
        for (ends, &rate) in flows.iter().zip(&rates) {
            prop_assert!(rate > 0.0);
            let is_largest = |of: &[f64]| of.iter().all(|&other| other <= rate + 1e-9);
            let on_link = all > 100.0 - 1e-9 && is_largest(&rates);
            let on_own = own.is_some_and(|own| ends.iter().any(|&replica| {
                let through = through(replica);
                through.iter().sum::<f64>() > own - 1e-9 && is_largest(&through)
            }));
            prop_assert!(on_link || on_own, "{ends:?} has {rate} of {rates:?}");
        }
    }

    /// All bytes arrive, and faster wires never make anything later.
    #[test]
    fn faster_wires_are_never_later(
        flows in prop::collection::vec((0.0..5.0_f64, 0_u32..3, 3_u32..6, 1.0..400.0_f64), 1..9),
        factor in 1.0..4.0_f64,
    ) {
        let mut flows: Vec<_> =
            flows.into_iter().map(|(at, from, to, bytes)| (at, pair(from, to), bytes)).collect();
        flows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let slow = play(SHARED, &flows);
        let fast = play(Wires { bandwidth: 100.0 * factor, ..SHARED }, &flows);
        let alone = play(Wires { are_shared: false, ..SHARED }, &flows);
        for ((slow, fast), alone) in slow.iter().zip(&fast).zip(&alone) {
            prop_assert!(*fast <= slow + 1e-6);
            prop_assert!(*alone <= slow + 1e-6);
        }
    }
}
