//! Every flag of `vllm serve`, and what becomes of it.
//!
//! Source: the options that the argument parser of vLLM 0.33.0 has, and what its configuration
//! classes say of them; and flags of earlier versions that are still seen in commands.

mod ignored;
mod mapped;
mod refused;

use std::sync::LazyLock;

use super::flag::{Fate, Flag, Takes};
use crate::hint;

/// All flags.
pub(super) static FLAGS: LazyLock<Vec<Flag>> = LazyLock::new(|| {
    let groups = refused::GROUPS.iter().chain(ignored::GROUPS);
    mapped::flags().into_iter().chain(groups.flat_map(Group::flags)).collect()
});

/// Flags that share a fate: names with spaces between, other names of a flag after slashes.
pub(super) struct Group {
    fate: Fate,
    switches: &'static str,
    marks: &'static str,
    ones: &'static str,
    lists: &'static str,
    maybes: &'static str,
}

/// To be completed: `..NONE`.
const NONE: Group =
    Group { fate: Fate::Ignored(""), switches: "", marks: "", ones: "", lists: "", maybes: "" };

impl Group {
    fn flags(&self) -> impl Iterator<Item = Flag> {
        let fate = self.fate;
        let kinds = [
            (Takes::Switch, self.switches),
            (Takes::Mark, self.marks),
            (Takes::One, self.ones),
            (Takes::Many, self.lists),
            (Takes::Perhaps, self.maybes),
        ];
        kinds.into_iter().flat_map(move |(takes, names)| {
            names.split_whitespace().map(move |names| flag(names, takes, fate))
        })
    }
}

fn flag(names: &'static str, takes: Takes, fate: Fate) -> Flag {
    let mut names = names.split('/');
    let name = names.next().unwrap_or_default();
    Flag { name, aliases: names.collect(), takes, fate }
}

/// The flag that is meant, and whether it is turned on.
pub(super) fn find(typed: &str) -> Option<(&'static Flag, bool)> {
    FLAGS.iter().find_map(|flag| Some((flag, flag.sense_of(typed)?)))
}

/// The nearest spelling of what is no flag.
pub(super) fn nearest(typed: &str) -> Option<&'static str> {
    let bare = typed.trim_start_matches('-');
    let names = FLAGS.iter().flat_map(|flag| {
        std::iter::once(flag.name)
            .chain(flag.aliases.iter().map(|alias| alias.trim_start_matches('-')))
    });
    hint::nearest(bare, names)
}
