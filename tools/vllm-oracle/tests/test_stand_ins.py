import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).parent.parent


class StandIns(unittest.TestCase):
    """Each in a process of its own, because stand-ins stay."""

    def check(self, code: str, expect: str) -> None:
        setup = "from oracle import stand_ins; stand_ins.install()\n"
        ran = subprocess.run(
            [sys.executable, "-B", "-c", setup + code], cwd=HERE, capture_output=True, text=True
        )
        last = (ran.stdout + ran.stderr).strip().splitlines()[-1]
        self.assertEqual(last, expect)

    def test_what_an_import_may_do(self) -> None:
        self.check(
            "import torch, zmq.asyncio\n"
            "from torch.nn import Module\n"
            "class Layer(Module): size = 3\n"
            "kind: torch.Tensor | None = None\n"
            "@torch.inference_mode\n"
            "def f(): return Layer.size\n"
            "@torch.inference_mode()\n"
            "def g(): return f()\n"
            "stand_ins.seal()\n"
            "print(g(), isinstance(7, torch.Tensor), isinstance(Layer(), Module))",
            "3 False True",
        )

    def test_what_running_code_may_not(self) -> None:
        for code, used in (
            ("torch.zeros", "torch.zeros"),
            ("torch.Tensor()", "torch.Tensor()"),
            ("torch.Tensor.new", "torch.Tensor.new"),
            ("if torch.Tensor: pass", "bool(torch.Tensor)"),
        ):
            self.check(
                f"import torch; torch.Tensor; stand_ins.seal()\n{code}",
                f"oracle.errors.StandInUsed: vLLM uses {used}, which is only a stand-in here:"
                " nothing can be recorded until oracle/stand_ins.py says what it is to be",
            )

    def test_values_are_given(self) -> None:
        self.check(
            "stand_ins.VALUES['zmq.utils.version'] = lambda: 7\n"
            "from zmq import utils; stand_ins.seal(); print(utils.version())",
            "7",
        )
