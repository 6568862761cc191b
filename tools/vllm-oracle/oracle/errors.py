"""What can go wrong, and whose matter it is."""


class ScenarioError(Exception):
    """The scenario is wrong or cannot be recorded; says where and why."""


class NoVllm(Exception):
    """vLLM is not installed, or in another version; says what to do."""


class RecordingError(Exception):
    """vLLM did what the recorder holds to be impossible, so the trace would be wrong."""


class StandInUsed(RecordingError):
    """vLLM came to need something that is only a stand-in, so its decisions cannot be trusted."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"vLLM uses {name}, which is only a stand-in here: nothing can be recorded until"
            " oracle/stand_ins.py says what it is to be"
        )
