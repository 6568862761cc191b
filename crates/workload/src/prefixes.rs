//! Shared prefixes: beginnings, such as system prompts, that many prompts have in common.

use serde::{Deserialize, Serialize};
use tokendrome_kernel::{Stream, Streams, sample};
use tokendrome_units::{SpecError, check_range};

use crate::LengthsSpec;

/// Groups of requests whose prompts begin with the same tokens, such as a system prompt.
///
/// The prefix comes in front of a request's own `input_tokens`: its prompt is as long as both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PrefixesSpec {
    /// Number of groups; each has a prefix of its own.
    pub groups: u32,
    /// Tokens of a group's prefix, drawn once for each group.
    pub tokens: LengthsSpec,
    /// How often each group is used. Default: all alike.
    #[serde(default)]
    pub popularity: PopularitySpec,
    /// Share of the requests (of the sessions, if there are any) that begin with a prefix, from 0
    /// to 1.
    #[serde(default = "all")]
    pub share: f64,
}

/// How often each group is used.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PopularitySpec {
    /// All alike.
    Uniform {},
    /// Zipf's law: the k-th group in proportion to `1 / k^exponent`.
    Zipf {
        /// Exponent, 0 or more; at 0 all are alike. Requests for web pages have 0.64 to 0.83
        /// (Breslau et al. 1999).
        exponent: f64,
    },
}

impl Default for PopularitySpec {
    fn default() -> Self {
        Self::Uniform {}
    }
}

fn all() -> f64 {
    1.0
}

/// Most groups; each costs 12 bytes.
const GROUPS_MAX: f64 = 1e6;

/// Largest exponent: beyond it nobody would use the second group.
const EXPONENT_MAX: f64 = 100.0;

impl PrefixesSpec {
    /// Says what is wrong with the numbers, if anything.
    ///
    /// # Errors
    /// The first number out of range, by the name of its field.
    pub fn validate(&self) -> Result<(), SpecError> {
        check_range("groups", f64::from(self.groups), 1.0, GROUPS_MAX)?;
        self.tokens.validate()?;
        self.popularity.validate()?;
        check_range("share", self.share, 0.0, 1.0)
    }
}

impl PopularitySpec {
    /// Says what is wrong with the numbers, if anything.
    ///
    /// # Errors
    /// The first number out of range, by the name of its field.
    pub fn validate(&self) -> Result<(), SpecError> {
        match self {
            Self::Uniform {} => Ok(()),
            Self::Zipf { exponent } => check_range("exponent", *exponent, 0.0, EXPONENT_MAX),
        }
    }
}

/// One group's prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefix {
    /// The group, counted from 0.
    pub(crate) group: u32,
    /// Length in tokens.
    pub(crate) tokens: u32,
}

/// The groups of a valid specification, ready to draw from.
pub(crate) struct Prefixes {
    /// Tokens of each group's prefix.
    tokens: Vec<u32>,
    /// Running sums of the groups' weights; empty if all are alike.
    cumulative: Vec<f64>,
    share: f64,
}

impl Prefixes {
    /// The lengths come from the stream `prefix-tokens`, in the order of the groups.
    pub(crate) fn new(spec: &PrefixesSpec, streams: &Streams) -> Self {
        let (lengths, mut stream) = (spec.tokens.build(), streams.stream("prefix-tokens"));
        let mut sum = 0.0;
        let cumulative = match spec.popularity {
            PopularitySpec::Uniform {} => Vec::new(),
            PopularitySpec::Zipf { exponent } => (1..=spec.groups)
                .map(|rank| {
                    sum += libm::pow(f64::from(rank), -exponent);
                    sum
                })
                .collect(),
        };
        Self {
            tokens: (0..spec.groups).map(|_| lengths.draw(&mut stream)).collect(),
            cumulative,
            share: spec.share,
        }
    }

    /// The prefix of a request, if it has one. Draws from both streams in either case, so that the
    /// groups stay the same when the share changes.
    pub(crate) fn draw(&self, shares: &mut Stream, groups: &mut Stream) -> Option<Prefix> {
        let group = if self.cumulative.is_empty() {
            groups.below(self.tokens.len() as u64) as usize
        } else {
            sample::weighted(groups, &self.cumulative)
        };
        let has_prefix = shares.unit() < self.share;
        has_prefix.then(|| Prefix { group: group as u32, tokens: self.tokens[group] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(popularity: PopularitySpec, share: f64) -> PrefixesSpec {
        let tokens = LengthsSpec::Uniform { min: 10, max: 1_000 };
        PrefixesSpec { groups: 4, tokens, popularity, share }
    }

    /// The groups of 100,000 requests, and how many have none.
    fn draws(spec: &PrefixesSpec) -> ([u32; 4], u32) {
        spec.validate().unwrap();
        let streams = Streams::new(3, 0);
        let prefixes = Prefixes::new(spec, &streams);
        let (mut shares, mut groups) = (streams.stream("shares"), streams.stream("groups"));
        let (mut counts, mut without) = ([0; 4], 0);
        for _ in 0..100_000 {
            match prefixes.draw(&mut shares, &mut groups) {
                Some(prefix) => {
                    counts[prefix.group as usize] += 1;
                    assert_eq!(prefix.tokens, prefixes.tokens[prefix.group as usize]);
                }
                None => without += 1,
            }
        }
        (counts, without)
    }

    #[test]
    fn groups_are_used_by_their_law() {
        let near = |found: u32, expect: f64| {
            assert!((f64::from(found) - expect).abs() < 700.0, "{found}, not {expect}");
        };
        let (alike, without) = draws(&spec(PopularitySpec::Uniform {}, 1.0));
        alike.into_iter().for_each(|count| near(count, 25_000.0));
        assert_eq!(without, 0);
        let (zipf, _) = draws(&spec(PopularitySpec::Zipf { exponent: 2.0 }, 1.0));
        let total = 1.0 + 1.0 / 4.0 + 1.0 / 9.0 + 1.0 / 16.0;
        for (count, rank) in zipf.into_iter().zip([1.0, 2.0, 3.0, 4.0]) {
            near(count, 100_000.0 / (rank * rank * total));
        }
        let (flat, without) = draws(&spec(PopularitySpec::Zipf { exponent: 0.0 }, 0.2));
        flat.into_iter().for_each(|count| near(count, 5_000.0));
        near(without, 80_000.0);
    }

    #[test]
    fn a_prefix_is_as_long_in_every_run_whatever_the_popularity() {
        let lengths =
            |popularity| Prefixes::new(&spec(popularity, 1.0), &Streams::new(3, 0)).tokens;
        let alike = lengths(PopularitySpec::Uniform {});
        assert_eq!(alike, lengths(PopularitySpec::Zipf { exponent: 1.0 }));
        assert!(alike.iter().any(|&tokens| tokens != alike[0]), "{alike:?}");
    }

    #[test]
    fn wrong_numbers_are_refused_by_name() {
        let message = |spec: PrefixesSpec| spec.validate().unwrap_err().to_string();
        let good = spec(PopularitySpec::Uniform {}, 1.0);
        assert_eq!(
            message(PrefixesSpec { groups: 0, ..good.clone() }),
            "`groups` must lie between 1 and 1000000; found 0"
        );
        assert!(message(spec(PopularitySpec::Uniform {}, 1.5)).contains("`share`"));
        assert!(message(spec(PopularitySpec::Uniform {}, f64::NAN)).contains("`share`"));
        assert!(message(spec(PopularitySpec::Zipf { exponent: -0.1 }, 1.0)).contains("`exponent`"));
        let tokens = LengthsSpec::Fixed { tokens: 0 };
        assert!(message(PrefixesSpec { tokens, ..good }).contains("`tokens`"));
    }
}
