//! Flags that do not matter to a simulation.

use super::{Group, NONE};
use crate::engine::flag::Fate::Ignored;

pub(super) static GROUPS: &[Group] = &[
    Group {
        fate: Ignored("the HTTP server is not simulated"),
        switches: "enable-server-load-tracking enable-tokenizer-info-endpoint enable-scale-out \
                   allow-credentials disable-fastapi-docs enable-offline-docs \
                   enable-request-id-headers enable-ssl-refresh",
        marks: "grpc disable-frontend-multiprocessing",
        ones: "host port grpc-port uds api-server-count/-asc root-path middleware ssl-keyfile \
               ssl-certfile ssl-ca-certs ssl-cert-reqs ssl-ciphers allowed-origins allowed-methods \
               allowed-headers h11-max-incomplete-event-size h11-max-header-count \
               sse-keep-alive-interval renderer-num-workers fingerprint-mode fingerprint-value",
        lists: "api-key served-model-name",
        ..NONE
    },
    Group {
        fate: Ignored("requests and answers are counts of tokens, not text"),
        switches: "trust-request-chat-template return-tokens-as-token-ids \
                   enable-auto-tool-choice exclude-tools-when-tool-choice-none \
                   enable-prompt-tokens-details enable-force-include-usage \
                   cohere-is-reasoning-model tokens-only skip-tokenizer-init \
                   enable-prompt-embeds enable-flash-late-interaction",
        marks: "enable-reasoning",
        ones: "tokenizer tokenizer-mode tokenizer-revision chat-template \
               chat-template-content-format default-chat-template-kwargs reasoning-effort-map \
               response-role tool-call-parser tool-parser-plugin tool-strict-level tool-server \
               cohere-format anthropic-disabled-thinking-effort io-processor-plugin \
               reasoning-parser reasoning-parser-plugin reasoning-config",
        ..NONE
    },
    Group {
        fate: Ignored("outputs have the lengths of the workload, whatever is sampled"),
        switches: "use-fp64-gumbel return-sampling-mask enable-trace-replay \
                   enable-return-routed-experts",
        ones: "generation-config override-generation-config max-logprobs logprobs-mode \
               structured-outputs-config guided-decoding-backend logits-processor-pattern \
               watermark-config aux-output-config",
        lists: "logits-processors",
        ..NONE
    },
    Group {
        fate: Ignored("it seeds sampling; `--seed` of this program seeds the simulation"),
        ones: "seed",
        ..NONE
    },
    Group {
        fate: Ignored("logs, metrics and profiles are the engine's own"),
        switches: "enable-log-requests enable-log-outputs enable-log-deltas log-error-stack \
                   disable-uvicorn-access-log enable-per-request-metrics kv-cache-metrics \
                   cudagraph-metrics enable-layerwise-nvtx-tracing enable-mfu-metrics \
                   enable-logging-iteration-details jit-monitor-verbose ray-workers-use-nsight",
        marks: "disable-log-stats aggregate-engine-logging",
        ones: "max-log-len uvicorn-log-level disable-access-log-for-endpoints logging-config \
               log-level log-config-file show-hidden-metrics-for-version otlp-traces-endpoint \
               per-request-spec-decode-metrics kv-cache-metrics-sample custom-histogram-buckets \
               jit-monitor-mode profiler-config watchdog-config kv-events-config",
        lists: "collect-detailed-traces",
        ..NONE
    },
    Group {
        fate: Ignored("the model's weights are there when a run begins"),
        switches: "trust-remote-code allow-deprecated-quantization use-tqdm-on-load \
                   enable-ep-weight-filter",
        ones: "revision code-revision config-format load-format download-dir \
               safetensors-load-strategy safetensors-prefetch-num-threads \
               safetensors-prefetch-block-size model-loader-extra-config pt-load-map-location \
               max-parallel-loading-workers weight-transfer-config",
        lists: "ignore-patterns",
        maybes: "hf-token",
        ..NONE
    },
    Group {
        fate: Ignored("the engine never sleeps"),
        switches: "enable-sleep-mode sleep-mode-offload-cudagraph enable-cumem-allocator \
                   enable-nccl-comm-suspend",
        ones: "sleep-mode-backend",
        lists: "sleep-preserve-parameter-names",
        ..NONE
    },
    Group {
        fate: Ignored(
            "step times are those with CUDA graphs; without them iterations take longer than \
             simulated (`--set step_time.layer_overhead_us=...`)",
        ),
        switches: "enforce-eager",
        ..NONE
    },
    Group {
        fate: Ignored("step times do not depend on which graphs are compiled and captured"),
        ones: "compilation-config/-cc optimization-level max-cudagraph-capture-size \
               max-seq-len-to-capture max-context-len-to-capture",
        lists: "cudagraph-capture-sizes cuda-graph-sizes",
        ..NONE
    },
    Group {
        fate: Ignored("step times do not depend on the choice of kernels"),
        switches: "enable-flashinfer-autotune monokernel disable-custom-all-reduce use-replayssm \
                   enable-mamba-cache-stochastic-rounding enable-batch-sharded-sampling \
                   enable-hc-sp disable-cascade-attn",
        marks: "calculate-kv-scales",
        ones: "attention-backend attention-config/-ac mamba-backend mamba-ssu-algorithm \
               mamba-cache-philox-rounds replayssm-buffer-len moe-backend linear-backend \
               sparse-indexer-topk-backend gdn-prefill-backend kda-prefill-backend \
               kda-decode-backend ir-op-priority kernel-config model-impl",
        ..NONE
    },
    Group {
        fate: Ignored("requests are text: no image, sound or film is encoded"),
        switches: "trust-request-mm-kwargs language-model-only enable-mm-embeds \
                   interleave-mm-strings skip-mm-profiling mm-device-do-normalize \
                   disable-chunked-mm-input enable-shm-tensor-arena",
        marks: "disable-mm-preprocessor-cache enable-multimodal-encoder-data-parallel",
        ones: "allowed-local-media-path limit-mm-per-prompt media-io-kwargs mm-processor-kwargs \
               mm-processor-cache-gb mm-processor-cache-type mm-hasher-algorithm \
               mm-shm-cache-max-object-size-mb mm-encoder-tp-mode mm-encoder-attn-backend \
               mm-encoder-attn-dtype mm-encoder-fp8-scale-path mm-encoder-fp8-scale-save-path \
               mm-encoder-fp8-scale-save-margin video-pruning-rate video-pruning-method \
               mm-tensor-ipc mm-processor-device mm-ipc-gpu-memory-gb ec-manager-config",
        lists: "allowed-media-domains",
        ..NONE
    },
    Group {
        fate: Ignored("ranks stand as `hardware.accelerators_per_node` says, however started"),
        switches: "numa-bind fail-on-environ-validation enable-fault-tolerance",
        marks: "headless worker-use-ray engine-use-ray",
        ones: "distributed-executor-backend master-addr master-port nnodes/-n node-rank/-r \
               distributed-timeout-seconds cpu-distributed-timeout-seconds device-ids \
               fault-tolerance-config shutdown-timeout",
        lists: "numa-bind-nodes numa-bind-cpus",
        ..NONE
    },
    Group {
        fate: Ignored("replicas are all simulated, and the scenario's router chooses among them"),
        switches: "data-parallel-hybrid-lb/-dph data-parallel-external-lb/-dpe \
                   disable-nccl-for-dp-synchronization",
        marks: "data-parallel-multi-port-external-lb/-dpm",
        ones: "data-parallel-rank/-dpn data-parallel-start-rank/-dpr \
               data-parallel-size-local/-dpl data-parallel-address/-dpa \
               data-parallel-rpc-port/-dpp data-parallel-backend/-dpb \
               data-parallel-supervisor-port dp-supervisor-probe-interval-s \
               dp-supervisor-probe-timeout-s dp-supervisor-probe-failure-threshold \
               dp-sync-interval",
        ..NONE
    },
    Group {
        fate: Ignored(
            "KV blocks hold the whole context in every layer, sliding window or not, and no \
             recurrent state",
        ),
        switches: "disable-hybrid-kv-cache-manager swa-bounded-replay \
                   enable-mamba-shared-prefix-checkpoint",
        ones: "prefix-cache-retention-interval mamba-cache-dtype mamba-ssm-cache-dtype \
               mamba-block-size mamba-cache-mode",
        ..NONE
    },
    Group {
        fate: Ignored("hashing takes no time, and no two hashes are equal by chance"),
        ones: "prefix-caching-hash-algo",
        ..NONE
    },
    Group {
        fate: Ignored("it has no effect without a flag that is refused"),
        switches: "enable-tower-connector-lora fully-sharded-loras specialize-active-lora \
                   enable-mixed-moe-lora-format enable-moe-shared-loras dcp-q-replicate",
        ones: "max-loras max-lora-rank lora-dtype max-cpu-loras max-lora-cls-labels \
               lora-extra-vocab-size all2all-backend eplb-config expert-placement-strategy \
               elastic-ep-max-dp-size dcp-comm-backend dcp-kv-cache-interleave-size \
               cp-kv-cache-interleave-size dbo-decode-token-threshold \
               dbo-prefill-token-threshold kv-offloading-backend offload-backend \
               offload-num-in-group offload-prefetch-step",
        lists: "lora-target-modules cpu-offload-params offload-params",
        ..NONE
    },
    Group {
        fate: Ignored("gone from vLLM, which has nothing of the kind"),
        marks: "use-v2-block-manager disable-async-output-proc multi-step-stream-outputs",
        ones: "swap-space",
        ..NONE
    },
];
