//! Requests of the OpenAI API: bare, or in the envelope of its batches.
//!
//! Fields that say nothing of tokens (`temperature` and its like) are passed over, known or not:
//! engines add their own.

use serde_json::Value;

use super::entry::{Chat, Entry, Fault, Object, Prompt, kind, take, tokens, tools};
use super::facts::ChatFacts;
use super::options::Options;

/// The ends of the addresses whose requests are generations.
const ENDPOINTS: [&str; 2] = ["/chat/completions", "/completions"];

/// Types of parts of a message that are text, and the field that holds it.
const TEXTS: [(&str, &str); 4] =
    [("text", "text"), ("input_text", "text"), ("output_text", "text"), ("refusal", "refusal")];

pub(super) fn read(
    mut object: Object,
    options: &Options,
    facts: &mut ChatFacts,
) -> Result<Entry, Fault> {
    check_envelope(&object)?;
    let (mut body, above) = match take(&mut object, "body") {
        None => (object, ""),
        Some(Value::Object(body)) => (body, "body."),
        Some(other) => return Err(format!("`body` must be an object; found {}", kind(&other))),
    };
    let path = |field: &str| format!("{above}{field}");
    let max_tokens = max_tokens(&body, &path)?;
    let ignore_eos = flag(&body, "ignore_eos", false, &path)?;
    if options.answers && !(ignore_eos && max_tokens.is_some()) {
        return Err(
            "the entry does not tell how long its answer was, and nothing else does: give \
                    the workload lengths of outputs (`output_tokens`)"
                .to_owned(),
        );
    }
    if body.get("n").and_then(Value::as_u64).is_some_and(|n| n > 1) {
        facts.several_answers += 1;
    }
    Ok(Entry {
        max_tokens,
        ignore_eos,
        priority: priority(&body, &path)?,
        answer: None,
        prompt: prompt(&mut body, facts, &path)?,
    })
}

/// `method` and `url` of a line of a batch.
fn check_envelope(object: &Object) -> Result<(), Fault> {
    if let Some(method) = object.get("method")
        && method.as_str().is_none_or(|method| !method.eq_ignore_ascii_case("POST"))
    {
        return Err(format!("`method` must be \"POST\"; found {}", kind(method)));
    }
    if let Some(url) = object.get("url")
        && url.as_str().is_none_or(|url| !ENDPOINTS.iter().any(|end| url.ends_with(end)))
    {
        return Err(format!(
            "`url` must be /v1/chat/completions or /v1/completions; found {}: remove the requests \
             that generate nothing",
            kind(url)
        ));
    }
    Ok(())
}

fn prompt(
    body: &mut Object,
    facts: &mut ChatFacts,
    path: &impl Fn(&str) -> String,
) -> Result<Prompt, Fault> {
    let (messages, prompt) = (take(body, "messages"), take(body, "prompt"));
    match (messages, prompt) {
        (Some(Value::Array(list)), None) => {
            let arguments = match take(body, "chat_template_kwargs") {
                None => Object::new(),
                Some(Value::Object(arguments)) => arguments,
                Some(other) => {
                    let (path, found) = (path("chat_template_kwargs"), kind(&other));
                    return Err(format!("`{path}` must be an object; found {found}"));
                }
            };
            let chat = Chat {
                messages: messages_of(list, facts, &path("messages"))?,
                tools: tools(take(body, "tools"), &path("tools"))?,
                arguments,
                add_generation_prompt: flag(body, "add_generation_prompt", true, path)?,
            };
            let last = chat.messages.last().and_then(|message| message.get("role"));
            facts.ends_with_assistant += u64::from(last.is_some_and(|role| role == "assistant"));
            Ok(Prompt::Chat(chat))
        }
        (Some(other), None) => {
            Err(format!("`{}` must be a list; found {}", path("messages"), kind(&other)))
        }
        (None, Some(Value::String(text))) => Ok(Prompt::Text(text)),
        (None, Some(Value::Array(ids))) => token_ids(&ids, &path("prompt")).map(Prompt::Tokens),
        (None, Some(other)) => {
            let (path, found) = (path("prompt"), kind(&other));
            Err(format!("`{path}` must be text or a list of token ids; found {found}"))
        }
        (None, None) => {
            Err(format!("`{}` is missing: there is nothing to answer", path("messages")))
        }
        (Some(_), Some(_)) => {
            let (messages, prompt) = (path("messages"), path("prompt"));
            Err(format!("there are both `{messages}` and `{prompt}`; remove one of the two"))
        }
    }
}

fn token_ids(ids: &[Value], path: &str) -> Result<Vec<u32>, Fault> {
    let id = |(i, id): (usize, &Value)| {
        id.as_u64().and_then(|id| u32::try_from(id).ok()).ok_or_else(|| match id {
            Value::String(_) | Value::Array(_) => {
                format!("`{path}` holds several prompts; give each an entry of its own")
            }
            _ => format!("`{path}[{i}]` must be the id of a token; found {}", kind(id)),
        })
    };
    ids.iter().enumerate().map(id).collect()
}

fn messages_of(list: Vec<Value>, facts: &mut ChatFacts, path: &str) -> Result<Vec<Object>, Fault> {
    if list.is_empty() {
        return Err(format!("`{path}` is empty: there is nothing to answer"));
    }
    let one = |(i, message)| match message {
        Value::Object(mut message) => {
            check_message(&mut message, facts, &format!("{path}[{i}]"))?;
            Ok(message)
        }
        other => Err(format!("`{path}[{i}]` must be an object; found {}", kind(&other))),
    };
    list.into_iter().enumerate().map(one).collect()
}

fn check_message(message: &mut Object, facts: &mut ChatFacts, path: &str) -> Result<(), Fault> {
    match message.get("role") {
        Some(Value::String(_)) => {}
        Some(other) => return Err(format!("`{path}.role` must be text; found {}", kind(other))),
        None => return Err(format!("`{path}.role` is missing: who says it?")),
    }
    let content = message.entry("content").or_insert(Value::Null);
    match content {
        Value::String(_) => {}
        // As an assistant does that only calls tools.
        Value::Null => *content = Value::String(String::new()),
        Value::Array(parts) => {
            for (i, part) in parts.iter_mut().enumerate() {
                check_part(part, facts, &format!("{path}.content[{i}]"))?;
            }
        }
        other => {
            let found = kind(other);
            return Err(format!("`{path}.content` must be text or a list of parts; found {found}"));
        }
    }
    parse_arguments(message);
    Ok(())
}

/// Text becomes `{"type": "text", "text": ...}`; what is no text stays, and is counted.
fn check_part(part: &mut Value, facts: &mut ChatFacts, path: &str) -> Result<(), Fault> {
    if let Value::String(text) = part {
        *part = text_part(std::mem::take(text));
        return Ok(());
    }
    let Value::Object(object) = part else {
        return Err(format!("`{path}` must be text or an object; found {}", kind(part)));
    };
    let Some(Value::String(of)) = object.get("type") else {
        return Err(format!("`{path}.type` is missing: is it \"text\", \"image_url\", ...?"));
    };
    let Some((of, field)) = TEXTS.iter().find(|(known, _)| known == of) else {
        facts.other_parts += 1;
        return Ok(());
    };
    match object.get_mut(*field) {
        Some(Value::String(text)) => {
            *part = text_part(std::mem::take(text));
            Ok(())
        }
        _ => Err(format!("`{path}.{field}` must be text, since its type is \"{of}\"")),
    }
}

pub(super) fn text_part(text: String) -> Value {
    let part = [("type", Value::from("text")), ("text", Value::String(text))];
    Value::Object(part.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The API has the arguments of a called tool as JSON in a string; templates want the object.
fn parse_arguments(message: &mut Object) {
    let Some(Value::Array(calls)) = message.get_mut("tool_calls") else { return };
    for call in calls {
        let arguments = call.get_mut("function").and_then(|function| function.get_mut("arguments"));
        let Some(arguments) = arguments else { continue };
        // What is no object is shown as it was written.
        if let Some(text) = arguments.as_str()
            && let Ok(object) = serde_json::from_str::<Object>(text)
        {
            *arguments = Value::Object(object);
        }
    }
}

/// The newer name wins, as in the engines.
fn max_tokens(body: &Object, path: &impl Fn(&str) -> String) -> Result<Option<u32>, Fault> {
    let mut found = None;
    for field in ["max_tokens", "max_completion_tokens"] {
        if let Some(value) = body.get(field).filter(|value| !value.is_null()) {
            found = Some(tokens(value, &path(field))?);
        }
    }
    Ok(found)
}

fn priority(body: &Object, path: &impl Fn(&str) -> String) -> Result<Option<i32>, Fault> {
    let Some(value) = body.get("priority").filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
    let wrong = || {
        let (path, found) = (path("priority"), kind(value));
        format!("`{path}` must be a whole number of 32 bits; found {found}")
    };
    number.map(Some).ok_or_else(wrong)
}

fn flag(
    body: &Object,
    field: &str,
    default: bool,
    path: &impl Fn(&str) -> String,
) -> Result<bool, Fault> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(default),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => {
            Err(format!("`{}` must be true or false; found {}", path(field), kind(other)))
        }
    }
}
