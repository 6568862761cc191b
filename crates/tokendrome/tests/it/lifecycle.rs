//! The life of requests, worked out by hand, and their ends.

use tokendrome::metrics::Status;
use tokendrome::workload::ArrivalsSpec;
use tokendrome::{ClusterSpec, RouterSpec, Scenario, SimulationSpec};

use crate::scenarios::{affine, by_hand, run, with_vllm};

fn ms(time: Option<tokendrome::units::SimDuration>) -> f64 {
    time.unwrap().as_millis_f64()
}

#[test]
fn one_request_by_hand() {
    // Arrives at 0.5 s; 100 tokens: 5 + 2 ms; then two decodes of 5.02 ms.
    let (output, rows) = run(&by_hand(1, 100, 3, 2.0)).unwrap();
    assert_eq!(rows[0].arrival.as_nanos(), 500_000_000);
    assert_eq!(ms(rows[0].queue_time()), 0.0);
    assert_eq!(ms(rows[0].ttft()), 7.0);
    assert_eq!(ms(rows[0].e2e()), 17.04);
    assert_eq!(rows[0].tpot_ns(), Some(5_020_000.0));
    let summary = &output.report.summary;
    assert_eq!(summary.iterations.count, 3);
    assert_eq!(summary.itl_ms.as_ref().unwrap().count, 2);
    assert_eq!(summary.duration_s, 0.517_04);
}

#[test]
fn a_request_that_arrives_during_an_iteration_joins_the_next() {
    // The second arrives 6 ms after the first, whose prefill takes 7 ms; then both share an
    // iteration of 5 + 0.02 (1 + 100) ms.
    let (_, rows) = run(&by_hand(2, 100, 3, 1_000.0 / 6.0)).unwrap();
    assert_eq!(ms(rows[1].queue_time()), 1.0);
    assert_eq!(ms(rows[1].ttft()), 1.0 + 7.02);
    assert_eq!(ms(rows[0].e2e()), 7.0 + 7.02 + 5.04);
}

#[test]
fn arrivals_at_the_end_of_an_iteration_are_seen_by_the_next_plan() {
    // Iterations of exactly 5 ms; the second request arrives as the first's prefill ends.
    let scenario = Scenario { step_time: affine(5.0, 0.0), ..by_hand(2, 10, 2, 200.0) };
    let (_, rows) = run(&scenario).unwrap();
    assert_eq!(ms(rows[1].queue_time()), 0.0);
    assert_eq!(ms(rows[1].ttft()), 5.0);
}

#[test]
fn requests_that_can_never_be_served_are_refused_with_the_reason() {
    let (output, rows) = run(&by_hand(3, 131_072, 3, 2.0)).unwrap();
    assert!(rows.iter().all(|row| matches!(row.status, Status::Rejected(_))));
    let counts = &output.report.summary.requests;
    assert_eq!((counts.rejected, counts.rejections[0].kind), (3, "prompt-too-long"));
    assert!(counts.rejections[0].example.contains("131072"));

    let few_blocks = with_vllm(by_hand(3, 100, 30, 2.0), |spec| spec.num_gpu_blocks = Some(9));
    let (output, _) = run(&few_blocks).unwrap();
    assert_eq!(output.report.summary.requests.rejections[0].kind, "kv-too-small");
}

#[test]
fn a_limit_on_tokens_and_the_context_cut_outputs_short() {
    let mut scenario = by_hand(2, 100, 30, 2.0);
    scenario.workload.max_tokens = Some(7);
    let (_, rows) = run(&scenario).unwrap();
    assert!(rows.iter().all(|row| row.output_tokens == 7));

    let short = with_vllm(by_hand(2, 100, 30, 2.0), |spec| spec.max_model_len = Some(104));
    let (_, rows) = run(&short).unwrap();
    assert!(rows.iter().all(|row| row.output_tokens == 4));
}

#[test]
fn the_horizon_cuts_the_run() {
    let simulation = SimulationSpec { max_time_s: Some(1.0), ..SimulationSpec::default() };
    let (output, rows) = run(&Scenario { simulation, ..by_hand(50, 100, 300, 20.0) }).unwrap();
    let summary = &output.report.summary;
    assert_eq!(summary.duration_s, 1.0);
    // One arrival every 50 ms before 1 s; none can end, for 300 tokens take at least 1.5 s.
    assert_eq!((summary.requests.total, summary.requests.unfinished), (19, 19));
    assert!(rows.iter().all(|row| row.e2e().is_none() && row.output_tokens < 300));
}

#[test]
fn users_of_a_closed_loop_wait_for_their_answers() {
    let mut scenario = by_hand(40, 100, 3, 1.0);
    scenario.workload.arrivals =
        Some(ArrivalsSpec::ClosedLoop { users: 4, think_s: 0.1, random_think: false });
    let (output, rows) = run(&scenario).unwrap();
    assert_eq!(output.report.summary.requests.completed, 40);
    assert!(output.report.summary.queue.running_max <= 4);
    assert_eq!(rows.iter().filter(|row| row.arrival.as_nanos() == 0).count(), 4);
}

#[test]
fn a_closed_loop_goes_on_when_requests_are_refused() {
    let mut scenario = by_hand(40, 200_000, 3, 1.0);
    scenario.workload.arrivals =
        Some(ArrivalsSpec::ClosedLoop { users: 4, think_s: 0.1, random_think: false });
    let (output, _) = run(&scenario).unwrap();
    assert_eq!(output.report.summary.requests.rejected, 40);
}

#[test]
fn users_who_are_refused_at_once_for_ever_stop_the_run() {
    let mut scenario = by_hand(1, 200_000, 3, 1.0);
    scenario.workload.requests = None;
    scenario.workload.duration_s = Some(10.0);
    scenario.workload.arrivals =
        Some(ArrivalsSpec::ClosedLoop { users: 1, think_s: 0.0, random_think: false });
    let error = run(&scenario).unwrap_err().to_string();
    assert!(error.contains("time to think") && error.contains("200000 tokens"), "{error}");
}

#[test]
fn a_workload_in_which_nothing_arrives_is_an_error() {
    let mut scenario = by_hand(1, 100, 3, 1e-9);
    scenario.workload.requests = None;
    scenario.workload.duration_s = Some(1.0);
    assert!(run(&scenario).unwrap_err().to_string().contains("workload is empty"));
}

#[test]
fn figures_of_a_steady_station_by_hand() {
    // A request every 100 ms, each in an iteration of 50 ms of its own, 1 token in and out: the
    // station is busy half the time, and every rate is known.
    let mut scenario = Scenario { step_time: affine(50.0, 0.0), ..by_hand(1_000, 10, 1, 10.0) };
    scenario.simulation.warm_up_s = 10.0;
    scenario.simulation.cool_down_s = 10.0;
    scenario.slo.ttft_ms = Some(50.0);
    scenario.hardware.as_mut().unwrap().price_per_hour = Some(tokendrome::units::Dollars(3.6));
    let (output, _) = run(&scenario).unwrap();
    let summary = &output.report.summary;
    let close =
        |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-9, "{found}");
    let span = summary.measured_s;
    assert!((79.85..80.05).contains(&span), "{span}");
    close(summary.requests.measured as f64, span * 10.0);
    close(summary.throughput.requests_per_s, 10.0);
    close(summary.throughput.input_tokens_per_s, 100.0);
    close(summary.throughput.output_tokens_per_s, 10.0);
    close(summary.utilisation.busy, 0.5);
    close(summary.queue.running_mean, 0.5);
    close(summary.iterations.time_mean_ms, 50.0);
    // A limit that is met exactly is met.
    let slo = summary.slo.as_ref().unwrap();
    close(slo.attainment, 1.0);
    close(slo.goodput_per_s, 10.0);
    // A tenth of a cent a second, for 10 output tokens and 110 tokens in all.
    let cost = summary.cost.as_ref().unwrap();
    close(cost.dollars_per_million_output_tokens.unwrap(), 100.0);
    close(cost.dollars_per_million_tokens.unwrap(), 1_000.0 / 110.0);
}

#[test]
fn what_is_in_flight_at_the_horizon_counts_as_busy() {
    let simulation = SimulationSpec { max_time_s: Some(1.0), ..SimulationSpec::default() };
    let scenario =
        Scenario { simulation, step_time: affine(2_000.0, 0.0), ..by_hand(5, 10, 1, 2.0) };
    let summary = run(&scenario).unwrap().0.report.summary;
    assert_eq!((summary.utilisation.busy, summary.replicas[0].busy), (0.5, 0.5));
}

#[test]
fn limits_of_a_class_nobody_belongs_to_are_a_mistake() {
    let mut scenario = by_hand(5, 10, 1, 2.0);
    scenario.slo.classes.insert("chatt".to_owned(), tokendrome::metrics::Objectives::default());
    let error = scenario.resolve().unwrap_err();
    assert_eq!(error.path, "slo.classes.chatt");
}

#[test]
fn round_robin_takes_each_replica_in_turn() {
    let cluster =
        ClusterSpec { replicas: 3, router: RouterSpec::RoundRobin, ..ClusterSpec::default() };
    let (output, rows) = run(&Scenario { cluster, ..by_hand(10, 100, 3, 50.0) }).unwrap();
    assert!(rows.iter().all(|row| row.replica.unwrap().0 == row.index % 3));
    let served: Vec<u64> = output.report.summary.replicas.iter().map(|r| r.requests).collect();
    assert_eq!(served, [4, 3, 3]);
}

#[test]
fn a_shared_queue_holds_back_what_finds_no_place() {
    let cluster =
        ClusterSpec { replicas: 2, router: RouterSpec::SharedQueue, ..ClusterSpec::default() };
    let scenario = with_vllm(by_hand(5, 100, 1, 1e6), |spec| spec.max_num_seqs = Some(1));
    let (_, rows) = run(&Scenario { cluster, ..scenario }).unwrap();
    let replicas: Vec<u32> = rows.iter().map(|row| row.replica.unwrap().0).collect();
    // All are there when the first iteration ends.
    assert_eq!(replicas, [0, 1, 0, 1, 0]);
    assert!((ms(rows[4].e2e()) - 21.0).abs() < 0.01);
}

#[test]
fn a_shared_queue_spreads_what_finds_places_everywhere() {
    let cluster =
        ClusterSpec { replicas: 3, router: RouterSpec::SharedQueue, ..ClusterSpec::default() };
    let (output, _) = run(&Scenario { cluster, ..by_hand(300, 100, 50, 40.0) }).unwrap();
    let served: Vec<u64> = output.report.summary.replicas.iter().map(|r| r.requests).collect();
    assert!(served.iter().all(|&requests| requests.abs_diff(100) < 25), "{served:?}");
}

#[test]
fn who_waits_at_the_end_is_counted() {
    // One place, 7 ms a request: at 10 ms the first has ended and the second runs.
    for router in [RouterSpec::RoundRobin, RouterSpec::SharedQueue] {
        let cluster = ClusterSpec { replicas: 1, router, ..ClusterSpec::default() };
        let scenario = with_vllm(by_hand(5, 100, 1, 1e6), |spec| spec.max_num_seqs = Some(1));
        let mut scenario = Scenario { cluster, ..scenario };
        let waiting = |of: &Scenario| run(of).unwrap().0.report.summary.queue.waiting_end;
        assert_eq!(waiting(&scenario), 0);
        scenario.simulation.max_time_s = Some(0.010);
        assert_eq!(waiting(&scenario), 3);
    }
}

#[test]
fn an_overload_is_mentioned() {
    let told = |rate_per_s| {
        let scenario = with_vllm(by_hand(400, 100, 50, rate_per_s), |spec| {
            spec.max_num_seqs = Some(4);
        });
        let notices = run(&scenario).unwrap().0.report.notices;
        notices.iter().any(|notice| notice.contains("load exceeds"))
    };
    // Four places, about 260 ms a request: some 15 a second.
    assert_eq!([5.0, 100.0].map(told), [false, true]);
}

#[test]
fn stages_of_a_pipeline_work_at_the_same_time() {
    let mut scenario = crate::scenarios::default();
    scenario.workload = by_hand(64, 2_000, 2, 1e6).workload;
    let (whole, _) = run(&scenario).unwrap();
    scenario.parallelism.pipeline_parallel_size = 2;
    let (staged, rows) = run(&scenario).unwrap();
    assert!(rows.iter().all(|row| row.output_tokens == 2));
    // Prompts, so that work counts. Two batches in flight: more throughput than of one
    // accelerator, less than twice as much.
    let rate = |o: &tokendrome::Output| o.report.summary.throughput.output_tokens_per_s;
    let gain = rate(&staged) / rate(&whole);
    assert!((1.0..2.0).contains(&gain), "{gain}");
    assert!(staged.report.summary.utilisation.busy <= 1.0);
}
