//! Number formats: in one word, by parts, and in vLLM's way.

use tokendrome::catalog::DType;

use super::{BASE, read, try_load};

#[test]
fn one_word_sets_the_number_formats() {
    let dtypes = |sets: &[&str]| read(BASE, sets).model.as_ref().unwrap().dtypes;
    let fp8 = dtypes(&["model.dtype=fp8"]);
    assert_eq!(
        (fp8.linear, fp8.experts, fp8.activation, fp8.kv),
        (DType::Fp8, DType::Fp8, DType::Bf16, DType::Bf16)
    );
    assert_eq!(dtypes(&["model.dtype=float16"]).kv, DType::F16);
    assert_eq!(dtypes(&["model.kv_dtype=fp8"]).kv, DType::Fp8);
    let text = "model = { name = \"llama-3.1-8b\", dtype = \"fp8\", dtypes = { experts = \"int4\" \
     } }\nhardware = \"h100-sxm\"";
    let both = read(text, &[]).model.as_ref().unwrap().dtypes;
    assert_eq!((both.linear, both.experts), (DType::Fp8, DType::Int4), "parts win over the word");
    assert_eq!(
        read(text, &["model.dtype=bf16"]).model.as_ref().unwrap().dtypes.experts,
        DType::Bf16,
        "a flag wins"
    );
}

#[test]
fn vllm_says_number_formats_in_its_own_way() {
    let formats = |text: &str, sets: &[&str]| {
        let dtypes = read(text, sets).model.as_ref().unwrap().dtypes;
        (dtypes.linear, dtypes.activation, dtypes.kv)
    };
    let quantized = BASE.replace("llama-3.1-8b", "llama-4-scout-fp8");
    let (half, fp8, bf16) = (DType::F16, DType::Fp8, DType::Bf16);
    let dtype = "model.unquantized_dtype=half";
    assert_eq!(formats(BASE, &[dtype]), (half, half, half));
    assert_eq!(formats(&quantized, &[dtype]), (fp8, half, half), "what is quantised stays");
    let online = "model.quantization=fp8";
    assert_eq!(formats(BASE, &[online, dtype]), (fp8, half, half));
    assert_eq!(formats(&quantized, &[online]), (fp8, bf16, bf16));
    assert_eq!(formats(&quantized, &["model.quantization=compressed-tensors"]).0, fp8);
    assert_eq!(formats(BASE, &[online, "model.dtype=bf16"]).0, bf16, "a plain flag wins");
    let int4 = ["model.quantization=awq", "model.dtype=int4"];
    assert_eq!(formats(BASE, &int4), (DType::Int4, bf16, bf16));
}

#[test]
fn a_quantization_must_fit_the_weights() {
    let check = |sets: &[&str], expect: &str| {
        assert_eq!(try_load(BASE, sets).unwrap_err().to_string(), expect);
    };
    check(
        &["model.quantization=awq"],
        "`awq` is for int4 weights; those of the model are not quantised",
    );
    check(
        &["model.quantization=torchao"],
        "`torchao` is for quantised weights; those of the model are not quantised",
    );
    check(
        &["model.quantization=fp8", "model.dtypes.linear=int4"],
        "`fp8` is for 16-bit or fp8 weights; those of the model are int4",
    );
    check(&["model.quantization=mxfp8"], "`mxfp8`: MXFP8 cannot be simulated yet");
    check(&["model.quantization=awk"], "`quantization` cannot be the text \"awk\"");
    check(&["model.unquantized_dtype=fp8"], "`unquantized_dtype` cannot be the text \"fp8\"");
}
