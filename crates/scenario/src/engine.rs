//! vLLM's own flags, and whole commands, as changes of a scenario.
//!
//! Every flag of `vllm serve` stands in one table, which says what becomes of it: it sets a field
//! of the scenario, it is ignored with a notice that says why, or it is refused because what it
//! asks for is not modelled. A flag that is not in the table is an error. Nothing is dropped in
//! silence.
//!
//! A flag that is given twice counts as the last says. A file named by `--config` comes before the
//! flags beside it, as in vLLM.

mod apply;
mod command;
mod config;
mod environment;
mod flag;
mod given;
mod read;
mod table;
mod value;

use std::sync::Arc;

use crate::change::Change;
use crate::problem::{Problem, Problems};
use crate::source::Sources;

use apply::Effects;
use flag::Fate;
use given::{Given, Word};

/// What vLLM's flags change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineFlags {
    /// Changes that name the model: they come before all others.
    pub model: Vec<Change>,
    /// All other changes.
    pub changes: Vec<Change>,
    /// What a person should know: what is ignored, and why.
    pub notices: Vec<String>,
}

impl EngineFlags {
    /// Reads a command (`vllm serve MODEL ...`), then flags alone, which win over it.
    ///
    /// # Errors
    /// All flags that are unknown, refused, or have wrong values.
    pub fn read(command: Option<&str>, args: &[String]) -> Result<Self, Problems> {
        let mut reader = Reader::default();
        if let Some(command) = command {
            reader.command(command);
        }
        for text in args {
            reader.args(text);
        }
        reader.finish()
    }
}

/// What errors call the texts.
const ARGS: &str = "--engine-args";
const COMMAND: &str = "--engine-cmd";

#[derive(Default)]
struct Reader {
    sources: Sources,
    problems: Vec<Problem>,
    notices: Vec<String>,
    given: Vec<Given>,
}

impl Reader {
    fn args(&mut self, text: &str) {
        let Some(words) = self.split(ARGS, text) else { return };
        let others = self.flags(&words);
        self.stray(others.first());
    }

    fn command(&mut self, text: &str) {
        let Some(words) = self.split(COMMAND, text) else { return };
        let command = match command::take_apart(&words, &mut self.sources) {
            Ok(command) => command,
            Err(problem) => return self.problems.push(problem),
        };
        match environment::notice(&command.variables, &mut self.sources) {
            Ok(notice) => self.notices.extend(notice),
            Err(problem) => self.problems.push(problem),
        }
        let takes_model = command.takes_model;
        let others = self.flags(command.arguments);
        let mut others = others.into_iter();
        let model = if takes_model { others.next() } else { None };
        self.model(model);
        self.stray(others.next().as_ref());
    }

    /// The first word that belongs to no flag: others are mostly a consequence.
    fn stray(&mut self, word: Option<&Word>) {
        let problem = word.map(|word| stray(word, &mut self.sources));
        self.problems.extend(problem);
    }

    /// The model of a command: the word that stands alone, or the flag `--model`.
    fn model(&mut self, alone: Option<Word>) {
        let models = self.given.iter().filter(|given| given.flag.name == "model");
        // One in a file that `--config` names gives way.
        let mut beside = models.clone().filter(|given| *given.origin == *COMMAND);
        match (alone, beside.next()) {
            (Some(word), Some(given)) => {
                let (one, other) = (&word.text, given.shown());
                let message = format!("the command names two models: `{one}` and `{other}`");
                let problem = word.problem(&mut self.sources, message, "remove one of the two");
                self.problems.push(problem);
            }
            (Some(word), None) => self.given.push(positional(&word)),
            (None, _) if models.count() > 0 => {}
            (None, _) => self.problems.push(Problem::new("`--engine-cmd` names no model").help(
                "write it behind `vllm serve`; flags alone, for the scenario's model, go in \
                     `--engine-args`",
            )),
        }
    }

    /// As a shell splits them.
    fn split(&mut self, origin: &str, text: &str) -> Option<Vec<Word>> {
        let origin: Arc<str> = origin.into();
        let Ok(words) = shell_words::split(text) else {
            let word = Word { text: text.to_owned(), origin: Arc::clone(&origin) };
            let message = format!("a quote in `{origin}` is not closed");
            self.problems.push(word.problem(&mut self.sources, message, ""));
            return None;
        };
        Some(words.into_iter().map(|text| Word { text, origin: Arc::clone(&origin) }).collect())
    }

    /// Takes the flags among the words, and gives back the other words.
    fn flags(&mut self, words: &[Word]) -> Vec<Word> {
        let read = read::read(words, &mut self.sources, &mut self.problems);
        for given in read.flags.iter().filter(|given| given.flag.fate == Fate::Config) {
            self.config(given);
        }
        self.given.extend(read.flags);
        read.others
    }

    fn config(&mut self, given: &Given) {
        let path = given.value.as_deref().unwrap_or_default();
        match config::words(path, &mut self.sources) {
            Ok(words) => {
                let read = read::read(&words, &mut self.sources, &mut self.problems);
                self.given.extend(read.flags);
                self.stray(read.others.first());
            }
            Err(problems) => self.problems.extend(problems),
        }
    }

    fn finish(mut self) -> Result<EngineFlags, Problems> {
        let mut effects = Effects::default();
        for (index, given) in self.given.iter().enumerate() {
            let is_last = !self.given[index + 1..].iter().any(|later| later.flag == given.flag);
            if is_last && let Err(problem) = effects.add(given, &mut self.sources) {
                self.problems.push(problem);
            }
        }
        if !self.problems.is_empty() {
            return Err(Problems::new(self.problems, &self.sources));
        }
        let Effects { model, changes, notices, ignored } = effects;
        self.notices.extend(notices);
        self.notices.extend(ignored.into_iter().map(|(why, flags)| {
            let flags: Vec<String> = flags.iter().map(|flag| format!("`{flag}`")).collect();
            format!("ignored {}: {why}", flags.join(", "))
        }));
        Ok(EngineFlags { model, changes, notices: self.notices })
    }
}

/// The model behind `vllm serve`, as the flag that it stands for.
fn positional(word: &Word) -> Given {
    let (flag, _) = table::find("--model").expect("the table has the flag `--model`");
    Given {
        flag,
        is_on: true,
        typed: "vllm serve".to_owned(),
        value: Some(word.text.clone()),
        is_part: false,
        origin: Arc::clone(&word.origin),
    }
}

/// A word that belongs to no flag.
fn stray(word: &Word, sources: &mut Sources) -> Problem {
    let text = word.text.as_str();
    let help = match text {
        "vllm" | "python" | "python3" => "a whole command goes in `--engine-cmd`".to_owned(),
        "&" | "&&" | "|" | "||" | ";" | ">" | ">>" | "2>&1" => {
            "give the command alone, without what the shell does about it".to_owned()
        }
        _ if table::find(&format!("--{}", text.replace('_', "-"))).is_some() => {
            format!("flags begin with dashes: `--{text}`")
        }
        _ => "a value follows its flag; one with spaces needs quotes".to_owned(),
    };
    word.problem(sources, format!("`{text}` belongs to no flag"), "").help(help)
}

#[cfg(test)]
mod tests;
