"""Draws scenarios with every knob at random.

engine    the configuration of vLLM and the costs of a batch
laws      of lengths
prompts   which tokens: unlike each other, shared system prompts, conversations, repeats
arrivals  when requests come, and with which priority
scenario  all of it together, with a KV cache that is scarce or ample
"""
