//! Which figures are compared in the table; all others are in the JSON.

/// A figure: its name in a report, what it is called, how it is written.
pub(super) type Row = (&'static str, &'static str, As);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum As {
    /// In the unit that its name says.
    Is,
    /// A share, as a percentage.
    Share,
    /// Left out where no scenario had any.
    IfAny,
    /// Both.
    ShareIfAny,
}

/// Two scenarios beside each other.
pub(super) const FULL: &[(&str, &[Row])] = &[
    (
        "Requests",
        &[
            ("requests.completed", "completed", As::Is),
            ("requests.rejected", "rejected", As::IfAny),
            ("requests.unfinished", "unfinished", As::IfAny),
            ("duration_s", "simulated", As::Is),
        ],
    ),
    (
        "Latency",
        &[
            ("latency.ttft_ms.mean", "TTFT mean", As::Is),
            ("latency.ttft_ms.p50", "TTFT p50", As::Is),
            ("latency.ttft_ms.p99", "TTFT p99", As::Is),
            ("latency.tpot_ms.mean", "TPOT mean", As::Is),
            ("latency.tpot_ms.p99", "TPOT p99", As::Is),
            ("itl_ms.p99", "ITL p99", As::Is),
            ("latency.e2e_ms.mean", "E2E mean", As::Is),
            ("latency.e2e_ms.p50", "E2E p50", As::Is),
            ("latency.e2e_ms.p99", "E2E p99", As::Is),
            ("latency.queue_ms.mean", "queue mean", As::Is),
        ],
    ),
    (
        "Throughput",
        &[
            ("throughput.requests_per_s", "requests", As::Is),
            ("throughput.output_tokens_per_s", "output tokens", As::Is),
            ("slo.attainment", "SLO attained", As::Share),
            ("slo.goodput_per_s", "goodput", As::Is),
        ],
    ),
    (
        "Utilisation",
        &[
            ("utilisation.busy", "busy", As::Share),
            ("utilisation.kv_mean", "KV cache mean", As::ShareIfAny),
            ("utilisation.kv_peak", "KV cache peak", As::ShareIfAny),
        ],
    ),
    (
        "Queue",
        &[
            ("queue.waiting_mean", "waiting mean", As::Is),
            ("queue.waiting_max", "waiting max", As::Is),
            ("queue.waiting_end", "waiting at end", As::IfAny),
            ("queue.running_mean", "running mean", As::Is),
            ("queue.preemptions", "preempted", As::IfAny),
        ],
    ),
];

/// Three scenarios or more, one below the other.
pub(super) const SHORT: &[Row] = &[
    ("requests.completed", "completed", As::Is),
    ("requests.unfinished", "unfinished", As::IfAny),
    ("latency.ttft_ms.mean", "TTFT mean", As::Is),
    ("latency.ttft_ms.p99", "TTFT p99", As::Is),
    ("latency.tpot_ms.mean", "TPOT mean", As::Is),
    ("latency.e2e_ms.mean", "E2E mean", As::Is),
    ("latency.e2e_ms.p99", "E2E p99", As::Is),
    ("throughput.requests_per_s", "requests", As::Is),
    ("throughput.output_tokens_per_s", "output tokens", As::Is),
    ("slo.attainment", "SLO attained", As::Share),
    ("utilisation.busy", "busy", As::Share),
    ("queue.waiting_mean", "waiting mean", As::Is),
    ("queue.waiting_end", "waiting at end", As::IfAny),
];

/// One scenario, cut at two times.
pub(super) const LENGTHS: &[(&str, &[Row])] = &[
    (
        "Queue",
        &[
            ("queue.waiting_end", "size at end", As::Is),
            ("queue.waiting_mean", "size mean", As::Is),
            ("queue.waiting_max", "size max", As::Is),
        ],
    ),
    (
        "Latency",
        &[
            ("latency.ttft_ms.mean", "TTFT mean", As::Is),
            ("latency.ttft_ms.p99", "TTFT p99", As::Is),
            ("latency.e2e_ms.mean", "E2E mean", As::Is),
            ("latency.e2e_ms.p99", "E2E p99", As::Is),
        ],
    ),
    (
        "Requests",
        &[
            ("requests.total", "arrived", As::Is),
            ("requests.completed", "completed", As::Is),
            ("requests.unfinished", "unfinished", As::Is),
            ("throughput.requests_per_s", "requests", As::Is),
            ("throughput.output_tokens_per_s", "output tokens", As::Is),
            ("utilisation.busy", "busy", As::Share),
        ],
    ),
];
