//! From the bytes of entries to rows: what each thread does.

use tokendrome_workload::TraceRow;

use super::encoder::{Encoder, Pieces};
use super::entry::{Entry, Prompt, ReadError, read};
use super::facts::ChatFacts;
use super::options::{Format, Options};
use super::records::{Chunk, Place};
use super::template::Template;
use super::tokens::identities;
use crate::DatasetError;

/// What all threads share.
#[derive(Debug)]
pub(super) struct Prompter {
    /// What errors call the dataset.
    pub(super) name: String,
    pub(super) encoder: Encoder,
    pub(super) template: Template,
    pub(super) options: Options,
}

/// What became of a chunk: its rows, up to the first entry that is wrong.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) rows: Vec<TraceRow>,
    pub(super) facts: ChatFacts,
    pub(super) error: Option<DatasetError>,
}

impl Prompter {
    pub(super) fn work(&self, chunk: &Chunk, known: &mut Pieces) -> Done {
        let mut done = Done::default();
        for (bytes, place) in chunk.entries() {
            if let Err(error) = self.entry((bytes, place), known, &mut done) {
                done.error = Some(error);
                break;
            }
        }
        done
    }

    fn entry(
        &self,
        (bytes, place): (&[u8], Place),
        known: &mut Pieces,
        done: &mut Done,
    ) -> Result<(), DatasetError> {
        let entries = read(bytes, &self.options, &mut done.facts).map_err(|error| match error {
            ReadError::Field(what) => self.fault(place, what),
            ReadError::Json(error) => self.no_json(place, &error),
        })?;
        for entry in entries {
            let row =
                self.row(&entry, known, &mut done.facts).map_err(|what| self.fault(place, what))?;
            done.facts.requests += 1;
            done.facts.prompt_tokens += u64::from(row.input_tokens);
            done.rows.push(row);
        }
        Ok(())
    }

    fn row(
        &self,
        entry: &Entry,
        known: &mut Pieces,
        facts: &mut ChatFacts,
    ) -> Result<TraceRow, String> {
        let tokens = self.tokens(&entry.prompt, known, facts)?;
        let input_tokens = u32::try_from(tokens.len())
            .map_err(|_| format!("the prompt has too many tokens: {}", tokens.len()))?;
        if input_tokens == 0 {
            return Err("the prompt is empty: it has no tokens".to_owned());
        }
        let answer = match &entry.answer {
            Some(text) => (self.encoder.encode(text, false, known)?.len() as u32).max(1),
            None => 0,
        };
        let to_limit = entry.max_tokens.filter(|_| entry.ignore_eos);
        let blocks = self.options.block_tokens;
        Ok(TraceRow {
            input_tokens,
            output_tokens: to_limit.unwrap_or(answer),
            max_tokens: entry.max_tokens,
            priority: entry.priority,
            hash_ids: blocks.map_or_else(Vec::new, |block| identities(&tokens, block)),
            ..TraceRow::default()
        })
    }

    /// The tokens of a prompt. A template brings its special tokens itself; text without one gets
    /// those that the tokenizer puts around it.
    fn tokens(
        &self,
        prompt: &Prompt,
        known: &mut Pieces,
        facts: &mut ChatFacts,
    ) -> Result<Vec<u32>, String> {
        match prompt {
            Prompt::Tokens(tokens) => Ok(tokens.clone()),
            Prompt::Text(text) => self.encoder.encode(text, true, known),
            Prompt::Chat(chat) => {
                let is_hidden = chat.tools.is_some() && !self.template.shows_tools();
                facts.hidden_tools += u64::from(is_hidden);
                let text = self.template.render(chat).map_err(|error| error.0)?;
                let with_special = matches!(self.template, Template::None);
                self.encoder.encode(&text, with_special, known)
            }
        }
    }

    fn fault(&self, place: Place, what: String) -> DatasetError {
        let Place { line, column } = place;
        DatasetError::Line { name: self.name.clone(), line, column, what }
    }

    /// Where the parser stopped, counted in the file.
    fn no_json(&self, place: Place, error: &serde_json::Error) -> DatasetError {
        let (line, column) = match error.line() {
            0 | 1 => (place.line, place.column + error.column().saturating_sub(1)),
            line => (place.line + line as u64 - 1, error.column().max(1)),
        };
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or_default();
        let what = match error.classify() {
            serde_json::error::Category::Eof => {
                format!("the entry is cut off ({what}); write each as one line, or all in an array")
            }
            _ => format!("this is no JSON: {what}"),
        };
        self.fault(Place { line, column }, what)
    }
}

/// What is chosen of a dataset, in words.
pub(super) fn nothing_in(format: Format) -> &'static str {
    match format {
        Format::Auto => "the dataset has no requests",
        Format::Openai => "the dataset has no requests of the OpenAI API",
        Format::Sharegpt => "the dataset has no conversations",
    }
}
