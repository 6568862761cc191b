//! The moments between the steps of a ticking engine: only then do requests arrive there.

use tokendrome_units::{SimDuration, SimTime, TimeError};

use super::{EngineLoop, Loop, Replica};
use crate::host::later;

impl Replica {
    /// The first moment, from `now` on, at which a request can arrive: with a ticking engine the
    /// end of the step that is under way, else at once.
    pub(crate) fn boundary(&self, now: SimTime) -> Result<SimTime, TimeError> {
        let EngineLoop::Ticking { tick } = self.model.engine_loop else { return Ok(now) };
        let Loop::Synchronous { in_flight, stage_free } = &self.engine else {
            unreachable!("a ticking engine is synchronous")
        };
        if let Some(batch) = in_flight.front() {
            return Ok(batch.flight.end);
        }
        // Idle since then. Nobody looks at idle steps, so that they need not happen one by one.
        let idle_since = stage_free[0];
        let steps = (now - idle_since).as_nanos().div_ceil(tick.as_nanos());
        later(idle_since, SimDuration::from_nanos(steps.saturating_mul(tick.as_nanos())))
    }

    /// A request will arrive at the next boundary.
    pub(crate) fn expect(&mut self) {
        self.coming += 1;
    }

    /// A request that was expected arrives.
    pub(crate) fn meet(&mut self) {
        self.coming -= 1;
    }

    /// Requests that are expected, waiting and running.
    pub(crate) fn requests(&self) -> u64 {
        let levels = self.levels();
        levels.waiting + levels.running + u64::from(self.coming)
    }
}
