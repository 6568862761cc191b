import gzip
import tempfile
import unittest
from pathlib import Path

from oracle.trace import block_checksum, present, writer


class Traces(unittest.TestCase):
    def test_checksum_is_fnv_1a(self) -> None:
        self.assertEqual(block_checksum([]), 0xCBF29CE484222325)
        # Four bytes "fooo", which are one block id.
        self.assertEqual(block_checksum([0x6F6F6F66]), 0xDD1211790C2517C8)
        self.assertEqual(block_checksum([2], block_checksum([1])), block_checksum([1, 2]))

    def test_empty_facts_are_left_out(self) -> None:
        self.assertEqual(present(pre=[], fin=["a"], hit={}), {"fin": ["a"]})

    def test_the_same_lines_give_the_same_bytes(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder, name) for name in ("a.jsonl", "b.jsonl.gz", "c.jsonl.gz")]
            for path in paths:
                with writer(path) as emit:
                    emit({"id": "é", "s": [1, 2]})
            plain, one, other = (path.read_bytes() for path in paths)
            self.assertEqual(plain, b'{"id":"\\u00e9","s":[1,2]}\n')
            self.assertEqual(one, other)
            self.assertEqual(gzip.decompress(one), plain)

    def test_a_trace_that_broke_off_is_not_there(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(KeyboardInterrupt):
                with writer(Path(folder, "a.jsonl.gz")) as emit:
                    emit({"i": 0})
                    raise KeyboardInterrupt
            self.assertEqual(list(Path(folder).iterdir()), [])
