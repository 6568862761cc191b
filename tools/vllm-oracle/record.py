#!/usr/bin/env python3
"""Records what the scheduler of an installed vLLM decides on scenarios. See README.md."""

import argparse
import json
import platform
import sys
import time
from pathlib import Path
from typing import Any

from oracle.errors import NoVllm, RecordingError, ScenarioError
from oracle.scenario import Scenario, load

EPILOG = """\
Into a folder, each trace is named after the scenario's file, and gzipped. All scenarios are checked
before the first is recorded. Exit status: 0 recorded, 1 vLLM is missing or the recording failed,
2 wrong usage or a scenario that cannot be recorded."""

Pair = tuple[Path, Scenario]


def main() -> int:
    arguments = _arguments()
    try:
        paths = [path for given in arguments.scenarios for path in _files(given)]
        scenarios = [(path, load(path)) for path in paths]
        traces = _traces(paths, arguments.output)
        timings = _record_all(scenarios, traces)
        if arguments.timings:
            arguments.timings.write_text(json.dumps(timings, indent=2) + "\n")
    except ScenarioError as error:
        return _fail(error, 2)
    except (NoVllm, RecordingError, OSError) as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("stopped; the traces named above are complete", 130)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Records what the scheduler of an installed vLLM decides on scenarios.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "scenarios",
        nargs="+",
        type=Path,
        metavar="SCENARIO",
        help="a scenario (.json or .json.gz), or a folder of them",
    )
    parser.add_argument(
        *("-o", "--output"),
        required=True,
        type=Path,
        metavar="PATH",
        help="the trace (.jsonl or .jsonl.gz) of one scenario, or the folder for several",
    )
    parser.add_argument(
        "--timings",
        type=Path,
        metavar="FILE.json",
        help="write how long vLLM's scheduler took on each scenario",
    )
    return parser.parse_args()


def _files(given: Path) -> list[Path]:
    """The scenarios that a path means."""
    if not given.is_dir():
        return [given]
    files = sorted(path for path in given.iterdir() if path.name.endswith((".json", ".json.gz")))
    if not files:
        raise ScenarioError(f"{given}: a folder without a scenario (.json or .json.gz)")
    return files


def _traces(scenarios: list[Path], output: Path) -> list[Path]:
    """Where the trace of each scenario goes."""
    if len(scenarios) == 1 and output.name.endswith((".jsonl", ".jsonl.gz")):
        return [output]
    names = [path.name.removesuffix(".gz").removesuffix(".json") for path in scenarios]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ScenarioError(f"two scenarios are called {twice}, and so would be their traces")
    return [output / f"{name}.jsonl.gz" for name in names]


def _record_all(scenarios: list[Pair], traces: list[Path]) -> dict[str, Any]:
    """Records one after the other; returns the timings."""
    # Here, so that wrong usage and wrong scenarios are told without vLLM, too.
    from oracle import real, recording
    from oracle.trace import writer

    for path, scenario in scenarios:
        try:
            recording.check(scenario)
        except ScenarioError as error:
            raise ScenarioError(f"{path}: {error}") from error
    rows = []
    for (_, scenario), trace in zip(scenarios, traces, strict=True):
        began = time.perf_counter()
        with writer(trace) as emit:
            totals = recording.record(scenario, emit)
        seconds = totals.schedule_s + totals.update_s
        row = {
            "trace": trace.name,
            "requests": len(scenario.requests),
            "steps": totals.schedules,
            "schedule_s": round(totals.schedule_s, 6),
            "update_s": round(totals.update_s, 6),
            "steps_per_s": round(totals.schedules / seconds, 1) if seconds else None,
        }
        rows.append(row)
        took = time.perf_counter() - began
        _say(
            f"{trace.name}: {totals.schedules} steps, {seconds:.3f} s in vLLM's scheduler"
            f" ({row['steps_per_s']} steps/s), {took:.1f} s in all"
        )
    return {"vllm": real.VERSION, "python": platform.python_version(), "scenarios": rows}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _fail(why: object, status: int) -> int:
    _say(f"error: {why}")
    return status


if __name__ == "__main__":
    sys.exit(main())
