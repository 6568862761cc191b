use super::*;

const WITHIN: Wire = Wire { latency_s: 1e-6, per_byte_s: 1.0 / 400e9 };
const BETWEEN: Wire = Wire { latency_s: 5e-6, per_byte_s: 1.0 / 50e9 };
const ALL: [Collective; 6] = [
    Collective::AllReduce,
    Collective::ReduceScatter,
    Collective::AllGather,
    Collective::AllToAll,
    Collective::Broadcast,
    Collective::PointToPoint,
];
const ALGORITHMS: [AllReduce; 5] = [
    AllReduce::Auto,
    AllReduce::Ring,
    AllReduce::Tree,
    AllReduce::Hierarchical,
    AllReduce::InSwitch,
];

fn group(ranks: u32, per_node: u32) -> Group {
    Group { ranks, per_node, within: WITHIN, between: BETWEEN }
}

/// Microseconds of a message of 8 MB.
fn us(group: Group, collective: Collective, all_reduce: AllReduce) -> f64 {
    (group.time(collective, all_reduce).seconds(8e6) * 1e8).round() / 100.0
}

#[test]
fn times_by_hand() {
    let node = group(8, 8);
    // 8 MB at 400 GB/s: 20 us. A ring sends 14 parts of an eighth.
    assert_eq!(us(node, Collective::AllReduce, AllReduce::Ring), 14.0 + 14.0 * 2.5);
    assert_eq!(us(node, Collective::AllReduce, AllReduce::Auto), 14.0 + 14.0 * 2.5);
    assert_eq!(us(node, Collective::AllReduce, AllReduce::Tree), 6.0 + 40.0);
    assert_eq!(us(node, Collective::AllReduce, AllReduce::InSwitch), 2.0 + 9.0 * 2.5);
    assert_eq!(us(node, Collective::AllGather, AllReduce::Auto), 7.0 + 7.0 * 2.5);
    assert_eq!(us(node, Collective::ReduceScatter, AllReduce::Auto), 7.0 + 7.0 * 2.5);
    assert_eq!(us(node, Collective::AllToAll, AllReduce::Auto), 1.0 + 7.0 * 2.5);
    // Eight and four: the four send to eight others by the network, 8 MB / 12 each at 50 GB/s.
    let uneven =
        (group(12, 8).time(Collective::AllToAll, AllReduce::Auto).seconds(8e6) - 5e-6) * 1e6;
    assert!((uneven - 8.0 * 160.0 / 12.0).abs() < 1e-9, "{uneven}");
    assert_eq!(us(node, Collective::Broadcast, AllReduce::Auto), 7.0 + 20.0);
    assert_eq!(us(node, Collective::PointToPoint, AllReduce::Auto), 1.0 + 20.0);
}

#[test]
fn times_across_nodes_by_hand() {
    let nodes = group(16, 8);
    // Within: 14 steps of 2.5 us. Across: of the eighth of each, 1 MB at 50 GB/s, 2 halves.
    let expected = 14.0 + 14.0 * 2.5 + 2.0 * (5.0 + 10.0);
    assert_eq!(us(nodes, Collective::AllReduce, AllReduce::Hierarchical), expected);
    assert_eq!(us(nodes, Collective::AllReduce, AllReduce::Auto), expected);
    // 30 steps of 0.5 MB at 400 GB/s, which the eight connections of a node reach together; four
    // of the steps cross.
    let expected = 4.0 * 5.0 + 26.0 + 30.0 * 1.25;
    assert_eq!(us(nodes, Collective::AllReduce, AllReduce::Ring), expected);
    // Eight sixteenths of 8 MB leave by a rank's own connection.
    assert_eq!(us(nodes, Collective::AllToAll, AllReduce::Auto), 5.0 + 80.0);
}

#[test]
fn one_rank_has_nobody_to_talk_to() {
    for collective in ALL {
        for all_reduce in ALGORITHMS {
            assert_eq!(group(1, 8).time(collective, all_reduce), LinkTime::default());
        }
    }
}

/// Faster wires never make anything slower, and an all-reduce is never faster than its message
/// can leave.
#[test]
fn faster_wires_never_cost_time() {
    let faster = Wire { latency_s: 0.5e-6, per_byte_s: 1.0 / 900e9 };
    for (ranks, per_node) in [(2, 8), (8, 8), (3, 4), (16, 8), (64, 8), (12, 4)] {
        let slow = group(ranks, per_node.min(ranks));
        for collective in ALL {
            for all_reduce in ALGORITHMS {
                let time = slow.time(collective, all_reduce).seconds(8e6);
                for fast in [Group { within: faster, ..slow }, Group { between: faster, ..slow }] {
                    let fast = fast.time(collective, all_reduce).seconds(8e6);
                    assert!(fast <= time, "{collective:?} {all_reduce:?} {ranks}");
                }
                if collective == Collective::AllReduce {
                    assert!(time > 8e6 * WITHIN.per_byte_s, "{all_reduce:?} {ranks}");
                }
            }
        }
    }
}
