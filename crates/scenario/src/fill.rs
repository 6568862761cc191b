//! Models and accelerators by name: the catalog's figures under those that the scenario gives.

pub(crate) mod calibration;
mod formats;

use std::path::Path;

use tokendrome::catalog::{Catalog, LookupError, ModelSpec, config_json};

use crate::compat::shorthand::find;
use crate::compat::ticks::is_ticking;
use crate::files;
use crate::problem::Problem;
use crate::source::{Place, Sources};
use crate::tree::{Entry, Node, Table, Value};

use formats::Formats;

/// Keys of `[model]` beyond those of the type: known to the hints and to the schema.
pub(crate) const MODEL_KEYS: [&str; 5] =
    ["config", "dtype", "kv_dtype", "unquantized_dtype", "quantization"];

/// Fills in `[model]` and `[hardware]`. A section that cannot be filled in is taken out: what else
/// would be said of it is a consequence.
pub(crate) fn fill(root: &mut Table, sources: &Sources, problems: &mut Vec<Problem>) {
    if let Err(problem) = calibration::fill(root, sources) {
        problems.push(problem);
        root.take("step_time");
    }
    let is_needed = needs_machine(root);
    if (is_needed || root.contains("model"))
        && let Err(problem) = fill_model(root, sources)
    {
        problems.push(problem);
        root.take("model");
    }
    let has_pools = root.contains("disaggregation");
    if ((is_needed && !has_pools) || root.contains("hardware"))
        && let Err(problem) = fill_hardware(root, "hardware")
    {
        problems.push(problem);
        root.take("hardware");
    }
    for (pool, name) in [
        ("prefill", "disaggregation.prefill.hardware"),
        ("decode", "disaggregation.decode.hardware"),
    ] {
        let pool = find(root, &["disaggregation", pool]).and_then(Node::as_table_mut);
        if let Some(pool) = pool.filter(|pool| pool.contains("hardware"))
            && let Err(problem) = fill_hardware(pool, name)
        {
            problems.push(problem);
            pool.take("hardware");
        }
    }
}

/// Whether scheduler or step times look at a model and an accelerator.
fn needs_machine(root: &Table) -> bool {
    let pools = root.get("disaggregation").and_then(Node::as_table);
    let pools = pools.map(|of| ["prefill", "decode"].map(|pool| of.get(pool)?.as_table()));
    let engines = pools.map_or_else(|| vec![None], Vec::from);
    let needs = |pool: &Option<&Table>| {
        let kind = |section: &str| {
            let own = pool.and_then(|pool| pool.get(section));
            own.or_else(|| root.get(section))?.as_table()?.get("kind")?.as_str()
        };
        let sized = |key: &str| {
            let own = pool.and_then(|pool| pool.get("scheduler"));
            let scheduler = own.or_else(|| root.get("scheduler")).and_then(Node::as_table);
            scheduler.is_some_and(|scheduler| scheduler.get(key).is_some())
        };
        let has_kv = kind("scheduler").is_none_or(|kind| match kind {
            "vllm" => true,
            "tensorrt-llm" => !(sized("num_blocks") && sized("max_seq_len")),
            _ => false,
        });
        let is_roofline = kind("step_time").is_none_or(|kind| kind.starts_with("roofline"));
        has_kv || is_roofline
    };
    !is_ticking(root) && engines.iter().any(needs)
}

fn fill_model(root: &mut Table, sources: &Sources) -> Result<(), Problem> {
    let Some(node) = root.get_mut("model") else {
        return Err(missing("model", "llama-3.1-8b"));
    };
    let at = node.at;
    let Some(model) = node.as_table_mut() else {
        return Ok(()); // Not a table: the check of the types says so.
    };
    let config = model.take("config");
    let formats = Formats::take(model);
    if let Some(config) = config {
        let base = from_config(&config, sources)?;
        lay_over(model, base);
    } else if !is_whole_model(model) {
        let name = take_name(model, at, "model", "`shape` and `max_context`")?;
        let base = Catalog::model_table(&name.text).map_err(|error| unknown(&error, &name))?;
        lay_over(model, Node::from_toml(base.into(), name.at));
    }
    formats.put(model, sources)
}

/// Whether the table says everything itself, so that its name is but a label. A lumped shape needs
/// no more than the totals.
fn is_whole_model(model: &Table) -> bool {
    model.get("shape").and_then(Node::as_table).is_some_and(|shape| shape.contains("kind"))
}

/// Fills in the accelerator of a table, whose place in the scenario is `path`.
fn fill_hardware(root: &mut Table, path: &'static str) -> Result<(), Problem> {
    let Some(node) = root.get_mut("hardware") else {
        return Err(missing(path, "h100-sxm"));
    };
    let at = node.at;
    let Some(hardware) = node.as_table_mut() else {
        return Ok(());
    };
    let figures = ["memory", "memory_bandwidth", "peak"];
    if figures.iter().all(|key| hardware.contains(key)) {
        if !hardware.contains("name") {
            hardware.put("name", at, Node::string("custom", Place::NOWHERE));
        }
        return Ok(());
    }
    let name = take_name(hardware, at, path, "`memory`, `memory_bandwidth` and `peak`")?;
    let base = Catalog::accelerator_table(&name.text).map_err(|error| unknown(&error, &name))?;
    lay_over(hardware, Node::from_toml(base.into(), name.at));
    Ok(())
}

struct Name {
    text: String,
    at: Place,
}

fn take_name(
    table: &mut Table,
    at: Place,
    section: &str,
    else_give: &str,
) -> Result<Name, Problem> {
    let Some(entry) = table.take("name") else {
        let message = format!("`[{section}]` has no `name`");
        let help = format!(
            "name one of the catalog (`tokendrome {}` lists it), or give all of {else_give}",
            listing(section)
        );
        return Err(Problem::new(message).at(at, "").help(help));
    };
    match &entry.value.value {
        Value::String(text) => Ok(Name { text: text.clone(), at: entry.value.at }),
        _ => {
            let message = format!("`name` must be text; found {}", entry.value.describe());
            Err(Problem::new(message).at(entry.value.at, "not text"))
        }
    }
}

fn listing(section: &str) -> &'static str {
    if section == "model" { "models" } else { "accelerators" }
}

fn missing(section: &str, example: &str) -> Problem {
    Problem::new(format!("the scenario names no {section}")).help(format!(
        "add `{section} = \"{example}\"` at the top, or give `--{section} {example}`; `tokendrome \
         {}` lists the catalog",
        listing(section)
    ))
}

fn unknown(error: &LookupError, name: &Name) -> Problem {
    let label = match error.nearest.first() {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "not in the catalog".to_owned(),
    };
    let (list, inline) = match error.what {
        "model" => ("models", "give its `config.json` with `config`, or its `shape`"),
        _ => ("accelerators", "give its `memory`, `memory_bandwidth` and `peak`"),
    };
    let near: Vec<String> = error.nearest.iter().map(|near| format!("`{near}`")).collect();
    let near = if near.len() > 1 { format!("near: {}; ", near.join(", ")) } else { String::new() };
    Problem::new(format!("the catalog has no {} named `{}`", error.what, name.text))
        .at(name.at, label)
        .help(format!("{near}`tokendrome {list}` lists the catalog; for another, {inline}"))
}

/// A Hugging Face `config.json`, relative to the file that names it.
fn from_config(config: &Entry, sources: &Sources) -> Result<Node, Problem> {
    let at = config.value.at;
    let Some(text) = config.value.as_str() else {
        let message = format!("`config` must be a path; found {}", config.value.describe());
        return Err(Problem::new(message).at(at, "not text"));
    };
    let path = sources.folder(at).join(text);
    let path = if path.is_dir() { path.join("config.json") } else { path };
    let json = files::read(&path).map_err(|problem| problem.at(at, "named here"))?;
    let model = read_config(&json, &path).map_err(|problem| problem.at(at, "read from here"))?;
    let json = serde_json::to_value(&model)
        .map_err(|error| Problem::new(format!("`{}`: {error}", path.display())))?;
    Ok(Node::from_json(json, at))
}

/// The model of a `config.json`, called by the file's folder, or by the file if its name says more.
fn read_config(json: &str, path: &Path) -> Result<ModelSpec, Problem> {
    let stem = path.file_stem().unwrap_or_default();
    let named = match path.parent().and_then(Path::file_name) {
        Some(folder) if stem == "config" => folder,
        _ => stem,
    };
    config_json::read(json, &named.to_string_lossy()).map_err(|error| {
        Problem::new(format!("`{}` is not usable: {error}", path.display()))
            .help("give the shape in `[model.shape]`, or a model of the catalog by name")
    })
}

/// Lays the table over the figures of the base.
fn lay_over(table: &mut Table, base: Node) {
    if let Value::Table(mut base) = base.value {
        base.overlay(std::mem::take(table));
        *table = base;
    }
}
