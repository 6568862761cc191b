//! Prompts and decodes in pools of their own.

use tokendrome::metrics::{Iteration, Observer, RequestRecord, Status};
use tokendrome::steptime::{ConstantSpec, Law, StepTimeSpec};
use tokendrome::units::{Bytes, BytesPerSecond};
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{
    Contention, DisaggregationSpec, Overlap, PhaseBatchingSpec, PoolSpec, RouterSpec, Scenario,
    SchedulerSpec, Simulation, TransferSpec, WorkloadSpec, simulate,
};

fn constant(step_ms: f64) -> Option<StepTimeSpec> {
    Some(StepTimeSpec::Constant(ConstantSpec { step_ms, law: Law::Deterministic }))
}

/// Prompts take 10 ms, decodes 5 ms each; 100 tokens of KV are 100 kB and take 100 ms.
fn scenario(requests: u32) -> Scenario {
    let workload = WorkloadSpec {
        requests: Some(requests),
        arrivals: Some(ArrivalsSpec::FixedRate { rate_per_s: 1.0 }),
        input_tokens: Some(LengthsSpec::Fixed { tokens: 100 }),
        output_tokens: Some(LengthsSpec::Fixed { tokens: 4 }),
        ..WorkloadSpec::default()
    };
    let scheduler = SchedulerSpec::PhaseBatching(PhaseBatchingSpec::default());
    Scenario {
        disaggregation: Some(DisaggregationSpec {
            prefill: PoolSpec { step_time: constant(10.0), ..PoolSpec::default() },
            decode: PoolSpec { step_time: constant(5.0), ..PoolSpec::default() },
            transfer: TransferSpec {
                bandwidth: Some(BytesPerSecond(1e6)),
                latency_ms: 2.0,
                kv_bytes_per_token: Some(Bytes(1_000)),
                ..TransferSpec::default()
            },
        }),
        ..Scenario::without_machine(scheduler, constant(1.0).unwrap(), workload)
    }
}

fn transfer(scenario: &mut Scenario) -> &mut TransferSpec {
    &mut scenario.disaggregation.as_mut().unwrap().transfer
}

#[derive(Default)]
struct Seen {
    records: Vec<RequestRecord>,
    iterations: Vec<Iteration>,
    looks: bool,
}

impl Observer for Seen {
    fn sees_iterations(&self) -> bool {
        self.looks
    }

    fn iteration(&mut self, iteration: &Iteration) {
        self.iterations.push(*iteration);
    }

    fn request(&mut self, record: &RequestRecord) {
        self.records.push(record.clone());
    }
}

fn records(scenario: &Scenario) -> Vec<RequestRecord> {
    let mut seen = Seen::default();
    simulate(scenario, None, &mut [&mut seen]).unwrap();
    seen.records.sort_by_key(|record| record.index);
    seen.records
}

#[test]
fn the_life_of_a_request_by_hand() {
    for record in records(&scenario(3)) {
        let after = |at: Option<tokendrome::units::SimTime>| {
            (at.unwrap() - record.arrival).as_nanos() as f64 / 1e6
        };
        assert_eq!(after(record.first_scheduled), 0.0);
        assert_eq!(after(record.prefill_end), 10.0);
        assert_eq!(after(record.transfer_end), 112.0);
        assert_eq!(after(record.first_token), 117.0);
        assert_eq!(after(record.end), 132.0);
        assert_eq!(record.replica.unwrap().0, 1);
        assert_eq!((record.status, record.output_tokens), (Status::Completed, 4));
    }
    let output = simulate(&scenario(3), None, &mut []).unwrap().report;
    let summary = &output.summary;
    assert_eq!(summary.latency.transfer_ms.as_ref().unwrap().mean, 102.0);
    let transfers = summary.transfers.as_ref().unwrap();
    assert_eq!((transfers.count, transfers.bytes), (3, 300_000.0));
    let pools: Vec<_> =
        summary.pools.iter().map(|of| (of.name, of.requests, of.iterations)).collect();
    assert_eq!(pools, [("prefill", 3, 3), ("decode", 3, 12)]);
    // The tokens of the first pool, had it any, are not counted.
    assert_eq!(summary.iterations.count, 15);
}

/// Two prompts that end together share the link: each takes twice as long.
#[test]
fn transfers_share_the_link_or_not() {
    let ends = |contention| {
        let mut scenario = scenario(2);
        scenario.workload.arrivals = Some(ArrivalsSpec::Batched { size: 2, interval_s: 0.0 });
        transfer(&mut scenario).contention = contention;
        let of = |record: &RequestRecord| record.transfer_end.unwrap().as_nanos() / 1_000_000;
        records(&scenario).iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(ends(Contention::Fair), [212, 212]);
    assert_eq!(ends(Contention::Unlimited), [112, 112]);
}

#[test]
fn what_goes_ahead_and_what_is_compressed_is_sent_sooner() {
    let mut scenario = scenario(1);
    transfer(&mut scenario).compression_ratio = 4.0;
    let sent_ns = |scenario: &Scenario| {
        let record = &records(scenario)[0];
        (record.transfer_end.unwrap() - record.arrival).as_nanos()
    };
    assert_eq!(sent_ns(&scenario), 37_000_000);
    // 10 ms of computing, of which 31 in 32 layers' worth sends 9.6875 kB of the 25.
    scenario.model = Some(tokendrome::catalog::Catalog::model("llama-3.1-8b").unwrap());
    scenario.hardware = Some(tokendrome::catalog::Catalog::accelerator("h100-sxm").unwrap());
    transfer(&mut scenario).overlap = Overlap::LayerWise;
    // 9,687.5 bytes at a byte a microsecond.
    assert_eq!(sent_ns(&scenario), 10_000_000 + 25_000_000 - 9_687_500 + 2_000_000);
}

/// Many requests, several replicas, with those who look at iterations and without.
#[test]
fn watching_changes_nothing_and_nobody_is_lost() {
    let mut scenario = scenario(400);
    scenario.workload.arrivals = Some(ArrivalsSpec::Poisson { rate_per_s: 60.0 });
    scenario.workload.output_tokens = Some(LengthsSpec::Uniform { min: 1, max: 40 });
    transfer(&mut scenario).bandwidth = Some(BytesPerSecond(8e6));
    let pools = scenario.disaggregation.as_mut().unwrap();
    (pools.prefill.replicas, pools.decode.replicas) = (2, 3);
    pools.decode.scheduler = Some(SchedulerSpec::PhaseBatching(PhaseBatchingSpec {
        max_batch_size: Some(8),
        ..PhaseBatchingSpec::default()
    }));
    for router in [RouterSpec::RoundRobin, RouterSpec::SharedQueue] {
        scenario.disaggregation.as_mut().unwrap().decode.router = router;
        for max_time_s in [None, Some(4.0)] {
            scenario.simulation.max_time_s = max_time_s;
            let simulation = Simulation::new(&scenario).unwrap();
            let plain = simulation.run(0, None, &mut []).unwrap().report;
            let mut seen = Seen { looks: true, ..Seen::default() };
            let watched = simulation.run(0, None, &mut [&mut seen]).unwrap().report;
            assert_eq!(plain.digest, watched.digest, "{router:?} {max_time_s:?}");
            assert_eq!(plain.summary, watched.summary);
            let requests = &plain.summary.requests;
            assert_eq!(
                requests.total,
                requests.completed + requests.rejected + requests.unfinished
            );
            assert_eq!(max_time_s.is_none(), requests.unfinished == 0);
            assert_eq!(seen.records.len() as u64, requests.total);
            // Each is computed once, and each output token but none is decoded once.
            let tokens: u64 = seen.iterations.iter().map(|of| of.prefill_tokens).sum();
            assert!(tokens <= 100 * requests.total);
            if max_time_s.is_none() {
                assert_eq!(tokens, 100 * requests.total);
                let decodes: u64 = seen.iterations.iter().map(|of| u64::from(of.decodes)).sum();
                let outputs: u32 = seen.records.iter().map(|of| of.output_tokens).sum();
                assert_eq!(decodes, u64::from(outputs));
            }
        }
    }
}

/// A faster link never makes a request later where nobody waits for anybody.
#[test]
fn a_faster_link_is_never_slower() {
    let ends = |bandwidth: f64| {
        let mut scenario = scenario(20);
        transfer(&mut scenario).bandwidth = Some(BytesPerSecond(bandwidth));
        records(&scenario).iter().map(|record| record.end.unwrap()).collect::<Vec<_>>()
    };
    for (slow, fast) in ends(1e6).iter().zip(&ends(3e6)) {
        assert!(fast < slow);
    }
}

/// vLLM in both pools: the second computes the last token of the prompt again, and no more.
#[test]
fn vllm_in_both_pools() {
    let mut scenario = scenario(50);
    scenario.model = Some(tokendrome::catalog::Catalog::model("llama-3.1-8b").unwrap());
    scenario.hardware = Some(tokendrome::catalog::Catalog::accelerator("h100-sxm").unwrap());
    scenario.scheduler = SchedulerSpec::default();
    scenario.workload.arrivals = Some(ArrivalsSpec::Poisson { rate_per_s: 30.0 });
    let report = simulate(&scenario, None, &mut []).unwrap().report;
    assert_eq!(report.summary.requests.completed, 50);
    let computed: Vec<u64> = report.summary.pools.iter().map(|pool| pool.computed_tokens).collect();
    // The first token comes of the prompt's last, three follow.
    assert_eq!(computed, [50 * 100, 50 * 4]);
    let output = report.summary.output_tokens.unwrap().mean;
    assert_eq!(output, 4.0);
    let long = report.summary.latency.transfer_ms.unwrap();
    assert!(long.mean >= 102.0, "{long:?}");
}

#[test]
fn requests_without_output_end_in_the_first_pool() {
    let mut scenario = scenario(5);
    scenario.workload.output_tokens = Some(LengthsSpec::Fixed { tokens: 0 });
    for record in records(&scenario) {
        assert_eq!((record.end.unwrap() - record.arrival).as_nanos(), 10_000_000);
        assert_eq!((record.status, record.transfer_end), (Status::Completed, None));
    }
}

#[test]
fn what_cannot_be_is_said_with_its_place() {
    let check = |change: &dyn Fn(&mut Scenario), path: &str| {
        let mut scenario = scenario(5);
        change(&mut scenario);
        let error = Simulation::new(&scenario).unwrap_err();
        assert_eq!(error.path, path, "{error}");
    };
    check(
        &|of| transfer(of).bandwidth = Some(BytesPerSecond(0.0)),
        "disaggregation.transfer.bandwidth",
    );
    check(&|of| transfer(of).bandwidth = None, "disaggregation.transfer.bandwidth");
    check(&|of| transfer(of).latency_ms = -1.0, "disaggregation.transfer.latency_ms");
    check(&|of| transfer(of).compression_ratio = 0.5, "disaggregation.transfer.compression_ratio");
    check(
        &|of| transfer(of).kv_bytes_per_token = None,
        "disaggregation.transfer.kv_bytes_per_token",
    );
    check(&|of| of.cluster.replicas = 2, "cluster");
    check(&|of| transfer(of).overlap = Overlap::LayerWise, "disaggregation.transfer.overlap");
    check(
        &|of| {
            let nothing = tokendrome::ParallelismSpec { tensor_parallel_size: 0, ..<_>::default() };
            of.disaggregation.as_mut().unwrap().decode.parallelism = Some(nothing);
        },
        "disaggregation.decode.parallelism.tensor_parallel_size",
    );
    check(
        &|of| of.disaggregation.as_mut().unwrap().decode.replicas = 0,
        "disaggregation.decode.replicas",
    );
    check(
        &|of| {
            of.disaggregation.as_mut().unwrap().prefill.scheduler = Some(SchedulerSpec::default());
        },
        "disaggregation.prefill.model",
    );
    check(
        &|of| {
            of.disaggregation.as_mut().unwrap().decode.scheduler =
                Some(SchedulerSpec::Static(tokendrome::SlotsSpec::default()));
        },
        "disaggregation.decode.scheduler.kind",
    );
}

/// Requests that are still on their way count for the router of the second pool.
#[test]
fn those_who_are_on_the_way_have_a_destination() {
    let mut scenario = scenario(8);
    scenario.workload.arrivals = Some(ArrivalsSpec::Batched { size: 8, interval_s: 0.0 });
    let decode = &mut scenario.disaggregation.as_mut().unwrap().decode;
    (decode.replicas, decode.router) = (4, RouterSpec::SharedQueue);
    let mut served = [0; 5];
    records(&scenario).iter().for_each(|record| served[record.replica.unwrap().0 as usize] += 1);
    assert_eq!(served, [0, 2, 2, 2, 2]);
}

/// Sixteen prompts of 100 kB in one iteration of 10 ms: what goes ahead is no more than the link
/// carries in that time, and the last byte is there when 1.6 MB have been sent.
#[test]
fn what_goes_ahead_is_no_more_than_the_link_carries() {
    let mut scenario = scenario(16);
    scenario.workload.arrivals = Some(ArrivalsSpec::Batched { size: 16, interval_s: 0.0 });
    scenario.model = Some(tokendrome::catalog::Catalog::model("llama-3.1-8b").unwrap());
    scenario.hardware = Some(tokendrome::catalog::Catalog::accelerator("h100-sxm").unwrap());
    transfer(&mut scenario).overlap = Overlap::LayerWise;
    let last = |scenario: &Scenario| {
        let records = records(scenario);
        records.iter().map(|record| record.transfer_end.unwrap().as_nanos()).max().unwrap()
    };
    // 31 of 32 layers' time of the link.
    assert_eq!(last(&scenario), 10_000_000 + 1_600_000_000 - 9_687_500 + 2_000_000);
}

/// A queue between the pools is seen.
#[test]
fn who_is_on_the_way_waits() {
    let mut scenario = scenario(20);
    scenario.workload.arrivals = Some(ArrivalsSpec::Batched { size: 20, interval_s: 0.0 });
    let queue = simulate(&scenario, None, &mut []).unwrap().report.summary.queue;
    assert_eq!(queue.waiting_max, 20);
    // All twenty travel for 2 s, of 2.03 s.
    assert!(queue.waiting_mean > 19.0, "{}", queue.waiting_mean);
}

/// One transfer alone has the network of one replica, not of all.
#[test]
fn a_replica_has_its_own_network() {
    let mut scenario = scenario(1);
    scenario.model = Some(tokendrome::catalog::Catalog::model("llama-3.1-8b").unwrap());
    scenario.hardware = Some(tokendrome::catalog::Catalog::accelerator("h100-sxm").unwrap());
    *transfer(&mut scenario) = TransferSpec::default();
    let pools = scenario.disaggregation.as_mut().unwrap();
    (pools.prefill.replicas, pools.decode.replicas) = (4, 3);
    let own = scenario.hardware.as_ref().unwrap().network.unwrap().bandwidth;
    let simulation = Simulation::new(&scenario).unwrap();
    let of = &simulation.scenario().disaggregation.as_ref().unwrap().transfer;
    assert_eq!(of.bandwidth, Some(BytesPerSecond(3.0 * own.0)));
    assert_eq!(of.replica_bandwidth, Some(own));
}
