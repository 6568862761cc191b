//! The arguments of `explain`.

use clap::Args;
use tokendrome::steptime::Chunk;

use super::ScenarioArgs;

#[derive(Debug, Args)]
#[command(mut_arg("trials", |arg| arg.hide(true)), mut_arg("precision", |arg| arg.hide(true)))]
#[command(mut_arg("max_trials", |arg| arg.hide(true)))]
pub(crate) struct ExplainArgs {
    /// Of a disaggregated scenario: the pool whose iteration is explained.
    #[arg(long, value_name = "POOL", value_enum)]
    pub(crate) pool: Option<PoolChoice>,
    #[command(flatten)]
    pub(crate) scenario: ScenarioArgs,
    /// Tokens of a prompt, after CONTEXT others of it that were computed before (none if not
    /// said); may be repeated.
    #[arg(long, value_name = "TOKENS[@CONTEXT]", value_parser = chunk)]
    #[arg(help_heading = "Batch", allow_hyphen_values = true)]
    pub(crate) prefill: Vec<Chunk>,
    /// N sequences that decode, each of which attends to CONTEXT tokens (if not said: as many as
    /// half-way through a request of the workload's mean lengths); may be repeated.
    #[arg(long, value_name = "N[@CONTEXT]", value_parser = decodes)]
    #[arg(help_heading = "Batch", allow_hyphen_values = true)]
    pub(crate) decodes: Vec<WantedDecodes>,
    /// Print JSON instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Decodes, perhaps of some context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WantedDecodes {
    pub(crate) count: u32,
    pub(crate) context: Option<u32>,
}

fn chunk(text: &str) -> Result<Chunk, String> {
    let (tokens, context) = pair(text, "2000 or 2000@500")?;
    Ok(Chunk { tokens, context: context.unwrap_or(0) })
}

fn decodes(text: &str) -> Result<WantedDecodes, String> {
    let (count, context) = pair(text, "64 or 64@1200")?;
    match context {
        Some(0) => Err("a decode attends to itself at least: its context is 1 or more".to_owned()),
        context => Ok(WantedDecodes { count, context }),
    }
}

/// `A` or `A@B`, with `_` and `,` between digits.
fn pair(text: &str, example: &str) -> Result<(u32, Option<u32>), String> {
    let number = |text: &str| {
        let digits = text.trim().replace(['_', ','], "");
        digits
            .parse::<u32>()
            .map_err(|_| format!("whole numbers up to {} are wanted, such as {example}", u32::MAX))
    };
    let (first, second) = match text.split_once('@') {
        Some((first, second)) => (number(first)?, Some(number(second)?)),
        None => (number(text)?, None),
    };
    if first == 0 {
        return Err(format!("0 of them are none: write for example {example}"));
    }
    Ok((first, second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_read() {
        assert_eq!(chunk("2000"), Ok(Chunk { tokens: 2_000, context: 0 }));
        assert_eq!(chunk("2_000@1,500"), Ok(Chunk { tokens: 2_000, context: 1_500 }));
        assert_eq!(decodes("64"), Ok(WantedDecodes { count: 64, context: None }));
        assert_eq!(decodes("64@9"), Ok(WantedDecodes { count: 64, context: Some(9) }));
        for wrong in ["", "0", "0@5", "-1", "1.5", "5@", "@5", "5@x", "5@6@7", "4294967296"] {
            assert!(chunk(wrong).is_err() && decodes(wrong).is_err(), "{wrong}");
        }
        assert!(decodes("5@0").is_err());
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PoolChoice {
    /// The one that computes prompts.
    Prefill,
    /// The one that decodes.
    Decode,
}

impl PoolChoice {
    pub(crate) fn phase(self) -> tokendrome::Phase {
        match self {
            Self::Prefill => tokendrome::Phase::Prefill,
            Self::Decode => tokendrome::Phase::Decode,
        }
    }
}
