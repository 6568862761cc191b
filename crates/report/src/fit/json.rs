//! What fits, as JSON.

use std::io::{self, Write};

use serde::Serialize;
use tokendrome::catalog::DType;
use tokendrome::{Placed, Verdict};

use super::{Fitted, SCHEMA_VERSION};
use crate::json::write_value;

pub(super) fn write(of: &Fitted<'_>, out: &mut impl Write) -> io::Result<()> {
    let (model, hardware) = of.scenario.machine().expect("somebody asked for a machine");
    let placement = |formats: &super::FittedFormats| {
        let (dtype, kv_dtype) = (formats.dtype, formats.kv_dtype);
        formats.rows.iter().map(move |row| JsonPlaced::new(dtype, kv_dtype, row)).collect()
    };
    let placements: Vec<Vec<JsonPlaced>> = of.formats.iter().map(placement).collect();
    let layout = Layout {
        schema_version: SCHEMA_VERSION,
        tokendrome_version: env!("CARGO_PKG_VERSION"),
        model: &model.name,
        hardware: &hardware.name,
        notices: of.notices,
        placements: placements.concat(),
    };
    write_value(&layout, of.scenario, out)
}

#[derive(Serialize)]
struct Layout<'a> {
    schema_version: &'static str,
    tokendrome_version: &'static str,
    model: &'a str,
    hardware: &'a str,
    notices: &'a [String],
    placements: Vec<JsonPlaced>,
}

/// Bytes are of the fullest accelerator.
#[derive(Debug, Clone, Serialize)]
struct JsonPlaced {
    dtype: DType,
    kv_dtype: DType,
    tensor_parallel_size: u32,
    pipeline_parallel_size: u32,
    verdict: Verdict,
    capacity_bytes: u64,
    usable_bytes: u64,
    weight_bytes: u64,
    activation_bytes: u64,
    reserve_bytes: u64,
    kv_bytes: u64,
    missing_bytes: u64,
    kv_blocks: u64,
    kv_tokens: u64,
    context_tokens: u32,
    sequences: u64,
}

impl JsonPlaced {
    fn new(dtype: DType, kv_dtype: DType, row: &Placed) -> Self {
        Self {
            dtype,
            kv_dtype,
            tensor_parallel_size: row.parallelism.tensor_parallel_size,
            pipeline_parallel_size: row.parallelism.pipeline_parallel_size,
            verdict: row.verdict,
            capacity_bytes: row.memory.capacity,
            usable_bytes: row.memory.usable,
            weight_bytes: row.memory.weights,
            activation_bytes: row.memory.activations,
            reserve_bytes: row.memory.reserve,
            kv_bytes: row.kv_bytes(),
            missing_bytes: row.missing,
            kv_blocks: row.blocks,
            kv_tokens: row.kv_tokens,
            context_tokens: row.context,
            sequences: row.sequences,
        }
    }
}
