"""Tests of all that works without vLLM, on the standard library alone.

Run them in the folder above with: python3 -m unittest
"""
