//! How many tokens an entry of `hash_ids` stands for.
//!
//! A prompt of `L` tokens in blocks of `s` has `ceil(L / s)` of them, so `n` ids leave the sizes
//! from `ceil(L / n)` to `(L - 1) / (n - 1)`. The rows of a trace narrow this interval together;
//! the first that empties it is wrong. Memory is the interval.

use std::num::NonZeroU32;

use super::text::grouped;

/// The sizes that fit all rows so far, in tokens; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockSizes {
    min: u32,
    max: u32,
    basis: Basis,
}

/// What the sizes follow from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basis {
    /// The rows so far.
    Rows,
    /// Somebody has said the size.
    Given,
    /// The rows so far left several sizes, and one of them is in use.
    Settled,
}

impl Default for BlockSizes {
    fn default() -> Self {
        Self { min: 1, max: u32::MAX, basis: Basis::Rows }
    }
}

impl BlockSizes {
    /// The size is known.
    pub(crate) fn given(tokens: NonZeroU32) -> Self {
        Self { min: tokens.get(), max: tokens.get(), basis: Basis::Given }
    }

    /// From now on the size is the one that the rows tell so far, and rows that leave it open are
    /// held against it too.
    ///
    /// # Errors
    /// What is wrong if they do not tell.
    pub(crate) fn settle(&mut self) -> Result<u32, String> {
        let size = self.size().ok_or_else(|| {
            format!(
                "how many tokens an entry of `hash_ids` stands for cannot be told: {} fit every \
                 row, and none of these is a power of two; give the size \
                 (`workload.trace.block_size`)",
                self.range()
            )
        })?;
        if self.basis == Basis::Rows {
            *self = Self { min: size, max: size, basis: Basis::Settled };
        }
        Ok(size)
    }

    /// Takes in a row of `tokens` with `ids` ids; neither is 0.
    ///
    /// # Errors
    /// What is wrong if no size fits this row and those before.
    #[inline]
    pub(crate) fn admit(&mut self, tokens: u32, ids: usize) -> Result<(), String> {
        if self.all_fit(tokens, ids) { Ok(()) } else { self.narrow(tokens, ids) }
    }

    /// Whether a row leaves all sizes possible, as nearly all rows do: told without a division.
    fn all_fit(&self, tokens: u32, ids: usize) -> bool {
        let (min, max, tokens) = (u64::from(self.min), u64::from(self.max), u64::from(tokens));
        let fits = |ids: u32| {
            let ids = u64::from(ids);
            // The smallest size holds all tokens, and the largest leaves one for the last block.
            tokens <= min * ids && (ids == 1 || max * (ids - 1) < tokens)
        };
        u32::try_from(ids).is_ok_and(fits)
    }

    fn narrow(&mut self, tokens: u32, ids: usize) -> Result<(), String> {
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
        let only = (self.min == self.max).then_some(self.min);
        power_of_two(self.min, self.max).or(only)
    }

    /// Whether no row had more than one id: then the size makes no difference.
    pub(super) fn is_unbounded(&self) -> bool {
        self.max == u32::MAX
    }

    /// The sizes that fit, in words.
    pub(super) fn range(&self) -> String {
        range(self.min, self.max)
    }

    fn contradiction(&self, tokens: u32, ids: usize, min: u32, max: u32) -> String {
        let would = match power_of_two(min, max) {
            Some(power) if min < max => {
                format!("{} tokens would fit ({} do)", grouped(power.into()), range(min, max))
            }
            _ => format!("{} tokens would fit", range(min, max)),
        };
        let before = self.size().map_or_else(|| self.range(), |size| grouped(size.into()));
        let few = if min > self.max { "too few" } else { "too many" };
        let what = misfit(tokens, ids, &format!("which blocks of {would}"));
        match self.basis {
            Basis::Rows => format!(
                "{what}: {few} for the rows before, whose blocks have {before} tokens; correct the \
                 row"
            ),
            Basis::Given => format!(
                "{what}: {few} for blocks of {before} tokens; give the size that fits all rows \
                 (`workload.trace.block_size`)"
            ),
            Basis::Settled => format!(
                "{what}: {few} for blocks of {before} tokens, as which the rows before have been \
                 read; correct the row, or give the size that fits all rows \
                 (`workload.trace.block_size`)"
            ),
        }
    }
}

/// The only power of two from `min` to `max`.
fn power_of_two(min: u32, max: u32) -> Option<u32> {
    let power = min.checked_next_power_of_two().filter(|power| *power <= max)?;
    power.checked_mul(2).is_none_or(|next| next > max).then_some(power)
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
    fn a_row_narrows_the_sizes_just_if_not_all_fit() {
        for (min, max) in [(1, u32::MAX), (4, 4), (3, 5), (1, 2), (7, 1 << 30)] {
            for (tokens, ids) in (1..60).flat_map(|tokens| (1..60).map(move |ids| (tokens, ids))) {
                let mut sizes = BlockSizes { min, max, basis: Basis::Rows };
                let all_fit = sizes.all_fit(tokens, ids);
                let same =
                    sizes.narrow(tokens, ids).is_ok() && (sizes.min, sizes.max) == (min, max);
                assert_eq!(all_fit, same, "{ids} ids for {tokens} tokens: {min} to {max}");
            }
        }
    }

    #[test]
    fn a_given_size_is_kept() {
        let mut sizes = BlockSizes::given(NonZeroU32::new(16).unwrap());
        assert_eq!(sizes.size(), Some(16));
        sizes.admit(521, 33).unwrap();
        assert_eq!(
            sizes.admit(521, 3).unwrap_err(),
            "`hash_ids` has 3 ids for 521 input tokens, which blocks of 256 tokens would fit (174 \
             to 260 do): too few for blocks of 16 tokens; give the size that fits all rows \
             (`workload.trace.block_size`)"
        );
        assert!(sizes.admit(521, 53).unwrap_err().contains("too many"));
        assert_eq!(sizes.settle(), Ok(16));
    }

    #[test]
    fn a_settled_size_holds_for_the_rows_that_follow() {
        let mut sizes = BlockSizes::default();
        sizes.admit(500, 2).unwrap();
        assert_eq!(sizes.settle(), Ok(256));
        sizes.admit(700, 3).unwrap();
        assert_eq!(
            sizes.admit(600, 2).unwrap_err(),
            "`hash_ids` has 2 ids for 600 input tokens, which blocks of 512 tokens would fit (300 \
             to 599 do): too few for blocks of 256 tokens, as which the rows before have been \
             read; correct the row, or give the size that fits all rows \
             (`workload.trace.block_size`)"
        );
    }

    #[test]
    fn a_size_that_cannot_be_told_is_not_settled() {
        let mut sizes = BlockSizes::default();
        sizes.admit(300, 3).unwrap();
        sizes.admit(121, 2).unwrap();
        let error = sizes.settle().unwrap_err();
        assert!(error.contains("100 to 120 fit every row") && error.contains("block_size"));
    }

    #[test]
    fn one_row_of_several_ids_leaves_no_two_powers_of_two() {
        for tokens in 2..2_000 {
            for ids in 2..=tokens as usize {
                if let Some((min, max)) = sizes_of(tokens, ids) {
                    let powers = (0..32).filter(|bit| (min..=max).contains(&(1 << bit))).count();
                    assert!(powers <= 1, "{ids} ids for {tokens} tokens: {min} to {max}");
                }
            }
        }
    }
}
