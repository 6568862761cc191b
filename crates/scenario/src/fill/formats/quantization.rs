//! `quantization`: how vLLM reads or makes quantised weights, by the names of its `--quantization`.

use tokendrome::catalog::DType;

use super::{WEIGHTS, format_of, is_wide, set_formats};
use crate::hint;
use crate::problem::Problem;
use crate::tree::{Entry, Node, Table};

/// What a method does.
#[derive(Debug, Clone, Copy)]
enum Method {
    /// Quantises weights of 16 bits as they are loaded; those in this format it takes as they are.
    Makes(DType),
    /// Reads a checkpoint that is quantised, in one of these formats.
    Reads(&'static [DType]),
    /// Neither weights nor arithmetic are of a format that there is here.
    NotModelled(&'static str),
}

const ANY: Method = Method::Reads(&DType::ALL);
const INT4: Method = Method::Reads(&[DType::Int4]);
const INT4_OR_8: Method = Method::Reads(&[DType::Int4, DType::Int8]);
const FP8: Method = Method::Reads(&[DType::Fp8]);
const MXFP4: Method = Method::Reads(&[DType::Mxfp4]);
const WEIGHT_ONLY: Method = Method::NotModelled("8-bit weights with 16-bit arithmetic");
const MXFP8: Method = Method::NotModelled("MXFP8");

/// The methods of vLLM 0.33.0.
///
/// Source: `QuantizationMethods` of `model_executor/layers/quantization`.
const METHODS: [(&str, Method); 29] = [
    ("fp8", Method::Makes(DType::Fp8)),
    ("fp8_per_tensor", Method::Makes(DType::Fp8)),
    ("fp8_per_block", Method::Makes(DType::Fp8)),
    ("fp8_per_channel", Method::Makes(DType::Fp8)),
    ("awq", INT4),
    ("auto_awq", INT4),
    ("awq_marlin", INT4),
    ("gptq", INT4_OR_8),
    ("auto_gptq", INT4_OR_8),
    ("gptq_marlin", INT4_OR_8),
    ("moe_wna16", INT4_OR_8),
    ("fbgemm_fp8", FP8),
    ("deepseek_v4_fp8", FP8),
    ("modelopt", FP8),
    ("modelopt_fp4", Method::Reads(&[DType::Fp4])),
    ("modelopt_mixed", ANY),
    ("compressed-tensors", ANY),
    ("quark", ANY),
    ("torchao", ANY),
    ("inc", ANY),
    ("humming", ANY),
    ("mxfp4", MXFP4),
    ("gpt_oss_mxfp4", MXFP4),
    ("experts_int8", WEIGHT_ONLY),
    ("int8_per_channel_weight_only", WEIGHT_ONLY),
    ("mxfp8", MXFP8),
    ("modelopt_mxfp8", MXFP8),
    ("nvfp4_per_token", Method::NotModelled("NVFP4 with activations quantised per token")),
    ("fp_quant", Method::NotModelled("FP-Quant")),
];

/// Checks the method against the model's weights, and quantises them if the method does.
pub(super) fn put(model: &mut Table, entry: &Entry) -> Result<(), Problem> {
    let name = entry.value.as_str().unwrap_or_default();
    let Some((_, method)) = METHODS.iter().find(|(known, _)| *known == name) else {
        return Err(unknown(entry, name));
    };
    let narrow: Vec<DType> = WEIGHTS
        .iter()
        .map(|part| format_of(model, part))
        .filter(|format| !is_wide(*format))
        .collect();
    match method {
        Method::Makes(format) if narrow.is_empty() => {
            let made = Node::string(format.name(), entry.value.at);
            set_formats(model, WEIGHTS, &Entry { value: made, ..entry.clone() });
            Ok(())
        }
        Method::Makes(format) if narrow.contains(format) => Ok(()),
        Method::Reads(formats) if narrow.iter().any(|format| formats.contains(format)) => Ok(()),
        Method::NotModelled(what) => {
            Err(wrong(entry, format!("`{name}`: {what} cannot be simulated yet")))
        }
        Method::Makes(_) | Method::Reads(_) => Err(does_not_fit(entry, *method, &narrow)),
    }
}

fn does_not_fit(entry: &Entry, method: Method, narrow: &[DType]) -> Problem {
    let name = entry.value.as_str().unwrap_or_default();
    let has = match narrow.first() {
        Some(format) => format!("those of the model are {format}"),
        None => "those of the model are not quantised".to_owned(),
    };
    let takes = match method {
        Method::Makes(format) => format!("16-bit or {format}"),
        Method::Reads(formats) if formats.len() < DType::ALL.len() => {
            formats.iter().map(|format| format.name()).collect::<Vec<_>>().join(" or ")
        }
        _ => "quantised".to_owned(),
    };
    wrong(entry, format!("`{name}` is for {takes} weights; {has}")).help(
        "name the quantised model, or its `config.json`; or say what its weights are with `dtype` \
         (`--dtype int4`)",
    )
}

fn unknown(entry: &Entry, name: &str) -> Problem {
    let names = METHODS.map(|(name, _)| name);
    let label = match hint::nearest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "not a method of vLLM".to_owned(),
    };
    Problem::new(format!("`{}` cannot be {}", entry.key, entry.value.describe()))
        .at(entry.value.at, label)
        .help(format!("it is one of {}", hint::list(names)))
}

fn wrong(entry: &Entry, message: String) -> Problem {
    Problem::new(message).at(entry.value.at, "")
}
