"""One scenario to one trace. Importing this module imports vLLM (see `real`)."""

from collections.abc import Callable

from oracle import async_loop, settings, sync_loop
from oracle.real import VERSION
from oracle.scenario import Scenario
from oracle.scheduler import AsynchronousScheduler, SyncScheduler, Totals
from oracle.trace import Line, header


def check(scenario: Scenario) -> None:
    """Raises `ScenarioError` if vLLM refuses the configuration."""
    settings.vllm_config(scenario)


def record(scenario: Scenario, emit: Callable[[Line], object]) -> Totals:
    """Plays the scenario to its end and emits the lines of the trace."""
    emit(header(scenario, VERSION))
    if scenario.is_async:
        asynchronous = AsynchronousScheduler(scenario)
        async_loop.play(scenario, asynchronous, emit)
        return asynchronous.totals
    synchronous = SyncScheduler(scenario)
    sync_loop.play(scenario, synchronous, emit)
    return synchronous.totals
