"""The lines of a trace, and the file they go to."""

import gzip
import json
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oracle.scenario import Scenario

Line = dict[str, Any]

FNV_START = 0xCBF29CE484222325
_FNV_PRIME = 0x100000001B3
_MASK = (1 << 64) - 1


def header(scenario: Scenario, version: str) -> Line:
    return {
        "trace": 1,
        "scenario": scenario.name,
        "vllm": version,
        "config": scenario.config,
        "cost": scenario.cost,
        "requests": len(scenario.requests),
    }


def block_checksum(blocks: Iterable[int], checksum: int = FNV_START) -> int:
    """FNV-1a with 64 bits over block ids, each as 4 bytes, the lowest first."""
    for block in blocks:
        for byte in struct.pack("<I", block):
            checksum = ((checksum ^ byte) * _FNV_PRIME) & _MASK
    return checksum


def present(**facts: Any) -> Line:
    """The facts that there is something to say of: empty ones are left out of a line."""
    return {key: value for key, value in facts.items() if value}


@contextmanager
def writer(path: Path) -> Iterator[Callable[[Line], object]]:
    """Writes lines to a file, gzipped if its name says so.

    The file appears under its name only when it is complete. Its folder is made if need be.

    The same lines give the same bytes: the gzip header holds neither a time nor a name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with open(unfinished, "wb") as raw:
            if path.suffix == ".gz":
                with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
                    yield lambda line: packed.write(_encoded(line))
            else:
                yield lambda line: raw.write(_encoded(line))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _encoded(line: Line) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"
