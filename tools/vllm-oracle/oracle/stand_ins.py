"""Stand-ins that let vLLM's scheduler be imported without PyTorch and without a GPU.

vLLM's scheduler, KV cache manager and engine core are plain Python, but the modules that they
import for types, decorators and features reach PyTorch, ZeroMQ and most of vLLM. `MODULES` names
what is replaced and why the scheduling of text on one GPU does without it.

Nothing recorded rests on a stand-in. While vLLM is imported they are permissive: a name of such a
module can be imported, subclassed, used as a type or as a decorator. Then `seal` is called, and
from there on it is an error, `StandInUsed`, to call one, to test whether it is true, or to ask it
for a name. The few values that the running code does need stand in `VALUES`, each with its reason.
"""

import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from oracle.errors import StandInUsed

MODULES = {
    # Packages that need not be installed. Read: "is imported for ...".
    "torch": "tensors and their types, of which the scheduler only passes names on",
    "cbor2": "one way to serialise a block for its hash; the default is another",
    "cloudpickle": "messages between processes",
    "psutil": "the processes and addresses of the machine",
    "regex": "optional imports of tokenisers",
    "uvloop": "the API server",
    "zmq": "sockets between the engine core and the API server",
    # Parts of vLLM.
    "vllm.env_override": "variables and patches for PyTorch; runs before all else",
    "vllm.platforms": "what this machine's accelerator can do (see VALUES)",
    "vllm.usage": "anonymous statistics",
    "vllm.v1.worker": "the model runner",
    "vllm.compilation": "CUDA graphs; statistics of them",
    "vllm.config": "the other sections of the configuration (see REAL_PARTS, `settings`)",
    "vllm.distributed": "KV connectors, KV events, several GPUs (see VALUES)",
    "vllm.multimodal": "images and audio",
    "vllm.tokenizers": "the type of a tokeniser; prompts come as tokens",
    "vllm.transformers_utils": "files of models",
    "vllm.v1.attention": "attention kernels; names of them",
    "vllm.v1.metrics.perf": "estimates of FLOPs, off by default",
    "vllm.v1.spec_decode": "speculative decoding",
    "vllm.v1.structured_output": "grammars (see VALUES)",
}
"""Modules that are replaced with all that is in them, and what vLLM uses them for."""

REAL_PARTS = {"vllm.config.cache", "vllm.config.scheduler", "vllm.config.utils"}
"""Modules inside a replaced package that are vLLM's own all the same."""

VALUES: dict[str, Any] = {
    # Called before the first scheduler is made: no platform but plug-ins adds kinds of KV cache.
    "vllm.platforms.current_platform.register_custom_kv_cache_specs": lambda *_: None,
    # Asked once by AsyncScheduler: XPU pipelines differ.
    "vllm.platforms.current_platform.is_xpu": lambda: False,
    # Asked by Scheduler.__init__, with no KV events configured: the real one publishes nothing.
    "vllm.distributed.kv_events.EventPublisherFactory.create": lambda *_: None,
    # Asked for each request that is sent to the workers: of no images, none are left out.
    "vllm.multimodal.utils.strip_covered_mm_data": lambda features, *_, **__: features,
    # Asked by the logger, which says some things on the first of several GPUs only.
    "vllm.distributed.parallel_state.is_local_first_rank": lambda: True,
    # Asked for each request: no grammar is to be obeyed.
    "vllm.v1.structured_output.request.StructuredOutputRequest.from_sampling_params": (
        lambda _: None
    ),
}
"""What running code asks of a replaced module, and the answer it gets on a plain server."""


_sealed = False


def install() -> None:
    """Puts the stand-ins in place. To be called before anything of vLLM is imported.

    They take the place of installed packages too, so that every recording runs the same code.
    """
    sys.meta_path.insert(0, _Finder())


def seal() -> None:
    """From now on a stand-in is an error. To be called when vLLM has been imported."""
    global _sealed
    _sealed = True


class _StandIn(type):
    """The class of stand-ins for what a module holds: a class, which can be all that is needed."""

    def __getattr__(cls, name: str) -> Any:
        return _member(f"{cls.__module__}.{cls.__qualname__}", name, cls)

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if not cls.__dict__.get("is_stand_in"):
            # A class of vLLM's own, with a stand-in among its bases.
            return super().__call__(*args, **kwargs)
        name = f"{cls.__module__}.{cls.__qualname__}"
        if _sealed:
            raise StandInUsed(f"{name}()")
        # As a decorator it leaves what it decorates as it is.
        if len(args) == 1 and not kwargs and callable(args[0]):
            return args[0]
        return _make(name, "made")

    def __bool__(cls) -> bool:
        if _sealed and cls.__dict__.get("is_stand_in"):
            raise StandInUsed(f"bool({cls.__module__}.{cls.__qualname__})")
        return True


class _Module(ModuleType):
    """A module that has every name."""

    def __getattr__(self, name: str) -> Any:
        return _member(self.__name__, name, self)


class _Finder(MetaPathFinder, Loader):
    """Answers imports of the replaced modules, and of all that is inside them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        parts = fullname.split(".")
        parents = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
        if fullname in REAL_PARTS or not any(parent in MODULES for parent in parents):
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        # Where the real parts of it are found, if it has any.
        module.__path__ = _folders(module.__name__)
        if module.__name__ == "torch":
            # vLLM compares it with older versions that need workarounds.
            vars(module)["__version__"] = "2.14.0"


def _folders(module: str) -> list[str]:
    if not any(part.startswith(f"{module}.") for part in REAL_PARTS):
        return []
    package, *inner = module.split(".")
    spec = importlib.util.find_spec(package)
    roots = spec.submodule_search_locations if spec else None
    return [os.path.join(root, *inner) for root in roots or ()]


def _member(owner: str, name: str, holder: Any) -> Any:
    full = f"{owner}.{name}"
    # Python and pydantic look for special methods; a stand-in has none.
    if name.startswith("__"):
        raise AttributeError(full)
    if full in VALUES:
        return VALUES[full]
    if _sealed:
        raise StandInUsed(full)
    made = _make(owner, name)
    setattr(holder, name, made)
    return made


def _make(owner: str, name: str) -> type:
    return _StandIn(name, (), {"__module__": owner, "is_stand_in": True})
