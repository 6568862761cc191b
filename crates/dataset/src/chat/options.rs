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

/// How a dataset of prompts is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Its format.
    pub format: Format,
    /// The `tokenizer.json` of Hugging Face.
    pub tokenizer: PathBuf,
    /// `None` for the contents of the messages one after the other; a Jinja template; or the file
    /// of one (a `tokenizer_config.json` among them). Not given: the template that lies beside the
    /// tokenizer.
    pub chat_template: Option<String>,
    /// Which turns of a recorded conversation are requests.
    pub turns: Turns,
    /// Whether the lengths of outputs are those of the recorded answers.
    pub answers: bool,
    /// Tokens of the blocks that get an identity; none: no block does.
    pub block_tokens: Option<NonZeroU32>,
    /// Threads that tokenise.
    pub threads: NonZeroUsize,
}
