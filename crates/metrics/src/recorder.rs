//! Puts what happens into totals, distributions and series, in bounded memory.

mod blocks;
mod samples;

use tokendrome_units::{SimDuration, SimTime};

use crate::Work;
use crate::occupancy::Occupancy;
use crate::totals::{ClassSummary, LatencyBatches, Peaks, RejectionCount, Totals};
use crate::window::Window;
use crate::{Counters, Levels, PlanEffects, RequestRecord, Sample, Series, SloSpec, Status};
use samples::{Samples, in_ms};

/// What a [`Recorder`] is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub struct RecorderSpec {
    /// What a reported millisecond stands for on the clock: one, or a tick in runs that count in
    /// ticks. It is the unit of [`Totals`]: of their latencies, curves and series, and of the
    /// limits in `slo`.
    pub millisecond: SimDuration,
    /// Requests that arrive earlier are not measured.
    pub warm_up: SimDuration,
    /// Requests that arrive later than this before the last arrival are not measured.
    pub cool_down: SimDuration,
    /// Whether [`crate::Latencies::tbt_ms`] is wanted.
    pub tbt: bool,
    /// Whether [`crate::Latencies::transfer_ms`] is wanted.
    pub transfer: bool,
    /// Values of one metric that are kept exactly.
    pub exact_max: usize,
    /// Objectives to count against.
    pub slo: SloSpec,
    /// Names of the classes known beforehand.
    pub classes: Vec<String>,
}

/// Records one run. Times must not decrease from call to call.
#[derive(Clone)]
pub struct Recorder {
    spec: RecorderSpec,
    pub(crate) counters: Counters,
    pub(crate) levels: Levels,
    peak: Peaks,
    pub(crate) window: Window,
    all: Samples,
    classes: Vec<Samples>,
    batches: LatencyBatches,
    pub(crate) itl: Sample,
    prompt_tokens: Sample,
    output_tokens: Sample,
    /// A run of equal gaps of one iteration that is not yet in `itl`: (end, gap, weight).
    pub(crate) open_gap: (SimTime, u64, u64),
    rejections: Vec<RejectionCount>,
    rejected: u64,
    unfinished: u64,
    pub(crate) series: Series,
    pub(crate) occupancy: Occupancy,
    /// Requests that waited when the last one so far arrived, and when that was.
    waiting_at_last: (u64, SimTime),
    /// Sum of the times that ended requests spent in the system.
    sojourn_ns: u128,
}

impl Recorder {
    /// A recorder at time zero of an empty system.
    #[must_use]
    pub fn new(spec: RecorderSpec) -> Self {
        let exact = spec.exact_max;
        Self {
            counters: Counters::default(),
            levels: Levels::default(),
            peak: Peaks::default(),
            window: Window::new(spec.warm_up, spec.cool_down),
            all: Samples::new(&spec),
            classes: Vec::new(),
            batches: LatencyBatches::default(),
            itl: Sample::new(exact),
            prompt_tokens: Sample::new(exact),
            output_tokens: Sample::new(exact),
            open_gap: (SimTime::ZERO, 0, 0),
            rejections: Vec::new(),
            rejected: 0,
            unfinished: 0,
            series: Series::new(spec.millisecond),
            occupancy: Occupancy::new(),
            waiting_at_last: (0, SimTime::ZERO),
            sojourn_ns: 0,
            spec,
        }
    }

    /// The levels of this moment.
    #[must_use]
    pub fn levels(&self) -> Levels {
        self.levels
    }

    /// The totals so far.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Names of the classes, which may have grown.
    pub fn name_classes(&mut self, names: Vec<String>) {
        self.spec.classes = names;
    }

    /// Number of classes that have a name.
    #[must_use]
    pub fn classes_named(&self) -> usize {
        self.spec.classes.len()
    }

    /// Moves on to `now`; the levels were those set last.
    #[inline]
    pub fn advance(&mut self, now: SimTime) {
        if now > self.counters.time {
            self.counters.advance(now, &self.levels);
            self.series.advance(now, &self.levels);
        }
    }

    /// Sets the levels from this moment on.
    #[inline]
    pub fn set_levels(&mut self, levels: Levels) {
        self.levels = levels;
        self.peak.in_system = self.peak.in_system.max(levels.in_system);
        self.peak.waiting = self.peak.waiting.max(levels.waiting);
        self.peak.running = self.peak.running.max(levels.running);
    }

    /// A request arrives now.
    pub fn arrival(&mut self) {
        if self.window.arrival(&self.counters) {
            self.occupancy.begin(self.counters.time);
        }
        self.counters.arrived += 1;
        self.waiting_at_last = (self.levels.waiting, self.counters.time);
        self.series.arrival();
    }

    /// An iteration that took `time` ended now: it computed `prompt` tokens of prompts and `decode`
    /// further tokens, and did `flops` operations and moved `bytes` bytes.
    pub fn iteration(&mut self, time: SimDuration, prompt: u64, decode: u64, work: Work) {
        self.close_gap();
        let counters = &mut self.counters;
        counters.iterations += 1;
        counters.computed_tokens += prompt + decode;
        counters.iteration_ns += u128::from(time.as_nanos());
        counters.work(work);
        self.series.tokens(prompt, 0);
    }

    /// A plan was made now, with these effects.
    pub fn planned(&mut self, effects: &PlanEffects) {
        self.counters.effects.add(effects);
    }

    /// `count` output tokens were delivered now.
    pub fn delivered(&mut self, count: u64) {
        self.counters.output_tokens += count;
        self.series.tokens(0, count);
    }

    /// `count` tokens came now, each `gap` after the one before it in the same request.
    #[inline]
    pub fn gaps(&mut self, gap: SimDuration, count: u64) {
        let (now, gap) = (self.counters.time, gap.as_nanos());
        if self.open_gap.0 == now && self.open_gap.1 == gap {
            self.open_gap.2 += count;
            return;
        }
        self.close_gap();
        self.open_gap = (now, gap, count);
    }

    pub(crate) fn close_gap(&mut self) {
        let (time, gap, weight) = self.open_gap;
        self.open_gap.2 = 0;
        if weight > 0 {
            let itl = &mut self.itl;
            self.window.gaps(time, gap, weight, |gap, weight| itl.add_weighted(gap, weight));
        }
    }

    /// A request ended now, in whatever way.
    pub fn ended(&mut self, record: &RequestRecord) {
        self.ended_as(record, record);
    }

    /// The same where its client sees it otherwise: `record` is what the engines did, and `seen`
    /// what is measured.
    pub fn ended_as(&mut self, record: &RequestRecord, seen: &RequestRecord) {
        self.sojourn_ns += u128::from((self.counters.time - record.arrival).as_nanos());
        match &record.status {
            Status::Completed => {
                self.counters.completed += 1;
                self.counters.prompt_tokens += u64::from(record.prompt_tokens);
                self.series.completion();
            }
            Status::Rejected(rejection) => {
                self.rejected += 1;
                match self.rejections.iter_mut().find(|known| known.kind == rejection.kind) {
                    Some(known) => known.count += 1,
                    None => self.rejections.push(RejectionCount {
                        kind: rejection.kind,
                        count: 1,
                        first_index: record.index,
                        example: rejection.detail.clone(),
                    }),
                }
            }
            Status::Unfinished => self.unfinished += 1,
        }
        self.measure(|window, measured| window.request(seen, measured));
    }

    /// Counts the requests that `take` has the window hand on.
    fn measure(&mut self, take: impl FnOnce(&mut Window, &mut dyn FnMut(&RequestRecord))) {
        let Self { window, all, batches, classes, spec, prompt_tokens, output_tokens, .. } = self;
        take(window, &mut |record| {
            let class = usize::from(record.class);
            let name = spec.classes.get(class).map_or("", String::as_str);
            let objectives = spec.slo.of(name);
            let ms_ns = spec.millisecond.as_nanos() as f64;
            if spec.classes.len() > 1 && classes.is_empty() && all.requests > 0 {
                // Until a second class came, all there was belonged to the first.
                classes.push(all.clone());
            }
            if let (Some(latency), Some(end)) = (all.add(record), record.end) {
                batches.add(&latency, end);
            }
            all.slo.count(&objectives, ms_ns, record);
            if record.status == Status::Completed {
                prompt_tokens.add(u64::from(record.prompt_tokens));
                output_tokens.add(u64::from(record.output_tokens));
            }
            if spec.classes.len() > 1 {
                while classes.len() <= class {
                    classes.push(Samples::new(spec));
                }
                classes[class].add(record);
                classes[class].slo.count(&objectives, ms_ns, record);
            }
        });
    }

    /// Everything that was measured, once all requests have ended (or were reported unfinished).
    ///
    /// # Panics
    /// If Little's law does not hold exactly: the integral of the number of requests in the system
    /// must equal the sum of the times they spent there.
    #[must_use]
    pub fn finish(mut self) -> Totals {
        self.close_gap();
        self.measure(|window, measured| window.release_requests(measured));
        let itl = &mut self.itl;
        self.window.release_gaps(|gap, weight| itl.add_weighted(gap, weight));
        assert_eq!(
            self.counters.in_system_ns, self.sojourn_ns,
            "Little's law is broken: the integral of requests in the system is not the sum of \
             their times"
        );
        let names = std::mem::take(&mut self.spec.classes);
        if names.len() > 1 {
            self.classes.resize_with(names.len(), || Samples::new(&self.spec));
        }
        let ms_ns = self.spec.millisecond.as_nanos() as f64;
        let classes = self.classes.iter().zip(names).map(|(samples, name)| ClassSummary {
            name,
            requests: samples.requests,
            completed: samples.completed,
            latency: samples.latencies(ms_ns).0,
            slo: samples.slo,
        });
        let classes = classes.collect();
        let all = &self.all;
        let (latency, [ttft, tpot, e2e]) = all.latencies(ms_ns);
        let (itl_ms, itl) = in_ms(&self.itl, ms_ns);
        let kv_times = match self.window.span_end(&self.counters) {
            Some(end) => self.occupancy.finish(end),
            None => self.occupancy.discard(),
        };
        Totals {
            whole: self.counters,
            measured: self.window.totals(&self.counters),
            measured_from: self.window.start(),
            completed: self.counters.completed,
            rejected: self.rejected,
            unfinished: self.unfinished,
            measured_requests: all.requests,
            rejections: self.rejections,
            latency,
            batches: self.batches,
            itl_ms,
            prompt_tokens: self.prompt_tokens.summary(),
            output_tokens: self.output_tokens.summary(),
            slo: all.slo,
            classes,
            waiting_at_last: self.waiting_at_last,
            waiting_end: self.levels.waiting,
            peak: self.peak,
            kv_times,
            series: self.series,
            curves: [ttft, tpot, itl, e2e],
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
