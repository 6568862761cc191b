//! From a conversation to the text that a model reads, as Hugging Face renders chat templates.
//!
//! Templates are Jinja with the settings of `transformers`: blocks are trimmed, `break` and
//! `continue` exist, strings have Python's methods, `tojson` writes as Python does, and there are
//! `raise_exception` and `strftime_now`. The date is always 1 January 2026, 12:00: a prompt must
//! not change with the day on which it is counted.

mod date;
mod json;
mod source;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, Value};
use serde_json::json;

pub(super) use self::source::{Found, files, find};
use super::entry::{Chat, Object};
use super::openai::text_part;

/// Joins the contents of messages where there is no template, and the parts of one where the
/// template wants text. vLLM does the latter so.
const BETWEEN: &str = "\n";

/// The template for requests, and that for requests with tools, if it is another.
const NAMES: [&str; 2] = ["chat", "chat with tools"];

/// How conversations become text.
#[derive(Debug)]
pub(super) enum Template {
    /// The contents of all messages, one after the other.
    None,
    Jinja(Box<Jinja>),
}

#[derive(Debug)]
pub(super) struct Jinja {
    environment: Environment<'static>,
    /// What errors call it.
    name: String,
    has_tool_template: bool,
    shows_tools: bool,
    /// It has no word for messages, and takes what each role said.
    by_role: bool,
    wants_parts: bool,
    /// `bos_token` and its like.
    special: Vec<(String, String)>,
}

/// Why a conversation has no text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RenderError(pub(super) String);

impl Template {
    /// # Errors
    /// The template is no Jinja; the text names its line.
    pub(super) fn new(found: Found) -> Result<Self, RenderError> {
        let Some(texts) = found.texts else { return Ok(Self::None) };
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| explain(&found.name, &error))?);
        environment.set_debug(true);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_filter("tojson", json::tojson);
        environment.add_function("raise_exception", raise_exception);
        environment.add_function("strftime_now", date::strftime_now);
        let shows_tools = texts.chat.contains("tools") || texts.tools.is_some();
        let by_role = !texts.chat.contains("messages");
        let has_tool_template = texts.tools.is_some();
        for (name, text) in NAMES.into_iter().zip([Some(texts.chat), texts.tools]) {
            let Some(text) = text else { continue };
            let text = source::without_generation_tags(&text);
            environment
                .add_template_owned(name, text)
                .map_err(|error| explain(&found.name, &error))?;
        }
        let mut template = Jinja {
            environment,
            name: found.name,
            has_tool_template,
            shows_tools,
            by_role,
            wants_parts: false,
            special: found.special,
        };
        template.wants_parts = template.probe();
        Ok(Self::Jinja(Box::new(template)))
    }

    /// Whether the model is shown which tools there are.
    pub(super) fn shows_tools(&self) -> bool {
        match self {
            Self::None => false,
            Self::Jinja(template) => template.shows_tools,
        }
    }

    /// The text of a conversation.
    ///
    /// # Errors
    /// The template refuses the conversation; the text names its line.
    pub(super) fn render(&self, chat: &Chat) -> Result<String, RenderError> {
        match self {
            Self::None => Ok(joined(chat, |_| true)),
            Self::Jinja(template) => template.render(chat),
        }
    }
}

impl Jinja {
    fn render(&self, chat: &Chat) -> Result<String, RenderError> {
        let rendered = self.try_render(chat, self.wants_parts);
        rendered.map_err(|error| explain(&self.name, &error))
    }

    fn try_render(&self, chat: &Chat, with_parts: bool) -> Result<String, Error> {
        let name = NAMES[usize::from(self.has_tool_template && chat.tools.is_some())];
        let mut variables: Vec<(String, Value)> = Vec::new();
        let mut put = |name: &str, value: Value| variables.push((name.to_owned(), value));
        for (name, text) in &self.special {
            put(name, text.as_str().into());
        }
        match self.by_role {
            true => {
                for role in ["system", "user", "assistant"] {
                    put(role, joined(chat, |of| of == role).into());
                }
            }
            false => {
                let messages = chat.messages.iter().map(|message| content(message, with_parts));
                put("messages", messages.map(|message| Value::from(Serde(message))).collect());
            }
        }
        put("tools", Value::from(Serde(&chat.tools)));
        put("add_generation_prompt", chat.add_generation_prompt.into());
        for (name, value) in &chat.arguments {
            put(name, Value::from(Serde(value)));
        }
        self.environment.get_template(name)?.render(Value::from_pairs(variables))
    }

    /// Whether it walks through the parts of a message, as those of models that see do. Asked by
    /// giving it one: where it takes the list for text, more than the text comes out.
    fn probe(&self) -> bool {
        const NEEDLE: &str = "needle";
        let message = json!({"role": "user", "content": NEEDLE});
        let messages = message.as_object().cloned().into_iter().collect();
        let chat = Chat { messages, add_generation_prompt: true, ..Chat::default() };
        // A list that is printed or written as JSON has its keys in quotes.
        let is_list = |text: &str| text.contains("\"text\"") || text.contains("'text'");
        let rendered = self.try_render(&chat, true);
        rendered.is_ok_and(|text| text.contains(NEEDLE) && !is_list(&text))
    }
}

/// A message whose content is a text, or a list of parts.
fn content(message: &Object, with_parts: bool) -> Object {
    let mut message = message.clone();
    if let Some(content) = message.get_mut("content") {
        match content {
            serde_json::Value::String(text) if with_parts => {
                *content = serde_json::Value::Array(vec![text_part(std::mem::take(text))]);
            }
            serde_json::Value::Array(_) if !with_parts => *content = text_of(content).into(),
            _ => {}
        }
    }
    message
}

/// What the messages of some roles say, without who says it.
fn joined(chat: &Chat, is_wanted: impl Fn(&str) -> bool) -> String {
    let wanted = chat.messages.iter().filter(|message| {
        message.get("role").and_then(|role| role.as_str()).is_some_and(&is_wanted)
    });
    let texts = wanted.filter_map(|message| message.get("content")).map(text_of);
    texts.collect::<Vec<_>>().join(BETWEEN)
}

/// The text of a message's content; parts that are none have none.
fn text_of(content: &serde_json::Value) -> String {
    match content {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            texts.collect::<Vec<_>>().join(BETWEEN)
        }
        _ => String::new(),
    }
}

/// How templates refuse a conversation.
fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

/// What is wrong, and with which line of the template.
fn explain(name: &str, error: &Error) -> RenderError {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let line = error.line().map(|line| {
        let source = error.template_source().and_then(|text| text.lines().nth(line - 1));
        let shown: String = source.unwrap_or_default().trim().chars().take(80).collect();
        format!(", line {line} (`{shown}`)")
    });
    RenderError(format!("{name}{}: {what}", line.unwrap_or_default()))
}

#[cfg(test)]
mod tests;
