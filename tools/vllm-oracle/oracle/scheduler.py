"""vLLM's scheduler, watched: what each call decided, and how long it took.

The decisions are vLLM's own; `Watched` only looks at them before and after.
"""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from oracle import settings
from oracle.errors import RecordingError
from oracle.real import (
    AsyncScheduler,
    Request,
    SamplingParams,
    Scheduler,
    get_hash_fn_by_name,
    get_request_block_hasher,
    init_none_hash,
    register_all_kvcache_specs,
)
from oracle.scenario import Request as Asked
from oracle.scenario import Scenario
from oracle.tokens import END
from oracle.trace import FNV_START, block_checksum


@dataclass(slots=True)
class Batch:
    """What one call of schedule() decided."""

    number: int
    """Counted from 0, empty ones too."""
    rows: list[list[Any]] = field(default_factory=list)
    """Id, tokens, tokens computed before, and kind: R(unning), N(ew) or P(reempted before)."""
    preempted: list[str] = field(default_factory=list)
    hits: dict[str, int] = field(default_factory=dict)
    """Tokens found in the prefix cache, of requests that found any."""
    blocks: dict[str, list[int]] = field(default_factory=dict)
    """Blocks handed out; new and resumed requests: the whole table."""
    checksum: int = FNV_START
    tokens: int = 0
    free: int = 0
    waiting: int = 0
    running: int = 0


@dataclass(slots=True)
class Update:
    """What one call of update_from_output() did."""

    number: int
    """Of the batch."""
    delivered: int
    first: list[str]
    stale: list[str]
    """Got a token while preempted."""
    dead: list[str]
    """Had finished before; the result was dropped."""
    finished: list[str]
    free: int
    waiting: int
    running: int


@dataclass(slots=True)
class Totals:
    """Counts over a whole run, and seconds of CPU time inside vLLM's own calls."""

    schedules: int = 0
    updates: int = 0
    batches: int = 0
    """Calls of schedule() that scheduled at least one token."""
    tokens: int = 0
    preemptions: int = 0
    hit_tokens: int = 0
    finished: int = 0
    schedule_s: float = 0.0
    update_s: float = 0.0


class Watched(Scheduler):
    """A scheduler of vLLM that is looked at before and after each call."""

    update: Update
    """Of the last call of update_from_output()."""

    def __init__(self, scenario: Scenario) -> None:
        config = settings.vllm_config(scenario)
        register_all_kvcache_specs(config)
        super().__init__(
            vllm_config=config,
            kv_cache_config=settings.kv_cache_config(scenario),
            structured_output_manager=_NoGrammars(),
            block_size=scenario.config["block_size"],
            log_stats=False,
        )
        self.asked = {request.id: request for request in scenario.requests}
        self.totals = Totals()
        self.batch = Batch(-1)
        """Of the last call of schedule()."""
        self._in_flight: deque[int] = deque()
        """Numbers of the batches that are not updated yet. They come back in order."""
        self._ran: set[str] = set()
        self._hasher = _hasher(scenario)

    def make(self, asked: Asked) -> Any:
        """The request as the server's input thread would build it."""
        stop = [END] if asked.eos_after is not None else None
        return Request(
            request_id=asked.id,
            prompt_token_ids=asked.prompt(),
            sampling_params=SamplingParams(
                max_tokens=asked.max_tokens, ignore_eos=True, temperature=0.0, stop_token_ids=stop
            ),
            pooling_params=None,
            arrival_time=asked.arrival,
            priority=asked.priority,
            block_hasher=self._hasher,
        )

    def schedule(self, *args: Any) -> Any:
        batch = self.batch = Batch(self.totals.schedules)
        start = time.thread_time()
        output = super().schedule(*args)
        self.totals.schedule_s += time.thread_time() - start
        self._in_flight.append(batch.number)
        self._describe(output, batch)
        totals = self.totals
        totals.schedules += 1
        totals.batches += batch.tokens > 0
        totals.tokens += batch.tokens
        totals.preemptions += len(batch.preempted)
        totals.hit_tokens += sum(batch.hits.values())
        return output

    def update_from_output(self, output: Any, result: Any) -> Any:
        sampled = dict(zip(result.req_ids, result.sampled_token_ids, strict=True))
        alive = {rid: self.requests[rid] for rid in sampled if rid in self.requests}
        before = {rid: request.num_output_tokens for rid, request in alive.items()}
        stale = [rid for rid in alive if alive[rid].num_stale_output_tokens > 0 and sampled[rid]]
        for rid, index in before.items():
            if sampled[rid] not in ([], [self.asked[rid].output(index)]):
                raise RecordingError(f"output token {index} of {rid!r} comes out of order")
        start = time.thread_time()
        outputs = super().update_from_output(output, result)
        self.totals.update_s += time.thread_time() - start
        gained = {rid: request.num_output_tokens - before[rid] for rid, request in alive.items()}
        running, waiting = self.get_request_counts()
        self.update = Update(
            number=self._in_flight.popleft(),
            delivered=sum(gained.values()),
            first=[rid for rid in alive if before[rid] == 0 and gained[rid]],
            stale=stale,
            dead=[rid for rid in sampled if rid not in alive],
            finished=[rid for rid in alive if rid not in self.requests],
            free=self.free_blocks,
            waiting=waiting,
            running=running,
        )
        self.totals.updates += 1
        self.totals.finished += len(self.update.finished)
        return outputs

    def _preempt_request(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.batch.preempted.append(request.request_id)
        return super()._preempt_request(request, *args, **kwargs)

    @property
    def free_blocks(self) -> int:
        """Blocks that can be handed out; the null block never counts."""
        free: int = self.kv_cache_manager.block_pool.get_num_free_blocks()
        return free

    def _describe(self, output: Any, batch: Batch) -> None:
        """Fills in what the scheduler would send to the workers."""
        known = output.scheduled_cached_reqs
        handed_out = dict(zip(known.req_ids, known.new_block_ids, strict=True))
        handed_out.update((new.req_id, new.block_ids) for new in output.scheduled_new_reqs)
        new = {new.req_id for new in output.scheduled_new_reqs} | set(known.resumed_req_ids)
        for rid, tokens in output.num_scheduled_tokens.items():
            before = self.requests[rid].num_computed_tokens - tokens
            kind = "R" if rid not in new else "P" if rid in self._ran else "N"
            self._ran.add(rid)
            batch.rows.append([rid, tokens, before, kind])
            if kind != "R" and before:
                batch.hits[rid] = before
            # One list for each KV cache group, and there is one group.
            blocks = (handed_out[rid] or [[]])[0]
            batch.checksum = block_checksum(blocks, batch.checksum)
            if blocks:
                batch.blocks[rid] = blocks
        batch.tokens = output.total_num_scheduled_tokens
        batch.free = self.free_blocks
        batch.running, batch.waiting = self.get_request_counts()


class SyncScheduler(Watched):
    """The scheduler of `vllm serve --no-async-scheduling`."""


class AsynchronousScheduler(Watched, AsyncScheduler):
    """The scheduler of `vllm serve`."""


class _NoGrammars:
    """In place of the manager of structured output: no request has a grammar to obey."""

    def accept_tokens(self, request: Any, tokens: list[int]) -> bool:
        return True


def _hasher(scenario: Scenario) -> Any:
    """What gives each full block its hash; none without prefix caching, as in the engine core."""
    if not scenario.config["enable_prefix_caching"]:
        return None
    hash_function = get_hash_fn_by_name("sha256")
    init_none_hash(hash_function)
    return get_request_block_hasher(scenario.config["block_size"], hash_function)
