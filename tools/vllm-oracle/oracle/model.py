"""In place of the model runner: the tokens that a batch yields."""

from typing import Any

from oracle.real import ModelRunnerOutput
from oracle.scenario import Request


def run(batch: Any, requests: dict[str, Any], asked: dict[str, Request]) -> Any:
    """The result of a batch, as a GPU would give it back.

    A request whose prompt is complete after this batch yields one token, the others yield none.

    * `batch`: vLLM's SchedulerOutput, right after it was made
    * `requests`: the scheduler's requests, by id
    * `asked`: the same requests of the scenario
    """
    ids = list(batch.num_scheduled_tokens)
    return ModelRunnerOutput(
        req_ids=ids,
        req_id_to_index={rid: index for index, rid in enumerate(ids)},
        sampled_token_ids=[_sample(requests[rid], asked[rid]) for rid in ids],
    )


def _sample(request: Any, asked: Request) -> list[int]:
    if request.is_prefill_chunk:
        return []
    # With asynchronous scheduling, tokens sampled but not delivered yet come before this one. The
    # scheduler has counted this one among them already.
    undelivered = max(0, request.num_output_placeholders - 1)
    return [asked.output(request.num_output_tokens + undelivered)]
