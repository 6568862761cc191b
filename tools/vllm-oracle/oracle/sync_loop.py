"""Drives the scheduler of synchronous scheduling: one batch after the other.

The time of a batch is `base_ns + per_token_ns * tokens`, and nothing else takes time. A batch that
would be empty ends the wait for the next arrival instead.
"""

from collections.abc import Callable

from oracle import model, trace
from oracle.errors import RecordingError
from oracle.scenario import Scenario
from oracle.scheduler import Batch, SyncScheduler, Update
from oracle.trace import Line

FRUITLESS_MAX = 1000
"""So many batches in a row without a token cannot be."""


def play(scenario: Scenario, scheduler: SyncScheduler, emit: Callable[[Line], object]) -> None:
    """Emits one line for each call of schedule(), then the last line with the totals."""
    base, per_token = scenario.cost["base_ns"], scenario.cost["per_token_ns"]
    to_come = list(reversed(scenario.requests))
    step = now = fruitless = 0
    stuck = False
    while scheduler.requests or to_come:
        added = []
        while to_come and to_come[-1].arrival <= (step if scenario.by_step else now):
            asked = to_come.pop()
            scheduler.add_request(scheduler.make(asked))
            added.append(asked.id)
        idle = not scheduler.requests
        if not idle:
            output = scheduler.schedule()
            result = model.run(output, scheduler.requests, scheduler.asked)
            scheduler.update_from_output(output, result)
            batch = scheduler.batch
            duration = base + per_token * batch.tokens if batch.tokens else 0
            emit(_line(scenario, step, now, duration, added, batch, scheduler.update))
            step += 1
            now += duration
            fruitless = 0 if batch.tokens else fruitless + 1
            if fruitless > FRUITLESS_MAX:
                raise RecordingError(f"{fruitless} batches in a row without a token")
            idle = not batch.tokens and not batch.preempted
        if idle and to_come:
            # Nothing can run before something arrives.
            if scenario.by_step:
                step = max(step, to_come[-1].arrival)
            else:
                now = max(now, to_come[-1].arrival)
        elif idle:
            stuck = True
            break
    totals = scheduler.totals
    emit(
        {
            "end": True,
            "steps": step,
            "t_end": now,
            "finished": totals.finished,
            "tokens": totals.tokens,
            "preemptions": totals.preemptions,
            "hit_tokens": totals.hit_tokens,
            "stuck": stuck,
        }
    )


def _line(
    scenario: Scenario,
    step: int,
    now: int,
    duration: int,
    added: list[str],
    batch: Batch,
    update: Update,
) -> Line:
    return {
        **{"i": step, "t": now, "d": duration},
        **trace.present(add=added),
        "s": batch.rows,
        **trace.present(pre=batch.preempted, fin=update.finished, hit=batch.hits),
        **{"free": batch.free, "free2": update.free},
        **{"w": batch.waiting, "r": batch.running, "r2": update.running},
        "bc": f"{batch.checksum:016x}",
        **trace.present(b=batch.blocks if scenario.lists_blocks else {}),
    }
