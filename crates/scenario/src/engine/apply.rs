//! From flags to changes of the scenario.

use super::flag::{Fate, Target};
use super::given::Given;
use super::value::{is_none, number, whole, with_suffix};
use crate::change::Change;
use crate::hint;
use crate::problem::Problem;
use crate::source::Sources;

/// Longest sequence: its tokens, and whether they follow from the KV cache.
const LENGTH: &str = "scheduler.max_model_len";
const LENGTH_AUTO: &str = "scheduler.max_model_len_auto";

/// What flags come to, in order.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Changes that name the model: they come before all others.
    pub(super) model: Vec<Change>,
    pub(super) changes: Vec<Change>,
    pub(super) notices: Vec<String>,
    /// Flags that are ignored, by the reason.
    pub(super) ignored: Vec<(&'static str, Vec<String>)>,
}

impl Effects {
    /// Adds what a flag comes to.
    pub(super) fn add(&mut self, given: &Given, sources: &mut Sources) -> Result<(), Problem> {
        match given.flag.fate {
            Fate::Config => Ok(()),
            Fate::Ignored(why) => {
                self.ignore(why, given.typed.clone());
                Ok(())
            }
            Fate::Refused { why, harmless } => refuse(given, why, harmless, sources),
            Fate::Maps(target) => self.map(given, target, sources),
        }
    }

    fn ignore(&mut self, why: &'static str, typed: String) {
        match self.ignored.iter_mut().find(|(reason, _)| *reason == why) {
            Some((_, flags)) => flags.push(typed),
            None => self.ignored.push((why, vec![typed])),
        }
    }

    fn map(&mut self, given: &Given, target: Target, sources: &mut Sources) -> Result<(), Problem> {
        let text = given.value.as_deref().unwrap_or_default();
        match target {
            Target::Switch(path) => self.set(given, path, &given.is_on.to_string()),
            Target::Whole { path, least, most, suffixes, optional } => {
                if optional && is_none(text) {
                    self.changes.push(Change::remove(path));
                    return Ok(());
                }
                let found = if suffixes { with_suffix(text) } else { whole(text) };
                let number = in_range(found, least, most)
                    .ok_or_else(|| not_whole(given, least, most, suffixes, sources))?;
                self.set(given, path, &number.to_string());
            }
            Target::Share { path, zero, one } => {
                let share = number(text)
                    .filter(|share| *share > 0.0 || (zero && *share == 0.0))
                    .filter(|share| *share < 1.0 || (one && *share == 1.0));
                let share = share.ok_or_else(|| not_a_share(given, zero, one, sources))?;
                self.set(given, path, &format!("{share:?}"));
            }
            Target::Word { path, words } => {
                let found = words.iter().find(|(word, _)| *word == text);
                let (_, word) = found.ok_or_else(|| not_a_word(given, words, sources))?;
                match word.is_empty() {
                    true => self.changes.push(Change::remove(path)),
                    false => self.set(given, path, word),
                }
            }
            Target::Method(path) if is_none(text) => self.changes.push(Change::remove(path)),
            Target::Method(path) => self.set(given, path, text),
            Target::Model if is_none(text) && given.flag.name != "model" => {}
            Target::Model => {
                // `--hf-config-path` says what the model is, whatever it is called.
                let at = if given.flag.name == "model" { 0 } else { self.model.len() };
                let changes = Change::model(&given.typed, text).into_iter();
                let changes = changes.map(|change| change.within(&given.origin));
                self.model.splice(at..at, changes);
            }
            Target::Length => self.length(given, text, sources)?,
        }
        Ok(())
    }

    fn set(&mut self, given: &Given, path: &str, value: &str) {
        self.changes.push(change(given, path, value));
    }

    /// `-1` and `auto` mean what fits, up to the model's context.
    fn length(&mut self, given: &Given, text: &str, sources: &mut Sources) -> Result<(), Problem> {
        let text = text.trim();
        if text == "-1" || text.eq_ignore_ascii_case("auto") {
            self.changes.push(Change::remove(LENGTH));
            self.set(given, LENGTH_AUTO, "true");
            return Ok(());
        }
        let most = u64::from(u32::MAX);
        let tokens = in_range(with_suffix(text), 1, most).ok_or_else(|| {
            not_whole(given, 1, most, true, sources).help(
                "it is a number such as `32768`, `32k` (32,000) or `32K` (32,768); or `auto`, or \
                 `-1`, for what fits the KV cache",
            )
        })?;
        self.changes.push(Change::remove(LENGTH_AUTO));
        self.set(given, LENGTH, &tokens.to_string());
        Ok(())
    }
}

fn change(given: &Given, path: &str, value: &str) -> Change {
    Change::foreign(&given.typed, given.value.as_deref(), path, value).within(&given.origin)
}

fn in_range(found: Option<i128>, least: u64, most: u64) -> Option<u64> {
    let number = u64::try_from(found?).ok()?;
    (least..=most).contains(&number).then_some(number)
}

/// Whether two values are the same, numbers by what they are.
fn is_same(a: &str, b: &str) -> bool {
    a == b || number(a).is_some_and(|a| number(b) == Some(a))
}

fn refuse(given: &Given, why: &str, harmless: &str, sources: &mut Sources) -> Result<(), Problem> {
    let is_harmless = match &given.value {
        None => !given.is_on,
        Some(_) if given.is_part => false,
        Some(value) => {
            let mut words = harmless.split(' ');
            words.any(|word| is_same(word, value) || (word == "None" && is_none(value)))
        }
    };
    if is_harmless {
        return Ok(());
    }
    let message = format!("`{}` cannot be simulated: {why}", given.typed);
    let problem = given.problem(sources, message, "");
    let numbers = harmless.split(' ').find(|word| number(word).is_some());
    Err(match numbers {
        Some(number) => problem.help(format!("leave it out, or make it {number}")),
        None => problem.help("leave it out to simulate the engine without it"),
    })
}

fn not_whole(
    given: &Given,
    least: u64,
    most: u64,
    suffixes: bool,
    sources: &mut Sources,
) -> Problem {
    let value = given.value.as_deref().unwrap_or_default();
    let message = format!("`{}` takes a whole number from {least}; found `{value}`", given.typed);
    let found = if suffixes { with_suffix(value) } else { whole(value) };
    let label = match found {
        Some(number) if number > i128::from(most) => format!("more than {most}"),
        Some(_) => format!("less than {least}"),
        None => "not a whole number".to_owned(),
    };
    let problem = given.problem(sources, message, &label);
    if suffixes && found.is_none() {
        problem.help("`8k` is 8,000 and `8K` is 8,192")
    } else {
        problem
    }
}

fn not_a_share(given: &Given, zero: bool, one: bool, sources: &mut Sources) -> Problem {
    let value = given.value.as_deref().unwrap_or_default();
    let range = match (zero, one) {
        (true, true) => "from 0 to 1",
        (true, false) => "from 0, below 1",
        (false, true) => "above 0, up to 1",
        (false, false) => "between 0 and 1",
    };
    let message = format!("`{}` takes a number {range}; found `{value}`", given.typed);
    let label = if number(value).is_some() { "out of range" } else { "not a number" };
    given.problem(sources, message, label)
}

fn not_a_word(given: &Given, words: &[(&str, &str)], sources: &mut Sources) -> Problem {
    let value = given.value.as_deref().unwrap_or_default();
    let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let label = match hint::nearest(value, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "not among what can be simulated".to_owned(),
    };
    let message = format!("`{}` cannot be `{value}`", given.typed);
    given.problem(sources, message, &label).help(format!("it is one of {}", hint::list(names)))
}
