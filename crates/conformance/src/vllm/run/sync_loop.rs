//! The synchronous loop: schedule, compute, take the result, and again.

use std::io::Write;

use tokendrome_sched::{Outcome, Plan};

use super::replay::Replay;
use super::{RunError, Summary};

/// Steps in a row without a token after which the recorder gives up, even if requests were
/// preempted in them.
const EMPTY_MAX: u32 = 1_000;

pub(super) fn run(replay: &mut Replay<'_>, out: &mut dyn Write) -> Result<Summary, RunError> {
    let (mut plan, mut outcome) = (Plan::default(), Outcome::default());
    let (mut clock, mut step, mut empty) = (0_u64, 0_u64, 0_u32);
    let by_step = replay.scenario.arrives_by_step;
    let is_stuck = loop {
        let added = replay.add_arrived(if by_step { step } else { clock });
        if !replay.has_live() {
            match replay.next_arrival() {
                None => break false,
                Some(next) if by_step => step = next,
                Some(next) => clock = next,
            }
            continue;
        }
        plan.clear();
        outcome.clear();
        let planned = replay.plan(&mut plan);
        replay.complete(&plan, &mut outcome);
        let duration = replay.scenario.cost.of_batch(plan.tokens);
        let duration = duration.ok_or(RunError::Clock { step })?;

        replay.line.begin("i").number(step);
        replay.line.key("t").number(clock);
        replay.line.key("d").number(duration);
        replay.write_added(added);
        replay.write_scheduled(&plan);
        replay.write_slots("pre", &plan.preempted);
        replay.write_slots("fin", &outcome.finished);
        replay.write_hits(&plan);
        replay.line.key("free").number(planned.free);
        let free = replay.free();
        replay.line.key("free2").number(free);
        replay.line.key("w").number(planned.waiting);
        replay.line.key("r").number(planned.running);
        let running = replay.running();
        replay.line.key("r2").number(running);
        replay.write_blocks(&planned);
        replay.line.finish(out)?;

        clock = clock.checked_add(duration).ok_or(RunError::Clock { step })?;
        replay.check_progress(step)?;
        step += 1;
        if plan.tokens > 0 {
            empty = 0;
            continue;
        }
        empty += 1;
        if plan.preempted.is_empty() {
            // Nothing changes before somebody arrives.
            match replay.next_arrival() {
                None => break true,
                Some(next) if by_step => step = step.max(next),
                Some(next) => clock = clock.max(next),
            }
        }
        if empty > EMPTY_MAX {
            break true;
        }
    };
    replay.line.begin("end").flag(true);
    replay.line.key("steps").number(step);
    replay.line.key("t_end").number(clock);
    replay.write_totals(is_stuck);
    replay.line.finish(out)?;
    Ok(Summary { steps: step, is_stuck })
}
