//! The overlap loop: the simulator's host loop, one line a turn.

use std::io::Write;

use tokendrome_cluster::{Device, HostLoop};
use tokendrome_sched::{Outcome, Plan};
use tokendrome_units::{SimDuration, SimTime};

use super::replay::Replay;
use crate::recording::{RunError, Summary};

pub(super) fn run(
    replay: &mut Replay<'_>,
    device: Device,
    out: &mut dyn Write,
) -> Result<Summary, RunError> {
    let mut host: HostLoop<(u64, Plan)> = HostLoop::overlap(device);
    let mut outcome = Outcome::default();
    let mut spare = Vec::new();
    let (mut step, mut waits) = (0, false);
    let is_stuck = loop {
        let now = match replay.next_arrival() {
            next if waits || host.is_idle(replay.has_live()) => match next {
                None => break waits,
                Some(next) => SimTime::from_nanos(next),
            },
            _ => host.clock(),
        };
        host.wake(now);
        let clock = host.clock().as_nanos();
        replay.add_arrived(clock);
        replay.begin(step, clock);
        let mut plan: Plan = spare.pop().unwrap_or_default();
        replay.plan(&mut plan, step)?;
        let (is_empty, pauses) = (plan.is_empty(), !plan.preempted.is_empty());
        if is_empty {
            plan.clear();
            spare.push(plan);
        } else {
            let time = replay.scenario.cost.of_batch(plan.tokens).map(SimDuration::from_nanos);
            let time = time.ok_or(RunError::Clock { step })?;
            let launched = host.launch(SimDuration::ZERO, Some(time), |run| {
                let (begin, end) = run.expect("a batch that computes is run");
                replay.write_run(begin.as_nanos(), end.as_nanos());
                (step, plan)
            });
            launched.map_err(|_| RunError::Clock { step })?;
        }
        let delivers = host.must_wait(replay.has_live());
        if delivers {
            let (number, mut plan) = host.take();
            outcome.clear();
            replay.complete(&plan, &mut outcome);
            replay.write_outcome(number, host.clock().as_nanos(), &outcome);
            plan.clear();
            spare.push(plan);
        }
        replay.end(out)?;
        replay.check_progress(step)?;
        step += 1;
        waits = is_empty && !pauses && !delivers;
    };
    replay.write_totals(step, host.clock().as_nanos(), is_stuck, out)?;
    Ok(Summary { steps: step, is_stuck })
}
