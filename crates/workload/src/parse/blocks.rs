//! How many tokens an entry of `hash_ids` stands for.
//!
//! A prompt of `L` tokens in blocks of `s` has `ceil(L / s)` of them, so `n` ids leave the sizes
//! from `ceil(L / n)` to `(L - 1) / (n - 1)`. The rows of a trace narrow this interval together;
//! the first that empties it is wrong. Memory is the interval.

use std::num::NonZeroU32;

use super::text::grouped;

/// The sizes that fit all rows so far, in tokens; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockSizes {
    min: u32,
    max: u32,
    given: bool,
}

impl Default for BlockSizes {
    fn default() -> Self {
        Self { min: 1, max: u32::MAX, given: false }
    }
}

impl BlockSizes {
    /// The size is known.
    pub(super) fn given(tokens: NonZeroU32) -> Self {
        Self { min: tokens.get(), max: tokens.get(), given: true }
    }

    /// Takes in a row of `tokens` with `ids` ids; neither is 0.
    ///
    /// # Errors
    /// What is wrong if no size fits this row and those before.
    pub(super) fn admit(&mut self, tokens: u32, ids: usize) -> Result<(), String> {
        let Some((min, max)) = sizes_of(tokens, ids) else {
            let what = misfit(tokens, ids, "and no size of block gives that number");
            return Err(what + "; correct the row");
        };
        let narrowed = Self { min: self.min.max(min), max: self.max.min(max), ..*self };
        if narrowed.min > narrowed.max {
            return Err(self.contradiction(tokens, ids, min, max));
        }
        *self = narrowed;
        Ok(())
    }

    /// The size of a block, in tokens, as far as the rows tell: the only power of two that fits,
    /// failing that the only size.
    pub(super) fn size(&self) -> Option<u32> {
        let fits = |size: &u32| *size <= self.max;
        match self.min.checked_next_power_of_two().filter(fits) {
            Some(power) => power.checked_mul(2).filter(fits).is_none().then_some(power),
            None => (self.min == self.max).then_some(self.min),
        }
    }

    /// The sizes that fit, in words.
    pub(super) fn range(&self) -> String {
        range(self.min, self.max)
    }

    fn contradiction(&self, tokens: u32, ids: usize, min: u32, max: u32) -> String {
        let fits = range(min, max);
        let before = self.size().map_or_else(|| self.range(), |size| grouped(size.into()));
        let few = if min > self.max { "too few" } else { "too many" };
        let what = misfit(tokens, ids, &format!("which blocks of {fits} tokens would fit"));
        if self.given {
            format!("{what}: {few} for blocks of {before} tokens; give the size that fits all rows")
        } else {
            format!(
                "{what}: {few} for the rows before, whose blocks have {before} tokens; correct the \
                 row"
            )
        }
    }
}

/// The sizes that cut `tokens` into `ids` blocks: smallest and largest.
fn sizes_of(tokens: u32, ids: usize) -> Option<(u32, u32)> {
    let ids = u32::try_from(ids).ok()?;
    let min = tokens.div_ceil(ids);
    let max = if ids == 1 { u32::MAX } else { (tokens - 1) / (ids - 1) };
    (min <= max).then_some((min, max))
}

fn misfit(tokens: u32, ids: usize, why: &str) -> String {
    let counted =
        |n: u64, what: &str| format!("{} {what}{}", grouped(n), if n == 1 { "" } else { "s" });
    let (ids, tokens) = (counted(ids as u64, "id"), counted(tokens.into(), "input token"));
    format!("`hash_ids` has {ids} for {tokens}, {why}")
}

fn range(min: u32, max: u32) -> String {
    let (from, to) = (grouped(min.into()), grouped(max.into()));
    match (min == max, max == u32::MAX) {
        (true, _) => from,
        (_, true) => format!("at least {from}"),
        _ => format!("{from} to {to}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rows: &[(u32, usize)], expect: Result<Option<u32>, &str>) {
        let mut sizes = BlockSizes::default();
        let result = rows.iter().try_for_each(|&(tokens, ids)| sizes.admit(tokens, ids));
        let found = result.map(|()| sizes.size());
        match expect {
            Ok(size) => assert_eq!(found, Ok(size), "{rows:?}"),
            Err(part) => {
                let what = found.unwrap_err();
                assert!(what.contains(part), "{what}");
            }
        }
    }

    #[test]
    fn the_size_is_the_only_power_of_two_or_the_only_one() {
        check(&[], Ok(None));
        check(&[(655, 2)], Ok(Some(512)));
        check(&[(6_758, 14), (7_322, 15)], Ok(Some(512)));
        check(&[(100, 1)], Ok(None));
        check(&[(100, 1), (129, 2)], Ok(Some(128)));
        check(&[(3_000_000_000, 1)], Ok(None));
        check(&[(4_294_967_295, 4)], Ok(Some(1 << 30)));
        // 100 to 149, of which 128 is a power of two; then 100 alone.
        check(&[(300, 3)], Ok(Some(128)));
        check(&[(300, 3), (101, 2)], Ok(Some(100)));
        // 100 to 120 hold no power of two.
        check(&[(300, 3), (121, 2)], Ok(None));
        check(&[(4, 4)], Ok(Some(1)));
        check(&[(5, 2)], Ok(Some(4)));
        check(&[(9, 2)], Ok(Some(8)));
        check(&[(9, 3)], Ok(Some(4)));
    }

    #[test]
    fn a_row_that_fits_no_size_is_refused() {
        check(&[(10, 11)], Err("has 11 ids for 10 input tokens, and no size"));
        check(&[(10, 7)], Err("no size of block gives that number; correct the row"));
        check(
            &[(6_758, 14), (7_322, 3)],
            Err("3 ids for 7,322 input tokens, which blocks of 2,441 to 3,660 tokens would fit: \
                 too few for the rows before, whose blocks have 512 tokens"),
        );
        check(&[(6_758, 14), (513, 513)], Err("blocks of 1 tokens would fit: too many"));
        check(
            &[(300, 3), (150, 1)],
            Err("has 1 id for 150 input tokens, which blocks of at least"),
        );
        check(&[(300, 3), (121, 2), (200, 1)], Err("whose blocks have 100 to 120 tokens"));
    }

    #[test]
    fn a_given_size_is_kept() {
        let mut sizes = BlockSizes::given(NonZeroU32::new(16).unwrap());
        assert_eq!(sizes.size(), Some(16));
        sizes.admit(521, 33).unwrap();
        assert_eq!(
            sizes.admit(521, 3).unwrap_err(),
            "`hash_ids` has 3 ids for 521 input tokens, which blocks of 174 to 260 tokens would \
             fit: too few for blocks of 16 tokens; give the size that fits all rows"
        );
        assert!(sizes.admit(521, 53).unwrap_err().contains("too many"));
    }
}
