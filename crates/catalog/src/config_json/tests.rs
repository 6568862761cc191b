use std::path::Path;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Attention, Catalog, DType, DTypes, Ffn, Placement};

fn llama() -> Value {
    json!({
        "architectures": ["LlamaForCausalLM"],
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "max_position_embeddings": 131_072,
        "num_attention_heads": 32,
        "num_hidden_layers": 32,
        "num_key_value_heads": 8,
        "torch_dtype": "bfloat16",
        "vocab_size": 128_256
    })
}

/// The example with some fields replaced; null takes a field away.
fn with(changes: &Value) -> Value {
    let mut config = llama();
    for (key, value) in changes.as_object().unwrap() {
        config[key] = value.clone();
    }
    config
}

fn read_with(changes: &Value) -> Result<ModelSpec, ConfigError> {
    read(&with(changes).to_string(), "example")
}

fn check_error(changes: &Value, expect: &str) {
    let message = read_with(changes).unwrap_err().to_string();
    assert!(message.contains(expect), "{message}\ndoes not contain\n{expect}");
}

/// A configuration of each family gives the shape and formats of the catalog's entry.
#[test]
fn configurations_give_the_models_of_the_catalog() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/config_json");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let read = read(&std::fs::read_to_string(&path).unwrap(), name);
        let read = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        let known = Catalog::model(name).unwrap();
        assert_eq!(read.parameters(), known.parameters(), "{name}");
        assert_eq!(read.shape, known.shape, "{name}");
        assert_eq!(read.max_context, known.max_context, "{name}");
        // The catalog holds bf16 for the models whose files say float16.
        if read.dtypes.activation == DType::Bf16 {
            assert_eq!(read.dtypes, known.dtypes, "{name}");
        }
        count += 1;
    }
    assert!(count >= 20, "only {count} configurations");
}

#[test]
fn families_know_what_no_field_says() {
    let shape = |changes: Value| {
        let spec = read_with(&changes).unwrap();
        spec.transformer().unwrap().clone()
    };
    assert!(!shape(json!({})).tied_embeddings);
    assert!(shape(json!({"architectures": ["GemmaForCausalLM"]})).tied_embeddings);
    let gemma = shape(json!({"architectures": ["Gemma2ForCausalLM"]}));
    let windows: Vec<_> =
        gemma.layers.iter().map(|group| (group.count, group.attention.window())).collect();
    assert_eq!(windows, [(16, Some(4096)), (16, None)]);
    let starcoder = shape(json!({"architectures": ["Starcoder2ForCausalLM"]}));
    assert!(matches!(&starcoder.layers[0].ffn, Ffn::Dense(dense) if !dense.gated && dense.bias));
}

#[test]
fn windows_follow_the_layers() {
    let windows = |changes: Value| {
        let spec = read_with(&changes).unwrap();
        let shape = spec.transformer().unwrap().clone();
        shape.layers.iter().map(|g| (g.count, g.attention.window())).collect::<Vec<_>>()
    };
    let qwen = json!({
        "architectures": ["Qwen2ForCausalLM"], "sliding_window": 4096, "max_window_layers": 20,
        "use_sliding_window": true
    });
    assert_eq!(windows(qwen), [(20, None), (12, Some(4096))]);
    let off = json!({
        "architectures": ["Qwen2ForCausalLM"], "sliding_window": 4096, "max_window_layers": 20
    });
    assert_eq!(windows(off), [(32, None)]);
}

#[test]
fn contexts_follow_rotary_scaling() {
    let context = |scaling: Value| {
        let changes = json!({"max_position_embeddings": 32_768, "rope_scaling": scaling});
        read_with(&changes).unwrap().max_context
    };
    let yarn = json!({"type": "yarn", "factor": 4, "original_max_position_embeddings": 32_768});
    assert_eq!(context(yarn), 131_072);
    assert_eq!(context(json!({"rope_type": "linear", "factor": 2.0})), 65_536);
    assert_eq!(context(json!({"rope_type": "llama3", "factor": 8.0})), 32_768);
    assert_eq!(context(json!(null)), 32_768);
}

#[test]
fn formats_follow_the_quantization() {
    let dtypes = |quantization: Value| {
        read_with(&json!({"quantization_config": quantization})).unwrap().dtypes
    };
    let weights = |linear| DTypes { linear, experts: linear, ..DTypes::default() };
    assert_eq!(dtypes(json!({"quant_method": "awq", "bits": 4})), weights(DType::Int4));
    assert_eq!(dtypes(json!({"quant_method": "gptq", "bits": 8})), weights(DType::Int8));
    let nvfp4 =
        json!({"quant_method": "modelopt", "quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8"});
    assert_eq!(dtypes(nvfp4), DTypes { kv: DType::Fp8, ..weights(DType::Fp4) });
    let group = json!({"group_0": {"weights": {"num_bits": 8, "type": "float"}}});
    let per_layer: Vec<String> =
        (0..32).map(|layer| format!("model.layers.{layer}.self_attn.q_proj")).collect();
    let excluded = json!({
        "quant_method": "compressed-tensors", "config_groups": group, "ignore": per_layer
    });
    let kept = DTypes { attention: Some(DType::Bf16), ..weights(DType::Fp8) };
    assert_eq!(dtypes(excluded), kept);
    check_error(
        &json!({"quantization_config": {"quant_method": "gguf"}}),
        "`quantization_config.quant_method` should be one of fp8",
    );
    assert_eq!(read_with(&json!({"torch_dtype": "float16"})).unwrap().dtypes.kv, DType::F16);
}

#[test]
fn what_is_not_understood_is_listed() {
    check_error(
        &json!({"mamba_d_state": 128, "layers_block_type": ["mamba", "full"], "rope_theta": 5}),
        "not understood: `mamba_d_state` = 128, `layers_block_type` = [\"mamba\",\"full\"];",
    );
    // Fields of other families are no part of this one.
    check_error(&json!({"num_local_experts": 8}), "`num_local_experts` = 8");
    check_error(&json!({"kv_lora_rank": 512}), "`kv_lora_rank` = 512");
    check_error(&json!({"num_kv_shared_layers": 10}), "`num_kv_shared_layers` = 10");
    check_error(&json!({"architectures": ["MambaForCausalLM"]}), "`MambaForCausalLM` is not known");
    let kinds = vec!["linear_attention"; 32];
    check_error(&json!({"layer_types": kinds}), "`layer_types` should be full, sliding or chunked");
}

#[test]
fn wrong_files_say_where_and_what() {
    let message = |text: &str| read(text, "example").unwrap_err().to_string();
    assert_eq!(message("{\n  \"hidden_size\": 12,,\n}"), "line 2, column 21: key must be a string");
    assert_eq!(message("[1, 2]"), "a config.json is a table of fields, in braces");
    assert_eq!(message("{}"), "the field `architectures` is missing");
    check_error(&json!({"hidden_size": null}), "the field `hidden_size` is missing");
    check_error(
        &json!({"hidden_size": "wide"}),
        "the field `hidden_size` should be a whole number below 2^32; found \"wide\"",
    );
    check_error(&json!({"num_hidden_layers": 4_000_000_000_u32}), "a number from 1 to 4096");
    check_error(&json!({"num_attention_heads": 0}), "`head_dim` is missing");
    check_error(&json!({"num_key_value_heads": 5}), "32 heads do not divide into 5 groups");
    check_error(&json!({"layer_types": ["full_attention"]}), "as long as there are layers (32)");
    check_error(&json!({"torch_dtype": "int3"}), "bfloat16, float16 or float32; found \"int3\"");
}

#[test]
fn a_text_part_is_found_where_multimodal_files_keep_it() {
    for path in TEXT_CONFIGS {
        let mut config = llama();
        let kept = config["architectures"].clone();
        for key in path.iter().rev() {
            config = json!({ *key: config });
        }
        config["architectures"] = kept;
        config["image_token_index"] = json!(7);
        let spec = read(&config.to_string(), "example").unwrap();
        assert_eq!(spec.parameters(), 8_030_261_248);
        assert!(matches!(spec.transformer().unwrap().layers[0].attention, Attention::Grouped(_)));
    }
}

/// Values that a field of a configuration may be given, right or wrong.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0_u64..600).prop_map(Value::from),
        any::<u32>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z_]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{1,8}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

const FUZZED: [&str; 24] = [
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "intermediate_size",
    "vocab_size",
    "max_position_embeddings",
    "sliding_window",
    "layer_types",
    "no_rope_layers",
    "num_local_experts",
    "num_experts_per_tok",
    "moe_intermediate_size",
    "n_shared_experts",
    "n_routed_experts",
    "kv_lora_rank",
    "q_lora_rank",
    "qk_rope_head_dim",
    "moe_layer_freq",
    "mlp_only_layers",
    "rope_scaling",
    "quantization_config",
    "text_config",
];

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&String::from_utf8_lossy(&bytes), "example");
    }

    #[test]
    fn no_fields_make_it_panic(
        architecture in prop::sample::select(architectures().collect::<Vec<_>>()),
        changes in prop::collection::vec((prop::sample::select(&FUZZED[..]), any_value()), 0..6),
    ) {
        let mut config = llama();
        config["architectures"] = json!([architecture]);
        for (key, value) in changes {
            config[key] = value;
        }
        if let Ok(spec) = read(&config.to_string(), "example") {
            prop_assert!(spec.parameters() > 0);
            prop_assert!(spec.active_parameters() <= spec.parameters());
            prop_assert!(spec.weight_bytes_per_rank(Placement::new(8, 4)) <= spec.weight_bytes());
            let _ = (spec.kv_bytes_per_token(64), spec.state_bytes_per_sequence(3));
        }
    }
}
