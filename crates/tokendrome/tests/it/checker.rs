//! An observer that knows what must always hold.

use std::collections::BTreeMap;

use tokendrome::Output;
use tokendrome::metrics::{Arrival, Iteration, Observer, RequestRecord, Status};
use tokendrome::units::{ReplicaId, SimTime};

/// Checks conservation, causality, the clock, the token budget and the KV blocks of one run.
#[derive(Default)]
pub(crate) struct Checker {
    clock: SimTime,
    /// Arrival of each request that has not ended.
    live: BTreeMap<u32, SimTime>,
    arrived: u64,
    ended: u64,
    tokens: u64,
    completed: u64,
    /// By replica: number and end of its last iteration, and what it held then.
    last: BTreeMap<u32, Iteration>,
    iterations: u64,
    preempted: u64,
    /// When a replica did nothing: (replica, from, to).
    pauses: Vec<(ReplicaId, SimTime, SimTime)>,
    served: Vec<RequestRecord>,
    /// Whether a replica may never pause while it has requests.
    never_rests: bool,
    /// Whether several iterations of a replica may run at once.
    overlaps: bool,
    /// Whether the last two tokens of a request may come at once.
    ends_in_pairs: bool,
}

impl Checker {
    /// `never_rests`: a replica may not pause with work at hand. The asynchronous loop does, when
    /// all its requests only wait for their last token; so does a batch that waits for others.
    /// `overlaps`: it has several stages or executors.
    pub(crate) fn new(never_rests: bool, overlaps: bool) -> Self {
        Self { never_rests, overlaps, ..Self::default() }
    }

    /// The last two tokens of a request may come at once: those of TensorRT-LLM's simulation mode,
    /// whose host computes nothing between them.
    pub(crate) fn ending_in_pairs(self, ends_in_pairs: bool) -> Self {
        Self { ends_in_pairs, ..self }
    }

    fn at(&mut self, now: SimTime) {
        assert!(now >= self.clock, "the clock went back from {} to {now}", self.clock);
        self.clock = now;
    }

    /// The report agrees with what was seen, and no replica paused with work at hand.
    pub(crate) fn finish(&self, output: &Output) {
        for (replica, from, to) in self.pauses.iter().filter(|_| self.never_rests) {
            let idle = self.served.iter().find(|record| {
                record.replica == Some(*replica)
                    && record.arrival <= *from
                    && record.end.is_some_and(|end| end > *from)
            });
            assert_eq!(idle, None, "{replica} paused from {from} to {to} with work at hand");
        }
        assert!(self.live.is_empty(), "requests never ended: {:?}", self.live);
        assert_eq!(self.arrived, self.ended);
        let summary = &output.report.summary;
        let reported = summary.throughput.output_tokens_per_s * summary.measured_s;
        if summary.measured_s == summary.duration_s {
            assert!((reported - self.tokens as f64).abs() < 0.5, "{reported} of {}", self.tokens);
        }
        for share in [summary.utilisation.busy, summary.utilisation.kv_mean] {
            assert!((0.0..=1.0 + 1e-12).contains(&share), "{:?}", summary.utilisation);
        }
        let counts = &summary.requests;
        assert_eq!(counts.total, self.arrived);
        assert_eq!(counts.completed, self.completed);
        assert_eq!(counts.completed + counts.rejected + counts.unfinished, counts.total);
        let iterations: u64 = summary.replicas.iter().map(|replica| replica.iterations).sum();
        assert_eq!(iterations, self.iterations);
        let preemptions: u64 = summary.replicas.iter().map(|replica| replica.preemptions).sum();
        assert!(self.preempted <= preemptions, "{} of {preemptions}", self.preempted);
        // Whoever is preempted while its last token is in flight may end without another iteration
        // that could tell of it.
        assert!(counts.unfinished > 0 || preemptions - self.preempted <= counts.completed);
    }
}

impl Observer for Checker {
    fn sees_iterations(&self) -> bool {
        true
    }

    fn arrival(&mut self, &Arrival { index, now, .. }: &Arrival) {
        self.at(now);
        self.arrived += 1;
        assert_eq!(self.live.insert(index, now), None, "request {index} arrived twice");
    }

    fn iteration(&mut self, now: &Iteration) {
        self.at(now.delivered);
        self.iterations += 1;
        self.preempted += u64::from(now.preempted);
        assert!(now.start <= now.end && now.end <= now.delivered);
        assert!(now.kv_blocks <= now.kv_blocks_total, "blocks out of nowhere: {now:?}");
        let tokens = now.prefill_tokens + u64::from(now.decodes);
        assert!(tokens > 0, "an iteration computed nothing: {now:?}");
        assert!(now.token_budget.is_none_or(|budget| tokens <= budget), "over budget: {now:?}");
        if let Some(last) = self.last.insert(now.replica.0, *now) {
            assert_eq!(last.number + 1, now.number);
            assert!(last.end <= now.end && last.delivered <= now.delivered);
            if !self.overlaps {
                assert!(last.end <= now.start, "two iterations at once: {last:?}, {now:?}");
            }
            if now.start > last.end {
                self.pauses.push((now.replica, last.end, now.start));
            }
        }
    }

    fn request(&mut self, record: &RequestRecord) {
        let arrival = self.live.remove(&record.index);
        assert_eq!(arrival, Some(record.arrival), "request {} ended twice", record.index);
        self.ended += 1;
        self.tokens += u64::from(record.output_tokens);
        assert!(record.first_scheduled.is_none_or(|first| first >= record.arrival));
        match &record.status {
            Status::Completed => {
                self.completed += 1;
                self.served.push(record.clone());
                let first = record.first_scheduled.unwrap();
                let prefilled = record.prefill_end.unwrap();
                let end = record.end.unwrap();
                assert!(first <= prefilled && prefilled <= end);
                assert_eq!(end, self.clock, "a request ended at another time than now");
                assert!(record.cached_tokens < record.prompt_tokens);
                match record.first_token {
                    Some(token) => {
                        assert!(prefilled <= token && token <= end);
                        let is_pair = self.ends_in_pairs && record.output_tokens == 2;
                        assert!(is_pair || (record.output_tokens == 1) == (token == end));
                    }
                    None => assert_eq!((record.output_tokens, prefilled), (0, end)),
                }
            }
            Status::Rejected(_) => {
                assert_eq!((record.output_tokens, record.first_token), (0, None));
            }
            Status::Unfinished => assert_eq!(record.end, None),
        }
    }
}
