"""One scenario, drawn from a seed and a number."""

from random import Random
from typing import Any

from draw import arrivals, engine, laws, prompts
from draw.prompts import Lengths

OUTPUT_TOKENS_MAX = 16_000
"""Of all requests together, about, so that a scenario takes a second or so to record."""


def draw(seed: int, number: int) -> dict[str, Any]:
    """The scenario; even numbers are synchronous, odd ones asynchronous."""
    rng = Random(f"vllm-oracle {seed} {number}")
    is_async = number % 2 == 1
    config, cost = engine.config(rng, is_async), engine.cost(rng, is_async)
    longest, block_size = config["max_model_len"], config["block_size"]
    count = rng.choice([1, 10, 20, 30, 50, 80, 120, 200, 300])
    prompt_max = int(longest * rng.choice([0.1, 0.3, 0.6, 0.9]))
    output_max = min(int(longest * rng.choice([0.05, 0.1, 0.3, 0.6])), OUTPUT_TOKENS_MAX // count)
    lengths = Lengths(
        prompt=laws.any_law(rng, prompt_max, block_size),
        output=laws.any_law(rng, output_max, block_size),
        longest=longest,
        block_size=block_size,
        ending=rng.choice([0, 0, 0.2, 0.5, 1.0]),
    )
    shape = rng.choice(prompts.SHAPES)
    groups = shape(rng, count, lengths)
    if not is_async and rng.random() < 0.2:
        pattern = arrivals.by_step(rng, groups)
    else:
        alone_ns = cost["base_ns"] * output_max / 3 + cost["per_token_ns"] * prompt_max / 2
        pattern = arrivals.in_time(rng, groups, alone_ns / rng.choice([2, 6, 12, 24]))
    requests = [request for group in groups for request in group]
    if rng.random() < 0.3:
        _overrun(rng, requests, longest)
    arrivals.add_priorities(rng, requests, config["policy"])
    config["num_gpu_blocks"], room = _blocks(rng, requests, config)
    return {
        "name": f"random-{seed}-{number:04}",
        "note": f"{shape.__name__}, {pattern}, {room} KV cache",
        "config": config,
        "cost": cost,
        "trace": {"blocks": len(requests) <= 60},
        "requests": arrivals.named(rng, requests),
    }


def _overrun(rng: Random, requests: list[prompts.Request], longest: int) -> None:
    """Lets some requests run into `max_model_len` before their own limit."""
    for request in requests:
        if "eos_after" not in request and rng.random() < 0.1:
            request["max_tokens"] = longest + rng.choice([-1, 0, 100])


def _blocks(
    rng: Random, requests: list[prompts.Request], config: dict[str, Any]
) -> tuple[int, str]:
    """Blocks for the largest request alone and some more, and in a word how many."""
    needed = max(_held(request, config["max_model_len"]) for request in requests)
    alone = -(-needed // config["block_size"])
    room = rng.choice(["scarce", "scarce", "scarce", "middling", "middling", "ample"])
    more = {
        "scarce": rng.randint(0, max(2, alone // 2)),
        "middling": alone * rng.choice([1, 2, 4]),
        "ample": alone * 40,
    }
    # Block 0 is never used.
    return 1 + alone + more[room], room


def _held(request: prompts.Request, longest: int) -> int:
    """The most tokens that the request holds in the KV cache."""
    length = sum(length for _, _, length in request.get("segments", []))
    length += len(request.get("prompt_token_ids", []))
    held: int = min(length + request["max_tokens"] - 1, longest)
    return held
