"""The one place that imports vLLM, and all that the recorder uses of it.

Import this module to get vLLM's classes; it raises `NoVllm` where the version it was written for
is not installed. Decisions change between versions, and so do the attributes that `settings` and
`async_loop` set, so no other version is tried.
"""

import importlib.metadata
import logging
import os
from pathlib import Path

from oracle import stand_ins
from oracle.errors import NoVllm

VERSION = "0.33.0"


_ADVICE = "install what record.py needs with: python -m pip install --no-deps -r " + str(
    Path(__file__).parent.with_name("requirements.txt")
)


def _check_version() -> None:
    try:
        found = importlib.metadata.version("vllm")
    except importlib.metadata.PackageNotFoundError:
        raise NoVllm(f"vLLM is not installed for this Python; {_ADVICE}") from None
    if found != VERSION:
        raise NoVllm(f"vLLM {found} is installed, the recorder needs {VERSION}; {_ADVICE}")


_check_version()
for _name in [name for name in os.environ if name.startswith("VLLM_")]:
    # Such a variable could change what is decided.
    del os.environ[_name]
# Its advice about odd settings is not wanted: odd settings are what scenarios are for.
logging.getLogger("vllm").setLevel(logging.ERROR)
stand_ins.install()

try:
    import torch
    from vllm.config.cache import CacheConfig
    from vllm.config.scheduler import SchedulerConfig
    from vllm.sampling_params import SamplingParams
    from vllm.utils.hashing import get_hash_fn_by_name
    from vllm.v1.core.kv_cache_utils import get_request_block_hasher, init_none_hash
    from vllm.v1.core.sched.async_scheduler import AsyncScheduler
    from vllm.v1.core.sched.scheduler import Scheduler
    from vllm.v1.core.single_type_kv_cache_manager import register_all_kvcache_specs
    from vllm.v1.engine import EngineCoreRequestType, core
    from vllm.v1.kv_cache_interface import FullAttentionSpec, KVCacheConfig, KVCacheGroupSpec
    from vllm.v1.outputs import ModelRunnerOutput
    from vllm.v1.request import Request
except ModuleNotFoundError as error:
    raise NoVllm(f"vLLM imports {error.name}, which is not installed; {_ADVICE}") from error

stand_ins.seal()

__all__ = [
    "AsyncScheduler",
    "CacheConfig",
    "EngineCoreRequestType",
    "FullAttentionSpec",
    "KVCacheConfig",
    "KVCacheGroupSpec",
    "ModelRunnerOutput",
    "Request",
    "SamplingParams",
    "Scheduler",
    "SchedulerConfig",
    "core",
    "get_hash_fn_by_name",
    "get_request_block_hasher",
    "init_none_hash",
    "register_all_kvcache_specs",
    "torch",
]
