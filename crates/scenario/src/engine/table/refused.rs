//! Flags that change what would have to be simulated.

use super::{Group, NONE};
use crate::engine::flag::Fate;

const fn unless(harmless: &'static str, why: &'static str) -> Fate {
    Fate::Refused { why, harmless }
}

pub(super) static GROUPS: &[Group] = &[
    Group {
        fate: unless("None", "speculative decoding is not modelled"),
        ones: "speculative-config/-sc spec-method spec-model spec-tokens speculative-model \
               num-speculative-tokens",
        ..NONE
    },
    Group {
        fate: unless("None", "LoRA adapters are not modelled"),
        switches: "enable-lora",
        ones: "default-mm-loras",
        lists: "lora-modules",
        marks: "enable-prompt-adapter",
        ..NONE
    },
    Group {
        fate: unless("None", "KV transfer between engines is not modelled"),
        ones: "kv-transfer-config ec-transfer-config",
        ..NONE
    },
    Group {
        fate: unless("None 0", "offloading of the KV cache is not modelled"),
        ones: "kv-offloading-size",
        ..NONE
    },
    Group {
        fate: unless("0", "offloading of weights is not modelled"),
        ones: "cpu-offload-gb offload-group-size",
        ..NONE
    },
    Group {
        fate: unless("", "tokens are taken to spread evenly over the experts"),
        switches: "enable-eplb",
        ..NONE
    },
    Group {
        fate: unless("", "the number of ranks does not change while the engine runs"),
        switches: "enable-elastic-ep",
        ..NONE
    },
    Group {
        fate: unless("1", "context parallelism is not modelled"),
        ones: "decode-context-parallel-size/-dcp prefill-context-parallel-size/-pcp",
        ..NONE
    },
    Group {
        fate: unless("0", "overlapped microbatches are not modelled"),
        switches: "enable-dbo",
        ones: "ubatch-size",
        ..NONE
    },
    Group {
        fate: unless("", "layers keep the sliding windows that the model has"),
        switches: "disable-sliding-window",
        ..NONE
    },
    Group {
        fate: unless("", "prefill that skips layers with a shared KV cache is not modelled"),
        switches: "kv-sharing-fast-prefill",
        ..NONE
    },
    Group {
        fate: unless("", "layers with KV caches of different formats are not modelled"),
        lists: "kv-cache-dtype-skip-layers",
        ..NONE
    },
    Group {
        fate: unless("None", "prefix hits end at KV blocks"),
        ones: "prefix-match-unit",
        ..NONE
    },
    Group {
        fate: unless("None", "the engine's queue has no limit"),
        ones: "max-num-queued-reqs max-num-queued-tokens",
        ..NONE
    },
    Group {
        fate: unless("1", "every token is sent as soon as it is there"),
        ones: "stream-interval",
        ..NONE
    },
    Group {
        fate: unless(
            "balanced interactivity",
            "it doubles the default batch: say so with `--max-num-batched-tokens` and \
             `--max-num-seqs`",
        ),
        ones: "performance-mode",
        ..NONE
    },
    Group {
        fate: unless("None auto", "what a class of yours does is not known here"),
        ones: "scheduler-cls worker-cls worker-extension-cls",
        ..NONE
    },
    Group {
        fate: unless("None {}", "the model is simulated as its configuration has it"),
        ones: "hf-overrides model-class-overrides rope-scaling rope-theta engram-config",
        ..NONE
    },
    Group {
        fate: unless("None", "a format for each part is given in `[model.dtypes]`"),
        ones: "quantization-config",
        ..NONE
    },
    Group {
        fate: unless("None {}", "what it changes is not known here"),
        ones: "additional-config",
        ..NONE
    },
    Group {
        fate: unless("auto generate", "only generation is modelled"),
        ones: "runner task",
        ..NONE
    },
    Group {
        fate: unless("None auto none", "only generation is modelled"),
        ones: "convert pooler-config diffusion-config/-dc",
        switches: "mm-encoder-only",
        ..NONE
    },
    Group {
        fate: unless("auto cuda", "accelerators are named with `--hardware`"),
        ones: "device",
        ..NONE
    },
    Group {
        fate: unless("1", "gone from vLLM, and not modelled"),
        ones: "num-scheduler-steps max-num-partial-prefills max-long-partial-prefills",
        ..NONE
    },
    Group {
        fate: unless("None 0 recompute", "gone from vLLM, and not modelled"),
        ones: "num-lookahead-slots scheduler-delay-factor preemption-mode",
        ..NONE
    },
    Group { fate: unless("", "it prints vLLM's help"), marks: "help/-h", ..NONE },
];
