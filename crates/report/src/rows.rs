//! Which figures the tables of trials, comparisons and sweeps show; all others are in the files.

/// A figure: its name in a report, what it is called, how it is written.
pub(crate) type Row = (&'static str, &'static str, As);

/// Rows under a title.
pub(crate) type Group = (&'static str, &'static [Row]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    /// In the unit that its name says.
    Is,
    /// A share, as a percentage.
    Share,
    /// Left out where there was none.
    IfAny,
    /// Both.
    ShareIfAny,
}

impl As {
    pub(crate) fn is_share(self) -> bool {
        matches!(self, Self::Share | Self::ShareIfAny)
    }

    /// Whether a row is left out where all is 0.
    pub(crate) fn needs_any(self) -> bool {
        matches!(self, Self::IfAny | Self::ShareIfAny)
    }
}

const COMPLETED: Row = ("requests.completed", "completed", As::Is);
const REJECTED: Row = ("requests.rejected", "rejected", As::IfAny);
const UNFINISHED: Row = ("requests.unfinished", "unfinished", As::IfAny);

pub(crate) const TTFT_MEAN: Row = ("latency.ttft_ms.mean", "TTFT mean", As::Is);
const TTFT_P50: Row = ("latency.ttft_ms.p50", "TTFT p50", As::Is);
const TTFT_P99: Row = ("latency.ttft_ms.p99", "TTFT p99", As::Is);
pub(crate) const TPOT_MEAN: Row = ("latency.tpot_ms.mean", "TPOT mean", As::Is);
const TPOT_P99: Row = ("latency.tpot_ms.p99", "TPOT p99", As::Is);
const ITL_P99: Row = ("itl_ms.p99", "ITL p99", As::Is);
const E2E_MEAN: Row = ("latency.e2e_ms.mean", "E2E mean", As::Is);
const E2E_P50: Row = ("latency.e2e_ms.p50", "E2E p50", As::Is);
pub(crate) const E2E_P95: Row = ("latency.e2e_ms.p95", "E2E p95", As::Is);
const E2E_P99: Row = ("latency.e2e_ms.p99", "E2E p99", As::Is);
const QUEUE_MEAN: Row = ("latency.queue_ms.mean", "queue mean", As::Is);

pub(crate) const REQUESTS: Row = ("throughput.requests_per_s", "requests", As::Is);
const OUTPUT_TOKENS: Row = ("throughput.output_tokens_per_s", "output tokens", As::Is);
/// Of no meaning where prompts are counted in steps.
pub(crate) const ALL_TOKENS: Row = ("throughput.total_tokens_per_s", "all tokens", As::Is);
const ATTAINED: Row = ("slo.attainment", "SLO attained", As::Share);
const GOODPUT: Row = ("slo.goodput_per_s", "goodput", As::Is);

const BUSY: Row = ("utilisation.busy", "busy", As::Share);
const KV_MEAN: Row = ("utilisation.kv_mean", "KV cache mean", As::ShareIfAny);
const KV_P99: Row = ("utilisation.kv_p99", "KV cache p99", As::ShareIfAny);
const KV_PEAK: Row = ("utilisation.kv_peak", "KV cache peak", As::ShareIfAny);

const WAITING_MEAN: Row = ("queue.waiting_mean", "waiting mean", As::Is);
const WAITING_MAX: Row = ("queue.waiting_max", "waiting max", As::Is);
const WAITING_END: Row = ("queue.waiting_end", "waiting at end", As::IfAny);
const RUNNING_MEAN: Row = ("queue.running_mean", "running mean", As::Is);
const PREEMPTED: Row = ("queue.preemptions", "preempted", As::IfAny);

/// The trials of one scenario.
pub(crate) const TRIALS: &[Group] = &[
    ("Requests", &[COMPLETED, REJECTED, UNFINISHED, ("measured_s", "measured", As::Is)]),
    (
        "Latency",
        &[
            TTFT_MEAN,
            TTFT_P50,
            ("latency.ttft_ms.p90", "TTFT p90", As::Is),
            TTFT_P99,
            TPOT_MEAN,
            ("latency.tpot_ms.p50", "TPOT p50", As::Is),
            TPOT_P99,
            ("itl_ms.mean", "ITL mean", As::Is),
            ("itl_ms.p50", "ITL p50", As::Is),
            ITL_P99,
            E2E_MEAN,
            E2E_P50,
            E2E_P99,
            QUEUE_MEAN,
        ],
    ),
    ("Throughput", &[REQUESTS, OUTPUT_TOKENS, ALL_TOKENS, ATTAINED, GOODPUT]),
    (
        "Utilisation",
        &[
            BUSY,
            ("utilisation.compute", "compute (MFU)", As::Share),
            ("utilisation.bandwidth", "bandwidth (MBU)", As::Share),
            KV_MEAN,
            KV_P99,
            KV_PEAK,
            ("prefix_cache.hit_rate", "prefix hits", As::ShareIfAny),
        ],
    ),
    ("Queue", &[WAITING_MEAN, RUNNING_MEAN, PREEMPTED]),
];

/// Two scenarios beside each other.
pub(crate) const FULL: &[Group] = &[
    ("Requests", &[COMPLETED, REJECTED, UNFINISHED, ("duration_s", "simulated", As::Is)]),
    (
        "Latency",
        &[
            TTFT_MEAN, TTFT_P50, TTFT_P99, TPOT_MEAN, TPOT_P99, ITL_P99, E2E_MEAN, E2E_P50,
            E2E_P99, QUEUE_MEAN,
        ],
    ),
    ("Throughput", &[REQUESTS, OUTPUT_TOKENS, ATTAINED, GOODPUT]),
    ("Utilisation", &[BUSY, KV_MEAN, KV_PEAK]),
    ("Queue", &[WAITING_MEAN, WAITING_MAX, WAITING_END, RUNNING_MEAN, PREEMPTED]),
];

/// Three scenarios or more, one below the other.
pub(crate) const SHORT: &[Row] = &[
    COMPLETED,
    UNFINISHED,
    TTFT_MEAN,
    TTFT_P99,
    TPOT_MEAN,
    E2E_MEAN,
    E2E_P99,
    REQUESTS,
    OUTPUT_TOKENS,
    ATTAINED,
    BUSY,
    WAITING_MEAN,
    WAITING_END,
];

/// One scenario, cut at two times.
pub(crate) const LENGTHS: &[Group] = &[
    (
        "Queue",
        &[
            ("queue.waiting_end", "size at end", As::Is),
            ("queue.waiting_mean", "size mean", As::Is),
            ("queue.waiting_max", "size max", As::Is),
        ],
    ),
    ("Latency", &[TTFT_MEAN, TTFT_P99, E2E_MEAN, E2E_P99]),
    (
        "Requests",
        &[
            ("requests.total", "arrived", As::Is),
            COMPLETED,
            ("requests.unfinished", "unfinished", As::Is),
            REQUESTS,
            OUTPUT_TOKENS,
            BUSY,
        ],
    ),
];

/// The points of a sweep: columns of its table, panels of its plot.
pub(crate) const SWEEP: [Row; 4] = [TTFT_MEAN, TPOT_MEAN, E2E_P95, REQUESTS];
