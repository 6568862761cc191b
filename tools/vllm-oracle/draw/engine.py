"""The configuration of vLLM and the costs of a batch, within what vLLM accepts."""

from random import Random
from typing import Any

Config = dict[str, Any]


def config(rng: Random, is_async: bool) -> Config:
    """All of it but the number of KV blocks, which depends on the requests."""
    block_size = rng.choice([1, 4, 8, 16, 16, 16, 32, 64, 128, rng.randint(2, 40)])
    longest = rng.choice([256, 512] if block_size == 1 else [64, 256, 512, 1024, 2048, 4096])
    is_chunked = rng.random() < 0.8
    if is_chunked:
        budget = rng.choice([8, 32, 64, 128, 256, 512, 1024, 2048, rng.randint(20, 3000)])
    else:
        budget = longest + rng.choice([0, 1, 100, longest])
    sequences = min(budget, rng.choice([1, 2, 4, 8, 12, 16, 24, 32, 64, 128, 256]))
    drawn: Config = {
        "max_num_batched_tokens": budget,
        "max_num_seqs": sequences,
        "block_size": block_size,
        "enable_chunked_prefill": is_chunked,
        "long_prefill_token_threshold": 0,
        "policy": rng.choice(["fcfs", "fcfs", "priority"]),
        "enable_prefix_caching": rng.random() < 0.65,
        "max_model_len": longest,
    }
    drawn |= _thresholds(rng, longest)
    drawn |= _limits(rng, budget, sequences, is_chunked)
    drawn |= _admission(rng)
    if is_async or rng.random() < 0.2:
        drawn["async_scheduling"] = is_async
    keys = list(drawn)
    rng.shuffle(keys)
    return {key: drawn[key] for key in keys}


def cost(rng: Random, is_async: bool) -> dict[str, int]:
    """Nanoseconds; never nothing at all, so that time goes on."""
    drawn = {
        "base_ns": rng.choice([0, 1_000_000, 5_000_000, 8_000_000, 12_345_678]),
        "per_token_ns": rng.choice([0, 7_919, 20_000, 100_003]),
    }
    if not any(drawn.values()):
        drawn["base_ns"] = 1
    if is_async:
        if rng.random() < 0.7:
            drawn["host_ns"] = rng.choice([0, 200_000, 1_500_000, 2 * drawn["base_ns"]])
        if rng.random() < 0.7:
            drawn["sleep_ns"] = rng.choice([0, 1_000_000, 60_000, 7_000_000])
    return drawn


def _thresholds(rng: Random, longest: int) -> Config:
    if rng.random() < 0.5:
        return {}
    threshold = min(longest, rng.choice([1, 16, 50, 128, 300, longest]))
    if rng.random() < 0.4:
        return {"long_prefill_token_threshold": threshold}
    adaptive = {"long_prefill_token_threshold_adaptive": rng.random() < 0.7}
    return {"long_prefill_token_threshold": threshold, **adaptive}


def _limits(rng: Random, budget: int, sequences: int, is_chunked: bool) -> Config:
    drawn: Config = {}
    # Without chunked prefill, a prompt above this limit would wait for ever.
    if is_chunked and rng.random() < 0.25:
        limit = rng.randint(max(1, budget // 3), budget)
        drawn["max_num_scheduled_tokens"] = rng.choice([limit, limit, None])
    if rng.random() < 0.25:
        drawn["max_num_active_seqs"] = rng.choice([rng.randint(1, sequences), sequences, None])
    return drawn


def _admission(rng: Random) -> Config:
    drawn: Config = {}
    if rng.random() < 0.45:
        drawn["scheduler_reserve_full_isl"] = rng.random() < 0.2
    if rng.random() < 0.35:
        drawn["watermark"] = rng.choice([0.0, 0.01, 0.03, 0.05, 0.1, 0.2, 0.33, rng.random() / 2])
    if rng.random() < 0.3:
        drawn["prefill_schedule_interval"] = rng.choice([1, 2, 3, 4, 8])
    return drawn
