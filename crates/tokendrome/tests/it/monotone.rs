//! Better hardware makes no request later where the decisions stay the same, and nothing is lost on
//! the way between pools.
//!
//! Decisions are the same where time has no say in them: all requests come at once, or each comes
//! long after the one before has ended.

use proptest::prelude::*;
use tokendrome::catalog::{AcceleratorSpec, Catalog};
use tokendrome::metrics::RequestRecord;
use tokendrome::steptime::{LayerwiseSpec, PartKind, StepTimeSpec};
use tokendrome::units::{BytesPerSecond, FlopsPerSecond};
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{
    DisaggregationSpec, PhaseBatchingSpec, PoolSpec, Scenario, SchedulerSpec, TransferSpec,
    WorkloadSpec, simulate,
};

use crate::scenarios::{Rows, default, run, with_vllm};

prop_compose! {
    /// A run in which no decision depends on time.
    fn closed()(
        tp in prop::sample::select(vec![1u32, 2, 4, 8]),
        pp in prop::sample::select(vec![1u32, 1, 2]),
        requests in 1u32..12,
        apart in any::<bool>(),
        input in 1u32..3_000,
        output in 1u32..60,
        budget in prop::option::of(256u32..2_048),
        scheduler in 0..2,
        layerwise in any::<bool>(),
    ) -> Scenario {
        let mut scenario = with_vllm(default(), |spec| {
            spec.max_num_batched_tokens = budget;
            // A host that plans ahead looks for requests at times of its own.
            spec.async_scheduling = Some(false);
        });
        scenario.parallelism.tensor_parallel_size = tp;
        if apart || scheduler == 1 {
            scenario.parallelism.pipeline_parallel_size = 1;
        } else {
            scenario.parallelism.pipeline_parallel_size = pp;
        }
        if scheduler == 1 {
            scenario.scheduler = SchedulerSpec::PhaseBatching(PhaseBatchingSpec::default());
            scenario.parallelism.pipeline_parallel_size = 1;
        }
        if layerwise {
            scenario.step_time = StepTimeSpec::RooflineLayerwise(LayerwiseSpec::default());
        }
        let at_once = ArrivalsSpec::Batched { size: requests, interval_s: 0.0 };
        let far_apart = ArrivalsSpec::FixedRate { rate_per_s: 1e-3 };
        scenario.workload = WorkloadSpec {
            requests: Some(requests),
            arrivals: Some(if apart { far_apart } else { at_once }),
            input_tokens: Some(LengthsSpec::Uniform { min: input.div_ceil(3), max: input }),
            output_tokens: Some(LengthsSpec::Uniform { min: output.div_ceil(3), max: output }),
            ..WorkloadSpec::default()
        };
        scenario
    }
}

/// What is better.
#[derive(Debug, Clone, Copy)]
enum Better {
    Bandwidth,
    Compute,
    Link,
    Latency,
}

fn improve(device: &mut AcceleratorSpec, better: Better, factor: f64) {
    let times = |rate: BytesPerSecond| BytesPerSecond(rate.0 * factor);
    match better {
        Better::Bandwidth => device.memory_bandwidth = times(device.memory_bandwidth),
        Better::Compute => {
            let peak = &mut device.peak;
            for rate in [&mut peak.f32, &mut peak.f16, &mut peak.bf16, &mut peak.fp8] {
                *rate = rate.map(|rate| FlopsPerSecond(rate.0 * factor));
            }
        }
        Better::Link => {
            for link in [&mut device.link, &mut device.network].into_iter().flatten() {
                link.bandwidth = times(link.bandwidth);
            }
        }
        Better::Latency => {
            for link in [&mut device.link, &mut device.network].into_iter().flatten() {
                link.latency_us /= factor;
            }
        }
    }
}

/// First tokens and ends, each since the request came.
fn times(records: &[RequestRecord]) -> Vec<(u64, u64)> {
    let of = |record: &RequestRecord| {
        let since = |at: tokendrome::units::SimTime| (at - record.arrival).as_nanos();
        (since(record.first_token.unwrap()), since(record.end.unwrap()))
    };
    records.iter().map(of).collect()
}

/// A time is rounded to nanoseconds at the end of each iteration: so many of them may be lost.
fn no_later(better: &[(u64, u64)], than: &[(u64, u64)], iterations: u64) {
    assert_eq!(better.len(), than.len());
    for (a, b) in better.iter().zip(than) {
        assert!(a.0 <= b.0 + iterations && a.1 <= b.1 + iterations, "{a:?} after {b:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.min(64),
        ..ProptestConfig::default()
    })]

    #[test]
    fn better_hardware_makes_no_request_later(scenario in closed(), factor in 1.0..8.0f64) {
        let (slow, records) = run(&scenario).unwrap();
        let iterations = slow.report.summary.iterations.count;
        let before = times(&records);
        // A peak is at most all there is.
        prop_assert!(slow.report.summary.utilisation.kv_peak <= 1.0);
        prop_assert!(
            slow.report.summary.utilisation.kv_p99 <= slow.report.summary.utilisation.kv_peak
        );
        for better in [Better::Bandwidth, Better::Compute, Better::Link, Better::Latency] {
            let mut fast = scenario.clone();
            improve(fast.hardware.as_mut().unwrap(), better, factor);
            let (found, records) = run(&fast).unwrap();
            prop_assert_eq!(found.report.summary.iterations.count, iterations, "{:?}", better);
            no_later(&times(&records), &before, iterations);
        }
    }

    /// Every prompt that is decoded elsewhere crosses the link once, and a faster link makes none
    /// of them later.
    #[test]
    fn a_transfer_has_the_bytes_of_its_prompt(
        scenario in closed(),
        factor in 1.0..8.0f64,
        compression_ratio in 1.0..4.0f64,
        bandwidth in 1e8..1e11f64,
    ) {
        let mut scenario = scenario;
        scenario.parallelism.pipeline_parallel_size = 1;
        scenario.workload.arrivals = Some(ArrivalsSpec::FixedRate { rate_per_s: 1e-3 });
        let transfer = TransferSpec {
            bandwidth: Some(BytesPerSecond(bandwidth)),
            compression_ratio,
            ..TransferSpec::default()
        };
        let pools = |transfer| {
            let (prefill, decode) = (PoolSpec::default(), PoolSpec::default());
            Some(DisaggregationSpec { prefill, decode, transfer })
        };
        let ends = |transfer: TransferSpec| {
            let scenario = Scenario { disaggregation: pools(transfer), ..scenario.clone() };
            let mut rows = Rows::default();
            let summary = simulate(&scenario, None, &mut [&mut rows]).unwrap().report.summary;
            rows.0.sort_by_key(|record| record.index);
            (summary, rows.0)
        };
        let (summary, records) = ends(transfer.clone());
        let sent = records.iter().filter(|record| record.transfer_end.is_some());
        let tokens: u64 = sent.map(|record| u64::from(record.prompt_tokens)).sum();
        let of_token = scenario.model.as_ref().unwrap().kv_bytes_per_token(1);
        let expect = tokens as f64 * of_token as f64 / compression_ratio;
        let transfers = summary.transfers.unwrap();
        prop_assert!((transfers.bytes - expect).abs() <= 1e-9 * expect, "{transfers:?} {expect}");
        prop_assert!(summary.pools.iter().all(|pool| pool.kv_peak <= 1.0));
        let faster = BytesPerSecond(bandwidth * factor);
        let (_, found) = ends(TransferSpec { bandwidth: Some(faster), ..transfer });
        no_later(&times(&found), &times(&records), summary.iterations.count + 2 * transfers.count);
    }
}

/// A prompt that is bound by computing takes on n accelerators an n-th of the time and what the
/// collectives, and the host and the launches that are not divided, take.
#[test]
fn tensor_parallelism_divides_a_prompt_but_for_its_collectives() {
    for step_time in
        [StepTimeSpec::default(), StepTimeSpec::RooflineLayerwise(LayerwiseSpec::default())]
    {
        let ttft_s = |tp| {
            let mut scenario = Scenario { step_time: step_time.clone(), ..default() };
            scenario.model = Some(Catalog::model("llama-3.1-8b").unwrap());
            scenario.parallelism.tensor_parallel_size = tp;
            scenario.workload = WorkloadSpec {
                requests: Some(1),
                arrivals: Some(ArrivalsSpec::FixedRate { rate_per_s: 1.0 }),
                input_tokens: Some(LengthsSpec::Fixed { tokens: 8_000 }),
                output_tokens: Some(LengthsSpec::Fixed { tokens: 1 }),
                ..WorkloadSpec::default()
            };
            scenario = with_vllm(scenario, |spec| spec.max_num_batched_tokens = Some(8_192));
            let (output, records) = run(&scenario).unwrap();
            assert_eq!(output.report.summary.iterations.count, 1);
            let batch = tokendrome::explain::Batch {
                prefills: vec![tokendrome::steptime::Chunk { tokens: 8_000, context: 0 }],
                decodes: Vec::new(),
                origin: String::new(),
            };
            let resolved = scenario.resolve().unwrap().0;
            let explained = tokendrome::explain::explain(&resolved, batch).unwrap();
            let (compute, bandwidth) = (explained.compute.unwrap(), explained.bandwidth.unwrap());
            assert!(compute > bandwidth, "bound by computing: {compute}, {bandwidth}");
            let of = |kinds: &[PartKind]| {
                let parts = explained.parts.iter().filter(|of| kinds.contains(&of.part.kind));
                parts.map(|of| of.part.seconds).sum::<f64>()
            };
            let undivided = of(&[PartKind::Launch, PartKind::Host, PartKind::Norm]);
            (times(&records)[0].0 as f64 / 1e9, of(&[PartKind::AllReduce]), undivided)
        };
        let (alone, none, _) = ttft_s(1);
        assert_eq!(none, 0.0);
        for n in [2, 4, 8] {
            let (found, collectives, undivided) = ttft_s(n);
            let part = alone / f64::from(n);
            assert!(collectives > 0.0 && part < found, "{n}: {found} s of {alone} s");
            let most = part + collectives + undivided + 1e-8;
            assert!(found < most, "{n}: {found} s, not within {most} s ({collectives} s)");
        }
    }
}
