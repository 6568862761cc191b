//! Iterations that only let the requests in steady decode go on.

use tokendrome_metrics::{Iteration, PlanEffects, Stretch, Work};
use tokendrome_units::{SimDuration, SimTime, TimeError};

use super::begin::work_of;
use super::{Flight, Loop, Replica};
use crate::host::later;
use pace::Pace;

mod pace;

/// An iteration that ended and was followed by another one like it.
pub(crate) struct Repeated {
    /// The one that ended.
    pub(crate) iteration: Iteration,
    pub(crate) work: Work,
    /// The gap before each of its tokens.
    pub(crate) gap: SimDuration,
    /// When the next one ends.
    pub(crate) due: SimTime,
}

impl Replica {
    /// How many iterations would only let steady requests go on, if nothing arrived.
    #[inline]
    pub(crate) fn repeats(&mut self) -> u64 {
        match self.cost.stage_s.len() {
            1 if !self.plans_at_once() => self.model.scheduler.repeats(),
            _ => 0,
        }
    }

    /// Requests in the batch planned last, if all of them are in steady decode.
    pub(crate) fn steady_decodes(&self) -> u64 {
        u64::from(self.batches.decodes())
    }

    /// The oldest iteration ends at `now` and another one is started: the same as [`Replica::end`]
    /// and [`Replica::start`], where [`Replica::repeats`] allows it.
    pub(crate) fn repeat(&mut self, now: SimTime) -> Result<Repeated, TimeError> {
        let iteration = self.iteration(self.engine.oldest(), now);
        let mut pace = Pace::of(&self.engine);
        let (ended, gap) = self.go_on(&mut pace, now)?;
        self.note_repeated(1, u128::from(ended.time().as_nanos()), &pace);
        Ok(Repeated { iteration, work: ended.work, gap, due: pace.due() })
    }

    /// The oldest iteration is delivered at `now`, and one like the last is planned and launched.
    /// Returns the one that ended, and the gap before its tokens.
    #[inline]
    fn go_on(&mut self, pace: &mut Pace, now: SimTime) -> Result<(Flight, SimDuration), TimeError> {
        let ended = *pace.oldest();
        let gap = now - self.last_delivery;
        self.last_delivery = now;
        let kv_blocks = self.model.scheduler.repeat();
        self.batches.go_on(self.model.step_time.as_ref(), &mut self.cost);
        let host = SimDuration::from_secs_f64(self.cost.host_s)?;
        let time = self.draw_stage()?;
        pace.launch(now, host, time, work_of(&self.cost), kv_blocks)?;
        Ok((ended, gap))
    }

    /// [`Replica::repeat`] up to `most` times, as long as iterations end before `until` and the
    /// clock moves on. They are booked by `stretch`. `due` is when the oldest iteration ends,
    /// before and after. Returns how many there were.
    pub(crate) fn repeat_many(
        &mut self,
        due: &mut SimTime,
        until: SimTime,
        most: u64,
        stretch: &mut Stretch<'_>,
    ) -> Result<u64, TimeError> {
        let mut pace = Pace::of(&self.engine);
        let is_fixed = self.is_fixed && self.cost.flops == 0.0 && self.cost.bytes == 0.0;
        let mut done = 0;
        while done < most && *due < until {
            let now = *due;
            let before = is_fixed.then_some(pace);
            let (ended, gap) = self.go_on(&mut pace, now)?;
            stretch.iteration(now, ended.time(), gap, ended.work, pace.kv_blocks());
            *due = pace.due();
            done += 1;
            if *due <= now {
                break;
            }
            if done < most && before.is_some_and(|before| pace.is_as(&before, now, *due)) {
                done += self.skip(&mut pace, due, until, most - done, stretch)?;
            }
        }
        self.note_repeated(done, stretch.iteration_ns(), &pace);
        Ok(done)
    }

    /// Iterations that are all equal, in time too: the next ones up to `most`, as far as they end
    /// before `until`, cost no more than one. `pace` comes round with every iteration, but for the
    /// KV blocks that each had in use: only observers ask, and nobody looks at these.
    fn skip(
        &mut self,
        pace: &mut Pace,
        due: &mut SimTime,
        until: SimTime,
        most: u64,
        stretch: &mut Stretch<'_>,
    ) -> Result<u64, TimeError> {
        if *due >= until {
            return Ok(0);
        }
        let period = *due - self.last_delivery;
        let room = (until - *due).as_nanos() - 1;
        let count = most.min(1 + room / period.as_nanos());
        let time = pace.oldest().time();
        let all = SimDuration::from_nanos(period.as_nanos() * count);
        let mut at = due.as_nanos();
        self.model.scheduler.repeat_many(count, &mut |blocks, plans| {
            stretch.blocks(SimTime::from_nanos(at), blocks);
            at = at.saturating_add(period.as_nanos().saturating_mul(plans));
        });
        stretch.iterations(count, *due, time, period);
        self.batches.skip(count);
        self.last_delivery = later(self.last_delivery, all)?;
        pace.shift(all)?;
        *due = pace.due();
        Ok(count)
    }

    #[inline]
    fn draw_stage(&mut self) -> Result<SimDuration, TimeError> {
        let host_s = match &self.engine {
            Loop::Synchronous { .. } | Loop::Executors { .. } => self.cost.host_s,
            Loop::Asynchronous { .. } => 0.0,
        };
        self.draw_first(host_s)
    }

    /// Brings the books up to date after `count` iterations that took `time_ns` in all.
    fn note_repeated(&mut self, count: u64, time_ns: u128, pace: &Pace) {
        if count == 0 {
            return;
        }
        self.fruitless = (0, 0);
        self.counters.iterations += count;
        self.counters.computed_tokens += u64::from(self.batches.decodes()) * count;
        self.counters.iteration_ns += time_ns;
        self.reported.kv_blocks = self.model.scheduler.kv_blocks().0;
        // Nobody gave any back on the way.
        self.counters.kv_blocks_peak = self.counters.kv_blocks_peak.max(self.reported.kv_blocks);
        pace.write_back(&mut self.engine);
    }

    /// What the plans of repeated iterations did, since this was asked last.
    pub(crate) fn repeated_effects(&mut self) -> PlanEffects {
        let evictions = self.model.scheduler.kv_evictions();
        let effects =
            PlanEffects { evictions: evictions - self.evictions, ..PlanEffects::default() };
        self.evictions = evictions;
        self.counters.effects.add(&effects);
        effects
    }
}
