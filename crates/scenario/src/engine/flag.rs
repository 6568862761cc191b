//! What there is to know of a flag.

/// A flag of `vllm serve`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flag {
    /// Its name, without dashes.
    pub(super) name: &'static str,
    /// Other names, with their dashes.
    pub(super) aliases: Vec<&'static str>,
    /// What follows it.
    pub(super) takes: Takes,
    /// What becomes of it.
    pub(super) fate: Fate,
}

/// What follows a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing: its name turns something on, the negated name turns it off.
    Switch,
    /// Nothing, and it has no negated name.
    Mark,
    /// One value. If that is JSON, parts of it may be given by dotted names.
    One,
    /// One value or more.
    Many,
    /// One value or none.
    Perhaps,
}

/// What becomes of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It says something of the scenario.
    Maps(Target),
    /// It does not matter to a simulation, for this reason.
    Ignored(&'static str),
    /// It changes what would have to be simulated.
    Refused {
        /// What is not modelled.
        why: &'static str,
        /// Values with which nothing changes, with spaces between. A switch that is off never does.
        harmless: &'static str,
    },
    /// It names a file with more flags.
    Config,
}

/// What a flag says of the scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A switch at this path.
    Switch(&'static str),
    /// A whole number at this path.
    Whole {
        path: &'static str,
        least: u64,
        most: u64,
        /// Whether `8k` and `1K` can be said.
        suffixes: bool,
        /// Whether `None` takes it back.
        optional: bool,
    },
    /// A number at this path: 0 itself, and 1 itself, are allowed or not.
    Share { path: &'static str, zero: bool, one: bool },
    /// A word at this path: what vLLM calls it, and what the scenario does.
    Word { path: &'static str, words: &'static [(&'static str, &'static str)] },
    /// A method at this path, checked where the scenario is; `None` takes it back.
    Method(&'static str),
    /// A model of the catalog, or the path of its `config.json`.
    Model,
    /// Longest sequence, or what fits.
    Length,
}

impl Flag {
    /// Whether `typed`, with its dashes, means this flag; and then, whether it turns it on.
    pub(super) fn sense_of(&self, typed: &str) -> Option<bool> {
        if self.aliases.contains(&typed) {
            return Some(true);
        }
        let long = typed.strip_prefix("--")?;
        if long == self.name {
            return Some(true);
        }
        let is_negated = self.takes == Takes::Switch
            && (long.strip_prefix("no-") == Some(self.name)
                || self.inverse().is_some_and(|inverse| inverse == long));
        is_negated.then_some(false)
    }

    /// `disable-x` of `enable-x`, and the other way round.
    fn inverse(&self) -> Option<String> {
        let (enabled, disabled) =
            (self.name.strip_prefix("enable-"), self.name.strip_prefix("disable-"));
        enabled
            .map(|rest| format!("disable-{rest}"))
            .or_else(|| disabled.map(|rest| format!("enable-{rest}")))
    }

    /// How the switch is turned off.
    pub(super) fn negated(&self) -> String {
        format!("--no-{}", self.name)
    }
}
