"""A scenario file: read, checked, and refused where it asks for what cannot be recorded.

The checks stand before any recording, so that a folder of scenarios fails at once or not at all.
vLLM checks its own knobs itself (see `settings`); here stands what it does not check, because a
real server would meet it at another place or not at all.
"""

import difflib
import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oracle.errors import ScenarioError
from oracle.tokens import END, token

CONFIG_KEYS = {
    "max_num_batched_tokens": int,
    "max_num_seqs": int,
    "block_size": int,
    "num_gpu_blocks": int,
    "max_model_len": int,
    "enable_chunked_prefill": bool,
    "long_prefill_token_threshold": int,
    "policy": str,
    "enable_prefix_caching": bool,
}
"""Keys of `config` that must be there; all but `num_gpu_blocks` are flags of `vllm serve`."""

OPTIONAL_CONFIG_KEYS = {
    "scheduler_reserve_full_isl": bool,
    "watermark": float,
    "long_prefill_token_threshold_adaptive": bool,
    "max_num_scheduled_tokens": int,
    "prefill_schedule_interval": int,
    "max_num_active_seqs": int,
    "async_scheduling": bool,
}
"""Keys that may be left out, for vLLM's default; the two limits may also be null."""

NULLABLE = {"max_num_scheduled_tokens", "max_num_active_seqs"}

FEATURES = {
    "speculative": "speculative decoding",
    "spec_": "speculative decoding",
    "lora": "LoRA adapters",
    "kv_transfer": "KV connectors",
    "kv_connector": "KV connectors",
    "kv_offload": "offloading of KV blocks",
    "tensor_parallel": "several GPUs",
    "pipeline_parallel": "several GPUs",
    "data_parallel": "several GPUs",
    "context_parallel": "several GPUs",
    "sliding_window": "sliding-window attention",
    "mamba": "Mamba layers",
    "abort": "aborted requests",
    "structured": "structured output",
    "guided": "structured output",
    "pooling": "pooling models",
    "images": "multimodal input",
    "mm_": "multimodal input",
    "multimodal": "multimodal input",
}
"""What keys of features begin with that vLLM has and a trace has no words for."""

STREAM_MAX = (1 << 32) - 1
TIME_MAX = 1 << 62


@dataclass(frozen=True, slots=True)
class Request:
    """One request, its prompt not yet spelled out."""

    id: str
    arrival: int
    """Nanoseconds, or the number of a step (see `Scenario.by_step`)."""
    max_tokens: int
    priority: int
    segments: tuple[tuple[int, int, int], ...]
    """Stream, offset and length of the parts of the prompt; empty if the tokens are given."""
    tokens: tuple[int, ...]
    out_stream: int
    eos_after: int | None
    """The output token, counted from 1, that is the stop token, if `max_tokens` gets there."""

    @property
    def prompt_length(self) -> int:
        return len(self.tokens) or sum(length for _, _, length in self.segments)

    def prompt(self) -> list[int]:
        if self.tokens:
            return list(self.tokens)
        parts = self.segments
        return [token(s, at + i) for s, at, length in parts for i in range(length)]

    def output(self, index: int) -> int:
        """The output token with this index, counted from 0."""
        return END if self.eos_after == index + 1 else token(self.out_stream, index)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that can be recorded."""

    name: str
    config: dict[str, Any]
    """As in the file, in its order of keys."""
    cost: dict[str, Any]
    """As in the file; nanoseconds."""
    lists_blocks: bool
    by_step: bool
    """Requests arrive before a given step, not at a given time."""
    requests: tuple[Request, ...]
    """In the order in which they are served: by arrival, then by place in the file."""

    @property
    def is_async(self) -> bool:
        return bool(self.config.get("async_scheduling", False))


def load(path: Path) -> Scenario:
    """Reads a scenario, gzipped or not.

    Raises `ScenarioError`, which names file, place and fault.
    """
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        return parse(content.decode())
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: {error}") from error
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from error


def parse(text: str) -> Scenario:
    """Reads the JSON of a scenario. Raises `ScenarioError`, which names place and fault."""
    try:
        raw = json.loads(text, object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as error:
        raise ScenarioError(f"no JSON: {error}") from error
    top = _Object(raw, "the scenario")
    top.refuse_unknown(["name", "note", "config", "cost", "trace", "requests"])
    config = _config(_Object(top.get("config", dict), "config"))
    is_async = config.get("async_scheduling", False)
    cost = _cost(_Object(top.get("cost", dict), "cost"), is_async)
    trace = _Object(top.get("trace", dict, {}), "trace")
    trace.refuse_unknown(["blocks"])
    requests, by_step = _requests(top.get("requests", list), config)
    return Scenario(
        name=top.get("name", str),
        config=config,
        cost=cost,
        lists_blocks=trace.get("blocks", bool, False),
        by_step=by_step,
        requests=requests,
    )


def _config(config: "_Object") -> dict[str, Any]:
    config.refuse_unknown([*CONFIG_KEYS, *OPTIONAL_CONFIG_KEYS])
    for key, kind in (CONFIG_KEYS | OPTIONAL_CONFIG_KEYS).items():
        if key in NULLABLE and config.raw.get(key, 0) is None:
            continue
        if key in CONFIG_KEYS or key in config.raw:
            config.get(key, kind)
    # vLLM checks the other limits. These it computes, takes from the model, or divides by.
    for key, least in (("num_gpu_blocks", 2), ("max_model_len", 2), ("block_size", 1)):
        config.number(key, least)
    return config.raw


def _cost(cost: "_Object", is_async: bool) -> dict[str, Any]:
    only_async = ["host_ns", "sleep_ns"]
    cost.refuse_unknown(["base_ns", "per_token_ns", *only_async])
    for key in ("base_ns", "per_token_ns"):
        cost.number(key, 0, TIME_MAX)
    for key in only_async:
        if key in cost.raw and not is_async:
            raise ScenarioError(f"cost.{key} means nothing without config.async_scheduling")
        cost.number(key, 0, TIME_MAX, 0)
    return cost.raw


def _requests(listed: list[Any], config: dict[str, Any]) -> tuple[tuple[Request, ...], bool]:
    objects = [_Object(raw, f"requests[{index}]") for index, raw in enumerate(listed)]
    by_step = any("arrival_step" in each.raw for each in objects)
    if by_step and config.get("async_scheduling", False):
        raise ScenarioError("arrival_step cannot be recorded with async_scheduling")
    requests = [_request(each, by_step) for each in objects]
    seen: set[str] = set()
    for each, request in zip(objects, requests, strict=True):
        if request.id in seen:
            raise ScenarioError(f"{each.where}.id: {request.id!r} is taken")
        seen.add(request.id)
        _check_size(each.where, request, config)
    return tuple(sorted(requests, key=lambda request: request.arrival)), by_step


def _request(each: "_Object", by_step: bool) -> Request:
    arrival = "arrival_step" if by_step else "arrival_ns"
    prompts = ["segments", "prompt_token_ids"]
    each.refuse_unknown(
        ["id", arrival, "max_tokens", "priority", *prompts, "out_stream", "eos_after"]
    )
    if sum(key in each.raw for key in prompts) != 1:
        raise ScenarioError(f"{each.where}: needs either segments or prompt_token_ids")
    tokens = each.get("prompt_token_ids", list, [])
    if any(type(token) is not int or not 0 <= token <= END for token in tokens):
        raise ScenarioError(f"{each.where}.prompt_token_ids: not all from 0 to {END}")
    request = Request(
        id=each.get("id", str),
        arrival=each.number(arrival, 0, TIME_MAX),
        max_tokens=each.number("max_tokens", 1),
        priority=each.get("priority", int, 0),
        segments=tuple(_segment(each, raw) for raw in each.get("segments", list, [])),
        tokens=tuple(tokens),
        out_stream=each.number("out_stream", 0, STREAM_MAX),
        eos_after=each.number("eos_after", 1) if "eos_after" in each.raw else None,
    )
    if request.prompt_length == 0:
        raise ScenarioError(f"{each.where}: the prompt is empty")
    return request


def _segment(each: "_Object", raw: Any) -> tuple[int, int, int]:
    is_triple = isinstance(raw, list) and len(raw) == 3
    if not is_triple or any(type(part) is not int or part < 0 for part in raw):
        raise ScenarioError(f"{each.where}.segments: {raw} is not [stream, offset, length]")
    stream, offset, length = raw
    if stream > STREAM_MAX or offset + length > STREAM_MAX:
        raise ScenarioError(f"{each.where}.segments: {raw} goes beyond {STREAM_MAX}")
    return stream, offset, length


def _check_size(where: str, request: Request, config: dict[str, Any]) -> None:
    """A server rejects such a request before the scheduler sees it, or could never finish it."""
    length, longest = request.prompt_length, config["max_model_len"]
    if length > longest - 1:
        raise ScenarioError(
            f"{where}: a prompt of {length} tokens leaves no room for one token"
            f" within config.max_model_len {longest}"
        )
    # The last output token is never computed upon, so it takes no place in the KV cache.
    held = min(length + request.max_tokens - 1, longest)
    needed = -(-held // config["block_size"])
    usable = config["num_gpu_blocks"] - 1
    if needed > usable:
        raise ScenarioError(
            f"{where}: needs {needed} KV blocks alone, and of config.num_gpu_blocks only"
            f" {usable} can be used (block 0 never holds a token)"
        )


class _Object:
    """A JSON object and where it stands, for messages."""

    def __init__(self, raw: Any, where: str) -> None:
        if not isinstance(raw, dict):
            raise ScenarioError(f"{where} is no object")
        self.raw: dict[str, Any] = raw
        self.where = where

    def refuse_unknown(self, known: list[str]) -> None:
        for key in self.raw:
            if key in known:
                continue
            for start, feature in FEATURES.items():
                if key.startswith((start, f"enable_{start}")):
                    raise ScenarioError(f"{self.where}: {key!r}: cannot record {feature}")
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise ScenarioError(f"{self.where}: unknown key {key!r}; {hint}")

    def get(self, key: str, kind: type, default: Any = None) -> Any:
        value = self.raw.get(key, default)
        if key not in self.raw and default is None:
            raise ScenarioError(f"{self.where}: {key} is missing")
        # In Python a bool is an int; in JSON it is not. An int will do for a float.
        if type(value) is kind or (kind is float and type(value) is int):
            return value
        shown = json.dumps(value)
        raise ScenarioError(f"{self.where}.{key}: {shown} is no {_KINDS[kind]}")

    def number(self, key: str, least: int, most: int | None = None, default: Any = None) -> int:
        value: int = self.get(key, int, default)
        if value < least or (most is not None and value > most):
            limits = f"at least {least}" if most is None else f"from {least} to {most}"
            raise ScenarioError(f"{self.where}.{key}: {value}, must be {limits}")
        return value


_KINDS = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "string",
    list: "list",
    dict: "object",
}


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1)
        raise ScenarioError(f"the key {twice!r} stands twice in one object")
    return found
