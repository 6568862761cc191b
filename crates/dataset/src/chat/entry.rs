//! What an entry of a dataset asks for, whatever its format.

use serde_json::{Map, Value};

use super::Format;
use super::facts::ChatFacts;
use super::options::Options;
use super::{openai, sharegpt};

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// One request of a dataset, before its prompt is tokens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) prompt: Prompt,
    /// Most tokens that the client allows.
    pub(super) max_tokens: Option<u32>,
    /// Whether generation goes on to the limit, whatever the model says.
    pub(super) ignore_eos: bool,
    pub(super) priority: Option<i32>,
    /// What was answered, where the dataset tells it and it is asked for.
    pub(super) answer: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Prompt {
    Chat(Chat),
    /// Text that no template touches.
    Text(String),
    Tokens(Vec<u32>),
}

/// A conversation up to where the model is to answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Chat {
    /// Each with a `role`, and `content` that is text or a list of parts.
    pub(super) messages: Vec<Object>,
    pub(super) tools: Option<Value>,
    /// Further variables of the template.
    pub(super) arguments: Object,
    pub(super) add_generation_prompt: bool,
}

/// What is wrong with an entry; the text names the field.
pub(super) type Fault = String;

/// The requests of one entry; what is worth counting goes into `facts`.
pub(super) fn read(
    bytes: &[u8],
    options: &Options,
    facts: &mut ChatFacts,
) -> Result<Vec<Entry>, ReadError> {
    let object = match serde_json::from_slice(bytes).map_err(ReadError::Json)? {
        Value::Object(object) => object,
        other => {
            let what = format!("an entry must be an object, `{{...}}`; found {}", kind(&other));
            return Err(ReadError::Field(what));
        }
    };
    let format = match options.format {
        Format::Auto => detect(&object).map_err(ReadError::Field)?,
        format => format,
    };
    match format {
        Format::Sharegpt => sharegpt::read(object, options, facts),
        _ => openai::read(object, options, facts).map(|entry| vec![entry]),
    }
    .map_err(ReadError::Field)
}

/// Why an entry cannot be read.
pub(super) enum ReadError {
    Json(serde_json::Error),
    Field(Fault),
}

fn detect(object: &Object) -> Result<Format, Fault> {
    let has = |keys: &[&str]| keys.iter().any(|key| object.contains_key(*key));
    if has(&["messages", "body", "prompt"]) {
        return Ok(Format::Openai);
    }
    if has(&sharegpt::CONVERSATIONS) {
        return Ok(Format::Sharegpt);
    }
    let found: Vec<String> = object.keys().take(8).map(|key| format!("`{key}`")).collect();
    let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
    Err(format!(
        "the entry has no `messages`, `body`, `prompt` or `conversations`; found {found}: give \
         requests of the OpenAI batch API, or conversations of ShareGPT"
    ))
}

/// What a value is, for messages.
pub(super) fn kind(value: &Value) -> String {
    const SHOWN: usize = 40;
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) if text.chars().count() <= SHOWN => format!("{text:?}"),
        Value::String(_) => "a long text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// Takes a field out of an object; null is as absent.
pub(super) fn take(object: &mut Object, key: &str) -> Option<Value> {
    // The order of what stays is of no matter here, but it is in the messages of a template, which
    // nobody takes from.
    object.remove(key).filter(|value| !value.is_null())
}

/// A whole number of tokens from 1 on.
pub(super) fn tokens(value: &Value, path: &str) -> Result<u32, Fault> {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number.filter(|&number| number > 0).ok_or_else(|| {
        format!("`{path}` must be a whole number from 1 to {}; found {}", u32::MAX, kind(value))
    })
}

/// A list of tools, which some datasets write as JSON in a string.
pub(super) fn tools(value: Option<Value>, path: &str) -> Result<Option<Value>, Fault> {
    let value = match value {
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => Some(
            serde_json::from_str(&text)
                .map_err(|error| format!("`{path}` is text, but no JSON: {error}"))?,
        ),
        other => other,
    };
    match value {
        None => Ok(None),
        Some(Value::Array(list)) if list.is_empty() => Ok(None),
        Some(Value::Array(list)) => Ok(Some(Value::Array(list))),
        Some(other) => Err(format!("`{path}` must be a list of tools; found {}", kind(&other))),
    }
}

#[cfg(test)]
mod tests;
