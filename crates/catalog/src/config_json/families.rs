//! What each architecture means by its fields, and what it has that no field says.
//!
//! Source: the model's class in Hugging Face `transformers` (`models/*/configuration_*.py` for the
//! defaults, `modeling_*.py` for biases and norms).

use crate::{NormKind, QkNorm};

/// One family of architectures.
pub(super) struct Family {
    /// Values of `architectures` that belong to it.
    pub(super) architectures: &'static [&'static str],
    /// Fields that a file may leave out, with what they are then.
    pub(super) defaults: &'static [(&'static str, u32)],
    /// Fields that look like a shape and are not used.
    pub(super) ignored: &'static [&'static str],
    pub(super) qkv_bias: Switch,
    pub(super) output_bias: Switch,
    pub(super) mlp_bias: Switch,
    /// Whether the feed-forward part has a gate.
    pub(super) gated: bool,
    pub(super) qk_norm: QkNorm,
    /// A field that turns `qk_norm` off or on, if there is one.
    pub(super) qk_norm_switch: Switch,
    pub(super) norm: NormKind,
    pub(super) norms_per_layer: u32,
    /// Whether the head is the embedding table where the file does not say.
    pub(super) tied: bool,
    /// Whether rotary scaling changes the context that the file states.
    pub(super) context_scales: bool,
    pub(super) mix: Mix,
    pub(super) experts: Option<Experts>,
}

/// A part that a family may have.
#[derive(Debug, Clone, Copy)]
pub(super) enum Switch {
    Never,
    Always,
    /// As this field says, else as stated here.
    Key(&'static str, bool),
}

/// How the layers differ in attention, where `layer_types` does not say.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mix {
    /// `sliding_window`, if set, holds for every layer.
    Uniform,
    /// `sliding_window` holds for layers from `max_window_layers`, if `use_sliding_window`.
    UseSlidingWindow,
    /// All but every n-th layer slide: `sliding_window_pattern`, or this.
    EveryNthIsFull(u32),
    /// All but every fourth layer attend in chunks: `no_rope_layers`, `attention_chunk_size`.
    Chunked,
    /// Latent attention everywhere.
    Latent,
    /// All but every n-th layer are linear: `full_attention_interval`.
    Hybrid,
}

/// How a family lays out its experts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Experts {
    /// Fields with the width of one expert; the first that is there counts.
    pub(super) width: &'static [&'static str],
    /// Field with the width of layers without experts.
    pub(super) dense_width: &'static str,
    pub(super) shared: Shared,
    pub(super) shared_gate: bool,
    /// Whether experts have biases.
    pub(super) bias: bool,
    pub(super) router_bias: RouterBias,
}

/// Where the width of the shared experts is found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shared {
    None,
    /// A field with the number of shared experts, each as wide as a routed one.
    Count,
    /// A field with their width.
    Width(&'static str),
    /// One, as wide as a routed one.
    One,
}

/// Whether the router has an offset per expert.
#[derive(Debug, Clone, Copy)]
pub(super) enum RouterBias {
    Fixed(bool),
    /// As this field says, else there is none.
    Key(&'static str),
    /// Where `topk_method` is `noaux_tc` (DeepSeek V3, not V2).
    TopkMethod,
}

const LLAMA: Family = Family {
    architectures: &["LlamaForCausalLM", "YiForCausalLM", "GraniteForCausalLM"],
    defaults: &[],
    ignored: &[],
    qkv_bias: Switch::Key("attention_bias", false),
    output_bias: Switch::Key("attention_bias", false),
    mlp_bias: Switch::Key("mlp_bias", false),
    gated: true,
    qk_norm: QkNorm::None,
    qk_norm_switch: Switch::Always,
    norm: NormKind::Rms,
    norms_per_layer: 2,
    tied: false,
    context_scales: true,
    mix: Mix::Uniform,
    experts: None,
};

const MIXTRAL_EXPERTS: Experts = Experts {
    width: &["intermediate_size"],
    dense_width: "intermediate_size",
    shared: Shared::None,
    shared_gate: false,
    bias: false,
    router_bias: RouterBias::Fixed(false),
};

const QWEN_EXPERTS: Experts = Experts { width: &["moe_intermediate_size"], ..MIXTRAL_EXPERTS };

const QWEN_SHARED_EXPERTS: Experts = Experts {
    shared: Shared::Width("shared_expert_intermediate_size"),
    shared_gate: true,
    ..QWEN_EXPERTS
};

const QWEN3: Family = Family {
    architectures: &["Qwen3ForCausalLM", "Qwen3VLForConditionalGeneration"],
    qk_norm: QkNorm::Head,
    mix: Mix::UseSlidingWindow,
    ..LLAMA
};

const QWEN2: Family = Family {
    architectures: &[
        "Qwen2ForCausalLM",
        "Qwen2VLForConditionalGeneration",
        "Qwen2_5_VLForConditionalGeneration",
    ],
    qkv_bias: Switch::Always,
    output_bias: Switch::Never,
    mix: Mix::UseSlidingWindow,
    ..LLAMA
};

const GEMMA3: Family = Family {
    architectures: &["Gemma3ForCausalLM", "Gemma3ForConditionalGeneration"],
    defaults: &[
        ("vocab_size", 262_208),
        ("num_attention_heads", 8),
        ("num_key_value_heads", 4),
        ("head_dim", 256),
        ("max_position_embeddings", 131_072),
        ("sliding_window", 4096),
    ],
    qk_norm: QkNorm::Head,
    norms_per_layer: 4,
    tied: true,
    context_scales: false,
    mix: Mix::EveryNthIsFull(6),
    ..LLAMA
};

/// Every family that can be read.
pub(super) static FAMILIES: &[Family] = &[
    LLAMA,
    Family {
        architectures: &["MistralForCausalLM", "Mistral3ForConditionalGeneration"],
        qkv_bias: Switch::Never,
        output_bias: Switch::Never,
        mlp_bias: Switch::Never,
        ..LLAMA
    },
    Family {
        architectures: &["Phi3ForCausalLM"],
        qkv_bias: Switch::Never,
        output_bias: Switch::Never,
        mlp_bias: Switch::Never,
        ..LLAMA
    },
    Family {
        architectures: &["MixtralForCausalLM"],
        qkv_bias: Switch::Never,
        output_bias: Switch::Never,
        experts: Some(MIXTRAL_EXPERTS),
        ..LLAMA
    },
    QWEN2,
    Family { architectures: &["Qwen2MoeForCausalLM"], experts: Some(QWEN_SHARED_EXPERTS), ..QWEN2 },
    QWEN3,
    Family {
        architectures: &["Qwen3MoeForCausalLM", "Qwen3VLMoeForConditionalGeneration"],
        experts: Some(QWEN_EXPERTS),
        ..QWEN3
    },
    Family {
        architectures: &[
            "Qwen3NextForCausalLM",
            "Qwen3_5MoeForConditionalGeneration",
            "Qwen3_5MoeForCausalLM",
        ],
        mix: Mix::Hybrid,
        experts: Some(QWEN_SHARED_EXPERTS),
        ..QWEN3
    },
    Family {
        architectures: &["Qwen3_5ForConditionalGeneration", "Qwen3_5ForCausalLM"],
        mix: Mix::Hybrid,
        ..QWEN3
    },
    Family {
        architectures: &["GemmaForCausalLM"],
        defaults: &[("head_dim", 256)],
        tied: true,
        ..LLAMA
    },
    Family {
        architectures: &["Gemma2ForCausalLM"],
        defaults: &[("head_dim", 256), ("sliding_window", 4096)],
        qk_norm: QkNorm::None,
        mix: Mix::EveryNthIsFull(2),
        ..GEMMA3
    },
    GEMMA3,
    Family {
        architectures: &["DeepseekV2ForCausalLM", "DeepseekV3ForCausalLM"],
        mix: Mix::Latent,
        experts: Some(Experts {
            shared: Shared::Count,
            router_bias: RouterBias::TopkMethod,
            ..QWEN_EXPERTS
        }),
        ..LLAMA
    },
    Family {
        architectures: &["GptOssForCausalLM"],
        ignored: &["experts_per_token"],
        qkv_bias: Switch::Key("attention_bias", true),
        output_bias: Switch::Key("attention_bias", true),
        mix: Mix::EveryNthIsFull(2),
        experts: Some(Experts {
            bias: true,
            router_bias: RouterBias::Fixed(true),
            ..MIXTRAL_EXPERTS
        }),
        ..LLAMA
    },
    Family {
        architectures: &["Llama4ForConditionalGeneration", "Llama4ForCausalLM"],
        mix: Mix::Chunked,
        experts: Some(Experts {
            dense_width: "intermediate_size_mlp",
            shared: Shared::One,
            ..MIXTRAL_EXPERTS
        }),
        ..LLAMA
    },
    Family {
        architectures: &["MiniMaxM2ForCausalLM"],
        ignored: &["mlp_intermediate_size"],
        qkv_bias: Switch::Never,
        output_bias: Switch::Never,
        qk_norm: QkNorm::Full,
        qk_norm_switch: Switch::Key("use_qk_norm", false),
        experts: Some(Experts {
            shared: Shared::Width("shared_intermediate_size"),
            router_bias: RouterBias::Key("use_routing_bias"),
            ..MIXTRAL_EXPERTS
        }),
        ..LLAMA
    },
    Family {
        architectures: &["Glm4MoeForCausalLM"],
        output_bias: Switch::Never,
        qk_norm: QkNorm::Head,
        qk_norm_switch: Switch::Key("use_qk_norm", false),
        experts: Some(Experts {
            shared: Shared::Count,
            router_bias: RouterBias::Fixed(true),
            ..QWEN_EXPERTS
        }),
        ..LLAMA
    },
    Family { architectures: &["Olmo2ForCausalLM"], qk_norm: QkNorm::Full, ..LLAMA },
    Family {
        architectures: &["Starcoder2ForCausalLM"],
        qkv_bias: Switch::Key("use_bias", true),
        output_bias: Switch::Key("use_bias", true),
        mlp_bias: Switch::Key("use_bias", true),
        gated: false,
        norm: NormKind::Layer,
        tied: true,
        ..LLAMA
    },
];
