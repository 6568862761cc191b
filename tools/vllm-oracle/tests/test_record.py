import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tests.test_scenario import VALID

HERE = Path(__file__).parent.parent


class Command(unittest.TestCase):
    """The command itself, started without any installed package (-I -S)."""

    def record(self, scenario: object, *flags: str) -> tuple[int, str]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.json")
            path.write_text(json.dumps(scenario))
            start = f"import sys; sys.path.insert(0, {str(HERE)!r}); import record"
            code = f"{start}; sys.argv[0] = 'record.py'; sys.exit(record.main())"
            command = [sys.executable, "-B", "-I", "-S", "-c", code, str(path), *flags]
            ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            self.assertEqual(ran.stdout, "")
            self.assertEqual(list(Path(folder).iterdir()), [path])
            return ran.returncode, ran.stderr.replace(str(path), "a.json")

    def test_without_vllm(self) -> None:
        status, said = self.record(VALID, "-o", "traces")
        self.assertEqual(status, 1)
        self.assertEqual(
            said,
            "error: vLLM is not installed for this Python; install what record.py needs with:"
            f" python -m pip install --no-deps -r {HERE / 'requirements.txt'}\n",
        )

    def test_a_wrong_scenario_is_told_first(self) -> None:
        status, said = self.record(VALID | {"lora": {}}, "-o", "traces")
        self.assertEqual(status, 2)
        self.assertEqual(said, "error: a.json: the scenario: 'lora': cannot record LoRA adapters\n")

    def test_an_empty_folder(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            status, said = self.record(VALID, folder, "-o", "traces")
        self.assertEqual(status, 2)
        self.assertIn("a folder without a scenario (.json or .json.gz)", said)

    def test_usage(self) -> None:
        status, said = self.record(VALID)
        self.assertEqual(status, 2)
        self.assertIn("the following arguments are required: -o/--output", said)
