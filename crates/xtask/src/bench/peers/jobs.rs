//! The jobs.

use std::fmt::{self, Display};

/// Name of the file that the jobs of a trace replay.
pub(super) const TRACE: &str = "trace.jsonl";
/// Requests of these jobs.
pub(super) const TRACE_REQUESTS: u64 = 100_000;

/// A job that takes seconds, or minutes if it is long.
pub(super) struct Job {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// Requests of all trials together.
    pub(super) requests: u64,
    /// Requests a second, where a peer can do it.
    pub(super) peer_rate: Option<f64>,
    /// What the scenario says beyond the common job.
    pub(super) sections: Sections,
    /// Further arguments.
    pub(super) args: &'static [&'static str],
    /// Runs in each round.
    pub(super) repeats: usize,
    /// Only when asked for.
    pub(super) is_long: bool,
}

/// The load of a scenario.
#[derive(Clone, Copy)]
pub(super) enum Sections {
    /// The common job at this rate.
    Common(f64),
    /// The common job at this rate with so many KV blocks.
    Blocks(f64, u64),
    /// Prompts of 1,000 tokens and answers of 200, at this rate.
    Fixed(f64),
    /// So many users, each of whom gets 100,000 tokens for a short prompt, again and again.
    Decode(u32),
    /// A trace on eight replicas at this rate. With Mooncake's conversations the report says 80 %
    /// busy at 3.2 a second; beyond 11 a second they cannot follow.
    Trace(f64),
}

/// How our program is configured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The engine's defaults: prefix caching and asynchronous scheduling.
    Defaults,
    /// Without asynchronous scheduling, as the peer.
    Synchronous,
}

impl Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Defaults => "tokendrome",
            Self::Synchronous => "tokendrome, sync",
        })
    }
}

impl Job {
    /// Whether it replays the trace that the user has to name.
    pub(super) fn needs_trace(&self) -> bool {
        matches!(self.sections, Sections::Trace(_))
    }

    /// The ways in which our program does it: both where a peer stands beside it.
    pub(super) fn modes(&self) -> Vec<Mode> {
        match self.peer_rate {
            Some(_) => vec![Mode::Defaults, Mode::Synchronous],
            None => vec![Mode::Defaults],
        }
    }
}

/// All jobs, in the order of the table.
pub(super) fn all() -> Vec<Job> {
    let own = |name, about, requests, sections| Job {
        name,
        about,
        requests,
        peer_rate: None,
        sections,
        args: &[],
        repeats: 1,
        is_long: false,
    };
    let common = |name, about, requests, rate| Job {
        peer_rate: Some(rate),
        ..own(name, about, requests, Sections::Common(rate))
    };
    let fixed = |name, about, requests| Job {
        peer_rate: Some(8.0),
        ..own(name, about, requests, Sections::Fixed(8.0))
    };
    let trials =
        |name, about, args| Job { args, ..own(name, about, 10_000_000, Sections::Common(12.0)) };
    vec![
        common("10k@8", "the common job: 10,000 requests at 8 a second", 10_000, 8.0),
        common("100k@12", "100,000 requests at 12 a second", 100_000, 12.0),
        common("100k@20", "100,000 requests at 20 a second", 100_000, 20.0),
        common("100k@24", "100,000 requests at 24 a second", 100_000, 24.0),
        common("1m@20", "a million requests at 20 a second (peers: with --long)", 1_000_000, 20.0),
        fixed("10k-fixed@8", "10,000 requests at 8 a second, 1,000 and 200 tokens each", 10_000),
        fixed("100k-fixed@8", "the same with 100,000 requests", 100_000),
        Job {
            is_long: true,
            ..own("10m@20", "ten million, figures only", 10_000_000, Sections::Common(20.0))
        },
        Job {
            repeats: 20,
            ..own("start-up", "one request, 20 times a round", 1, Sections::Common(8.0))
        },
        own(
            "kv-pressure",
            "100,000 requests at 8 a second with 1,500 KV blocks",
            100_000,
            Sections::Blocks(8.0, 1_500),
        ),
        own("decode-8", "a million iterations of 8 decodes", 80, Sections::Decode(8)),
        own("decode-256", "a million iterations of 256 decodes", 2_560, Sections::Decode(256)),
        trials("trials-1", "10,000 trials of 1,000 requests on one thread", &["--threads", "1"]),
        trials("trials-2", "the same on two threads", &["--threads", "2"]),
        own(
            "trace@3.2",
            "a trace (--trace) repeated to 100,000 requests, 8 replicas, 80 % busy",
            TRACE_REQUESTS,
            Sections::Trace(3.2),
        ),
        own(
            "trace@9",
            "the same at 80 % of the rate that the replicas can follow",
            TRACE_REQUESTS,
            Sections::Trace(9.0),
        ),
    ]
}
