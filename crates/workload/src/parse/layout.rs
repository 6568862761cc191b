//! The layouts of traces, and telling them apart.

use super::RowError;
use super::csv;
use super::text::shown;

/// How the rows of a trace are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One JSON object a line: ours, Mooncake's, Bailian's.
    Jsonl,
    /// CSV of Azure's LLM inference traces: `TIMESTAMP,ContextTokens,GeneratedTokens`.
    Azure,
    /// CSV of `BurstGPT`, with or without `Session ID` and `Elapsed time`.
    Burstgpt,
}

impl Layout {
    /// Its name in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "JSON lines",
            Self::Azure => "Azure",
            Self::Burstgpt => "BurstGPT",
        }
    }

    /// The layout of a trace with this first line.
    pub(super) fn detect(line: &str) -> Result<Self, RowError> {
        let what = match line.trim_ascii_start().bytes().next() {
            Some(b'{') => return Ok(Self::Jsonl),
            Some(b'[') => {
                "a JSON list; write its objects one a line (`jq -c '.[]'` does)".to_owned()
            }
            _ => match csv::layout_of_header(line) {
                Some(layout) => return Ok(layout),
                None => format!(
                    "the first line shows no layout that is known; found \"{}\"; a trace is JSON \
                     lines with {}, or CSV with the header {} (Azure) or {} (BurstGPT)",
                    shown(line),
                    "`timestamp`, `input_length` and `output_length`",
                    csv::AZURE_HEADER,
                    csv::BURSTGPT_HEADER,
                ),
            },
        };
        Err(RowError::new(line, 0, what))
    }
}
