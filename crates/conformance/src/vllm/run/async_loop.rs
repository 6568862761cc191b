//! The asynchronous loop: the simulator's host loop, one line a turn.

use std::io::Write;

use tokendrome_cluster::HostLoop;
use tokendrome_sched::{Outcome, Plan};
use tokendrome_units::{SimDuration, SimTime};

use super::replay::Replay;
use super::{RunError, Summary};

/// Plans in a row that neither compute nor preempt, after which the recorder gives up if nobody is
/// to come.
const EMPTY_MAX: u32 = 50;

/// What the host's queue keeps of a batch.
struct Batch {
    number: u64,
    plan: Plan,
}

/// Counts for the last line.
#[derive(Default)]
struct Counts {
    turns: u64,
    plans: u64,
    batches: u64,
    /// Plans in a row that neither compute nor preempt.
    empty: u32,
}

pub(super) fn run(replay: &mut Replay<'_>, out: &mut dyn Write) -> Result<Summary, RunError> {
    let mut host = HostLoop::new(SimDuration::from_nanos(replay.scenario.cost.sleep));
    let mut counts = Counts::default();
    let mut outcome = Outcome::default();
    let mut spare = Vec::new();
    let is_stuck = loop {
        let now = match replay.next_arrival() {
            next if host.is_idle(replay.has_live()) => match next {
                None => break false,
                Some(next) => SimTime::from_nanos(next),
            },
            _ => host.clock(),
        };
        host.wake(now);
        let added = replay.add_arrived(host.clock().as_nanos());
        let step = counts.turns;
        counts.turns += 1;
        replay.line.begin("i").number(step);
        replay.line.key("t").number(host.clock().as_nanos());
        replay.write_added(added);
        if host.has_work(replay.has_live()) {
            let plan = spare.pop().unwrap_or_default();
            if !launch(replay, &mut host, plan, &mut counts)? {
                break true;
            }
        }
        if host.must_wait(replay.has_live()) {
            let mut batch = host.take();
            outcome.clear();
            replay.complete(&batch.plan, &mut outcome);
            if !outcome.finished.is_empty() {
                host.note_ended();
            }
            replay.line.key("u").number(batch.number);
            replay.line.key("tu").number(host.clock().as_nanos());
            write_outcome(replay, &outcome);
            batch.plan.clear();
            spare.push(batch.plan);
        }
        replay.line.finish(out)?;
        replay.check_progress(step)?;
        host.rest(replay.has_live()).map_err(|_| RunError::Clock { step })?;
    };
    replay.line.begin("end").flag(true);
    replay.line.key("iters").number(counts.turns);
    replay.line.key("schedules").number(counts.plans);
    replay.line.key("batches").number(counts.batches);
    replay.line.key("t_end").number(host.clock().as_nanos());
    replay.write_totals(is_stuck);
    replay.line.finish(out)?;
    Ok(Summary { steps: counts.turns, is_stuck })
}

/// Makes the next plan and launches it. False if there is no use in going on.
fn launch(
    replay: &mut Replay<'_>,
    host: &mut HostLoop<Batch>,
    mut plan: Plan,
    counts: &mut Counts,
) -> Result<bool, RunError> {
    let overflow = RunError::Clock { step: counts.turns - 1 };
    let number = counts.plans;
    counts.plans += 1;
    let planned = replay.plan(&mut plan);
    replay.line.key("k").number(number);
    replay.write_scheduled(&plan);
    replay.write_slots("pre", &plan.preempted);
    replay.write_hits(&plan);
    replay.line.key("free").number(planned.free);
    replay.line.key("w").number(planned.waiting);
    replay.line.key("r").number(planned.running);
    replay.write_blocks(&planned);

    let computes = plan.tokens > 0;
    counts.batches += u64::from(computes);
    counts.empty = if computes || !plan.preempted.is_empty() { 0 } else { counts.empty + 1 };
    if counts.empty > EMPTY_MAX && replay.next_arrival().is_none() {
        return Ok(false);
    }
    let cost = replay.scenario.cost;
    let Some(time) = cost.of_batch(plan.tokens).map(SimDuration::from_nanos) else {
        return Err(overflow);
    };
    let line = &mut replay.line;
    let launched =
        host.launch(SimDuration::from_nanos(cost.host), computes.then_some(time), |run| {
            if let Some((begin, end)) = run {
                line.key("g").raw("[").number(begin.as_nanos());
                line.raw(",").number(end.as_nanos()).raw("]");
            }
            Batch { number, plan }
        });
    launched.map(|()| true).map_err(|_| overflow)
}

/// Writes what came of a batch.
fn write_outcome(replay: &mut Replay<'_>, outcome: &Outcome) {
    replay.line.key("n").number(outcome.tokens.len() as u64);
    replay.write_first_tokens(&outcome.tokens);
    replay.write_slots("st", &outcome.stale);
    replay.write_slots("dead", &outcome.dropped);
    replay.write_slots("fin", &outcome.finished);
    let (free, running, waiting) = (replay.free(), replay.running(), replay.waiting());
    replay.line.key("free2").number(free);
    replay.line.key("r2").number(running);
    replay.line.key("w2").number(waiting);
}
