//! `[workload.dataset]`: prompts from a file of chats.

use serde::{Deserialize, Serialize};
use tokendrome_workload::PromptsSpec;

use super::{Phase, Scenario, SchedulerSpec, WorkloadSpec};

/// Prompts from a file of chats: a tokenizer says how long they are and which begin alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DatasetSpec {
    /// The file, plain or gzipped; relative to the scenario file.
    pub path: String,
    /// Its format.
    #[serde(default)]
    pub format: DatasetFormat,
    /// The tokenizer: the `tokenizer.json` of a model on Hugging Face; relative to the scenario
    /// file. Needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<String>,
    /// How messages become one text: a Jinja template, the file of one (also a
    /// `tokenizer_config.json`), or "None" to put their contents one after the other. Default: the
    /// template that lies beside the tokenizer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_template: Option<String>,
    /// Which turns of a recorded conversation (ShareGPT) are requests.
    #[serde(default)]
    pub turns: DatasetTurns,
}

/// Format of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DatasetFormat {
    /// Told from the fields of each entry.
    #[default]
    Auto,
    /// Requests of the OpenAI API, bare or in the envelope of its batches.
    Openai,
    /// Conversations of ShareGPT.
    Sharegpt,
}

/// Which turns of a recorded conversation are requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DatasetTurns {
    /// The first question.
    #[default]
    First,
    /// The last question, with all that was said before.
    Last,
    /// Every question, each a request of its own with all that was said before.
    All,
}

/// Where the text of a chat template is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatTemplate<'a> {
    /// There is none: contents of messages are put one after the other.
    None,
    /// This is the template itself.
    Inline(&'a str),
    /// In a file of this path.
    File(&'a str),
}

impl<'a> ChatTemplate<'a> {
    /// What a `chat_template` names: a text with tags of Jinja is a template.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        match text {
            _ if text.eq_ignore_ascii_case("none") => Self::None,
            _ if text.contains("{{") || text.contains("{%") => Self::Inline(text),
            path => Self::File(path),
        }
    }
}

impl WorkloadSpec {
    /// The workload of a resolved scenario whose prompts come from a dataset.
    pub(crate) fn prompts(&self, block_tokens: Option<u32>) -> Option<PromptsSpec> {
        self.dataset.as_ref()?;
        Some(PromptsSpec {
            arrivals: self.arrivals.clone()?,
            output_tokens: self.output_tokens.clone(),
            max_tokens: self.max_tokens,
            requests: self.requests,
            duration_s: self.duration_s,
            block_tokens,
        })
    }

    /// Whether its requests come, at least in part, from rows of a file: a trace or a dataset.
    #[must_use]
    pub fn reads_rows(&self) -> bool {
        self.trace.is_some() || self.dataset.is_some()
    }
}

impl Scenario {
    /// Tokens of the blocks in which prompts are compared: those of the engine's KV blocks, or the
    /// largest number that divides those of all its pools. None: no engine shares blocks.
    #[must_use]
    pub fn shared_block_tokens(&self) -> Option<u32> {
        let size = |scheduler: &SchedulerSpec| {
            let spec = scheduler.vllm().filter(|spec| spec.enable_prefix_caching)?;
            Some(spec.block_size)
        };
        match &self.disaggregation {
            None => size(&self.scheduler),
            Some(_) => Phase::ALL
                .into_iter()
                .filter_map(|phase| size(&self.pool(phase)?.scheduler))
                .reduce(common_divisor),
        }
    }
}

fn common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pools_share_what_divides_their_blocks() {
        for (a, b, expect) in [(16, 16, 16), (16, 64, 16), (48, 32, 16), (7, 16, 1)] {
            assert_eq!(common_divisor(a, b), expect, "{a} and {b}");
        }
    }

    #[test]
    fn a_template_is_known_by_its_tags() {
        let cases = [
            ("None", ChatTemplate::None),
            ("none", ChatTemplate::None),
            ("{{ user }}", ChatTemplate::Inline("{{ user }}")),
            ("{% if x %}{% endif %}", ChatTemplate::Inline("{% if x %}{% endif %}")),
            ("chatml.jinja", ChatTemplate::File("chatml.jinja")),
        ];
        for (text, expect) in cases {
            assert_eq!(ChatTemplate::of(text), expect);
        }
    }
}
