"""Runs vLLM's engine core with two batches in flight, on a simulated clock.

`EngineCoreProc.run_busy_loop` and all that it calls is vLLM's own: polling the input queue, adding
requests, `step_with_batch_queue`, the pause after a step that ran nothing. What stands around it is
replaced: the queue that requests come from (`_Arrivals`), the executor with its GPU (`_Gpu`), and
`time.sleep`. Each of them moves the simulated clock as the real one would take time.
"""

import queue
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from oracle import model, trace
from oracle.errors import RecordingError
from oracle.real import EngineCoreRequestType, core
from oracle.scenario import Scenario
from oracle.scheduler import AsynchronousScheduler
from oracle.trace import Line

SLEEP_NS = 1_000_000
"""The pause of vLLM's loop, unless the scenario's `cost.sleep_ns` says otherwise."""

FRUITLESS_MAX = 50
"""After more empty batches in a row than this, with nothing left to arrive, it is stuck."""


class _Over(BaseException):
    """Ends vLLM's loop, which by itself runs until the server shuts down.

    Like SystemExit no Exception, which vLLM would log as a failure of the model.
    """

    def __init__(self, stuck: bool) -> None:
        super().__init__()
        self.stuck = stuck


class _Clock:
    """The time of the host, in nanoseconds."""

    def __init__(self) -> None:
        self.now = 0


def play(
    scenario: Scenario, scheduler: AsynchronousScheduler, emit: Callable[[Line], object]
) -> None:
    """Emits one line for each turn of the loop, then the last line with the totals."""
    engine = _Engine(scenario, scheduler, emit)
    stuck = False
    with _simulated_sleep(engine.clock, scenario.cost.get("sleep_ns", SLEEP_NS)):
        try:
            engine.run_busy_loop()
        except _Over as over:
            stuck = over.stuck
    totals = scheduler.totals
    emit(
        {
            "end": True,
            "iters": engine.turns,
            "schedules": totals.schedules,
            "batches": totals.batches,
            "t_end": engine.clock.now,
            "finished": totals.finished,
            "tokens": totals.tokens,
            "preemptions": totals.preemptions,
            "hit_tokens": totals.hit_tokens,
            "stuck": stuck,
        }
    )


class _Arrivals:
    """In place of the queue that the server's input thread fills."""

    def __init__(self, scenario: Scenario, scheduler: AsynchronousScheduler, clock: _Clock) -> None:
        self.to_come = list(reversed(scenario.requests))
        self.added: list[str] = []
        """Taken out since this list was last emptied."""
        self._scheduler = scheduler
        self._clock = clock

    def empty(self) -> bool:
        return not self.to_come or self.to_come[-1].arrival > self._clock.now

    def get(self, block: bool) -> Any:
        """Waits for the next request; vLLM calls this only when it has nothing to do."""
        if not self.to_come:
            raise _Over(stuck=False)
        self._clock.now = max(self._clock.now, self.to_come[-1].arrival)
        return self.get_nowait()

    def get_nowait(self) -> Any:
        asked = self.to_come.pop()
        self.added.append(asked.id)
        request_wave = 0  # Of data parallelism.
        return EngineCoreRequestType.ADD, (self._scheduler.make(asked), request_wave)


class _Result(Future[Any]):
    """The result of a batch; asking for it lets the host wait until the batch has ended."""

    def __init__(self, result: Any, ready: int, clock: _Clock) -> None:
        super().__init__()
        self.set_result(result)
        self._ready = ready
        self._clock = clock

    def result(self, timeout: float | None = None) -> Any:
        self._clock.now = max(self._clock.now, self._ready)
        return super().result(timeout)


class _Gpu:
    """In place of the executor: one GPU that runs batches in the order they are given to it."""

    def __init__(
        self,
        scenario: Scenario,
        scheduler: AsynchronousScheduler,
        arrivals: _Arrivals,
        clock: _Clock,
    ) -> None:
        self.ran: tuple[int, int] | None = None
        """Start and end of the batch given last, if it was not empty."""
        self._cost = scenario.cost
        self._scheduler = scheduler
        self._arrivals = arrivals
        self._clock = clock
        self._free_at = 0
        self._fruitless = 0

    def execute_model(self, batch: Any, non_block: bool) -> Future[Any]:
        result = model.run(batch, self._scheduler.requests, self._scheduler.asked)
        tokens = batch.total_num_scheduled_tokens
        self._check_progress(tokens)
        clock, cost = self._clock, self._cost
        if tokens == 0:
            self.ran = None
            return _Result(result, clock.now, clock)
        clock.now += cost.get("host_ns", 0)
        start = max(clock.now, self._free_at)
        self._free_at = start + cost["base_ns"] + cost["per_token_ns"] * tokens
        self.ran = (start, self._free_at)
        self._sampled = _Result(result, self._free_at, clock)
        # As the real one: no result until the engine core asks for sampling, right after this.
        return _Result(None, clock.now, clock)

    def sample_tokens(self, grammar_output: None, non_block: bool) -> Future[Any]:
        return self._sampled

    def _check_progress(self, tokens: int) -> None:
        is_fruitless = tokens == 0 and not self._scheduler.batch.preempted
        self._fruitless = self._fruitless + 1 if is_fruitless else 0
        if self._fruitless > FRUITLESS_MAX and not self._arrivals.to_come:
            raise _Over(stuck=True)


class _Engine(core.EngineCoreProc):
    """vLLM's engine core, without the processes, sockets and GPU that its constructor sets up."""

    def __init__(
        self,
        scenario: Scenario,
        scheduler: AsynchronousScheduler,
        emit: Callable[[Line], object],
    ) -> None:
        # Ours.
        self.clock = _Clock()
        self.turns = 0
        self._emit = emit
        self._lists_blocks = scenario.lists_blocks
        self._arrivals = _Arrivals(scenario, scheduler, self.clock)
        self._gpu = _Gpu(scenario, scheduler, self._arrivals, self.clock)
        # What EngineCoreProc.__init__ sets, and EngineCore.__init__ below it, as for one engine
        # that generates text and is neither shutting down nor paused.
        self.vllm_config = scheduler.vllm_config
        self.scheduler = scheduler
        self.model_executor = self._gpu
        self.input_queue = self._arrivals
        self.output_queue: queue.Queue[Any] = queue.Queue()
        self.aborts_queue: queue.Queue[Any] = queue.Queue()
        self.batch_queue_size = scheduler.vllm_config.max_concurrent_batches
        self.batch_queue: deque[Any] = deque(maxlen=self.batch_queue_size)
        self.step_fn = self._recorded_step
        self.shutdown_state = core.EngineShutdownState.RUNNING
        self.process_input_queue_block = True
        self.log_stats = False
        self.is_mm_encoder_only = False
        self.is_pooling_model = False
        self.check_for_draft_tokens = False
        self.enable_fault_tolerance = False
        self.engines_running = False
        self.reject_new_requests = False
        self.publish_dp_lb_stats = False
        self._idle_state_callbacks: list[Any] = []
        self._weight_version = "default"

    def _recorded_step(self) -> Any:
        """vLLM's step function between two looks at what changed."""
        line: Line = {"i": self.turns, "t": self.clock.now}
        line |= trace.present(add=self._arrivals.added)
        self._arrivals.added = []
        self.turns += 1
        scheduler = self.scheduler
        schedules, updates = scheduler.totals.schedules, scheduler.totals.updates
        outcome = self.step_with_batch_queue()
        if scheduler.totals.schedules > schedules:
            line |= self._scheduled()
        if scheduler.totals.updates > updates:
            line |= self._updated()
        self._emit(line)
        self.output_queue.queue.clear()
        return outcome

    def _scheduled(self) -> Line:
        batch = self.scheduler.batch
        return {
            **{"k": batch.number, "s": batch.rows},
            **trace.present(pre=batch.preempted, hit=batch.hits),
            **{"free": batch.free, "w": batch.waiting, "r": batch.running},
            "bc": f"{batch.checksum:016x}",
            **trace.present(b=batch.blocks if self._lists_blocks else {}),
            **trace.present(g=self._gpu.ran),
        }

    def _updated(self) -> Line:
        update = self.scheduler.update
        return {
            **{"u": update.number, "tu": self.clock.now, "n": update.delivered},
            **trace.present(
                ft=update.first, st=update.stale, dead=update.dead, fin=update.finished
            ),
            **{"free2": update.free, "r2": update.running, "w2": update.waiting},
        }


@contextmanager
def _simulated_sleep(clock: _Clock, pause: int) -> Iterator[None]:
    """Lets the engine core sleep on the simulated clock; it uses nothing else of `time` here."""

    def sleep(seconds: float) -> None:
        if seconds != SLEEP_NS / 1e9:
            raise RecordingError(f"vLLM's loop pauses for {seconds} s, not for {SLEEP_NS} ns")
        clock.now += pause

    real = core.time
    core.time = SimpleNamespace(sleep=sleep)
    try:
        yield
    finally:
        core.time = real
