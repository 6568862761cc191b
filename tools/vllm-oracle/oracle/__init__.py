"""Runs the scheduler of an installed vLLM on a scenario, and writes down what it decides.

scenario     reads a scenario and refuses what cannot be recorded
errors       what can go wrong
tokens       the token of every position of every prompt and output
stand_ins    lets vLLM be imported without PyTorch, a GPU and some twenty packages
real         the one place that imports vLLM
settings     from a scenario to vLLM's configuration
scheduler    vLLM's scheduler, watched: what each call decided, and how long it took
model        in place of the model runner: the tokens that a batch yields
sync_loop    drives the scheduler of synchronous scheduling, one batch after the other
async_loop   runs vLLM's engine core with two batches in flight, on a simulated clock
trace        the lines of a trace, and the file they go to
recording    all of it together: one scenario to one trace
"""
