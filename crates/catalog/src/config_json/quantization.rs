//! Number formats: `torch_dtype` and `quantization_config`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::error::ConfigError;
use super::fields::{Fields, printed};
use crate::{DType, DTypes, Ffn, Transformer};

type Table = Map<String, Value>;

const METHODS: &str = "one of fp8, fbgemm_fp8, modelopt, modelopt_fp4, compressed-tensors, awq, \
                       gptq, mxfp4, bitsandbytes";
const EXCLUDED: [&str; 5] = [
    "ignore",
    "modules_to_not_convert",
    "exclude_modules",
    "ignored_layers",
    "llm_int8_skip_modules",
];

/// The formats that the file asks for; bf16 where it says nothing.
pub(super) fn dtypes(fields: &Fields<'_>, shape: &Transformer) -> Result<DTypes, ConfigError> {
    let mut dtypes = DTypes::uniform(plain(fields)?);
    let found = ["quantization_config", "compression_config"]
        .into_iter()
        .find_map(|key| fields.value_anywhere(key));
    let Some(Value::Object(table)) = found else { return Ok(dtypes) };
    let weights = weights(table)?;
    if caches_in_fp8(table) {
        dtypes.kv = DType::Fp8;
    }
    let moe = shape.layers.iter().any(|group| matches!(group.ffn, Ffn::Moe(_)));
    let unquantised = dtypes.linear;
    dtypes.experts = weights;
    // The reference MXFP4 checkpoints quantise experts only.
    if !(weights == DType::Mxfp4 && moe) {
        dtypes.linear = weights;
        if attention_is_excluded(table, shape.layer_count()) {
            dtypes.attention = Some(unquantised);
        }
    }
    Ok(dtypes)
}

fn plain(fields: &Fields<'_>) -> Result<DType, ConfigError> {
    let found = ["dtype", "torch_dtype"].into_iter().find_map(|key| fields.value_anywhere(key));
    let Some(value) = found else { return Ok(DType::Bf16) };
    match value.as_str().map(|word| word.trim_start_matches("torch.")) {
        Some("bfloat16" | "auto") => Ok(DType::Bf16),
        Some("float16" | "half") => Ok(DType::F16),
        Some("float32" | "float") => Ok(DType::F32),
        _ => Err(ConfigError::wrong("dtype", "bfloat16, float16 or float32", printed(value))),
    }
}

/// The format of quantised weights.
fn weights(table: &Table) -> Result<DType, ConfigError> {
    let method = text(table, "quant_method").unwrap_or_default();
    let wrong = |field: &str, expected: &str| {
        let found = table.get(field).map_or_else(|| "nothing".to_owned(), printed);
        ConfigError::wrong(&format!("quantization_config.{field}"), expected, found)
    };
    match method {
        "fp8" | "fbgemm_fp8" => Ok(DType::Fp8),
        "mxfp4" => Ok(DType::Mxfp4),
        "modelopt" | "modelopt_fp8" | "modelopt_fp4" => match text(table, "quant_algo") {
            Some("FP8") => Ok(DType::Fp8),
            Some("NVFP4") => Ok(DType::Fp4),
            _ => Err(wrong("quant_algo", "FP8 or NVFP4")),
        },
        "awq" | "gptq" => match table.get("bits").and_then(Value::as_u64) {
            Some(4) => Ok(DType::Int4),
            Some(8) => Ok(DType::Int8),
            _ => Err(wrong("bits", "4 or 8")),
        },
        "bitsandbytes" => match table.get("load_in_4bit").and_then(Value::as_bool) {
            Some(true) => Ok(DType::Int4),
            _ => Ok(DType::Int8),
        },
        "compressed-tensors" => {
            compressed(table).ok_or_else(|| wrong("config_groups", "weights of 4 or 8 bits"))
        }
        _ => Err(wrong("quant_method", METHODS)),
    }
}

/// The format of the first group of a `compressed-tensors` table.
fn compressed(table: &Table) -> Option<DType> {
    let groups = table.get("config_groups")?.as_object()?;
    let weights = groups.values().next()?.get("weights")?.as_object()?;
    let bits = weights.get("num_bits")?.as_u64()?;
    let group = weights.get("group_size").and_then(Value::as_u64);
    match (bits, text(weights, "type").unwrap_or("int"), group) {
        (8, "float", _) => Some(DType::Fp8),
        (8, "int", _) => Some(DType::Int8),
        (4, "int", _) => Some(DType::Int4),
        (4, "float", Some(32)) => Some(DType::Mxfp4),
        (4, "float", _) => Some(DType::Fp4),
        _ => None,
    }
}

fn caches_in_fp8(table: &Table) -> bool {
    let scheme = table.get("kv_cache_scheme").and_then(Value::as_object);
    let bits = scheme.and_then(|scheme| scheme.get("num_bits")).and_then(Value::as_u64);
    text(table, "kv_cache_quant_algo") == Some("FP8") || bits == Some(8)
}

/// Whether the modules left alone include the attention of every layer: named without a layer, or
/// for each of them.
fn attention_is_excluded(table: &Table, layers: u32) -> bool {
    let lists = EXCLUDED.iter().filter_map(|key| table.get(*key)?.as_array());
    let patterns = lists.flatten().filter_map(Value::as_str);
    let mut named = BTreeSet::new();
    for pattern in patterns.filter(|pattern| pattern.contains("attn")) {
        let layer = pattern.split(['.', '*', '\\']).find_map(|part| part.parse::<u32>().ok());
        match layer {
            Some(layer) => named.insert(layer),
            None => return true,
        };
    }
    named.len() >= layers as usize
}

fn text<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key)?.as_str()
}
