//! `tokendrome models` and `tokendrome accelerators`.

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use tokendrome::catalog::{AcceleratorSummary, Catalog, ModelSummary};
use tokendrome::units::{BytesPerSecond, FlopsPerSecond};

use crate::args::CatalogArgs;
use crate::console::Console;
use crate::failure::Failure;

pub(crate) fn models(args: &CatalogArgs, console: &Console) -> Result<(), Failure> {
    let aliases = |name: &str| Catalog::model_aliases(name).unwrap_or_default();
    let found = filtered(args, Catalog::models(), |model| {
        let mut names = vec![model.name.as_str(), model.family.as_str()];
        names.extend(aliases(&model.name));
        names
    });
    let header =
        ["model", "family", "params", "active", "layers", "context", "weights", "KV/token"];
    print(args, console, &found, "models", (&header, 2), |model: &ModelSummary| {
        vec![
            model.name.clone(),
            model.family.clone(),
            count(model.parameters),
            count(model.active_parameters),
            model.layers.to_string(),
            model.max_context.to_string(),
            model.weight_bytes.to_string(),
            model.kv_bytes_per_token.to_string(),
        ]
    })
}

pub(crate) fn accelerators(args: &CatalogArgs, console: &Console) -> Result<(), Failure> {
    let aliases = |name: &str| Catalog::accelerator_aliases(name).unwrap_or_default();
    let found = filtered(args, Catalog::accelerators(), |accelerator| {
        let mut names = vec![accelerator.name.as_str()];
        names.extend(accelerator.vendor.as_deref());
        names.extend(aliases(&accelerator.name));
        names
    });
    let header =
        ["accelerator", "vendor", "memory", "bandwidth", "16-bit", "fp8", "link", "node", "$/h"];
    print(args, console, &found, "accelerators", (&header, 2), |found: &AcceleratorSummary| {
        vec![
            found.name.clone(),
            found.vendor.clone().unwrap_or_default(),
            format!("{:.1} GiB", found.memory.0 as f64 / f64::from(1 << 30)),
            rate(Some(found.memory_bandwidth)),
            flops(found.peak.bf16.or(found.peak.f16)),
            flops(found.peak.fp8),
            rate(found.link_bandwidth),
            found.accelerators_per_node.to_string(),
            found.price_per_hour.map_or("-".to_owned(), |price| format!("{:.2}", price.0)),
        ]
    })
}

fn filtered<T>(args: &CatalogArgs, all: Vec<T>, names: impl Fn(&T) -> Vec<&str>) -> Vec<T> {
    let Some(filter) = args.filter.as_deref().map(str::to_lowercase) else {
        return all;
    };
    let matches = |entry: &T| names(entry).iter().any(|name| name.to_lowercase().contains(&filter));
    all.into_iter().filter(matches).collect()
}

/// A table whose first `left` columns are text; the others are figures.
fn print<T: Serialize>(
    args: &CatalogArgs,
    console: &Console,
    found: &[T],
    what: &str,
    (header, left): (&[&str], usize),
    row: impl Fn(&T) -> Vec<String>,
) -> Result<(), Failure> {
    if found.is_empty() {
        let filter = args.filter.as_deref().unwrap_or_default();
        let message = format!("the catalog has no {what} with `{filter}` in their names");
        return Err(Failure::usage(message).help(format!("`tokendrome {what}` lists them all")));
    }
    if args.json {
        let json = serde_json::to_string_pretty(found);
        let json = json.map_err(|error| Failure::Run(error.to_string()))?;
        return console.print(&(json + "\n"));
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header.iter().copied());
    table.add_rows(found.iter().map(row));
    for (index, column) in table.column_iter_mut().enumerate() {
        let first = if index == 0 { 0 } else { 1 };
        column.set_padding((first, 1));
        if index >= left {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    console.print(&lines.collect::<String>())
}

/// `8.03 B`, `671 B`, `1.1 T`.
fn count(parameters: u64) -> String {
    let (value, unit) = match parameters {
        0..1_000_000_000 => (parameters as f64 / 1e6, "M"),
        1_000_000_000..1_000_000_000_000 => (parameters as f64 / 1e9, "B"),
        _ => (parameters as f64 / 1e12, "T"),
    };
    let digits = if value < 100.0 { 1 } else { 0 };
    format!("{value:.digits$} {unit}")
}

fn rate(rate: Option<BytesPerSecond>) -> String {
    rate.map_or("-".to_owned(), |rate| rate.to_string())
}

/// In TFLOPS: the unit of every datasheet.
fn flops(rate: Option<FlopsPerSecond>) -> String {
    rate.map_or("-".to_owned(), |rate| format!("{:.0} TF", rate.0 / 1e12))
}
