import unittest

from oracle.tokens import END, token


class Tokens(unittest.TestCase):
    def test_known_tokens(self) -> None:
        # The first value of SplitMix64 with seed 0 is 0xE220A8397B1DCDAF, shifted here.
        self.assertEqual(token(0, 0), 0xE220A8397B1DCDAF >> 33)
        self.assertEqual([token(7, i) for i in range(3)], [1584210752, 220157214, 1401383146])

    def test_no_token_is_the_stop_token(self) -> None:
        self.assertTrue(all(token(stream, 5) < END for stream in range(1000)))
