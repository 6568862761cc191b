//! How a dataset of prompts is read.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

/// The format of a dataset of prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Told from the fields of each entry.
    #[default]
    Auto,
    /// Requests of the OpenAI API: bare, or in the envelope of its batches.
    Openai,
    /// Conversations of ShareGPT.
    Sharegpt,
}

/// Which turns of a recorded conversation are requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Turns {
    /// The first question, as vLLM's benchmark has it.
    #[default]
    First,
    /// The last question, with all that was said before.
    Last,
    /// Every question, each a request of its own with all that was said before.
    All,
}

/// Where the chat template comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TemplateChoice {
    /// It lies beside the tokenizer: `chat_template.jinja`, or in `tokenizer_config.json`.
    #[default]
    Beside,
    /// There is none: contents of messages are put one after the other.
    None,
    /// This is it. `\n` between its tags is the end of a line, as on a command line.
    Inline(String),
    /// A file of nothing else, or a `tokenizer_config.json`.
    File(PathBuf),
}

/// How a dataset of prompts is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Its format.
    pub format: Format,
    /// The `tokenizer.json` of Hugging Face.
    pub tokenizer: PathBuf,
    /// How messages become one text.
    pub chat_template: TemplateChoice,
    /// Which turns of a recorded conversation are requests.
    pub turns: Turns,
    /// Whether the lengths of outputs are those of the recorded answers.
    pub answers: bool,
    /// Tokens of the blocks that get an identity; none: no block does.
    pub block_tokens: Option<NonZeroU32>,
    /// Threads that tokenise.
    pub threads: NonZeroUsize,
}
