//! Clocks that count ticks: slots, workers, and what reports say of them.

use tokendrome::metrics::{Iteration, Observer, RequestRecord};
use tokendrome::steptime::{ConstantSpec, Law, StepTimeSpec, TicksSpec};
use tokendrome::units::TICK;
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{
    ClusterSpec, ParallelismSpec, Scenario, SchedulerSpec, SimulationSpec, SlotsSpec, TimeUnit,
    WorkersSpec, WorkloadSpec, simulate,
};

use crate::scenarios::{by_hand, run};

/// Four slots; a prefill takes 2 ticks, a decode step 1, outputs have 10 tokens.
fn slots(scheduler: fn(SlotsSpec) -> SchedulerSpec, arrivals: ArrivalsSpec) -> Scenario {
    let simulation = SimulationSpec { time_unit: TimeUnit::Tick, ..SimulationSpec::default() };
    Scenario {
        disaggregation: None,
        model: None,
        hardware: None,
        parallelism: ParallelismSpec::default(),
        scheduler: scheduler(SlotsSpec::default()),
        step_time: StepTimeSpec::Ticks(TicksSpec { prefill_time: 2.0, itl: 1.0 }),
        workload: WorkloadSpec {
            arrivals: Some(arrivals),
            output_tokens: Some(LengthsSpec::Fixed { tokens: 10 }),
            ..WorkloadSpec::default()
        },
        cluster: ClusterSpec::default(),
        slo: tokendrome::metrics::SloSpec::default(),
        simulation,
    }
}

fn batch(size: u32) -> ArrivalsSpec {
    ArrivalsSpec::Batched { size, interval_s: 0.0 }
}

/// Arrival, first token and end of all requests, in ticks.
fn times(records: &[RequestRecord]) -> Vec<[f64; 3]> {
    let ticks = |nanos: u64| nanos as f64 / TICK.as_nanos() as f64;
    let of = |record: &RequestRecord| {
        let at = |time: Option<_>| {
            time.map_or(f64::NAN, |time: tokendrome::units::SimTime| ticks(time.as_nanos()))
        };
        [at(Some(record.arrival)), at(record.first_token), at(record.end)]
    };
    records.iter().map(of).collect()
}

#[test]
fn static_batches_follow_each_other() {
    let (output, records) = run(&slots(SchedulerSpec::Static, batch(8))).unwrap();
    let expect: Vec<_> = [[0.0, 8.0, 17.0]; 4].into_iter().chain([[0.0, 25.0, 34.0]; 4]).collect();
    assert_eq!(times(&records), expect);
    // A tick stands in the place of a millisecond, and a thousand in that of a second.
    let summary = &output.report.summary;
    assert_eq!(summary.latency.ttft_ms.as_ref().unwrap().mean, 16.5);
    assert_eq!(summary.latency.e2e_ms.as_ref().unwrap().p50, 25.5);
    assert_eq!(summary.itl_ms.as_ref().unwrap().max, 1.0);
    assert_eq!(summary.duration_s, 0.034);
    let close = |found: f64, expect: f64| assert!((found / expect - 1.0).abs() < 1e-12, "{found}");
    close(summary.throughput.requests_per_s, 8.0 / 0.034);
    close(summary.throughput.output_tokens_per_s, 80.0 / 0.034);
    close(summary.iterations.time_mean_ms, 34.0 / 20.0);
    close(summary.queue.waiting_mean, 0.5 * 4.0);
    assert_eq!((summary.utilisation.busy, summary.cost.is_none()), (1.0, true));
    assert_eq!(output.report.scenario.workload.requests, Some(8), "one batch is all");
}

#[test]
fn free_slots_are_filled_at_once_or_one_by_one() {
    let mut in_flight = slots(SchedulerSpec::InFlight, batch(5));
    in_flight.workload.output_tokens = Some(LengthsSpec::Empirical { values: vec![3], file: None });
    let (_, records) = run(&in_flight).unwrap();
    assert_eq!(times(&records)[3..], [[0.0, 8.0, 10.0], [0.0, 12.0, 14.0]]);
    let (_, records) = run(&slots(SchedulerSpec::InFlightOnePrefill, batch(5))).unwrap();
    // Each prefill takes 2 ticks, in which those before it get one token; the fifth waits for the
    // first to end at 2 + 9 steps, of which three took 2 ticks.
    assert_eq!(times(&records)[0], [0.0, 2.0, 14.0]);
    assert_eq!(times(&records)[4], [0.0, 16.0, 25.0]);
}

#[test]
fn disaggregated_workers_hand_over() {
    let mut scenario = slots(SchedulerSpec::Static, batch(3));
    scenario.scheduler = SchedulerSpec::Disaggregated(WorkersSpec {
        prefill_workers: 2,
        decode_workers: 1,
        total_prefill_chunks: 1,
    });
    scenario.workload.output_tokens = Some(LengthsSpec::Fixed { tokens: 4 });
    let (_, records) = run(&scenario).unwrap();
    // Two prefills at once take 2 ticks; the third runs beside the first decode, whose first step
    // takes 2 ticks, too. One decode worker serves one after the other.
    assert_eq!(times(&records), [[0.0, 2.0, 6.0], [0.0, 2.0, 9.0], [0.0, 4.0, 12.0]]);
    let begun = records.iter().map(|record| record.decode_start.unwrap().as_nanos());
    let begun: Vec<f64> = begun.map(|nanos| nanos as f64 / TICK.as_nanos() as f64).collect();
    assert_eq!(begun, [2.0, 6.0, 9.0]);
}

#[test]
fn requests_come_into_being_between_steps() {
    let rate = ArrivalsSpec::FixedRate { rate_per_s: 460.0 };
    let mut scenario = slots(SchedulerSpec::InFlightOnePrefill, rate);
    scenario.workload.requests = Some(20);
    let (_, records) = run(&scenario).unwrap();
    let expect = [3.0, 5.0, 7.0, 9.0, 11.0, 14.0];
    let found: Vec<f64> = times(&records).iter().map(|times| times[0]).take(6).collect();
    assert_eq!(found, expect, "the first step at or after every 1 / 0.46 ticks");
}

#[test]
fn a_run_that_is_cut_sees_nothing_of_that_moment() {
    let mut scenario = slots(SchedulerSpec::Static, batch(8));
    scenario.simulation.max_time_s = Some(0.017);
    let (output, records) = run(&scenario).unwrap();
    assert_eq!(records.iter().filter(|record| record.end.is_some()).count(), 0);
    assert_eq!(output.report.summary.queue.waiting_end, 4);
    scenario.simulation.max_time_s = Some(0.017_001);
    assert_eq!(run(&scenario).unwrap().0.report.summary.requests.completed, 4);
}

#[test]
fn closed_loops_think_in_ticks() {
    let users = ArrivalsSpec::ClosedLoop { users: 1, think_s: 0.003, random_think: false };
    let mut scenario = slots(SchedulerSpec::InFlight, users);
    scenario.workload.requests = Some(3);
    let (_, records) = run(&scenario).unwrap();
    let expect = [[0.0, 2.0, 11.0], [14.0, 16.0, 25.0], [28.0, 30.0, 39.0]];
    assert_eq!(times(&records), expect);
}

#[test]
fn slots_also_work_on_a_machine() {
    let mut scenario = by_hand(40, 500, 20, 100.0);
    scenario.scheduler =
        SchedulerSpec::Static(SlotsSpec { max_batch_size: 8, total_prefill_chunks: 3 });
    let (output, _) = run(&scenario).unwrap();
    assert_eq!(output.report.summary.requests.completed, 40);
    // Three chunks of a prompt: 166, 167 and 167 tokens, in batches of up to eight.
    assert_eq!(output.report.summary.iterations.tokens_mean, {
        let tokens = 40.0 * (500.0 + 19.0);
        tokens / output.report.summary.iterations.count as f64
    });
    scenario.step_time = StepTimeSpec::default();
    assert!(run(&scenario).unwrap().0.report.summary.utilisation.compute.unwrap() > 0.0);
}

#[test]
fn what_does_not_go_together_is_refused() {
    let tick = || slots(SchedulerSpec::Static, batch(8));
    let check = |change: &dyn Fn(&mut Scenario), path: &str, message: &str| {
        let mut scenario = tick();
        change(&mut scenario);
        let error = scenario.resolve().unwrap_err();
        assert_eq!(error.path, path, "{error}");
        assert!(error.message.contains(message), "{error}");
    };
    let wrong = |max_batch_size, total_prefill_chunks| {
        move |scenario: &mut Scenario| {
            scenario.scheduler =
                SchedulerSpec::Static(SlotsSpec { max_batch_size, total_prefill_chunks });
        }
    };
    check(&wrong(0, 1), "scheduler.max_batch_size", "found 0");
    check(&wrong(1, 0), "scheduler.total_prefill_chunks", "found 0");
    let ticks = |prefill_time, itl| {
        move |scenario: &mut Scenario| {
            scenario.step_time = StepTimeSpec::Ticks(TicksSpec { prefill_time, itl });
        }
    };
    check(&ticks(-1.0, 1.0), "step_time.prefill_time", "-1");
    check(&ticks(1.0, f64::NAN), "step_time.itl", "NaN");
    check(&|of| of.step_time = StepTimeSpec::default(), "step_time.kind", "are in seconds");
    check(&|of| of.scheduler = SchedulerSpec::default(), "simulation.time_unit", "vLLM");
    check(&|of| of.model = by_hand(1, 1, 1, 1.0).model, "model", "no model has a say");
    check(&|of| of.workload.arrivals = None, "workload", "when requests arrive");
    check(&|of| of.workload.output_tokens = None, "workload", "how many tokens");
    let in_seconds = |of: &mut Scenario| of.simulation.time_unit = TimeUnit::Second;
    check(&in_seconds, "step_time.kind", "need a clock that counts ticks");
    check(
        &|of| {
            of.scheduler = SchedulerSpec::Disaggregated(WorkersSpec::default());
            let law = Law::Deterministic;
            of.step_time = StepTimeSpec::Constant(ConstantSpec { step_ms: 1.0, law });
        },
        "step_time.kind",
        "need step times in ticks",
    );
    let machineless = |of: &mut Scenario| {
        in_seconds(of);
        of.step_time = StepTimeSpec::default();
    };
    check(&machineless, "model", "the scenario names no model");
}

/// The first iterations: begin, end, and how many requests were in prefill and in decode.
#[derive(Default)]
struct Course(Vec<String>);

impl Observer for Course {
    fn sees_iterations(&self) -> bool {
        true
    }

    fn iteration(&mut self, iteration: &Iteration) {
        let [start, end] = [iteration.start, iteration.end].map(|t| t.as_nanos() / TICK.as_nanos());
        let (prefills, decodes) = (iteration.prefills, iteration.decodes);
        self.0.push(format!("{start}-{end}:{prefills}+{decodes}"));
    }
}

/// Seven requests at once, the same for all: what each scheduler makes of them.
#[test]
fn every_scheduler_has_its_course() {
    let check = |scheduler: SchedulerSpec, expect: &str, digest: &str| {
        let mut scenario = slots(SchedulerSpec::Static, batch(7));
        scenario.workload.output_tokens = Some(LengthsSpec::Uniform { min: 1, max: 6 });
        scenario.scheduler = scheduler;
        let mut course = Course::default();
        let output = simulate(&scenario, None, &mut [&mut course]).unwrap();
        assert_eq!(course.0[..8].join(" "), expect);
        assert_eq!(output.report.digest, digest);
    };
    let three = || SlotsSpec { max_batch_size: 3, total_prefill_chunks: 1 };
    check(
        SchedulerSpec::Static(three()),
        "0-6:3+0 6-7:0+2 7-8:0+1 8-9:0+1 9-10:0+1 10-16:3+0 16-17:0+2 17-18:0+2",
        "e3f702a8aea2f2d4",
    );
    check(
        SchedulerSpec::InFlight(three()),
        "0-6:3+0 6-8:1+2 8-10:1+2 10-11:0+3 11-12:0+3 12-16:2+1 16-17:0+2 17-18:0+2",
        "11d8a98bfe8e0732",
    );
    check(
        SchedulerSpec::InFlightOnePrefill(three()),
        "0-2:1+0 2-4:1+1 4-6:1+2 6-8:1+1 8-10:1+2 10-12:1+2 12-14:1+2 14-15:0+2",
        "6e4b84542d911277",
    );
    let workers = WorkersSpec { prefill_workers: 2, decode_workers: 2, total_prefill_chunks: 1 };
    check(
        SchedulerSpec::Disaggregated(workers),
        "0-2:2+0 2-4:2+2 4-6:2+2 6-8:1+2 8-9:0+2 9-10:0+2 10-11:0+2 11-12:0+2",
        "23026c2a87488f17",
    );
}
