//! Reader of a Hugging Face `config.json`.
//!
//! A shape that is read wrong gives wrong times without a sign of it, so the reader refuses what it
//! does not know: an architecture outside its table of families, a layer type that it
//! cannot count, and any field that could be a shape (an integer, a list or a table that is neither
//! read nor known to be harmless).
//!
//! Not read: vision and audio towers, draft (MTP) layers. `hidden_act` is taken as the family's.

mod error;
mod experts;
mod families;
mod fields;
mod harmless;
mod layers;
mod quantization;

pub use error::ConfigError;

use serde_json::{Map, Value};

use crate::{LayerGroup, ModelSpec, Shape, Transformer};
use families::{Family, Switch};
use fields::Fields;

/// Where multimodal models keep the shape of their text part.
const TEXT_CONFIGS: [&[&str]; 4] =
    [&["text_config"], &["language_config"], &["llm_config"], &["thinker_config", "text_config"]];
/// Most layers that a file may ask for; checked before anything is built per layer.
const LAYERS_MAX: u32 = 4096;

/// Reads a `config.json` into a model called `name`.
///
/// # Errors
/// The text is no JSON (with line and column), the architecture is not known, a field is missing,
/// wrong or not understood (with the list of such fields), or the figures contradict each other.
pub fn read(text: &str, name: &str) -> Result<ModelSpec, ConfigError> {
    let file: Value = serde_json::from_str(text)?;
    let Value::Object(top) = file else { return Err(ConfigError::NotATable) };
    let family = family(&top)?;
    let nested = TEXT_CONFIGS.iter().find_map(|path| table_at(&top, path));
    let fields = Fields::new(nested.unwrap_or(&top), nested.is_some().then_some(&top), family);
    let shape = transformer(&fields, family)?;
    let spec = ModelSpec {
        name: name.to_owned(),
        max_context: max_context(&fields, family)?,
        dtypes: quantization::dtypes(&fields, &shape)?,
        shape: Shape::Transformer(shape),
    };
    let unread = fields.not_understood();
    if !unread.is_empty() {
        return Err(ConfigError::NotUnderstood { fields: unread });
    }
    spec.validate()?;
    Ok(spec)
}

/// The architectures that can be read, in the spelling of `config.json`.
pub fn architectures() -> impl Iterator<Item = &'static str> {
    families::FAMILIES.iter().flat_map(|family| family.architectures.iter().copied())
}

fn family(top: &Map<String, Value>) -> Result<&'static Family, ConfigError> {
    let first = top.get("architectures").and_then(Value::as_array).and_then(|list| list.first());
    let Some(found) = first.and_then(Value::as_str) else {
        return Err(ConfigError::Missing { field: "architectures".to_owned() });
    };
    let known = |family: &&Family| family.architectures.contains(&found);
    families::FAMILIES.iter().find(known).ok_or_else(|| ConfigError::UnknownArchitecture {
        found: found.to_owned(),
        known: architectures().collect(),
    })
}

fn table_at<'a>(top: &'a Map<String, Value>, path: &[&str]) -> Option<&'a Map<String, Value>> {
    path.iter().try_fold(top, |table, key| table.get(*key)?.as_object())
}

fn transformer(fields: &Fields<'_>, family: &'static Family) -> Result<Transformer, ConfigError> {
    let hidden_size = fields.required(&["hidden_size", "n_embd"])?;
    let count = fields.required(&["num_hidden_layers", "n_layer"])?;
    if !(1..=LAYERS_MAX).contains(&count) {
        return Err(ConfigError::wrong("num_hidden_layers", "a number from 1 to 4096", count));
    }
    let attention = layers::attention(fields, family, hidden_size, count)?;
    let ffn = experts::ffn(fields, family, count)?;
    Ok(Transformer {
        hidden_size,
        vocab_size: fields.required(&["vocab_size"])?,
        tied_embeddings: fields.flag("tie_word_embeddings")?.unwrap_or(family.tied),
        learned_positions: None,
        head_bias: false,
        norm: family.norm,
        norms_per_layer: family.norms_per_layer,
        layers: grouped(attention.into_iter().zip(ffn)),
    })
}

/// Equal layers together, in the order of their first appearance.
fn grouped(layers: impl Iterator<Item = (crate::Attention, crate::Ffn)>) -> Vec<LayerGroup> {
    let mut groups: Vec<LayerGroup> = Vec::new();
    for (attention, ffn) in layers {
        match groups.iter_mut().find(|group| group.attention == attention && group.ffn == ffn) {
            Some(group) => group.count += 1,
            None => groups.push(LayerGroup { count: 1, attention, ffn }),
        }
    }
    groups
}

/// The longest context, as vLLM derives it from positions and rotary scaling.
///
/// YaRN names the original length and a factor; linear and dynamic scaling multiply the stated
/// length; other kinds state the final length.
fn max_context(fields: &Fields<'_>, family: &'static Family) -> Result<u32, ConfigError> {
    const POSITIONS: [&str; 6] = [
        "max_position_embeddings",
        "n_positions",
        "max_seq_len",
        "seq_length",
        "model_max_length",
        "max_sequence_length",
    ];
    let stated = fields.required(&POSITIONS)?;
    let scaling = ["rope_scaling", "rope_parameters"]
        .into_iter()
        .find_map(|key| fields.value(key).and_then(Value::as_object));
    let Some(scaling) = scaling.filter(|_| family.context_scales) else { return Ok(stated) };
    let kind = ["rope_type", "type"].iter().find_map(|key| scaling.get(*key)?.as_str());
    let factor = scaling.get("factor").and_then(Value::as_f64).unwrap_or(1.0);
    let original = scaling.get("original_max_position_embeddings").and_then(Value::as_u64);
    let base = match kind {
        Some("yarn") => original.map_or(f64::from(stated), |original| original as f64),
        Some("linear" | "dynamic") => f64::from(stated),
        _ => return Ok(stated),
    };
    let scaled = base * factor;
    if (1.0..=f64::from(u32::MAX)).contains(&scaled) {
        Ok(scaled as u32)
    } else {
        Err(ConfigError::wrong("rope_scaling.factor", "a factor that gives a context", factor))
    }
}

impl Switch {
    fn is_on(self, fields: &Fields<'_>) -> Result<bool, ConfigError> {
        match self {
            Self::Never => Ok(false),
            Self::Always => Ok(true),
            Self::Key(key, default) => Ok(fields.flag(key)?.unwrap_or(default)),
        }
    }
}

#[cfg(test)]
mod tests;
