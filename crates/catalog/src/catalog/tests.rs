use std::collections::BTreeMap;
use std::path::Path;

use super::lookup::key;
use super::*;
use crate::{Attention, DType, Ffn, Shape};

fn error(a: u64, b: u64) -> f64 {
    (a as f64 / b as f64 - 1.0).abs()
}

#[test]
fn every_file_is_in_the_index() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (folder, index) in [("models", MODELS), ("accelerators", ACCELERATORS)] {
        let mut indexed: Vec<String> =
            index.iter().map(|entry| format!("{}.toml", entry.name)).collect();
        let mut files: Vec<String> = std::fs::read_dir(root.join(folder))
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        indexed.sort();
        files.sort();
        assert_eq!(files, indexed, "{folder}");
    }
}

#[test]
fn names_are_unique_over_the_catalog() {
    for (kind, index) in [(Kind::Model, MODELS), (Kind::Accelerator, ACCELERATORS)] {
        let mut owner = BTreeMap::new();
        for entry in index {
            for alias in std::iter::once(&entry.name).chain(entry.aliases) {
                let known = owner.insert(key(kind, alias), entry.name);
                assert!(known.is_none_or(|name| name == entry.name), "`{alias}` means two entries");
            }
        }
    }
}

#[test]
fn every_model_is_valid_sourced_and_as_large_as_published() {
    assert!(MODELS.len() >= 34);
    for indexed in MODELS {
        let entry: ModelEntry = entry::parse(indexed);
        let model = &entry.model;
        assert_eq!(model.name, indexed.name);
        model.validate().unwrap();
        assert!(!entry.source.is_empty() && !entry.published.source.is_empty(), "{}", model.name);
        let published = &entry.published;
        let parameters = model.parameters();
        assert!(
            error(parameters, published.parameters) < 0.01,
            "{}: {parameters} from the shape, {} published",
            model.name,
            published.parameters
        );
        assert_eq!(published.active_parameters.is_some(), model.is_moe(), "{}", model.name);
        let Some(active) = published.active_parameters else {
            continue;
        };
        let table = model.transformer().unwrap().embedding_parameters();
        let excluded = if published.active_excludes_embedding { table } else { 0 };
        let counted = model.active_parameters() - excluded;
        // Publishers round to one or two digits.
        assert!(error(counted, active) < 0.045, "{}: {counted} active, not {active}", model.name);
    }
}

/// Counts that the publishers give to the last digit.
#[test]
fn exact_counts_are_met_exactly() {
    for (name, parameters) in [
        ("llama-2-7b", 6_738_415_616),
        ("llama-2-70b", 68_976_648_192),
        ("llama-3.1-8b", 8_030_261_248),
        ("llama-3.1-405b", 405_853_388_800),
        ("llama-3.2-1b", 1_235_814_400),
        ("mixtral-8x7b", 46_702_792_704),
        ("qwen2.5-7b", 7_615_616_512),
        ("qwen3-30b-a3b", 30_532_122_624),
        ("qwen3-30b-a3b-2507", 30_532_122_624),
        ("deepseek-v2-lite", 15_706_484_224),
        ("deepseek-v3", 671_026_419_200),
        ("gpt-oss-120b", 116_829_156_672),
        ("phi-4", 14_659_507_200),
        ("yi-34b", 34_388_917_248),
    ] {
        assert_eq!(Catalog::model(name).unwrap().parameters(), parameters, "{name}");
    }
}

#[test]
fn every_accelerator_is_valid_and_sourced() {
    assert!(ACCELERATORS.len() >= 24);
    for indexed in ACCELERATORS {
        let entry: AcceleratorEntry = entry::parse(indexed);
        let spec = &entry.accelerator;
        assert_eq!(spec.name, indexed.name);
        spec.validate().unwrap();
        assert!(spec.vendor.is_some() && !entry.source.is_empty(), "{}", spec.name);
        assert_eq!(spec.price_per_hour.is_some(), entry.price_source.is_some(), "{}", spec.name);
        // A narrower float is never slower, and 16-bit formats are equally fast.
        let rate = |dtype| spec.peak.row(dtype).map(|rate| rate.0);
        let rates = [DType::F32, DType::Bf16, DType::Fp8, DType::Fp4].map(rate);
        let given: Vec<f64> = rates.into_iter().flatten().collect();
        assert!(given.is_sorted(), "{}: {given:?}", spec.name);
        if let (Some(f16), Some(bf16)) = (rate(DType::F16), rate(DType::Bf16)) {
            assert!((f16 - bf16).abs() < 1.0, "{}", spec.name);
        }
    }
}

#[test]
fn models_are_found_by_every_spelling() {
    for (spelling, name) in [
        ("meta-llama/Llama-3.1-8B", "llama-3.1-8b"),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", "llama-3.1-8b"),
        ("llama-3.1-8b-instruct", "llama-3.1-8b"),
        ("Llama 3.1 8B", "llama-3.1-8b"),
        ("llama3.1-8b", "llama-3.1-8b"),
        ("llama-3-1-8b", "llama-3.1-8b"),
        ("llama-3-70b", "llama-3-70b"),
        ("llama3-8b", "llama-3-8b"),
        ("llama-7b", "llama-2-7b"),
        ("llama2-7b", "llama-2-7b"),
        ("Llama-3-70B", "llama-3-70b"),
        ("gpt3-13b", "gpt-3-13b"),
        ("RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic", "llama-4-scout-fp8"),
        ("codellama/CodeLlama-34b-Instruct-hf", "codellama-34b"),
        ("mistralai/Mistral-Nemo-Instruct-2407", "mistral-nemo-12b"),
        ("mistralai/Mixtral-8x7B-v0.1", "mixtral-8x7b"),
        ("01-ai/Yi-34B", "yi-34b"),
        ("Qwen/Qwen2.5-7B-Instruct", "qwen2.5-7b"),
        ("Qwen/Qwen3.5-397B-A17B", "qwen3.5-397b-a17b"),
        ("MiniMaxAI/MiniMax-M2.5", "minimax-m2.5"),
        ("openai/gpt-oss-120b", "gpt-oss-120b"),
        ("deepseek-ai/DeepSeek-R1", "deepseek-r1"),
        ("deepseek-ai/DeepSeek-V3", "deepseek-v3"),
        ("/data/models/Llama-2-7b-hf/", "llama-2-7b"),
    ] {
        assert_eq!(Catalog::model_name(spelling), Ok(name), "{spelling}");
    }
}

#[test]
fn accelerators_are_found_by_every_spelling() {
    for (spelling, name) in [
        ("H100", "h100-sxm"),
        ("h100-80gb", "h100-sxm"),
        ("h100-sxm", "h100-sxm"),
        ("H100-SXM-80GB", "h100-sxm"),
        ("h100_sxm", "h100-sxm"),
        ("NVIDIA H100 SXM 80GB", "h100-sxm"),
        ("NVIDIA H100 80GB HBM3", "h100-sxm"),
        ("NVIDIA H100 PCIe", "h100-pcie"),
        ("NVIDIA GeForce RTX 4090 24GB", "rtx-4090"),
        ("RTX4090", "rtx-4090"),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition 96GB", "rtx-pro-6000"),
        ("RTXPRO6000", "rtx-pro-6000"),
        ("b200_sxm", "b200"),
        ("b200-192gb", "b200"),
        ("b300_sxm", "b300"),
        ("h200_sxm", "h200"),
        ("gb200", "gb200"),
        ("a100", "a100-sxm-80gb"),
        ("a100-80gb", "a100-sxm-80gb"),
        ("a100_sxm", "a100-sxm-80gb"),
        ("NVIDIA A100-SXM4-40GB", "a100-sxm-40gb"),
        ("l40s", "l40s"),
        ("AMD Instinct MI300X OAM", "mi300x"),
        ("tpu-v4", "tpu-v4"),
        ("Tesla T4", "t4"),
        ("1080ti", "gtx-1080-ti"),
        ("gtx-1080ti", "gtx-1080-ti"),
    ] {
        assert_eq!(Catalog::accelerator_name(spelling), Ok(name), "{spelling}");
    }
}

/// The names that other simulators of serving use in their documents.
#[test]
fn names_of_other_simulators_are_known() {
    for (spelling, name) in [
        ("llama-7b", "llama-2-7b"),
        ("llama2-7b", "llama-2-7b"),
        ("llama2-13b", "llama-2-13b"),
        ("llama2-70b", "llama-2-70b"),
        ("llama3-8b", "llama-3-8b"),
        ("llama3-70b", "llama-3-70b"),
        ("mistral-7b", "mistral-7b"),
        ("gpt3-13b", "gpt-3-13b"),
        ("gpt3-175b", "gpt-3-175b"),
    ] {
        assert_eq!(Catalog::model_name(spelling), Ok(name), "{spelling}");
    }
    for (spelling, name) in [
        ("a100", "a100-sxm-80gb"),
        ("a100-80gb", "a100-sxm-80gb"),
        ("h100", "h100-sxm"),
        ("h100-80gb", "h100-sxm"),
        ("b200", "b200"),
        ("b200-192gb", "b200"),
        ("mi300x", "mi300x"),
        ("tpu-v4", "tpu-v4"),
        ("gtx-1080ti", "gtx-1080-ti"),
        ("1080ti", "gtx-1080-ti"),
    ] {
        assert_eq!(Catalog::accelerator_name(spelling), Ok(name), "{spelling}");
    }
    let near = |error: LookupError| error.nearest;
    assert_eq!(near(Catalog::model("llama2-71b").unwrap_err())[0], "llama-2-70b");
    assert_eq!(near(Catalog::accelerator("mi300").unwrap_err())[0], "mi300x");
}

#[test]
fn an_unknown_name_gets_the_nearest_ones() {
    let message = |name| Catalog::model(name).unwrap_err().to_string();
    assert_eq!(
        message("lama-3.1-8b"),
        "the catalog has no model named `lama-3.1-8b`; did you mean `llama-3.1-8b`, `llama-3-8b` \
         or `llama-3.1-70b`?"
    );
    assert_eq!(message("x"), "the catalog has no model named `x`");
    assert_eq!(message(""), "the catalog has no model named ``");
    assert_eq!(
        Catalog::accelerator("h10").unwrap_err().to_string(),
        "the catalog has no accelerator named `h10`; did you mean `a10`, `h100-sxm` or `h20`?"
    );
}

#[test]
fn a_table_can_be_overlaid() {
    let mut table = Catalog::model_table("llama-3.1-8b").unwrap();
    table.insert("max_context".into(), toml::Value::Integer(8192));
    let model: ModelSpec = table.try_into().unwrap();
    assert_eq!((model.max_context, model.layers()), (8192, 32));
    let table = Catalog::accelerator_table("h100").unwrap();
    let spec: AcceleratorSpec = table.try_into().unwrap();
    assert_eq!(Some(&spec), Catalog::accelerator("h100").as_ref().ok());
    assert!(Catalog::model_text("llama-3.1-8b").unwrap().contains("[model.shape]"));
}

#[test]
fn every_entry_reads_back_from_what_it_writes() {
    for name in Catalog::model_names() {
        let entry = Catalog::model_entry(name).unwrap();
        let text = toml::to_string(&entry).unwrap();
        assert_eq!(toml::from_str::<ModelEntry>(&text).unwrap(), entry);
    }
    for name in Catalog::accelerator_names() {
        let entry = Catalog::accelerator_entry(name).unwrap();
        let text = toml::to_string(&entry).unwrap();
        assert_eq!(toml::from_str::<AcceleratorEntry>(&text).unwrap(), entry);
    }
}

#[test]
fn known_sizes_of_caches_and_weights() {
    let model = |name| Catalog::model(name).unwrap();
    assert_eq!(model("llama-3.1-8b").kv_bytes_per_token(1), 128 * 1024);
    assert_eq!(model("llama-2-7b").kv_bytes_per_token(1), 512 * 1024);
    assert_eq!(model("deepseek-v3").kv_bytes_per_token(8), 61 * 576 * 2);
    // The checkpoint of gpt-oss-120b has 65.2 GB (60.8 GiB by its model card).
    let weights = model("gpt-oss-120b").weight_bytes() as f64;
    assert!((weights / (60.8 * 1024f64.powi(3)) - 1.0).abs() < 0.005, "{weights}");
    let hybrid = model("qwen3.5-397b-a17b");
    assert_eq!(hybrid.kv_bytes_per_token(1), 15 * 2 * 2 * 256 * 2);
    assert_eq!(hybrid.state_bytes_per_sequence(1), 45 * (64 * 128 * 128 * 4 + 12_288 * 3 * 2));
    assert_eq!(model("llama-3.1-8b").state_bytes_per_sequence(1), 0);
}

#[test]
fn sliding_windows_are_in_the_shape() {
    let windows = |name: &str| {
        let model = Catalog::model(name).unwrap();
        let Shape::Transformer(shape) = model.shape else { panic!("{name} is lumped") };
        let row = |group: &crate::LayerGroup| (group.count, group.attention.window());
        shape.layers.iter().map(row).collect::<Vec<_>>()
    };
    assert_eq!(windows("gpt-oss-20b"), [(12, Some(128)), (12, None)]);
    assert_eq!(windows("gemma-3-27b"), [(52, Some(1024)), (10, None)]);
    assert_eq!(windows("mistral-7b"), [(32, Some(4096))]);
}

#[test]
fn rows_for_tables() {
    let models = Catalog::models();
    let row = models.iter().find(|row| row.name == "mixtral-8x7b").unwrap();
    assert_eq!((row.layers, row.family.as_str()), (32, "Mixtral"));
    assert!(row.active_parameters < row.parameters);
    let accelerators = Catalog::accelerators();
    assert_eq!(accelerators.len(), ACCELERATORS.len());
    let model = Catalog::model("mixtral-8x7b").unwrap();
    let shape = model.transformer().unwrap();
    assert!(matches!(shape.layers[0].attention, Attention::Grouped(_)));
    assert!(matches!(shape.layers[0].ffn, Ffn::Moe(_)));
}
