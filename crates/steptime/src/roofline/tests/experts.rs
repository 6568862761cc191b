//! Experts that several engines share.

use super::*;
use crate::{Beside, Part};

fn placed(name: &str, placement: Placement) -> Roofline {
    Roofline::new(&RooflineSpec::ideal(), &model(name), &h100(), placement).unwrap()
}

fn shared(tensor: u32, data: u32, whole_experts: bool) -> Placement {
    Placement { tensor, pipeline: 1, data, whole_experts }
}

fn part(roofline: &Roofline, shape: &BatchShape, kind: PartKind) -> Part {
    let parts = roofline.explain(shape);
    *parts.iter().find(|part| part.kind == kind).unwrap_or_else(|| panic!("no {kind:?}"))
}

const NAME: &str = "qwen3-30b-a3b";

/// Qwen3-30B-A3B: 48 layers, 128 experts of 3 x 2,048 x 768 in bf16, 8 for each token.
#[test]
fn a_rank_reads_and_computes_its_part_of_the_experts() {
    let expert = 3.0 * 2_048.0 * 768.0;
    for whole in [false, true] {
        let roofline = placed(NAME, shared(2, 4, whole));
        // 8,000 tokens in every engine touch all experts.
        let shape = batch(&roofline, &[(8_000, 0)], &[]);
        let experts = part(&roofline, &shape, PartKind::Experts);
        close(experts.flops, 48.0 * 2.0 * 8.0 * expert * (4.0 * 8_000.0) / 8.0, 1e-12);
        let width = if whole { 768.0 } else { 768.0 / 8.0 };
        let choices = 4.0 * 8_000.0 * if whole { 1.0 } else { 8.0 };
        let moved = choices * (2.0 * 2_048.0 + 3.0 * width) * 2.0;
        close(experts.bytes, 48.0 * (128.0 * expert * 2.0 / 8.0 + moved), 1e-9);
    }
}

/// What the other engines compute counts for the experts, and for nothing else.
#[test]
fn companions_tokens_go_through_the_experts() {
    for whole in [false, true] {
        let roofline = placed(NAME, shared(1, 4, whole));
        let alike = batch(&roofline, &[(1_000, 0)], &[]);
        let mut told = alike.clone();
        told.beside = Some(Beside { tokens: 3_000, most: 1_000 });
        assert_eq!(roofline.explain(&alike), roofline.explain(&told));
        let mut alone = alike.clone();
        alone.beside = Some(Beside::default());
        let mut crowded = alike.clone();
        crowded.beside = Some(Beside { tokens: 9_000, most: 4_000 });
        for kind in [PartKind::Experts, PartKind::ExpertExchange] {
            let [few, some, many] =
                [&alone, &alike, &crowded].map(|shape| part(&roofline, shape, kind).seconds);
            // Whole experts are reached by the engine with most tokens: the same for the first two.
            assert!(few <= some && some < many, "{kind:?}: {few} {some} {many}");
        }
        let of = |shape: &BatchShape| part(&roofline, shape, PartKind::PrefillAttention);
        assert_eq!(of(&alone), of(&crowded));
    }
}

/// Message and time of the exchanges by hand: four ranks in a node, ideal links.
#[test]
fn exchanges_by_hand() {
    let link = h100().link.unwrap();
    let (latency, per_byte) = (link.latency_us / 1e6, 1.0 / link.bandwidth.0);
    let token = 2_048.0 * 2.0;
    let slices = placed(NAME, shared(1, 4, false));
    let shape = batch(&slices, &[(1_000, 0)], &[]);
    // Everybody gets the 3,000 tokens of the others, and later 1,000 sums from each of them.
    let half = 3.0 * latency + 3_000.0 * token * per_byte;
    close(part(&slices, &shape, PartKind::ExpertExchange).seconds, 48.0 * 2.0 * half, 1e-9);
    let whole = placed(NAME, shared(1, 4, true));
    // Of four ranks eight choices reach 4 (1 - (3/4)^8) on average, three quarters of them others.
    let targets = 4.0 * (1.0 - 0.75_f64.powi(8));
    let way = latency + 0.75 * targets * 1_000.0 * token * per_byte;
    close(part(&whole, &shape, PartKind::ExpertExchange).seconds, 48.0 * 2.0 * way, 1e-9);
}

/// Engines that wait for each other take as long as the slowest.
#[test]
fn the_slowest_engine_decides() {
    let roofline = placed(NAME, shared(1, 2, true));
    let cost_of = |own: (u32, u32), others: u64| {
        let mut shape = batch(&roofline, &[own], &[]);
        shape.beside = Some(Beside { tokens: others, most: others });
        let mut cost = StepCost::new(1);
        roofline.cost(&shape, &mut cost);
        cost
    };
    let (long, short) = (cost_of((4_000, 0), 100), cost_of((100, 0), 4_000));
    assert!(long.stage_s > short.stage_s);
    let mut both = short.clone();
    both.join(&long);
    assert_eq!(both.stage_s, long.stage_s);
    close(both.flops, long.flops + short.flops, 1e-12);
}

/// Expert parallelism within one engine: no exchange, and fewer activations to read and write.
#[test]
fn whole_experts_of_one_engine_need_no_exchange() {
    let (slices, whole) = (placed(NAME, shared(4, 1, false)), placed(NAME, shared(4, 1, true)));
    let shape = batch(&whole, &[(2_000, 0)], &[500; 8]);
    assert!(whole.explain(&shape).iter().all(|part| part.kind != PartKind::ExpertExchange));
    let [sliced, held] = [&slices, &whole].map(|of| part(of, &shape, PartKind::Experts));
    close(held.flops, sliced.flops, 1e-12);
    assert!(held.bytes < sliced.bytes);
}

#[test]
fn placements_that_cannot_be() {
    let refused = |name: &str, placement| {
        let error = Roofline::new(&RooflineSpec::ideal(), &model(name), &h100(), placement);
        error.unwrap_err()
    };
    for placement in [shared(1, 2, false), shared(2, 1, true)] {
        let expected = RooflineError::NoExperts("llama-3.1-8b".to_owned());
        assert_eq!(refused("llama-3.1-8b", placement), expected);
    }
    let expected = RooflineError::Experts { experts: 8, ranks: 16 };
    assert_eq!(refused("mixtral-8x7b", shared(8, 2, true)), expected);
}
