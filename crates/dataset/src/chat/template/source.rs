//! Where the chat template comes from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::DatasetError;
use crate::chat::options::TemplateChoice;

/// Variables that templates know special tokens by.
const SPECIAL: [&str; 7] =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// The files of a model that hold its template, and its special tokens.
const CONFIG: &str = "tokenizer_config.json";
const TEMPLATE: &str = "chat_template.jinja";

/// A template that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// What errors call it.
    pub(crate) name: String,
    /// None: messages are put one after the other.
    pub(crate) texts: Option<Texts>,
    /// Special tokens by the names of their variables.
    pub(crate) special: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Texts {
    pub(crate) chat: String,
    /// That of requests with tools, if it is another.
    pub(crate) tools: Option<String>,
}

impl Texts {
    fn one(chat: String) -> Self {
        Self { chat, tools: None }
    }
}

/// The chosen template.
pub(crate) fn find(choice: &TemplateChoice, tokenizer: &Path) -> Result<Found, DatasetError> {
    let config = tokenizer.with_file_name(CONFIG);
    match choice {
        TemplateChoice::Beside => beside(tokenizer, &config),
        TemplateChoice::None => {
            let name = "no chat template".to_owned();
            Ok(Found { name, texts: None, special: Vec::new() })
        }
        TemplateChoice::Inline(text) => {
            let (name, texts) = ("the chat template".to_owned(), Texts::one(with_line_ends(text)));
            Ok(Found { name, texts: Some(texts), special: special(&config)? })
        }
        TemplateChoice::File(path) => of_file(path, &config),
    }
}

/// The files that a choice of template and tokenizer reads, as far as they are there.
pub(crate) fn files(choice: &TemplateChoice, tokenizer: &Path) -> Vec<PathBuf> {
    let of_model = [TEMPLATE, CONFIG].map(|name| tokenizer.with_file_name(name));
    let mut files = vec![tokenizer.to_owned()];
    match choice {
        TemplateChoice::None => {}
        TemplateChoice::Beside | TemplateChoice::Inline(_) => files.extend(of_model),
        TemplateChoice::File(path) => {
            files.extend([path.clone(), path.with_file_name(CONFIG)]);
            files.extend(of_model);
        }
    }
    files.retain(|file| file.is_file());
    files.sort();
    files.dedup();
    files
}

fn beside(tokenizer: &Path, config: &Path) -> Result<Found, DatasetError> {
    let template = tokenizer.with_file_name(TEMPLATE);
    if let Some(text) = read_if_there(&template)? {
        let name = template.display().to_string();
        return Ok(Found { name, texts: Some(Texts::one(text)), special: special(config)? });
    }
    let texts = match read_if_there(config)? {
        Some(text) => of_config(config, &text)?,
        None => None,
    };
    if texts.is_none() {
        let what = format!(
            "no chat template lies beside the tokenizer ({TEMPLATE}, or {CONFIG} with a \
             `chat_template`); name one (`--chat-template FILE`), or give None to put messages one \
             after the other"
        );
        return Err(DatasetError::Content { name: tokenizer.display().to_string(), what });
    }
    Ok(Found { name: config.display().to_string(), texts, special: special(config)? })
}

fn of_file(path: &Path, config: &Path) -> Result<Found, DatasetError> {
    let name = path.display().to_string();
    let Some(text) = read_if_there(path)? else {
        let hint = "give the file of a chat template, a template itself (with {{ }} or {% %}), or \
                    None to put messages one after the other";
        return Err(DatasetError::NotFound { path: path.to_owned(), hint: hint.to_owned() });
    };
    if path.extension().is_none_or(|end| end != "json") {
        return Ok(Found { name, texts: Some(Texts::one(text)), special: special(config)? });
    }
    let texts = of_config(path, &text)?;
    if texts.is_none() {
        let what = "there is no `chat_template` in it; the model has no chat template, or it lies \
                    in a file of its own (chat_template.jinja)"
            .to_owned();
        return Err(DatasetError::Content { name, what });
    }
    // A file of nothing but the template lies beside the one with the special tokens.
    let own = special_of(&parse(path, &text)?);
    let special = if own.is_empty() { special(&path.with_file_name(CONFIG))? } else { own };
    Ok(Found { name, texts, special })
}

/// The text of a file; none if there is no such file.
fn read_if_there(path: &Path) -> Result<Option<String>, DatasetError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => {
            let name = path.display().to_string();
            Err(DatasetError::Unreadable { name, line: 0, source })
        }
    }
}

fn parse(path: &Path, text: &str) -> Result<Value, DatasetError> {
    serde_json::from_str(text).map_err(|error| {
        let name = path.display().to_string();
        DatasetError::Content { name, what: format!("this is no JSON: {error}") }
    })
}

/// The `chat_template` of a configuration: one, or several with names.
fn of_config(path: &Path, text: &str) -> Result<Option<Texts>, DatasetError> {
    let fault = |what: &str| {
        let name = path.display().to_string();
        DatasetError::Content { name, what: what.to_owned() }
    };
    match &parse(path, text)?["chat_template"] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(Texts::one(text.clone()))),
        Value::Array(list) => {
            let named = |name: &str| {
                let found = list.iter().find(|one| one["name"] == name)?;
                found["template"].as_str().map(str::to_owned)
            };
            let chat =
                named("default").or_else(|| list.first()?["template"].as_str().map(Into::into));
            let chat = chat.ok_or_else(|| fault("`chat_template` has no template in its list"))?;
            Ok(Some(Texts { chat, tools: named("tool_use") }))
        }
        _ => Err(fault("`chat_template` must be text, or a list of named templates")),
    }
}

/// The special tokens of the configuration at `path`, if there is one.
fn special(path: &Path) -> Result<Vec<(String, String)>, DatasetError> {
    match read_if_there(path)? {
        Some(text) => Ok(special_of(&parse(path, &text)?)),
        None => Ok(Vec::new()),
    }
}

fn special_of(config: &Value) -> Vec<(String, String)> {
    let token = |name: &&str| {
        let token = &config[*name];
        let text = token.as_str().or_else(|| token["content"].as_str())?;
        Some(((*name).to_owned(), text.to_owned()))
    };
    SPECIAL.iter().filter_map(token).collect()
}

/// The pieces of a template: tags, and what stands between them.
fn pieces(text: &str) -> Vec<(bool, &str)> {
    const TAGS: [(&str, &str); 3] = [("{%", "%}"), ("{{", "}}"), ("{#", "#}")];
    let (mut pieces, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let begin = |(open, close): (&str, &str)| Some((rest.find(open)?, close.to_owned()));
        let Some((start, close)) = TAGS.into_iter().filter_map(begin).min() else { break };
        let end = rest[start + 2..].find(&close).map_or(rest.len(), |end| start + 4 + end);
        pieces.extend([(false, &rest[..start]), (true, &rest[start..end])]);
        rest = &rest[end..];
    }
    pieces.push((false, rest));
    pieces
}

/// A template from a command line has `\n` where it means the end of a line.
fn with_line_ends(text: &str) -> String {
    let piece = |(is_tag, piece): (bool, &str)| match is_tag {
        true => piece.to_owned(),
        false => piece.replace("\\n", "\n"),
    };
    pieces(text).into_iter().map(piece).collect()
}

/// `{% generation %}` marks for training what the assistant said; here it is a block that is always
/// taken.
pub(super) fn without_generation_tags(text: &str) -> String {
    let piece = |(is_tag, piece): (bool, &str)| {
        let is_block = is_tag && piece.starts_with("{%");
        let word = piece.trim_matches(|c: char| "{}%-+".contains(c) || c.is_whitespace());
        match word {
            "generation" if is_block => piece.replacen(word, "if true", 1),
            "endgeneration" if is_block => piece.replacen(word, "endif", 1),
            _ => piece.to_owned(),
        }
    };
    pieces(text).into_iter().map(piece).collect()
}

#[cfg(test)]
mod tests;
