"""Laws of lengths: functions that draw a whole number from 1 to a limit."""

from collections.abc import Callable
from random import Random

Law = Callable[[Random], int]


def any_law(rng: Random, longest: int, block_size: int) -> Law:
    """One of the laws, with limits of its own that do not exceed `longest`."""
    longest = max(1, longest)
    return rng.choice(
        [
            uniform(1, longest),
            uniform(max(1, longest // 2), longest),
            log_normal(rng.uniform(2.5, 5.0), rng.uniform(0.3, 1.2), longest),
            around_blocks(block_size, longest),
            mostly_short(longest),
        ]
    )


def uniform(least: int, most: int) -> Law:
    return lambda rng: rng.randint(least, most)


def log_normal(mu: float, sigma: float, longest: int) -> Law:
    return lambda rng: _clip(int(rng.lognormvariate(mu, sigma)), longest)


def around_blocks(block_size: int, longest: int) -> Law:
    """Whole numbers of blocks, one token less, one more: where rules about full blocks bite."""
    blocks = max(1, min(8, longest // block_size))
    return lambda rng: _clip(rng.randint(1, blocks) * block_size + rng.choice([-1, 0, 1]), longest)


def mostly_short(longest: int) -> Law:
    """Nine in ten up to a tenth of the longest."""
    few = max(1, longest // 10)
    return lambda rng: rng.randint(1, few if rng.random() < 0.9 else longest)


def _clip(drawn: int, longest: int) -> int:
    return max(1, min(longest, drawn))
