//! One iteration, explained: its parts are those that a simulation charges.

use tokendrome::explain::{Batch, Decodes, ExplainError, MeanLengths, explain};
use tokendrome::steptime::{Chunk, LayerwiseSpec, PartKind, Profile, StepTimeSpec};
use tokendrome::workload::LengthsSpec;
use tokendrome::{Scenario, TimeUnit, WorkloadSpec};

use crate::scenarios::{affine, by_hand, default, with_vllm};

fn resolved(scenario: Scenario) -> Scenario {
    scenario.resolve().unwrap().0
}

fn layerwise(profile: Profile) -> StepTimeSpec {
    StepTimeSpec::RooflineLayerwise(LayerwiseSpec { profile, ..LayerwiseSpec::default() })
}

fn batch(prefills: &[(u32, u32)], decodes: &[(u32, u32)]) -> Batch {
    let chunk = |&(tokens, context): &(u32, u32)| Chunk { tokens, context };
    let decode = |&(count, context): &(u32, u32)| Decodes { count, context };
    Batch {
        prefills: prefills.iter().map(chunk).collect(),
        decodes: decodes.iter().map(decode).collect(),
        origin: String::new(),
    }
}

fn close(found: f64, expected: f64) {
    assert!((found / expected - 1.0).abs() < 1e-12, "{found} instead of {expected}");
}

#[test]
fn parts_make_up_the_whole() {
    let steps =
        [StepTimeSpec::default(), layerwise(Profile::Standard), layerwise(Profile::Seed001)];
    for (step_time, (tp, pp)) in steps.iter().flat_map(|step| [(step, (1, 1)), (step, (2, 2))]) {
        let is_padded = *step_time == layerwise(Profile::Seed001);
        let mut scenario = Scenario { step_time: step_time.clone(), ..default() };
        scenario.parallelism.tensor_parallel_size = tp;
        scenario.parallelism.pipeline_parallel_size = if is_padded { 1 } else { pp };
        let scenario = resolved(scenario);
        let found = explain(&scenario, batch(&[(700, 100)], &[(30, 900), (2, 50)])).unwrap();
        close(found.parts.iter().map(|of| of.part.seconds).sum(), found.total_s());
        let ideal = found.ideal_s().unwrap();
        assert!(ideal < found.total_s() && ideal > 0.3 * found.total_s(), "{found:?}");
        assert!(found.parts.iter().all(|of| of.ideal_s <= of.part.seconds));
        let host = found.parts.iter().find(|of| of.part.kind == PartKind::Host);
        assert_eq!(host.map_or(0.0, |of| of.ideal_s), 0.0);
        let (compute, bandwidth) = (found.compute.unwrap(), found.bandwidth.unwrap());
        assert!(compute > 0.0 && bandwidth > 0.0 && compute.max(bandwidth) < 1.0, "{found:?}");
        assert_eq!(found.notices, Vec::<String>::new());
        assert_eq!(found.stage_s.len() as u32, scenario.parallelism.pipeline_parallel_size);
    }
}

/// The host's millisecond comes before the iteration, or beside it.
#[test]
fn iterations_follow_each_other_at_the_pace_of_the_slowest() {
    let period = |is_async, pp: u32| {
        let mut scenario = with_vllm(default(), |spec| spec.async_scheduling = Some(is_async));
        scenario.parallelism.pipeline_parallel_size = pp;
        let found = explain(&resolved(scenario), batch(&[(2_000, 0)], &[])).unwrap();
        assert_eq!(found.plans_ahead, is_async);
        (found.period_s, found.host_s, found.stage_s)
    };
    let (ahead_s, host_s, stages) = period(true, 1);
    assert_eq!((ahead_s, host_s), (stages[0], 0.001));
    let (waiting_s, _, _) = period(false, 1);
    close(waiting_s, stages[0] + 0.001);
    let (staged_s, _, stages) = period(false, 2);
    close(staged_s, stages[1].max(stages[0] + 0.001));
}

#[test]
fn step_times_that_are_given_have_no_parts() {
    let scenario = resolved(by_hand(10, 100, 20, 1.0));
    let found = explain(&scenario, batch(&[(100, 0)], &[(50, 100)])).unwrap();
    close(found.total_s(), 0.008);
    assert_eq!((found.parts.len(), found.ideal_s(), found.compute), (0, None, None));
    assert!(found.notices[0].contains("have no parts"), "{:?}", found.notices);
}

#[test]
fn what_no_iteration_computes_is_said() {
    let scenario = resolved(default());
    let notices = |of| explain(&scenario, of).unwrap().notices.join("; ");
    let much = notices(batch(&[(9_000, 130_000)], &[(2_000, 10)]));
    for part in ["11000 tokens are more", "2001 sequences are more", "longer than the model's"] {
        assert!(much.contains(part), "{much}");
    }
    let refused = |of| explain(&scenario, of).unwrap_err();
    assert_eq!(refused(batch(&[], &[])), ExplainError::Empty);
    assert_eq!(refused(batch(&[], &[(0, 5)])), ExplainError::Empty);
    let error = ExplainError::Decodes { found: 2_000_000, most: 1_000_000 };
    assert_eq!(refused(batch(&[], &[(1_000_000, 5), (1_000_000, 5)])), error);
    let error = ExplainError::Length { tokens: u32::MAX, context: 1 };
    assert_eq!(refused(batch(&[(u32::MAX, 1)], &[])), error);
    let mut ticking = scenario.clone();
    ticking.simulation.time_unit = TimeUnit::Tick;
    assert_eq!(explain(&ticking, batch(&[(1, 0)], &[])), Err(ExplainError::Ticks));
}

/// Lengths of 3,000 and 100: what one iteration takes of a prompt, and how many requests the cache
/// and the places hold.
#[test]
fn typical_iterations_are_those_of_the_scheduler() {
    let fixed = |tokens| Some(LengthsSpec::Fixed { tokens });
    let scenario = |places, blocks, stages| {
        let scenario = with_vllm(default(), |spec| {
            spec.max_num_batched_tokens = Some(2_048);
            spec.max_num_seqs = Some(places);
            spec.num_gpu_blocks = Some(blocks);
        });
        let workload = WorkloadSpec {
            input_tokens: fixed(3_000),
            output_tokens: fixed(100),
            ..WorkloadSpec::default()
        };
        let mut scenario = Scenario { workload, step_time: affine(5.0, 0.02), ..scenario };
        scenario.step_time = StepTimeSpec::default();
        scenario.parallelism.pipeline_parallel_size = stages;
        resolved(scenario)
    };
    let typical = |scenario: &Scenario| {
        let lengths = MeanLengths::of_workload(scenario).unwrap();
        assert_eq!(lengths, MeanLengths { input_tokens: 3_000, output_tokens: 100 });
        Batch::typical(scenario, lengths)
    };
    let [prompt, decodes] = typical(&scenario(64, 100_000, 1));
    assert_eq!(prompt.prefills, [Chunk { tokens: 2_048, context: 0 }]);
    assert_eq!(decodes.decodes, [Decodes { count: 64, context: 3_050 }]);
    // 194 blocks a request, and the null block.
    for (blocks, stages, count) in [(195, 1, 1), (1_941, 1, 10), (1_940, 1, 9), (1_941, 2, 5)] {
        let [_, decodes] = typical(&scenario(64, blocks, stages));
        assert_eq!(decodes.decodes[0].count, count, "{blocks} blocks, {stages} stages");
    }
}

#[test]
fn means_are_those_of_the_distribution() {
    let uniform = LengthsSpec::Uniform { min: 100, max: 300 };
    let workload = WorkloadSpec {
        input_tokens: Some(uniform),
        output_tokens: Some(LengthsSpec::Geometric { p: 0.01, max: None }),
        ..WorkloadSpec::default()
    };
    let scenario = resolved(Scenario { workload, ..default() });
    let lengths = MeanLengths::of_workload(&scenario).unwrap();
    // Standard errors: 0.6 and 1.
    assert!(lengths.input_tokens.abs_diff(200) <= 3, "{lengths:?}");
    assert!(lengths.output_tokens.abs_diff(100) <= 5, "{lengths:?}");
    assert_eq!(MeanLengths::of_rows(&scenario, Box::new(std::iter::empty())).unwrap(), None);
}
