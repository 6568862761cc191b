"""Which tokens the requests are made of.

Each shape is a function that yields requests without arrival, priority and id, in groups: requests
of one group belong to one conversation and come one after the other, the groups come at any time.
Streams of tokens are numbered so that no two uses meet by accident.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from draw.laws import Law, uniform

Request = dict[str, Any]
Group = list[Request]


@dataclass
class Lengths:
    """What every shape needs to know."""

    prompt: Law
    output: Law
    longest: int
    """The model's."""
    block_size: int
    ending: float
    """The share of requests that end with a stop token before `max_tokens`."""


def unlike(rng: Random, count: int, lengths: Lengths) -> list[Group]:
    """No two prompts share a token."""
    return [
        [_request(rng, [[1000 + 2 * n, 0, lengths.prompt(rng)]], 1001 + 2 * n, lengths)]
        for n in range(count)
    ]


def system_prompts(rng: Random, count: int, lengths: Lengths) -> list[Group]:
    """Most prompts begin with one of a few system prompts, some of them much more liked."""
    kinds = rng.choice([1, 3, 8, 30])
    systems = [[n + 1, 0, rng.randint(1, max(1, lengths.longest // 3))] for n in range(kinds)]
    likes = [1 / (n + 1) for n in range(kinds)]
    share = rng.choice([0.5, 0.9, 1.0])
    groups = []
    for n in range(count):
        segments = [[1000 + 2 * n, 0, lengths.prompt(rng)]]
        if rng.random() < share:
            segments.insert(0, rng.choices(systems, likes)[0])
        groups.append([_request(rng, segments, 1001 + 2 * n, lengths)])
    return groups


def conversations(rng: Random, count: int, lengths: Lengths) -> list[Group]:
    """Each turn repeats the conversation: all that was asked and answered, then something new."""
    turns = rng.choice([2, 4, 8])
    opening = rng.choice([[], [[5, 0, rng.randint(1, max(1, lengths.longest // 5))]]])
    asks = uniform(1, max(1, lengths.longest // (2 * turns)))
    groups: list[Group] = []
    for n in range(-(-count // turns)):
        said = list(opening)
        group: Group = []
        for turn in range(turns):
            stream = 100_000 + 1000 * n + 2 * turn
            asked = [*said, [stream, 0, asks(rng)]]
            if sum(length for _, _, length in asked) >= lengths.longest:
                break
            request = _request(rng, asked, stream + 1, lengths)
            group.append(request)
            answered = min(request["max_tokens"], request.get("eos_after", 1 << 31))
            said = [*asked, [stream + 1, 0, answered]]
        groups.append(group)
    return groups


def repeats(rng: Random, count: int, lengths: Lengths) -> list[Group]:
    """A few prompts again and again, cut at several lengths, and with few answers."""
    size = lengths.block_size
    cuts = [lengths.prompt(rng) for _ in range(3)] + [size, 2 * size, 2 * size + 1, 3 * size]
    answers = rng.choice([1, 3, 10])
    return [
        [_request(rng, [[7, 0, rng.choice(cuts)]], 500 + rng.randrange(answers), lengths)]
        for _ in range(count)
    ]


def spelled_out(rng: Random, count: int, lengths: Lengths) -> list[Group]:
    """Short prompts given as tokens, of an alphabet so small that beginnings meet."""
    groups = []
    for n in range(count):
        length = min(lengths.prompt(rng), 3 * lengths.block_size + 1, lengths.longest - 1)
        request = _request(rng, [[0, 0, length]], 2000 + n, lengths)
        del request["segments"]
        request["prompt_token_ids"] = [rng.choice([0, 0, 0, 9]) for _ in range(length)]
        groups.append([request])
    return groups


def mixed(rng: Random, count: int, lengths: Lengths) -> list[Group]:
    """Half of one shape, half of another."""
    pure = [shape for shape in SHAPES if shape is not mixed]
    groups = []
    for shape in rng.sample(pure, 2):
        groups += shape(rng, max(1, count // 2), lengths)
    rng.shuffle(groups)
    return groups


Shape = Callable[[Random, int, Lengths], list[Group]]
SHAPES: list[Shape] = [unlike, unlike, system_prompts, conversations, repeats, spelled_out, mixed]


def _request(rng: Random, segments: list[list[int]], out: int, lengths: Lengths) -> Request:
    """A request whose prompt leaves room for at least one token of output."""
    segments = _cut(segments, lengths.longest - 1)
    room = lengths.longest - sum(length for _, _, length in segments)
    request: Request = {"max_tokens": min(lengths.output(rng), room), "segments": segments}
    request["out_stream"] = out
    if rng.random() < lengths.ending:
        request["eos_after"] = rng.randint(1, request["max_tokens"])
    return request


def _cut(segments: list[list[int]], most: int) -> list[list[int]]:
    """The segments up to a number of tokens."""
    kept = []
    for stream, offset, length in segments:
        length = min(length, most)
        if length > 0:
            kept.append([stream, offset, length])
        most -= length
    return kept
