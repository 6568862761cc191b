import json
import unittest
from collections import Counter
from typing import Any

from draw.scenario import draw
from oracle.scenario import CONFIG_KEYS, OPTIONAL_CONFIG_KEYS, parse

COUNT = 150


class Drawing(unittest.TestCase):
    drawn: list[dict[str, Any]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.drawn = [draw(4, number) for number in range(COUNT)]

    def test_the_same_seed_gives_the_same_scenario(self) -> None:
        self.assertEqual(self.drawn[3], draw(4, 3))
        self.assertNotEqual(self.drawn[3]["requests"], draw(5, 3)["requests"])

    def test_every_scenario_can_be_recorded(self) -> None:
        for scenario in self.drawn:
            parse(json.dumps(scenario))

    def test_every_knob_is_turned(self) -> None:
        for key in CONFIG_KEYS | OPTIONAL_CONFIG_KEYS:
            values = {json.dumps(each["config"].get(key)) for each in self.drawn}
            self.assertGreater(len(values), 1, key)
        for key in ("base_ns", "per_token_ns", "host_ns", "sleep_ns"):
            self.assertGreater(len({each["cost"].get(key) for each in self.drawn}), 2, key)

    def test_every_kind_of_request_comes(self) -> None:
        requests = [request for each in self.drawn for request in each["requests"]]
        keys = Counter(key for request in requests for key in request)
        for key in ("arrival_ns", "arrival_step", "priority", "eos_after", "prompt_token_ids"):
            self.assertGreater(keys[key], 50, key)
        notes = " ".join(each["note"] for each in self.drawn)
        for word in ("conversations", "system_prompts", "repeats", "mixed", "scarce", "bursts"):
            self.assertIn(word, notes)

    def test_vllm_would_take_the_limits(self) -> None:
        for config in (each["config"] for each in self.drawn):
            budget, longest = config["max_num_batched_tokens"], config["max_model_len"]
            self.assertGreaterEqual(budget, config["max_num_seqs"])
            self.assertTrue(config["enable_chunked_prefill"] or budget >= longest)
            self.assertLessEqual(config["long_prefill_token_threshold"], longest)
            self.assertLessEqual(config.get("max_num_active_seqs") or 0, config["max_num_seqs"])
