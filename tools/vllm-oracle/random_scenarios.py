#!/usr/bin/env python3
"""Draws scenarios with every knob at random, for record.py. See README.md."""

import argparse
import gzip
import json
import sys
from pathlib import Path

from draw.scenario import draw
from oracle.scenario import parse

PLAIN_MAX = 100_000
"""Bytes of a scenario that is not gzipped."""


def main() -> int:
    arguments = _arguments()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(arguments.count):
        scenario = draw(arguments.seed, number)
        text = json.dumps(scenario, separators=(",", ":"), ensure_ascii=False) + "\n"
        # What is drawn must be recordable; a mistake of the drawing shows here.
        parse(text)
        path = folder / f"{scenario['name']}.json"
        content = text.encode()
        if len(content) > PLAIN_MAX:
            path = path.with_name(f"{path.name}.gz")
            content = gzip.compress(content, mtime=0)
        path.write_bytes(content)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Draws scenarios with every knob at random."
        " The same seed gives the same files.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the scenarios go")
    parser.add_argument("--count", type=int, default=50, help="how many (default: 50)")
    parser.add_argument("--seed", type=int, default=1, help="which (default: 1)")
    arguments = parser.parse_args()
    if arguments.count < 0:
        parser.error(f"--count {arguments.count}: cannot be negative")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
