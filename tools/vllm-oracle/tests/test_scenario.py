import copy
import gzip
import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

from oracle.errors import ScenarioError
from oracle.scenario import load, parse
from oracle.tokens import END, token

VALID: dict[str, Any] = {
    "name": "small",
    "note": "",
    "config": {
        "max_num_batched_tokens": 64,
        "max_num_seqs": 4,
        "block_size": 16,
        "num_gpu_blocks": 9,
        "max_model_len": 128,
        "enable_chunked_prefill": True,
        "long_prefill_token_threshold": 0,
        "policy": "fcfs",
        "enable_prefix_caching": True,
    },
    "cost": {"base_ns": 5, "per_token_ns": 2},
    "trace": {"blocks": True},
    "requests": [
        {
            "id": "late",
            "arrival_ns": 9,
            "max_tokens": 3,
            "segments": [[7, 0, 20], [8, 5, 1]],
            "out_stream": 9,
            "eos_after": 2,
        },
        {
            "id": "early",
            "arrival_ns": 0,
            "max_tokens": 1,
            "priority": -1,
            "prompt_token_ids": [4, 0],
            "out_stream": 9,
        },
    ],
}


class Reading(unittest.TestCase):
    def test_requests_are_served_by_arrival(self) -> None:
        scenario = parse(json.dumps(VALID))
        self.assertEqual([request.id for request in scenario.requests], ["early", "late"])
        self.assertFalse(scenario.by_step or scenario.is_async)

    def test_prompts_and_outputs_are_spelled_out(self) -> None:
        early, late = parse(json.dumps(VALID)).requests
        self.assertEqual(early.prompt(), [4, 0])
        self.assertEqual(late.prompt(), [token(7, i) for i in range(20)] + [token(8, 5)])
        self.assertEqual(late.prompt_length, 21)
        self.assertEqual([late.output(i) for i in range(2)], [token(9, 0), END])

    def test_a_file_may_be_gzipped(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.json.gz")
            path.write_bytes(gzip.compress(json.dumps(VALID).encode()))
            self.assertEqual(load(path).name, "small")
            path.write_bytes(b"no gzip")
            with self.assertRaisesRegex(ScenarioError, "a.json.gz: Not a gzipped file"):
                load(path)


class Refusing(unittest.TestCase):
    def check(self, message: str, change: Any) -> None:
        scenario = copy.deepcopy(VALID)
        change(scenario)
        with self.assertRaises(ScenarioError) as raised:
            parse(json.dumps(scenario))
        self.assertEqual(str(raised.exception), message)

    def check_config(self, message: str, **change: Any) -> None:
        self.check(message, lambda scenario: scenario["config"].update(change))

    def check_request(self, message: str, **change: Any) -> None:
        self.check(message, lambda scenario: scenario["requests"][0].update(change))

    def test_features_by_name(self) -> None:
        self.check_config(
            "config: 'speculative_config': cannot record speculative decoding",
            speculative_config={},
        )
        self.check_config("config: 'enable_lora': cannot record LoRA adapters", enable_lora=True)
        self.check_request("requests[0]: 'abort_ns': cannot record aborted requests", abort_ns=1)

    def test_unknown_keys(self) -> None:
        self.check_config(
            "config: unknown key 'max_num_seq'; did you mean 'max_num_seqs'?", max_num_seq=1
        )
        self.check(
            "trace: unknown key 'x'; known: blocks",
            lambda scenario: scenario["trace"].update(x=1),
        )
        self.check(
            "cost.host_ns means nothing without config.async_scheduling",
            lambda scenario: scenario["cost"].update(host_ns=1),
        )

    def test_missing_keys(self) -> None:
        self.check("config: policy is missing", lambda s: s["config"].pop("policy"))
        self.check("the scenario: cost is missing", lambda s: s.pop("cost"))
        self.check(
            "requests[1]: needs either segments or prompt_token_ids",
            lambda s: s["requests"][1].pop("prompt_token_ids"),
        )

    def test_wrong_values(self) -> None:
        self.check_config("config.max_num_seqs: true is no whole number", max_num_seqs=True)
        self.check_config('config.watermark: "a" is no number', watermark="a")
        self.check_config("config.block_size: 0, must be at least 1", block_size=0)
        self.check_request("requests[0].max_tokens: 0, must be at least 1", max_tokens=0)
        self.check_request(
            "requests[0].segments: [1, 2] is not [stream, offset, length]", segments=[[1, 2]]
        )
        self.check_request("requests[0]: the prompt is empty", segments=[])
        self.check_request("requests[1].id: 'early' is taken", id="early")

    def test_requests_that_could_never_be_served(self) -> None:
        self.check_request(
            "requests[0]: a prompt of 128 tokens leaves no room for one token"
            " within config.max_model_len 128",
            segments=[[1, 0, 128]],
        )
        self.check_config(
            "requests[0]: needs 2 KV blocks alone, and of config.num_gpu_blocks only 1"
            " can be used (block 0 never holds a token)",
            num_gpu_blocks=2,
        )

    def test_steps_need_synchronous_scheduling(self) -> None:
        def change(scenario: dict[str, Any]) -> None:
            scenario["config"]["async_scheduling"] = True
            for request in scenario["requests"]:
                request["arrival_step"] = request.pop("arrival_ns")

        self.check("arrival_step cannot be recorded with async_scheduling", change)

    def test_repeated_keys(self) -> None:
        with self.assertRaisesRegex(ScenarioError, "the key 'a' stands twice in one object"):
            parse('{"a": 1, "b": 2, "a": 3}')

    def test_no_json(self) -> None:
        with self.assertRaisesRegex(ScenarioError, "no JSON: Expecting value: line 1 column 7"):
            parse('{"a": ?}')
