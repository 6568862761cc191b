//! From words to flags, as Python's argparse and vLLM's extension of it read them.
//!
//! Names take underscores for hyphens; values follow after a space or `=`; a switch is turned off
//! by `--no-`, and `--enable-x` by `--disable-x`; parts of a JSON value have dotted names; `-O3`
//! stands for `--optimization-level 3`. What differs: abbreviations of names are errors here.
//!
//! Source: `utils/argparse_utils.py` of vLLM 0.33.0.

use super::flag::{Fate, Flag, Takes};
use super::given::{Given, Word};
use super::table::{self, FLAGS};
use crate::problem::Problem;
use crate::source::Sources;

/// What was found among the words.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) flags: Vec<Given>,
    /// Words that belong to no flag.
    pub(super) others: Vec<Word>,
}

/// Reads the words in their order.
pub(super) fn read(words: &[Word], sources: &mut Sources, problems: &mut Vec<Problem>) -> Read {
    let mut found = Read::default();
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        if !is_flag(&word.text) {
            found.others.push(word.clone());
            continue;
        }
        match one(word, &mut rest) {
            Ok(given) => found.flags.push(given),
            Err(wrong) => problems.push(wrong.problem(word, sources)),
        }
    }
    found
}

/// Why a word is no flag, or is not whole.
enum Wrong {
    Unknown(String),
    NoValue(String),
    NeedlessValue(String, &'static Flag),
}

/// The flag of a word, which takes its values from what follows.
fn one(word: &Word, rest: &mut &[Word]) -> Result<Given, Wrong> {
    let (typed, joined) = match word.text.split_once('=') {
        Some((typed, value)) => (typed, Some(value.to_owned())),
        None => (word.text.as_str(), None),
    };
    let (name, is_part) = plain_name(typed);
    let found = match table::find(&name) {
        Some(found) => Some((typed, found, joined.clone())),
        None => with_letters(&word.text),
    };
    // What is mapped takes no JSON, and so has no parts.
    let has_parts = |flag: &Flag| {
        flag.takes == Takes::One && !matches!(flag.fate, Fate::Maps(_) | Fate::Config)
    };
    let found = found.filter(|(_, (flag, _), _)| !is_part || has_parts(flag));
    let Some((typed, (flag, is_on), joined)) = found else {
        // Its value, if it has one, is no mistake of its own.
        if joined.is_none() {
            *rest = rest
                .split_first()
                .filter(|(next, _)| !is_flag(&next.text))
                .map_or(*rest, |(_, after)| after);
        }
        return Err(Wrong::Unknown(typed.to_owned()));
    };
    let value = match (flag.takes, joined) {
        (Takes::Switch | Takes::Mark, None) => None,
        (Takes::Switch | Takes::Mark, Some(_)) => {
            return Err(Wrong::NeedlessValue(typed.to_owned(), flag));
        }
        (_, Some(value)) => Some(value),
        (takes, None) => {
            let most = if takes == Takes::Many { usize::MAX } else { 1 };
            let is_value = |word: &&Word| is_part || !is_flag(&word.text);
            let count = rest.iter().take_while(is_value).take(most).count();
            let (values, after) = rest.split_at(count);
            *rest = after;
            if values.is_empty() && takes != Takes::Perhaps {
                return Err(Wrong::NoValue(typed.to_owned()));
            }
            let values: Vec<&str> = values.iter().map(|word| word.text.as_str()).collect();
            (!values.is_empty()).then(|| values.join(" "))
        }
    };
    let (typed, origin) = (typed.to_owned(), word.origin.clone());
    Ok(Given { flag, is_on, typed, value, is_part, origin })
}

/// The name with hyphens, without the parts of a dotted one; and whether there were such.
fn plain_name(typed: &str) -> (String, bool) {
    let (name, is_part) = match typed.split_once('.') {
        Some((name, _)) => (name, true),
        None => (typed, false),
    };
    let name = if name.starts_with("--") { name.replace('_', "-") } else { name.to_owned() };
    (name, is_part)
}

/// A name of one letter with its value behind it: `-n2`, `-O3`, `-O=3`.
type Joined<'a> = (&'a str, (&'static Flag, bool), Option<String>);

fn with_letters(text: &str) -> Option<Joined<'_>> {
    if text.starts_with("--") {
        return None;
    }
    let (typed, value) = text.split_at_checked(2)?;
    let value = value.strip_prefix('=').unwrap_or(value);
    let found = match typed {
        "-O" => table::find("--optimization-level")?,
        _ => table::find(typed)?,
    };
    let is_whole = found.0.takes == Takes::One && (typed == "-O" || !value.is_empty());
    is_whole.then(|| (typed, found, (!value.is_empty()).then(|| value.to_owned())))
}

/// Whether a word can only be a flag: it begins with a hyphen and is neither a negative number nor
/// text with spaces.
fn is_flag(word: &str) -> bool {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    let is_number = word.parse::<f64>().is_ok();
    name.len() > 1 && name.starts_with('-') && !name.contains(char::is_whitespace) && !is_number
}

impl Wrong {
    fn problem(self, word: &Word, sources: &mut Sources) -> Problem {
        match self {
            Self::NoValue(typed) => {
                word.problem(sources, format!("`{typed}` needs a value"), "nothing follows")
            }
            Self::NeedlessValue(typed, flag) => {
                let problem =
                    word.problem(sources, format!("`{typed}` takes no value"), "one is given");
                match flag.takes {
                    Takes::Switch => problem.help(format!(
                        "write `--{}` to turn it on, `{}` to turn it off",
                        flag.name,
                        flag.negated()
                    )),
                    _ => problem,
                }
            }
            Self::Unknown(typed) => unknown(&typed, word, sources),
        }
    }
}

fn unknown(typed: &str, word: &Word, sources: &mut Sources) -> Problem {
    let (name, _) = plain_name(typed);
    let bare = name.trim_start_matches('-');
    let longer: Vec<&str> = FLAGS
        .iter()
        .map(|flag| flag.name)
        .filter(|name| !bare.is_empty() && name.starts_with(bare))
        .collect();
    let near = match longer.as_slice() {
        [only] => Some(*only),
        _ => table::nearest(&name),
    };
    let label = match near {
        Some(near) => format!("did you mean `{}`?", with_dashes(near)),
        None => "not a flag of vLLM".to_owned(),
    };
    word.problem(sources, format!("vLLM has no flag `{typed}`"), &label)
        .help("flags are those of `vllm serve` 0.33; docs/cli.md lists them all")
}

/// As it is to be typed: short names have one dash.
pub(super) fn with_dashes(name: &str) -> String {
    let short = format!("-{name}");
    let is_short = FLAGS.iter().any(|flag| flag.aliases.contains(&short.as_str()));
    if is_short { short } else { format!("--{name}") }
}
