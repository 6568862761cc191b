//! The systems that theory knows, as scenarios.

use tokendrome::steptime::{ConstantSpec, Law, StepTimeSpec};
use tokendrome::workload::{ArrivalsSpec, LengthsSpec};
use tokendrome::{
    ClusterSpec, RouterSpec, Scenario, SchedulerSpec, SimulationSpec, SlotsSpec, WorkloadSpec,
};

use super::theory::{Expected, Lengths, Service, many_servers, relaxation_s, single_server};

/// Mean service time of most cases, in milliseconds.
const SERVICE_MS: f64 = 10.0;
/// Relaxation times that are left out at the beginning: what is left of the empty start is then
/// below `exp(-10)`, 0.005 %, of what it was.
const WARM_UP_RELAXATIONS: f64 = 10.0;
/// Requests that are measured in a replication at a load of 0: the busier the queue, the longer
/// its means take to settle.
const REQUESTS: f64 = 4_000.0;

/// How much is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// As documented.
    Full,
    /// A quarter of the requests after the warm-up.
    Quick,
}

/// A system with a theory.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// A name for commands: `mm1-0.8`.
    pub name: &'static str,
    /// Its name in the books, with what is particular to it.
    pub title: String,
    /// Share of the time in which a server is busy.
    pub load: f64,
    /// The scenario of its replications.
    pub scenario: Scenario,
    /// What theory says.
    pub expected: Expected,
}

/// All cases, with random numbers of `seed`.
#[must_use]
pub fn cases(seed: u64, size: Size) -> Vec<Case> {
    let of =
        |&(name, load, system): &(&'static str, f64, System)| system.case(name, load, seed, size);
    ALL.iter().map(of).collect()
}

use System::{Erlang, Fixed, Geometric, Lognormal, Markov, Mixture};

const ALL: [(&str, f64, System); 26] = [
    ("mm1-0.1", 0.1, Markov(1)),
    ("mm1-0.3", 0.3, Markov(1)),
    ("mm1-0.5", 0.5, Markov(1)),
    ("mm1-0.7", 0.7, Markov(1)),
    ("mm1-0.8", 0.8, Markov(1)),
    ("mm1-0.9", 0.9, Markov(1)),
    ("mm1-0.95", 0.95, Markov(1)),
    ("mm2-0.5", 0.5, Markov(2)),
    ("mm2-0.8", 0.8, Markov(2)),
    ("mm2-0.9", 0.9, Markov(2)),
    ("mm4-0.5", 0.5, Markov(4)),
    ("mm4-0.8", 0.8, Markov(4)),
    ("mm4-0.9", 0.9, Markov(4)),
    ("mm8-0.5", 0.5, Markov(8)),
    ("mm8-0.8", 0.8, Markov(8)),
    ("mm8-0.9", 0.9, Markov(8)),
    ("md1-0.5", 0.5, Fixed),
    ("md1-0.8", 0.8, Fixed),
    ("md1-0.9", 0.9, Fixed),
    ("me4-0.8", 0.8, Erlang),
    ("mg1-mixture-0.5", 0.5, Mixture),
    ("mg1-mixture-0.8", 0.8, Mixture),
    ("mg1-geometric-0.5", 0.5, Geometric),
    ("mg1-geometric-0.8", 0.8, Geometric),
    ("mg1-lognormal-0.5", 0.5, Lognormal),
    ("mg1-lognormal-0.8", 0.8, Lognormal),
];

/// What serves.
#[derive(Debug, Clone, Copy)]
enum System {
    /// So many servers with exponential times.
    Markov(u32),
    /// One with a fixed time.
    Fixed,
    /// One with four exponential phases: tokens of exponential steps.
    Erlang,
    /// One whose time is a millisecond for every token: 5 or 50 of them.
    Mixture,
    /// The same with geometric lengths.
    Geometric,
    /// The same with lognormal lengths.
    Lognormal,
}

/// How a system is simulated.
struct Server {
    title: &'static str,
    service: Service,
    law: Law,
    /// Of an iteration.
    step_ms: f64,
    output_tokens: LengthsSpec,
}

impl System {
    fn server(self) -> Server {
        const PHASES: u32 = 4;
        const TOKEN_MS: f64 = 1.0;
        let tokens = |title, output_tokens, lengths| Server {
            title,
            service: Service::of_tokens(lengths, TOKEN_MS / 1e3),
            law: Law::Deterministic,
            step_ms: TOKEN_MS,
            output_tokens,
        };
        let steps = |title, service, law, tokens| Server {
            title,
            service,
            law,
            step_ms: SERVICE_MS / f64::from(tokens),
            output_tokens: LengthsSpec::Fixed { tokens },
        };
        let service_s = SERVICE_MS / 1e3;
        match self {
            Self::Markov(_) => steps("M/M/1", Service::exponential(service_s), Law::Exponential, 1),
            Self::Fixed => steps("M/D/1", Service::fixed(service_s), Law::Deterministic, 1),
            Self::Erlang => {
                let service = Service::erlang(PHASES, service_s / f64::from(PHASES));
                steps("M/G/1, Erlang of 4 phases", service, Law::Exponential, PHASES)
            }
            Self::Mixture => {
                let (values, weights) = (vec![5, 50], vec![8.0, 1.0]);
                let lengths = Lengths::mixture(&values, &weights);
                let spec = LengthsSpec::Mixture { values, weights };
                tokens("M/G/1, one of two lengths", spec, lengths)
            }
            Self::Geometric => {
                let spec = LengthsSpec::Geometric { p: 0.1, max: None };
                tokens("M/G/1, geometric lengths", spec, Lengths::geometric(0.1))
            }
            Self::Lognormal => {
                let (mu, sigma, max) = (1.7, 1.0, 200);
                let lengths = Lengths::lognormal(mu, sigma, max);
                let spec = LengthsSpec::lognormal(mu, sigma, 1, Some(max));
                tokens("M/G/1, lognormal lengths", spec, lengths)
            }
        }
    }

    fn servers(self) -> u32 {
        if let Self::Markov(servers) = self { servers } else { 1 }
    }

    fn case(self, name: &'static str, load: f64, seed: u64, size: Size) -> Case {
        let (server, servers) = (self.server(), self.servers());
        let rate_per_s = load * f64::from(servers) / server.service.mean_s;
        let expected = match servers {
            1 => single_server(rate_per_s, server.service),
            _ => many_servers(rate_per_s, server.service.mean_s, servers),
        };
        let title = match servers {
            1 => server.title.to_owned(),
            _ => format!("M/M/{servers}"),
        };
        let warm_up_s = WARM_UP_RELAXATIONS * relaxation_s(load, server.service, servers);
        // To a millisecond, so that it reads well.
        let warm_up_s = libm::ceil(warm_up_s * 1e3) / 1e3;
        let share = if size == Size::Quick { 0.25 } else { 1.0 };
        let requests = rate_per_s * warm_up_s + share * REQUESTS / (1.0 - load);
        Case {
            name,
            title,
            load,
            scenario: scenario(&server, servers, rate_per_s, requests as u32, warm_up_s, seed),
            expected,
        }
    }
}

fn scenario(
    server: &Server,
    servers: u32,
    rate_per_s: f64,
    requests: u32,
    warm_up_s: f64,
    seed: u64,
) -> Scenario {
    let slots = SlotsSpec { max_batch_size: 1, ..SlotsSpec::default() };
    let router = if servers > 1 { RouterSpec::SharedQueue } else { RouterSpec::RoundRobin };
    Scenario {
        disaggregation: None,
        model: None,
        hardware: None,
        parallelism: Default::default(),
        scheduler: SchedulerSpec::InFlight(slots),
        step_time: StepTimeSpec::Constant(ConstantSpec {
            step_ms: server.step_ms,
            law: server.law,
        }),
        workload: WorkloadSpec {
            requests: Some(requests),
            arrivals: Some(ArrivalsSpec::Poisson { rate_per_s }),
            input_tokens: Some(LengthsSpec::Fixed { tokens: 1 }),
            output_tokens: Some(server.output_tokens.clone()),
            ..WorkloadSpec::default()
        },
        cluster: ClusterSpec { replicas: servers, router, ..ClusterSpec::default() },
        slo: Default::default(),
        simulation: SimulationSpec { seed, warm_up_s, ..SimulationSpec::default() },
    }
}
