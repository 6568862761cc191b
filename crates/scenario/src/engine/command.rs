//! A whole command: variables of the environment, the program, the model, flags.

use super::given::Word;
use crate::problem::Problem;
use crate::source::Sources;

/// The parts of a command.
#[derive(Debug, Default)]
pub(super) struct Command<'a> {
    /// Names of the variables that are set before it, in order, with their words.
    pub(super) variables: Vec<(&'a str, &'a Word)>,
    /// What follows the program.
    pub(super) arguments: &'a [Word],
    /// Whether the model may stand there without a flag.
    pub(super) takes_model: bool,
}

const MODULES: [(&str, bool); 2] =
    [("vllm.entrypoints.openai.api_server", false), ("vllm.entrypoints.cli.main", true)];

const HELP: &str = "write it from `vllm serve MODEL` or `python -m \
                    vllm.entrypoints.openai.api_server` on; `--engine-args` takes flags alone";

/// Takes a command apart.
pub(super) fn take_apart<'a>(
    words: &'a [Word],
    sources: &mut Sources,
) -> Result<Command<'a>, Problem> {
    let mut command = Command::default();
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        match variable(&word.text) {
            Some(name) => command.variables.push((name, word)),
            None if word.text == "env" => {}
            None => break,
        }
        rest = after;
    }
    let Some((program, after)) = rest.split_first() else {
        return Err(Problem::new("`--engine-cmd` holds no command").help(HELP));
    };
    let name = program.text.rsplit('/').next().unwrap_or_default();
    let (takes_model, arguments) = if name == "vllm" {
        (true, subcommand(program, after, sources)?)
    } else if name.starts_with("python") {
        module(program, after, sources)?
    } else {
        let message = format!("`--engine-cmd` cannot begin with `{}`", program.text);
        return Err(program.problem(sources, message, "not a server of vLLM").help(HELP));
    };
    Ok(Command { arguments, takes_model, ..command })
}

/// What follows `serve`.
fn subcommand<'a>(
    program: &Word,
    words: &'a [Word],
    sources: &mut Sources,
) -> Result<&'a [Word], Problem> {
    match words.split_first() {
        Some((word, after)) if word.text == "serve" => Ok(after),
        found => {
            let word = found.map_or(program, |(word, _)| word);
            let message = "only `vllm serve` can be simulated";
            Err(word.problem(sources, message, "not `serve`").help(HELP))
        }
    }
}

/// What follows `-m MODULE`.
fn module<'a>(
    program: &Word,
    words: &'a [Word],
    sources: &mut Sources,
) -> Result<(bool, &'a [Word]), Problem> {
    let after = words.iter().position(|word| word.text == "-m").map(|at| &words[at + 1..]);
    let Some((module, after)) = after.and_then(<[Word]>::split_first) else {
        let message = "`--engine-cmd` runs no module of vLLM";
        return Err(program.problem(sources, message, "without `-m`").help(HELP));
    };
    match MODULES.iter().find(|(name, _)| *name == module.text) {
        Some((_, true)) => Ok((true, subcommand(module, after, sources)?)),
        Some((_, false)) => Ok((false, after)),
        None => {
            let message = format!("`{}` is not a server of vLLM", module.text);
            Err(module.problem(sources, message, "unknown").help(HELP))
        }
    }
}

/// The name in `NAME=value`.
fn variable(word: &str) -> Option<&str> {
    let (name, _) = word.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some(name)
}
