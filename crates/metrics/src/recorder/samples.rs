//! Latencies of requests, as distributions.

use super::RecorderSpec;
use crate::totals::{Latencies, Latency};
use crate::{Attainment, Distribution, RequestRecord, Sample};

/// The distributions of all requests, or of those of one class.
#[derive(Clone)]
pub(super) struct Samples {
    pub(super) ttft: Sample,
    pub(super) tpot: Sample,
    pub(super) tbt: Option<Sample>,
    pub(super) transfer: Option<Sample>,
    pub(super) e2e: Sample,
    pub(super) queue: Sample,
    pub(super) requests: u64,
    pub(super) completed: u64,
    pub(super) slo: Attainment,
}

impl Samples {
    pub(super) fn new(spec: &RecorderSpec) -> Self {
        let exact_max = spec.exact_max;
        Self {
            ttft: Sample::new(exact_max),
            tpot: Sample::new(exact_max),
            tbt: spec.tbt.then(|| Sample::new(exact_max)),
            transfer: spec.transfer.then(|| Sample::new(exact_max)),
            e2e: Sample::new(exact_max),
            queue: Sample::new(exact_max),
            requests: 0,
            completed: 0,
            slo: Attainment::default(),
        }
    }

    /// Adds a request. The times of a completed one are for its [`LatencyBatches`], too.
    pub(super) fn add(&mut self, record: &RequestRecord) -> Option<Latency> {
        self.requests += 1;
        let (Some(e2e), Some(queue)) = (record.e2e(), record.queue_time()) else { return None };
        self.completed += 1;
        self.e2e.add(e2e.as_nanos());
        self.queue.add(queue.as_nanos());
        let ttft = record.ttft();
        if let Some(ttft) = ttft {
            self.ttft.add(ttft.as_nanos());
        }
        if let Some((sample, tbt)) = self.tbt.as_mut().zip(record.tbt_ns()) {
            sample.add(tbt.round() as u64);
        }
        if let Some((sample, time)) = self.transfer.as_mut().zip(record.transfer_time()) {
            sample.add(time.as_nanos());
        }
        let tpot_ns = record.tpot_ns();
        if let Some(tpot) = tpot_ns {
            self.tpot.add(tpot.round() as u64);
        }
        Some(Latency { ttft, tpot_ns, e2e })
    }

    /// The latencies, and the curves of TTFT, TPOT and E2E.
    pub(super) fn latencies(&self, ms_ns: f64) -> (Latencies, [Vec<f64>; 3]) {
        let [ttft, tpot, e2e] =
            [&self.ttft, &self.tpot, &self.e2e].map(|sample| in_ms(sample, ms_ns));
        let in_ms = |sample: &Sample| sample.summary().map(|summary| summary.in_units_of(ms_ns));
        let queue_ms = in_ms(&self.queue);
        let [tbt_ms, transfer_ms] =
            [&self.tbt, &self.transfer].map(|sample| sample.as_ref().and_then(in_ms));
        (
            Latencies {
                ttft_ms: ttft.0,
                tpot_ms: tpot.0,
                tbt_ms,
                e2e_ms: e2e.0,
                queue_ms,
                transfer_ms,
            },
            [ttft.1, tpot.1, e2e.1],
        )
    }
}

/// The summary and the curve of a sample in nanoseconds, in milliseconds of so many of them.
pub(super) fn in_ms(sample: &Sample, ms_ns: f64) -> (Option<Distribution>, Vec<f64>) {
    match sample.summary_and_curve() {
        Some((summary, curve)) => {
            (Some(summary.in_units_of(ms_ns)), curve.iter().map(|ns| ns / ms_ns).collect())
        }
        None => (None, Vec::new()),
    }
}
