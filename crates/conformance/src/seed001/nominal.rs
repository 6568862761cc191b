//! The figures that the recorded simulator reckons with: nominal, not those of real devices.
//!
//! Source: the catalogs of `deckerd2001/inference_sim` (commit 9d1177d).

use serde_json::json;
use tokendrome::catalog::{AcceleratorSpec, ModelSpec};
use tokendrome::units::Bytes;

/// A model, and what of it does not follow from its shape here.
pub(super) struct Nominal {
    pub(super) spec: ModelSpec,
    /// Nominal parameters, two bytes each.
    parameters: f64,
    layers: f64,
    hidden: f64,
    intermediate: f64,
}

/// An accelerator and the share of its peak that matrix products reach.
pub(super) struct Machine {
    pub(super) spec: AcceleratorSpec,
    pub(super) efficiency: f64,
}

/// Names, parameters, layers, hidden size, heads, intermediate size, vocabulary, context.
type ModelRow = (&'static [&'static str], f64, [u32; 6]);

const MODELS: [ModelRow; 8] = [
    (&["llama-7b", "llama2-7b"], 7e9, [32, 4_096, 32, 11_008, 32_000, 4_096]),
    (&["llama2-13b"], 13e9, [40, 5_120, 40, 13_824, 32_000, 4_096]),
    (&["llama2-70b"], 70e9, [80, 8_192, 64, 28_672, 32_000, 4_096]),
    (&["llama3-8b"], 8e9, [32, 4_096, 32, 14_336, 128_256, 8_192]),
    (&["llama3-70b"], 70e9, [80, 8_192, 64, 28_672, 128_256, 8_192]),
    (&["mistral-7b"], 7e9, [32, 4_096, 32, 14_336, 32_000, 32_768]),
    (&["gpt3-13b"], 13e9, [40, 5_140, 40, 20_560, 50_257, 2_048]),
    (&["gpt3-175b"], 175e9, [96, 12_288, 96, 49_152, 50_257, 2_048]),
];

/// Names, peak in TFLOPS, its format, efficiency, memory in GB/s, link in GB/s, memory in GiB.
type MachineRow = (&'static [&'static str], f64, &'static str, f64, [f64; 3]);

const MACHINES: [MachineRow; 6] = [
    (&["a100-80gb", "a100"], 312.0, "bf16", 0.85, [2_039.0, 600.0, 80.0]),
    (&["h100-80gb", "h100"], 989.0, "bf16", 0.85, [3_350.0, 900.0, 80.0]),
    (&["b200-192gb", "b200"], 2_000.0, "bf16", 0.85, [8_000.0, 1_800.0, 192.0]),
    (&["mi300x"], 1_300.0, "bf16", 0.8, [5_300.0, 896.0, 192.0]),
    (&["tpu-v4"], 275.0, "bf16", 0.9, [1_200.0, 300.0, 32.0]),
    (&["gtx-1080ti", "1080ti"], 11.3, "f32", 0.65, [484.0, 0.0, 11.0]),
];

const GIB: f64 = (1_u64 << 30) as f64;

fn names<'a>(all: impl Iterator<Item = &'a &'static [&'static str]>) -> String {
    all.map(|names| names.join(" or ")).collect::<Vec<_>>().join(", ")
}

/// The model of a name.
pub(super) fn model(name: &str) -> Result<Nominal, String> {
    let found = MODELS.iter().find(|(names, ..)| names.contains(&name));
    let Some(&(_, parameters, [layers, hidden, heads, intermediate, vocabulary, context])) = found
    else {
        let known = names(MODELS.iter().map(|(names, ..)| names));
        return Err(format!("there is no model `{name}`; there are {known}"));
    };
    let attention = json!({
        "kind": "grouped", "heads": heads, "kv_heads": heads, "head_dim": hidden / heads,
    });
    let ffn = json!({ "kind": "dense", "intermediate": intermediate, "gated": false });
    let shape = json!({
        "kind": "transformer",
        "hidden_size": hidden,
        "vocab_size": vocabulary,
        "layers": [{ "count": layers, "attention": attention, "ffn": ffn }],
    });
    Ok(Nominal {
        spec: serde_json::from_value(
            json!({ "name": name, "max_context": context, "shape": shape }),
        )
        .map_err(|error| error.to_string())?,
        parameters,
        layers: f64::from(layers),
        hidden: f64::from(hidden),
        intermediate: f64::from(intermediate),
    })
}

/// The accelerator of a name, of which so many share a node.
pub(super) fn machine(name: &str, per_node: u32) -> Result<Machine, String> {
    let found = MACHINES.iter().find(|(names, ..)| names.contains(&name));
    let Some(&(_, tflops, format, efficiency, [memory, link, gib])) = found else {
        let known = names(MACHINES.iter().map(|(names, ..)| names));
        return Err(format!("there is no accelerator `{name}`; there are {known}"));
    };
    let mut spec = json!({
        "name": name,
        "memory": (gib * GIB) as u64,
        "memory_bandwidth": memory * 1e9,
        "peak": { format: tflops * 1e12 },
        "accelerators_per_node": per_node,
    });
    if link > 0.0 {
        spec["link"] = json!({ "bandwidth": link * 1e9, "latency_us": 0.0 });
    }
    let spec = serde_json::from_value(spec).map_err(|error| error.to_string())?;
    Ok(Machine { spec, efficiency })
}

impl Nominal {
    /// Bytes of weights on each of `tp` ranks.
    pub(super) fn weight_bytes(&self, tp: u32) -> f64 {
        self.parameters * 2.0 / f64::from(tp)
    }

    /// Bytes of KV cache of a token on each rank, in all layers.
    pub(super) fn kv_bytes(&self, tp: u32) -> f64 {
        2.0 * self.layers * self.hidden * 2.0 / f64::from(tp)
    }

    /// Bytes of activations of a token of a batch on each rank.
    pub(super) fn activation_bytes(&self, tp: u32) -> f64 {
        (4.0 * self.hidden + 2.0 * self.intermediate) * 2.0 / f64::from(tp)
    }

    pub(super) fn layers(&self) -> f64 {
        self.layers
    }

    /// What weights leave on each rank, and what a token takes of it: KV cache, activations.
    pub(super) fn memory(&self, machine: &Machine, tp: u32) -> [Bytes; 3] {
        let left = machine.spec.memory.0 as f64 - self.weight_bytes(tp);
        [left.max(1.0), self.kv_bytes(tp), self.activation_bytes(tp)]
            .map(|bytes| Bytes(bytes as u64))
    }
}

/// Bytes in GiB, which the original calls GB.
pub(super) fn gib(bytes: f64) -> f64 {
    bytes / GIB
}
