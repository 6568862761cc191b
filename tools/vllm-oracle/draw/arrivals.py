"""When requests come, with which priority, and what they are called."""

from collections.abc import Callable
from random import Random
from typing import Any

from draw.prompts import Group, Request


def in_time(rng: Random, groups: list[Group], gap_ns: float) -> str:
    """Gives each request its `arrival_ns`; returns how, in a word.

    * `gap_ns`: the mean time between two groups that would keep the engine about busy
    """
    pattern = rng.choice([_poisson, _poisson, _at_once, _bursts, _ties, _rare])
    think = gap_ns * rng.choice([0.5, 3, 20])
    now = 0.0
    for index, group in enumerate(groups):
        now += pattern(rng, gap_ns, index)
        at = now
        for request in group:
            request["arrival_ns"] = int(at)
            at += rng.expovariate(1) * think
    return pattern.__name__.strip("_")


def by_step(rng: Random, groups: list[Group]) -> str:
    """Gives each request its `arrival_step`; returns how, in a word."""
    step = 0
    for group in groups:
        step += rng.choice([0, 0, 0, 1, 2, 7, 40])
        at = step
        for request in group:
            request["arrival_step"] = at
            at += rng.choice([0, 1, 5, 30])
    return "by step"


def _poisson(rng: Random, gap_ns: float, index: int) -> float:
    return rng.expovariate(1) * gap_ns


def _at_once(rng: Random, gap_ns: float, index: int) -> float:
    return 0.0


def _bursts(rng: Random, gap_ns: float, index: int) -> float:
    return rng.expovariate(1) * gap_ns * 10 if rng.random() < 0.1 else 0.0


def _ties(rng: Random, gap_ns: float, index: int) -> float:
    """Three at a time, evenly."""
    return 3.0 * int(gap_ns) if index % 3 == 0 else 0.0


def _rare(rng: Random, gap_ns: float, index: int) -> float:
    """So far apart that the engine is idle between most of them."""
    return rng.expovariate(1) * gap_ns * 30


PRIORITIES: list[Callable[[Random, int], int]] = [
    lambda rng, index: rng.randint(0, 1),
    lambda rng, index: rng.randint(-3, 3),
    lambda rng, index: index % 7,
    lambda rng, index: -index,
    lambda rng, index: 9 if index % 4 == 0 else rng.randint(0, 2),
    lambda rng, index: 0,
]


def add_priorities(rng: Random, requests: list[Request], policy: str) -> None:
    """With FCFS most scenarios have none, and where there are some they decide nothing."""
    if policy == "fcfs" and rng.random() < 0.8:
        return
    law = rng.choice(PRIORITIES)
    for index, request in enumerate(requests):
        request["priority"] = law(rng, index)


# Ties of priority and arrival go by id as a string: r10 before r9, and 'é' after 'z'.
_IDS = ["r%05d", "r%d", "r%d", "q-%x", "%03d", "é%d", "z\u4e00%d", '"%d\\', "\U0001f600%d", " %d\t"]


def named(rng: Random, requests: list[Request]) -> list[dict[str, Any]]:
    """The requests with their ids in front, as people write them; some in another order."""
    form = rng.choice(_IDS)
    found = [{"id": form % index, **request} for index, request in enumerate(requests)]
    if rng.random() < 0.2:
        rng.shuffle(found)
    return found
