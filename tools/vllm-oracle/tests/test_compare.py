import contextlib
import gzip
import io
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import compare


class Comparing(unittest.TestCase):
    def compared(self, expected: dict[str, bytes], found: dict[str, bytes]) -> tuple[int, str]:
        """The exit status, and what was printed."""
        with tempfile.TemporaryDirectory() as root:
            for folder, files in (("expected", expected), ("found", found)):
                Path(root, folder).mkdir()
                for name, content in files.items():
                    Path(root, folder, name).write_bytes(content)
            arguments = ["compare.py", f"{root}/expected", f"{root}/found"]
            printed = io.StringIO()
            with mock.patch("sys.argv", arguments), contextlib.redirect_stdout(printed):
                return compare.main(), printed.getvalue()

    def test_gzip_makes_no_difference(self) -> None:
        same = self.compared({"a.jsonl": b"1\n"}, {"a.jsonl.gz": gzip.compress(b"1\n")})
        self.assertEqual(same, (0, "1 of 1 traces identical\n"))

    def test_the_first_line_that_differs_is_shown(self) -> None:
        status, printed = self.compared({"a.jsonl": b"1\n2\n3\n"}, {"a.jsonl": b"1\n7\n8\n"})
        self.assertEqual(status, 1)
        self.assertEqual(
            printed,
            "a: line 2 differs\n  expected  2\\n\n  found     7\\n\n0 of 1 traces identical\n",
        )

    def test_a_line_too_few_differs(self) -> None:
        status, printed = self.compared({"a.jsonl": b"1\n2\n"}, {"a.jsonl": b"1\n"})
        self.assertEqual(status, 1)
        self.assertIn("found     (no such line)", printed)

    def test_a_long_line_is_shown_around_the_difference(self) -> None:
        long = b"x" * 5000
        _, printed = self.compared({"a.jsonl": long + b"1"}, {"a.jsonl": long + b"2"})
        self.assertIn("expected  ..." + "x" * 100 + "1\n", printed)

    def test_what_is_alone_is_counted(self) -> None:
        traces = {"a.jsonl": b"", "b.jsonl": b""}
        status, printed = self.compared({"a.jsonl": b""}, traces)
        self.assertEqual((status, printed), (0, "1 of 1 traces identical; 1 only in FOUND\n"))
        status, printed = self.compared(traces, {"a.jsonl": b""})
        self.assertEqual((status, printed), (0, "1 of 1 traces identical; 1 only in EXPECTED\n"))

    def test_nothing_in_common_is_a_failure(self) -> None:
        status, printed = self.compared({"a.jsonl": b""}, {"b.jsonl": b""})
        self.assertEqual((status, printed), (1, "the folders have no trace in common\n"))
