//! Queueing theory: with one token in, one token out and a batch of one, a replica is a server.

use statrs::distribution::{ContinuousCDF, StudentsT};
use tokendrome::steptime::{AffineSpec, Law, StepTimeSpec};
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{ClusterSpec, RouterSpec, Scenario, WorkloadSpec, simulate};

use crate::scenarios::{default, with_vllm};

/// Mean service time.
const SERVICE_S: f64 = 0.01;
const REPLICATIONS: u64 = 30;

fn station(servers: u32, rho: f64, law: Law) -> Scenario {
    let one = || Some(LengthsSpec::Fixed { tokens: 1 });
    let rate_per_s = rho * f64::from(servers) / SERVICE_S;
    // Busy stations forget slowly: a longer warm-up and a longer run.
    let scale = 1.0 / ((1.0 - rho) * (1.0 - rho));
    let warm_up_s = 40.0 * SERVICE_S * scale;
    let mut scenario = with_vllm(default(), |spec| {
        spec.max_num_seqs = Some(1);
        spec.async_scheduling = Some(false);
    });
    scenario.step_time = StepTimeSpec::Affine(AffineSpec::new(1e3 * SERVICE_S, 0.0, law));
    scenario.workload = WorkloadSpec {
        duration_s: Some(warm_up_s + 400.0 * SERVICE_S * scale),
        arrivals: Some(ArrivalsSpec::Poisson { rate_per_s }),
        input_tokens: one(),
        output_tokens: one(),
        ..WorkloadSpec::default()
    };
    scenario.cluster = ClusterSpec {
        replicas: servers,
        router: RouterSpec::SharedQueue,
        ..ClusterSpec::default()
    };
    scenario.simulation.warm_up_s = warm_up_s;
    scenario
}

/// Mean time in the system, in seconds, and the half-width of its 99 % interval over replications.
fn simulated(scenario: &Scenario) -> (f64, f64) {
    let means: Vec<f64> = (0..REPLICATIONS)
        .map(|seed| {
            let mut scenario = scenario.clone();
            scenario.simulation.seed = seed;
            let report = simulate(&scenario, None, &mut []).unwrap().report;
            report.summary.latency.e2e_ms.unwrap().mean / 1e3
        })
        .collect();
    let n = REPLICATIONS as f64;
    let mean = means.iter().sum::<f64>() / n;
    let variance = means.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>() / (n - 1.0);
    let quantile = StudentsT::new(0.0, 1.0, n - 1.0).unwrap().inverse_cdf(0.995);
    (mean, quantile * (variance / n).sqrt())
}

/// Probability that all `servers` servers are busy (Erlang C), at utilisation `rho`.
fn erlang_c(servers: u32, rho: f64) -> f64 {
    let load = rho * f64::from(servers);
    // Erlang B by its recursion, then C from B.
    let b = (1..=servers).fold(1.0, |b, n| load * b / (f64::from(n) + load * b));
    b / (1.0 - rho * (1.0 - b))
}

fn check(name: &str, servers: u32, law: Law, theory_s: impl Fn(f64) -> f64) {
    for rho in [0.3, 0.6, 0.9] {
        let (mean, half_width) = simulated(&station(servers, rho, law));
        let expected = theory_s(rho);
        assert!(half_width < 0.1 * expected, "{name} at {rho}: interval of {half_width} too wide");
        assert!(
            (mean - expected).abs() <= half_width,
            "{name} at {rho}: {mean} +- {half_width} s, theory says {expected} s"
        );
    }
}

#[test]
fn one_exponential_server() {
    check("M/M/1", 1, Law::Exponential, |rho| SERVICE_S / (1.0 - rho));
}

#[test]
fn one_constant_server() {
    check("M/D/1", 1, Law::Deterministic, |rho| SERVICE_S * (1.0 + rho / (2.0 * (1.0 - rho))));
}

#[test]
fn several_exponential_servers_before_one_queue() {
    check("M/M/4", 4, Law::Exponential, |rho| {
        SERVICE_S * (1.0 + erlang_c(4, rho) / (4.0 * (1.0 - rho)))
    });
}
