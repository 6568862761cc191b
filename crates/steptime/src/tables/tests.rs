use super::*;
use crate::{Beside, Chunk, OperatorTablesSpec};
use tokendrome_catalog::{Catalog, Placement};

fn time(operator: &str, count: u32, time_us: f64) -> OperatorTime {
    OperatorTime { operator: operator.to_owned(), count, time_us }
}

fn attention(place: [u32; 4], time_us: f64) -> AttentionTime {
    let [prefill_chunk, kv_prefill, n_decode, kv_decode] = place;
    AttentionTime { prefill_chunk, kv_prefill, n_decode, kv_decode, time_us }
}

/// Small tables in which every time follows from a formula: attention takes 5 for the launch, a
/// chunk `tokens / 10`, decodes `n context / 100`, both together half of that more.
fn tables() -> OperatorTables {
    let mut all = OperatorTables {
        dense: [1, 64].iter().map(|&n| time("qkv_proj", n, 10.0 + f64::from(n))).collect(),
        per_sequence: vec![time("lm_head", 1, 100.0), time("lm_head", 9, 180.0)],
        ..OperatorTables::default()
    };
    all.dense.extend([time("layernorm", 1, 2.0), time("layernorm", 64, 2.0)]);
    for chunk in [10, 50] {
        for context in [0, 100] {
            let alone = 5.0 + f64::from(chunk) / 10.0;
            all.attention.push(attention([chunk, context, 0, 0], alone));
            for n in [1, 4] {
                for kv in [100, 200] {
                    let decodes = f64::from(n * kv) / 100.0;
                    let place = [chunk, context, n, kv];
                    all.attention.push(attention(place, alone + 1.5 * decodes));
                }
            }
        }
    }
    for n in [1, 4] {
        for kv in [100, 200] {
            all.attention.push(attention([0, 0, n, kv], 5.0 + f64::from(n * kv) / 100.0));
        }
    }
    all
}

fn model(tables: &OperatorTables, name: &str, tensor: u32) -> Result<OperatorModel, TablesError> {
    placed(tables, name, Placement::new(tensor, 1))
}

fn placed(
    tables: &OperatorTables,
    name: &str,
    placement: Placement,
) -> Result<OperatorModel, TablesError> {
    let spec = OperatorTablesSpec {
        host_overhead_us: 7.0,
        iteration_overhead_us: 30.0,
        ..OperatorTablesSpec::new("somewhere")
    };
    let model = Catalog::model(name).expect("the catalog has it");
    let hardware = Catalog::accelerator("rtx-pro-6000").expect("the catalog has it");
    OperatorModel::new(&spec, tables, &model, &hardware, placement)
}

fn batch(prefills: &[(u32, u32)], decodes: &[u32]) -> BatchShape {
    let mut batch = BatchShape::new(0);
    batch.prefills = prefills.iter().map(|&(tokens, context)| Chunk { tokens, context }).collect();
    decodes.iter().for_each(|&context| batch.add_decode(context, &[]));
    batch
}

fn cost(model: &OperatorModel, batch: &BatchShape) -> StepCost {
    let mut cost = StepCost::new(1);
    model.cost(batch, &mut cost);
    cost
}

/// Llama 3.1 8B has 32 layers; a norm runs twice in each.
#[test]
fn an_iteration_is_the_sum_of_its_operators() {
    let model = model(&tables(), "llama-3.1-8b", 1).expect("the tables are whole");
    let check = |prefills: &[(u32, u32)], decodes: &[u32], of_layer: f64, of_head: f64| {
        let batch = batch(prefills, decodes);
        let found = cost(&model, &batch);
        let tokens = batch.tokens() as f64;
        let expect = 30.0 + 32.0 * (10.0 + tokens + 4.0 + of_layer) + of_head;
        let seconds = found.stage_s[0] * 1e6;
        assert!((seconds - expect).abs() < 1e-6, "{batch:?}: {seconds} for {expect}");
        assert_eq!((found.host_s, found.is_extrapolated), (7e-6, false), "{batch:?}");
        let parts: f64 = model.explain(&batch).iter().map(|part| part.seconds).sum();
        assert!((parts - found.stage_s[0] - found.host_s).abs() < 1e-12, "{batch:?}");
        let mut again = found.clone();
        again.stage_s[0] = 0.0;
        model.cost_again(&batch, &mut again);
        assert_eq!(again, found);
    };
    check(&[], &[150, 150], 5.0 + 3.0, 110.0);
    check(&[(30, 50)], &[], 5.0 + 3.0, 100.0);
    // Two chunks are one launch, for which the least that was measured of a chunk stands: 6.
    check(&[(20, 0), (10, 80)], &[], 6.0 + (7.0 - 6.0) + (6.0 - 6.0), 110.0);
    // Both at once: what decodes add to a chunk was measured too.
    check(&[(30, 50)], &[120, 120], 5.0 + 3.0 + 1.5 * 2.4, 120.0);
}

#[test]
fn unequal_contexts_go_a_part_of_the_way_to_the_longest() {
    let mut tables = tables();
    let class = |share: f64, alpha: f64| Skew {
        prefill_chunk: 0,
        n_decode: 4.0,
        share,
        kv_longest: 1024.0,
        kv_prefill: 0.0,
        alpha,
        samples: 2.0,
    };
    tables.skew = vec![class(0.9, 0.75), class(0.5, 0.25)];
    let model = model(&tables, "llama-3.1-8b", 1).expect("the tables are whole");
    let seconds = |decodes: &[u32]| cost(&model, &batch(&[], decodes)).stage_s[0] * 1e6 / 32.0;
    let equal = seconds(&[150; 3]);
    // Of three decodes the mean is 150 and the longest 190: a time of 3 x 40 / 100 between them.
    assert!((seconds(&[110, 150, 190]) - equal - 0.25 * 1.2).abs() < 1e-9);
    assert!((seconds(&[90, 180, 180]) - equal - 0.75 * 0.9).abs() < 1e-9);
}

#[test]
fn what_lies_outside_is_said() {
    let model = model(&tables(), "llama-3.1-8b", 1).expect("the tables are whole");
    let check = |prefills: &[(u32, u32)], decodes: &[u32], expect: bool| {
        let batch = batch(prefills, decodes);
        assert_eq!(cost(&model, &batch).is_extrapolated, expect, "{batch:?}");
    };
    check(&[(10, 0)], &[100], false);
    check(&[(51, 0)], &[], true);
    check(&[(10, 101)], &[], true);
    check(&[], &[100; 5], true);
    check(&[], &[201], true);
}

#[test]
fn experts_take_what_the_expected_number_of_them_takes() {
    let mut tables = tables();
    for tokens in [1, 64] {
        for activated in [8, 128] {
            let time_us = f64::from(activated);
            tables.experts.push(ExpertsTime { tokens, activated, time_us });
        }
    }
    tables.experts_ranks = 1;
    let one = model(&tables, "qwen3-30b-a3b", 1).expect("the tables are whole");
    let experts = |model: &OperatorModel, decodes: usize| {
        let parts = model.explain(&batch(&[], &vec![150; decodes]));
        let part = parts.into_iter().find(|part| part.kind == PartKind::Experts);
        part.expect("the model has experts").seconds * 1e6 / 48.0
    };
    // One token reaches 8 of 128; two tokens 8 and of the other 120 a sixteenth.
    assert!((experts(&one, 1) - 8.0).abs() < 1e-9);
    assert!((experts(&one, 2) - 15.5).abs() < 1e-9);
    // Two ranks that share each expert take half of it, which nobody measured.
    let two = model(&tables, "qwen3-30b-a3b", 2).expect("the tables are whole");
    assert!((experts(&two, 2) - 7.75).abs() < 1e-9);
    assert!(cost(&two, &batch(&[], &[150; 2])).is_extrapolated);
    assert!(!cost(&one, &batch(&[], &[150; 2])).is_extrapolated);
}

#[test]
fn engines_share_whole_experts() {
    let mut tables = tables();
    for tokens in [1, 64] {
        for activated in [2, 128] {
            let time_us = f64::from(activated + tokens);
            tables.experts.push(ExpertsTime { tokens, activated, time_us });
        }
    }
    tables.experts_ranks = 1;
    let placement = Placement { data: 2, whole_experts: true, ..Placement::new(1, 1) };
    let model = placed(&tables, "qwen3-30b-a3b", placement).expect("the tables are whole");
    let experts = |beside: Option<Beside>| {
        let batch = BatchShape { beside, ..batch(&[], &[150; 2]) };
        let parts = model.explain(&batch);
        assert!(parts.iter().any(|part| part.kind == PartKind::ExpertExchange));
        let part = parts.into_iter().find(|part| part.kind == PartKind::Experts);
        part.expect("the model has experts").seconds * 1e6 / 48.0
    };
    // A rank holds 64 experts, and works on half of all tokens.
    let reached = |tokens: i32| 64.0 * (1.0 - (15.0f64 / 16.0).powi(tokens));
    assert!((experts(None) - reached(4) - 2.0).abs() < 1e-9, "{}", experts(None));
    let beside = Some(Beside { tokens: 6, most: 6 });
    assert!((experts(beside) - reached(8) - 4.0).abs() < 1e-9);
}

#[test]
fn ranks_add_up_what_they_have() {
    let model = model(&tables(), "llama-3.1-8b", 2).expect("the tables are whole");
    let parts = model.explain(&batch(&[], &[150; 2]));
    let found = parts.iter().find(|part| part.kind == PartKind::AllReduce);
    // Twice a layer: two steps of 1 us, and 2 tokens of 8 KiB once over 0.7 x 63 GB/s.
    let one = 2e-6 + 2.0 * 8192.0 / (0.7 * 63e9);
    let seconds = found.expect("two ranks exchange").seconds;
    assert!((seconds - 64.0 * one).abs() < 1e-9, "{seconds}");
}

#[test]
fn tables_that_lack_something_are_refused() {
    let check = |change: &dyn Fn(&mut OperatorTables), name: &str, expect: &str| {
        let mut tables = tables();
        change(&mut tables);
        let error = model(&tables, name, 1).expect_err("something is missing").to_string();
        assert!(error.contains(expect), "{error}");
    };
    let none = |_: &mut OperatorTables| {};
    check(&none, "qwen3-30b-a3b", "no times of them (moe.csv)");
    check(&|of| of.dense.clear(), "llama-3.1-8b", "(dense.csv)");
    check(&|of| of.attention.clear(), "llama-3.1-8b", "decodes without a chunk");
    check(&|of| of.ranks = Some(2), "llama-3.1-8b", "the tables are of 2 ranks");
    let strange = |of: &mut OperatorTables| of.dense.push(time("conv", 1, 1.0));
    check(&strange, "llama-3.1-8b", "an operator called `conv` is not known");
}
