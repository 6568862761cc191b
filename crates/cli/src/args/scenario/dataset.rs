//! The flags of prompts from a dataset.

use clap::Args;
use tokendrome_scenario::Change;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Workload")]
pub(super) struct DatasetArgs {
    /// Take the prompts from a dataset (OpenAI batch JSON lines, ShareGPT; plain or .gz) instead of
    /// drawing lengths.
    #[arg(long, value_name = "FILE", conflicts_with = "trace")]
    dataset: Option<String>,
    /// The tokenizer of a dataset: a model's `tokenizer.json` of Hugging Face.
    #[arg(short, long, value_name = "FILE")]
    tokenizer: Option<String>,
    /// How messages of a dataset become one text: the file of a Jinja template, a template itself,
    /// or `None` to put their contents one after the other; default: the one beside the tokenizer.
    #[arg(long, value_name = "FILE|TEMPLATE|None")]
    chat_template: Option<String>,
}

impl DatasetArgs {
    /// What the flags change, in order.
    pub(super) fn change(&self, changes: &mut Vec<Change>) {
        if self.dataset.is_some() {
            const REPLACED: [&str; 8] = [
                "dataset.path",
                "trace",
                "input_tokens",
                "classes",
                "sessions",
                "prefixes",
                "requests",
                "duration_s",
            ];
            changes.extend(REPLACED.map(|key| Change::remove(&format!("workload.{key}"))));
        }
        let texts = [
            ("--dataset", "workload.dataset.path", &self.dataset),
            ("--tokenizer", "workload.dataset.tokenizer", &self.tokenizer),
            ("--chat-template", "workload.dataset.chat_template", &self.chat_template),
        ];
        for (flag, path, value) in texts {
            changes.extend(value.as_ref().map(|value| Change::text_flag(flag, path, value)));
        }
    }

    /// The first of them that is given.
    pub(super) fn given(&self) -> Option<&'static str> {
        let flags = [
            ("--dataset", &self.dataset),
            ("--tokenizer", &self.tokenizer),
            ("--chat-template", &self.chat_template),
        ];
        flags.into_iter().find(|(_, value)| value.is_some()).map(|(flag, _)| flag)
    }
}
