//! `--config FILE`: flags in a YAML file.

use std::path::Path;
use std::sync::Arc;

use super::flag::Takes;
use super::given::Word;
use super::table;
use crate::files;
use crate::parse::{Format, parse_any};
use crate::problem::Problem;
use crate::source::{Origin, Source, Sources};
use crate::tree::{Node, Value};

/// The words that the file stands for.
///
/// Source: `FlexibleArgumentParser.load_config_file` of vLLM 0.33.0.
pub(super) fn words(path: &str, sources: &mut Sources) -> Result<Vec<Word>, Vec<Problem>> {
    let text = files::read(Path::new(path)).map_err(|problem| vec![problem])?;
    let text: Arc<str> = text.into();
    let source = Source { name: path.to_owned(), text: Arc::clone(&text), origin: Origin::Flag };
    let source = sources.add(source);
    let root = parse_any(source, &text, Format::Yaml)?;
    let Some(flags) = root.as_table() else {
        let message = format!("a file of flags is a table of them; found {}", root.describe());
        let problem = Problem::new(message).at(root.at, "");
        return Err(vec![problem.help("write a flag a line, without dashes: `max-num-seqs: 256`")]);
    };
    let mut words = Vec::new();
    let origin: Arc<str> = format!("--config {path}").into();
    for entry in flags.iter() {
        let flag = format!("--{}", entry.key);
        let texts = match &entry.value.value {
            Value::Bool(true) => vec![flag],
            Value::Bool(false) => off(flag),
            Value::Array(items) if items.is_empty() => Vec::new(),
            Value::Array(items) => std::iter::once(flag).chain(items.iter().map(text_of)).collect(),
            _ => vec![flag, text_of(&entry.value)],
        };
        words.extend(texts.into_iter().map(|text| Word { text, origin: Arc::clone(&origin) }));
    }
    Ok(words)
}

/// A switch is turned off; what can only be turned on is not.
fn off(flag: String) -> Vec<String> {
    match table::find(&flag.replace('_', "-")) {
        Some((found, true)) if found.takes == Takes::Switch => vec![found.negated()],
        Some((found, false)) => vec![format!("--{}", found.name)],
        Some((found, true)) if found.takes == Takes::Mark => Vec::new(),
        // Not a switch: whoever reads the words says what it is instead.
        _ => vec![flag],
    }
}

/// As Python prints it.
fn text_of(node: &Node) -> String {
    match &node.value {
        Value::String(text) => text.clone(),
        Value::Null => "None".to_owned(),
        _ => node.to_json().to_string(),
    }
}
