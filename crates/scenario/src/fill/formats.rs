//! Number formats of a model: what the scenario says of them, laid over what the model has.

mod quantization;

use serde::Deserialize;
use tokendrome::catalog::DType;

use crate::hint;
use crate::problem::Problem;
use crate::source::Sources;
use crate::tree::{Entry, Table};

/// What `[model]` says of number formats: `dtype` and `kv_dtype` in one word, `dtypes` by parts,
/// and vLLM's `--dtype` and `--quantization`.
///
/// A 16- or 32-bit `dtype` is that of all parts. A narrower one is that of the weights of the
/// layers, as quantised checkpoints have it: embedding, activations and cache stay as they are.
/// `unquantized_dtype` leaves alone what is quantised, as vLLM's `--dtype` does.
pub(super) struct Formats {
    dtype: Option<Entry>,
    kv_dtype: Option<Entry>,
    parts: Option<Entry>,
    unquantized: Option<Entry>,
    quantization: Option<Entry>,
}

const WEIGHTS: &[&str] = &["linear", "experts"];
const ALL: &[&str] = &["linear", "experts", "embedding", "activation", "kv"];

impl Formats {
    pub(super) fn take(model: &mut Table) -> Self {
        Self {
            dtype: model.take("dtype"),
            kv_dtype: model.take("kv_dtype"),
            parts: model.take("dtypes"),
            unquantized: model.take("unquantized_dtype"),
            quantization: model.take("quantization"),
        }
    }

    /// Over those of the catalog: first the words, then the parts, then vLLM's flags, then words
    /// that are flags.
    pub(super) fn put(self, model: &mut Table, sources: &Sources) -> Result<(), Problem> {
        let is_flag = |entry: &&Entry| sources.is_flag(entry.value.at);
        let of_file = |entry: &&Entry| !sources.is_flag(entry.value.at);
        let (dtype, kv) = (self.dtype.as_ref(), self.kv_dtype.as_ref());
        for entry in dtype.into_iter().chain(kv) {
            format(entry)?;
        }
        put_words(model, dtype.filter(of_file), kv.filter(of_file));
        if let Some(parts) = &self.parts {
            let mut over = Table::default();
            over.push(parts.clone());
            model.overlay(over);
        }
        if let Some(entry) = &self.unquantized {
            put_unquantized(model, entry)?;
        }
        let flag = dtype.filter(is_flag);
        put_words(model, flag, kv.filter(is_flag));
        match &self.quantization {
            // A flag that says what the weights are wins over how the engine would read them.
            Some(entry) if flag.is_none() => quantization::put(model, entry),
            _ => Ok(()),
        }
    }
}

fn put_words(model: &mut Table, dtype: Option<&Entry>, kv: Option<&Entry>) {
    if let Some(entry) = dtype {
        let is_wide = format(entry).is_ok_and(is_wide);
        set_formats(model, if is_wide { ALL } else { WEIGHTS }, entry);
    }
    if let Some(entry) = kv {
        set_formats(model, &["kv"], entry);
    }
}

/// The format of every part that has 16 bits or more.
fn put_unquantized(model: &mut Table, entry: &Entry) -> Result<(), Problem> {
    if !is_wide(format(entry)?) {
        let message = format!("`{}` cannot be {}", entry.key, entry.value.describe());
        return Err(Problem::new(message)
            .at(entry.value.at, "fewer than 16 bits")
            .help("it is `f32`, `f16` or `bf16`; `quantization` says how weights are quantised"));
    }
    let is_given = |part: &str| part != "attention" || is_said(model, part);
    let parts: Vec<&str> = ALL
        .iter()
        .chain(&["attention"])
        .copied()
        .filter(|part| is_given(part) && is_wide(format_of(model, part)))
        .collect();
    set_formats(model, &parts, entry);
    Ok(())
}

/// Whether a format has 16 bits or more: nothing that is quantised.
fn is_wide(format: DType) -> bool {
    format.bits_per_element() >= 16.0
}

/// The format that an entry names.
fn format(entry: &Entry) -> Result<DType, Problem> {
    DType::deserialize(entry.value.to_json()).map_err(|_| not_a_format(entry))
}

fn is_said(model: &Table, part: &str) -> bool {
    let dtypes = model.get("dtypes").and_then(|node| node.as_table());
    dtypes.is_some_and(|dtypes| dtypes.contains(part))
}

/// The format of a part so far. What is no format is refused when the types are read.
fn format_of(model: &Table, part: &str) -> DType {
    let dtypes = model.get("dtypes").and_then(|node| node.as_table());
    let node = dtypes.and_then(|dtypes| dtypes.get(part));
    node.and_then(|node| DType::deserialize(node.to_json()).ok()).unwrap_or(DType::Bf16)
}

fn not_a_format(entry: &Entry) -> Problem {
    let names = DType::ALL.map(DType::name);
    let label = match hint::nearest(entry.value.as_str().unwrap_or_default(), names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "not a number format".to_owned(),
    };
    Problem::new(format!("`{}` cannot be {}", entry.key, entry.value.describe()))
        .at(entry.value.at, label)
        .help(format!("it is one of {}", hint::list(names)))
}

fn set_formats(model: &mut Table, parts: &[&str], entry: &Entry) {
    if let Some(dtypes) = model.table_mut("dtypes", entry.at) {
        for part in parts {
            dtypes.put(*part, entry.at, entry.value.clone());
        }
    }
}
