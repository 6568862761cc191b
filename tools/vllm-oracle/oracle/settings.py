"""From a scenario to vLLM's configuration.

The sections about scheduling and the KV cache are vLLM's own classes, so vLLM itself checks their
values. The rest of `VllmConfig` needs a model and PyTorch: here stand just the attributes that the
scheduler and the engine core read, at the values of a plain `vllm serve` of a text model on one
GPU. One that is missing is an AttributeError, never a default.
"""

from types import SimpleNamespace
from typing import Any

from pydantic import ValidationError

from oracle.errors import ScenarioError
from oracle.real import (
    CacheConfig,
    FullAttentionSpec,
    KVCacheConfig,
    KVCacheGroupSpec,
    SchedulerConfig,
    torch,
)
from oracle.scenario import Scenario

_OF_SCHEDULER = (
    "max_num_batched_tokens",
    "max_num_seqs",
    "enable_chunked_prefill",
    "long_prefill_token_threshold",
    "policy",
    "scheduler_reserve_full_isl",
    "watermark",
    "long_prefill_token_threshold_adaptive",
    "max_num_scheduled_tokens",
    "prefill_schedule_interval",
    "max_num_active_seqs",
)


def vllm_config(scenario: Scenario) -> SimpleNamespace:
    """What vLLM would make of the flags.

    Raises `ScenarioError` with vLLM's own words where it refuses them.
    """
    config = scenario.config
    try:
        scheduler_config = SchedulerConfig(
            max_model_len=config["max_model_len"],
            is_encoder_decoder=False,
            async_scheduling=scenario.is_async,
            **{key: config[key] for key in _OF_SCHEDULER if key in config},
        )
        cache_config = CacheConfig(
            block_size=config["block_size"],
            enable_prefix_caching=config["enable_prefix_caching"],
        )
    except ValidationError as error:
        raise ScenarioError(f"config: vLLM refuses it: {_in_short(error)}") from error
    # A server finds it out by measuring how much memory is free.
    cache_config.num_gpu_blocks = config["num_gpu_blocks"]
    return SimpleNamespace(
        scheduler_config=scheduler_config,
        cache_config=cache_config,
        **_one_gpu(scenario),
        **_text_model(config["max_model_len"]),
        **_features_off(),
    )


def _in_short(error: ValidationError) -> str:
    """vLLM's words, each with the key that they are about."""
    faults = [
        (*fault["loc"], fault["msg"].removeprefix("Value error, ")) for fault in error.errors()
    ]
    return "; ".join(": ".join(str(part) for part in fault) for fault in faults)


def kv_cache_config(scenario: Scenario) -> Any:
    """A pool of blocks for one layer of full attention: one group, as in most text models."""
    layer = FullAttentionSpec(
        block_size=scenario.config["block_size"],
        num_kv_heads=1,
        head_size=1,
        dtype=torch.float32,
    )
    return KVCacheConfig(
        num_blocks=scenario.config["num_gpu_blocks"],
        kv_cache_tensors=[],
        kv_cache_groups=[KVCacheGroupSpec(["layer"], layer)],
    )


def _one_gpu(scenario: Scenario) -> dict[str, Any]:
    batches = 2 if scenario.is_async else 1
    return {
        "parallel_config": SimpleNamespace(
            data_parallel_index=0,
            data_parallel_size=1,
            pipeline_parallel_size=1,
            decode_context_parallel_size=1,
            prefill_context_parallel_size=1,
        ),
        # VllmConfig computes these two; with PyTorch it would do so here, too.
        "max_concurrent_batches": batches,
        "max_in_flight_tokens": batches * scenario.config["max_num_batched_tokens"],
        # The default on a GPU.
        "use_v2_model_runner": True,
    }


def _text_model(max_model_len: int) -> dict[str, Any]:
    return {
        "model_config": SimpleNamespace(
            max_model_len=max_model_len,
            uses_mrope=False,
            is_encoder_decoder=False,
            runner_type="generate",
            is_diffusion=False,
            supports_multimodal_inputs=False,
            return_sampling_mask=False,
        ),
        "is_mm_encoder_only": False,
        "ec_manager_config": SimpleNamespace(get_encoder_cache_manager_obj=lambda: None),
    }


def _features_off() -> dict[str, Any]:
    return {
        "observability_config": SimpleNamespace(
            per_request_spec_decode_metrics="none",
            kv_cache_metrics=False,
            enable_logging_iteration_details=False,
        ),
        "aux_output_config": SimpleNamespace(enabled=False),
        "lora_config": None,
        "kv_events_config": None,
        "kv_transfer_config": None,
        "ec_transfer_config": None,
        "speculative_config": None,
        "num_speculative_tokens": 0,
        "num_lookahead_tokens": 0,
        "num_prefill_lookahead_tokens": 0,
        "num_hash_lookahead_tokens": 0,
    }
