"""The token at every position of every stream, as a pure function.

A scenario says of a prompt only which parts of which streams it is made of. So prompts share a
prefix exactly where their segments agree, and a later turn can repeat what an earlier one was
answered.
"""

_MASK = (1 << 64) - 1

END = 1 << 31
"""The stop token: the least number that `token` never yields."""


def token(stream: int, position: int) -> int:
    """The token at a position (from 0) of a stream: 31 bits of SplitMix64."""
    z = ((stream << 32 | position) + 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & _MASK
    return (z ^ z >> 31) >> 33
