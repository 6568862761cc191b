#!/usr/bin/env python3
"""Compares traces with others of the same names, byte for byte. See README.md."""

import argparse
import gzip
import sys
from itertools import zip_longest
from pathlib import Path

SHOWN_MAX = 300
"""Characters of a line that are shown, from shortly before the first that differs."""


def main() -> int:
    arguments = _arguments()
    expected = _traces(arguments.expected)
    found = _traces(arguments.found)
    both = [name for name in found if name in expected]
    different = 0
    for name in both:
        difference = first_difference(_text(expected[name]), _text(found[name]))
        if difference:
            different += 1
            number, was, now = difference
            print(f"{name}: line {number} differs\n  expected  {was}\n  found     {now}")
    if not both:
        print("the folders have no trace in common")
        return 1
    summary = f"{len(both) - different} of {len(both)} traces identical"
    for folder, traces in (("EXPECTED", expected), ("FOUND", found)):
        alone = len(traces) - len(both)
        summary += f"; {alone} only in {folder}" if alone else ""
    print(summary)
    return 1 if different else 0


def first_difference(expected: str, found: str) -> tuple[int, str, str] | None:
    """The first line that differs, counted from 1, and what stands there on each side."""
    if expected == found:
        return None
    pairs = zip_longest(expected.splitlines(True), found.splitlines(True))
    for number, (was, now) in enumerate(pairs, 1):
        if was != now:
            start = _common_length(was or "", now or "")
            return number, _shown(was, start), _shown(now, start)
    raise AssertionError("texts that differ have a line that differs")


def _common_length(one: str, other: str) -> int:
    """How many characters both begin with."""
    length = min(len(one), len(other))
    return next((index for index in range(length) if one[index] != other[index]), length)


def _shown(line: str | None, start: int) -> str:
    if line is None:
        return "(no such line)"
    start = max(0, start - SHOWN_MAX // 3)
    shown = repr(line[start : start + SHOWN_MAX])[1:-1]
    return ("..." if start else "") + shown + ("..." if len(line) > start + SHOWN_MAX else "")


def _traces(folder: Path) -> dict[str, Path]:
    """The traces of a folder by name, in the order of names."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    endings = (".jsonl", ".jsonl.gz")
    named = {path.name.removesuffix(".gz").removesuffix(".jsonl"): path for path in files}
    return {name: path for name, path in named.items() if path.name.endswith(endings)}


def _text(path: Path) -> str:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Compares traces with others of the same names, byte for byte.",
        epilog="Exit status: 0 all identical, 1 some differ, 2 wrong usage.",
    )
    parser.add_argument("expected", type=Path, metavar="EXPECTED", help="a folder of traces")
    parser.add_argument("found", type=Path, metavar="FOUND", help="another folder of traces")
    arguments = parser.parse_args()
    for folder in (arguments.expected, arguments.found):
        if not folder.is_dir():
            parser.error(f"{folder} is no folder")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
