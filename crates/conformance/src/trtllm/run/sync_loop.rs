//! The synchronous loop: plan, compute, take the result, and again.

use std::io::Write;

use tokendrome_sched::{Outcome, Plan};

use super::replay::Replay;
use crate::recording::{RunError, Summary};

pub(super) fn run(replay: &mut Replay<'_>, out: &mut dyn Write) -> Result<Summary, RunError> {
    let (mut plan, mut outcome) = (Plan::default(), Outcome::default());
    let (mut clock, mut step) = (0_u64, 0_u64);
    let is_stuck = loop {
        if !replay.has_live() {
            match replay.next_arrival() {
                None => break false,
                Some(next) => clock = clock.max(next),
            }
        }
        replay.add_arrived(clock);
        replay.begin(step, clock);
        plan.clear();
        outcome.clear();
        replay.plan(&mut plan, step)?;
        if !plan.is_empty() {
            let duration = replay.scenario.cost.of_batch(plan.tokens);
            let end = duration.and_then(|duration| clock.checked_add(duration));
            let end = end.ok_or(RunError::Clock { step })?;
            replay.write_run(clock, end);
            clock = end;
            replay.complete(&plan, &mut outcome);
            replay.write_outcome(step, clock, &outcome);
        }
        replay.end(out)?;
        replay.check_progress(step)?;
        step += 1;
        if plan.is_empty() && plan.preempted.is_empty() {
            // Nothing changes before somebody arrives.
            match replay.next_arrival() {
                None => break true,
                Some(next) => clock = clock.max(next),
            }
        }
    };
    replay.write_totals(step, clock, is_stuck, out)?;
    Ok(Summary { steps: step, is_stuck })
}
