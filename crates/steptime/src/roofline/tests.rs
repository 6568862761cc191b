use tokendrome_catalog::{AcceleratorSpec, Catalog, ModelSpec, Placement};

use super::*;
use crate::{BatchShape, Chunk, RooflineSpec};

fn h100() -> AcceleratorSpec {
    Catalog::accelerator("h100-sxm").unwrap()
}

fn model(name: &str) -> ModelSpec {
    Catalog::model(name).unwrap()
}

fn ideal(model: &ModelSpec, tensor: u32, pipeline: u32) -> Roofline {
    let placement = Placement::new(tensor, pipeline);
    Roofline::new(&RooflineSpec::ideal(), model, &h100(), placement).unwrap()
}

fn batch(roofline: &Roofline, prefills: &[(u32, u32)], decodes: &[u32]) -> BatchShape {
    let mut batch = BatchShape::new(roofline.windows().len());
    batch.prefills = prefills.iter().map(|&(tokens, context)| Chunk { tokens, context }).collect();
    decodes.iter().for_each(|&context| batch.add_decode(context, roofline.windows()));
    batch.sampled = (prefills.len() + decodes.len()) as u32;
    batch
}

fn seconds(roofline: &Roofline, prefills: &[(u32, u32)], decodes: &[u32]) -> f64 {
    let mut cost = StepCost::new(roofline.stages());
    roofline.cost(&batch(roofline, prefills, decodes), &mut cost);
    cost.host_s + cost.stage_s.iter().sum::<f64>()
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found / expected - 1.0).abs() < tolerance, "{found} instead of {expected}");
}

#[test]
fn one_decode_reads_the_weights_and_its_context() {
    // Llama-3.1-8B: 8,030,261,248 parameters, of which the embedding table (525,336,576) is not
    // read; 131,072 bytes of KV per token; 3.35 TB/s.
    let roofline = ideal(&model("llama-3.1-8b"), 1, 1);
    let weights = 2.0 * (8_030_261_248.0 - 525_336_576.0);
    let kv = 131_072.0 * 1_001.0;
    close(seconds(&roofline, &[], &[1_000]), (weights + kv) / 3.35e12, 2e-3);
}

#[test]
fn a_long_prompt_is_bound_by_computing() {
    // 2 operations per weight and token; 4 x 4,096 per pair of tokens and layer; head once.
    let roofline = ideal(&model("llama-3.1-8b"), 1, 1);
    let tokens = 8_000.0;
    let matrices = 2.0 * (8_030_261_248.0 - 2.0 * 525_336_576.0) * tokens;
    let pairs = tokens * (tokens + 1.0) / 2.0;
    let attention = 4.0 * 4_096.0 * pairs * 32.0;
    let head = 2.0 * 525_336_576.0 / 3.35e12;
    let peak = h100().peak.bf16.unwrap().0;
    let kv_write = 131_072.0 * tokens / 3.35e12;
    let expected = (matrices + attention) / peak + head + kv_write;
    close(seconds(&roofline, &[(8_000, 0)], &[]), expected, 1e-3);
}

#[test]
fn splitting_a_prompt_costs_weights_but_no_attention_twice() {
    let roofline = ideal(&model("llama-3.1-8b"), 1, 1);
    let flops = |prefills: &[(u32, u32)]| {
        let mut cost = StepCost::new(1);
        let mut shape = batch(&roofline, prefills, &[]);
        shape.sampled = 0;
        roofline.cost(&shape, &mut cost);
        cost.flops
    };
    close(flops(&[(1_000, 0)]) + flops(&[(3_000, 1_000)]), flops(&[(4_000, 0)]), 1e-12);
    // Every chunk is priced with its own context, not with the mean.
    assert!(flops(&[(1_000, 0), (1, 5_000)]) < flops(&[(1_000, 2_500), (1, 2_500)]));
}

#[test]
fn experts_are_read_as_far_as_the_batch_touches_them() {
    let mixtral = model("mixtral-8x7b");
    let roofline = ideal(&mixtral, 2, 1);
    let experts = roofline.layers[0].experts.unwrap();
    close(experts.touched(1.0), 2.0, 1e-12);
    // Two tokens: 8 (1 - (3/4)^2) = 3.5 of 8.
    close(experts.touched(2.0), 3.5, 1e-12);
    close(experts.touched(1e6), 8.0, 1e-12);
    let bytes = |decodes: usize| {
        let mut cost = StepCost::new(1);
        roofline.cost(&batch(&roofline, &[], &vec![1; decodes]), &mut cost);
        cost.bytes
    };
    // One decode reads the active weights; many read all of them, and their own activations.
    let head = 2.0 * 32_000.0 * 4_096.0;
    close(bytes(1), 2.0 * mixtral.active_parameters() as f64 - head, 0.01);
    close(bytes(500), 2.0 * mixtral.parameters() as f64 - head, 0.07);
}

#[test]
fn a_window_bounds_what_attention_reads() {
    let gemma = model("gemma-3-27b");
    let roofline = ideal(&gemma, 1, 1);
    assert_eq!(roofline.windows(), [1_024]);
    let part = |decodes: &[u32]| {
        let parts = roofline.explain(&batch(&roofline, &[], decodes));
        parts.iter().find(|part| part.kind == PartKind::DecodeAttention).unwrap().bytes
    };
    let growth = part(&[20_000]) - part(&[10_000]);
    // 10 of 62 layers see the whole context: 2 x 16 heads x 128 elements x 2 bytes a token.
    close(growth, 10_000.0 * 10.0 * 8_192.0, 0.01);
    close(part(&[1_000]), 1_000.0 * 62.0 * 8_192.0, 0.02);
}

#[test]
fn latent_attention_reads_its_latent_once_on_every_rank() {
    let deepseek = model("deepseek-v3");
    let bytes = |tensor| {
        let roofline = ideal(&deepseek, tensor, 1);
        let parts = roofline.explain(&batch(&roofline, &[], &[100_000]));
        parts.iter().find(|part| part.kind == PartKind::DecodeAttention).unwrap().bytes
    };
    // 61 layers x (512 + 64) elements x 2 bytes.
    close(bytes(1), 100_000.0 * 61.0 * 1_152.0, 0.05);
    close(bytes(8), bytes(1), 0.05);
}

#[test]
fn tensor_parallelism_shares_the_work_and_pays_for_the_links() {
    let llama = model("llama-3.1-70b");
    let (one, eight) = (ideal(&llama, 1, 1), ideal(&llama, 8, 1));
    let all_reduce = |roofline: &Roofline| {
        let parts = roofline.explain(&batch(roofline, &[(4_096, 0)], &[]));
        parts.iter().find(|part| part.kind == PartKind::AllReduce).map_or(0.0, |part| part.seconds)
    };
    let (alone, shared) = (seconds(&one, &[(4_096, 0)], &[]), seconds(&eight, &[(4_096, 0)], &[]));
    close(shared - all_reduce(&eight), alone / 8.0, 0.02);
    assert!(all_reduce(&one) == 0.0);
    // Two ring all-reduces a layer of 4,096 tokens x 8,192 elements x 2 bytes: every rank sends
    // 7/4 of the message, in 14 steps.
    let link = h100().link.unwrap();
    let message = 4_096.0 * 8_192.0 * 2.0;
    let once = 1.75 * message / link.bandwidth.0 + 14.0 * link.latency_us / 1e6;
    close(all_reduce(&eight), 160.0 * once, 1e-9);
}

#[test]
fn stages_share_the_layers_and_add_up_to_the_whole() {
    let llama = model("llama-3.1-8b");
    let (one, three) = (ideal(&llama, 1, 1), ideal(&llama, 1, 3));
    assert_eq!(three.stages(), 3);
    let layers: Vec<f64> =
        three.stages.iter().map(|stage| stage.iter().map(|(_, count)| count).sum()).collect();
    assert_eq!(layers, [11.0, 11.0, 10.0]);
    let transfers = 2.0 * three.rates.transfer.seconds(16_384.0);
    close(seconds(&three, &[], &[100]) - transfers, seconds(&one, &[], &[100]), 1e-9);
}

#[test]
fn more_work_never_takes_less_time() {
    for name in ["llama-3.1-8b", "mixtral-8x7b", "gemma-3-27b", "deepseek-v2-lite", "gpt-oss-120b"]
    {
        let roofline =
            Roofline::new(&RooflineSpec::default(), &model(name), &h100(), Placement::new(1, 1))
                .unwrap();
        let mut last = 0.0;
        for tokens in [1, 2, 64, 1_000, 8_000] {
            let now = seconds(&roofline, &[(tokens, 100)], &[50, 5_000]);
            assert!(now >= last, "{name}: {tokens} tokens take {now}, fewer {last}");
            last = now;
            assert!(
                seconds(&roofline, &[(tokens, 5_000)], &[])
                    >= seconds(&roofline, &[(tokens, 0)], &[])
            );
        }
        let parts = roofline.explain(&batch(&roofline, &[(500, 9)], &[7, 8_000]));
        let sum: f64 = parts.iter().map(|part| part.seconds).sum();
        close(sum, seconds(&roofline, &[(500, 9)], &[7, 8_000]), 1e-12);
    }
}

#[test]
fn impossible_placements_are_refused_with_the_way_out() {
    let refusal = |name: &str, tensor, pipeline| {
        let placement = Placement::new(tensor, pipeline);
        let spec = RooflineSpec::default();
        Roofline::new(&spec, &model(name), &h100(), placement).unwrap_err().to_string()
    };
    assert!(refusal("llama-3.1-8b", 3, 1).contains("32 attention heads cannot be split over 3"));
    assert!(refusal("llama-3.1-8b", 1, 33).contains("more than the model's 32 layers"));
}

#[test]
fn heads_of_keys_and_values_are_spread_evenly_or_copied_evenly() {
    // 40 query heads over 10 of keys and values.
    let error = |tensor: u32| {
        let placement = Placement::new(tensor, 1);
        Roofline::new(&RooflineSpec::ideal(), &model("phi-4"), &h100(), placement).err()
    };
    assert_eq!(error(4), Some(RooflineError::KvHeads { kv_heads: 10, tensor: 4 }));
    assert_eq!(error(5), None);
}

/// The last token of a prompt whose cache is there costs what a decode does, or less: its context
/// is not expanded from the latent.
#[test]
fn one_token_of_a_prompt_works_on_the_latent_itself() {
    let roofline = ideal(&model("deepseek-v2-lite"), 1, 1);
    let one = seconds(&roofline, &[(1, 9_999)], &[]);
    let decode = seconds(&roofline, &[], &[10_000]);
    assert!(one <= decode * 1.001 && one > decode * 0.95, "{one} {decode}");
    assert!(seconds(&roofline, &[(2, 9_998)], &[]) > decode * 1.05);
}

mod experts;
mod layerwise;
mod overheads;
