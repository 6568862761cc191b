//! Decodes that go on from iteration to iteration, kept as sums.

use std::collections::BTreeMap;

use crate::BatchShape;

/// The sums of decodes that each attend to one token more in every iteration.
///
/// An iteration costs O(windows); a decode that joins or leaves O(log n) for each in the number of
/// decodes, of which memory is that too.
#[derive(Debug, Clone, Default)]
pub struct SteadyDecodes {
    windows: Vec<Window>,
    /// How many decodes have which context less the iterations so far, if anybody asks for the
    /// longest.
    offsets: Option<BTreeMap<i64, u32>>,
    /// Iterations so far.
    iterations: u64,
}

/// The contexts clipped to one window.
#[derive(Debug, Clone)]
struct Window {
    tokens: u32,
    /// Sum of what each decode attends to, at most the window.
    clipped: u64,
    /// Decodes that attend to less than the window: their part of the sum still grows.
    growing: u64,
    /// How many of them come to attend to the whole window, by the number of the iteration.
    filled: BTreeMap<u64, u64>,
}

impl Window {
    /// The iteration in which a decode that attends to `context` tokens in `iteration` attends to
    /// the whole window.
    fn filled_in(&self, context: u32, iteration: u64) -> u64 {
        iteration + u64::from(self.tokens - context)
    }
}

impl SteadyDecodes {
    /// No decodes; contexts are clipped to `windows` too, and the longest is known if it is asked
    /// for.
    #[must_use]
    pub fn new(windows: &[u32], sees_longest: bool) -> Self {
        let window =
            |&tokens: &u32| Window { tokens, clipped: 0, growing: 0, filled: BTreeMap::new() };
        Self {
            windows: windows.iter().map(window).collect(),
            offsets: sees_longest.then(BTreeMap::new),
            iterations: 0,
        }
    }

    /// A context as it was before all iterations, which does not change while a decode goes on.
    fn offset(&self, context: u32) -> i64 {
        i64::from(context) - self.iterations as i64
    }

    /// The longest context; 0 if nobody asked, or there is none.
    fn longest(&self) -> u32 {
        let last = self.offsets.as_ref().and_then(BTreeMap::last_key_value);
        last.map_or(0, |(&offset, _)| (offset + self.iterations as i64) as u32)
    }

    /// The shortest context; 0 if nobody asked, or there is none.
    fn shortest(&self) -> u32 {
        let first = self.offsets.as_ref().and_then(BTreeMap::first_key_value);
        first.map_or(0, |(&offset, _)| (offset + self.iterations as i64) as u32)
    }

    /// The next iteration: every decode attends to one token more.
    #[inline]
    pub fn advance(&mut self) {
        self.iterations += 1;
        for window in &mut self.windows {
            window.clipped += window.growing;
            if let Some(first) = window.filled.first_entry()
                && *first.key() == self.iterations
            {
                window.growing -= first.remove();
            }
        }
    }

    /// The next iteration of a batch of nothing but these decodes.
    #[inline]
    pub fn go_on(&mut self, batch: &mut BatchShape) {
        self.advance();
        batch.decode_context += u64::from(batch.decodes);
        batch.decode_context_max = self.longest();
        batch.decode_context_min = self.shortest();
        for (sum, window) in batch.decode_clipped.iter_mut().zip(&self.windows) {
            *sum = window.clipped;
        }
    }

    /// A decode that attends to `context` tokens in this iteration, its own among them, joins.
    pub fn join(&mut self, context: u32) {
        let offset = self.offset(context);
        if let Some(offsets) = &mut self.offsets {
            *offsets.entry(offset).or_insert(0) += 1;
        }
        for window in &mut self.windows {
            window.clipped += u64::from(context.min(window.tokens));
            if context < window.tokens {
                window.growing += 1;
                let filled = window.filled_in(context, self.iterations);
                *window.filled.entry(filled).or_insert(0) += 1;
            }
        }
    }

    /// A decode that would attend to `context` tokens in this iteration leaves.
    pub fn leave(&mut self, context: u32) {
        let offset = self.offset(context);
        if let Some(offsets) = &mut self.offsets {
            let count = offsets.get_mut(&offset).expect("whoever leaves has joined");
            *count -= 1;
            if *count == 0 {
                offsets.remove(&offset);
            }
        }
        for window in &mut self.windows {
            window.clipped -= u64::from(context.min(window.tokens));
            if context < window.tokens {
                window.growing -= 1;
                let filled = window.filled_in(context, self.iterations);
                let count = window.filled.get_mut(&filled).expect("whoever leaves has joined");
                *count -= 1;
                if *count == 0 {
                    window.filled.remove(&filled);
                }
            }
        }
    }

    /// Adds the decodes to `batch`: they are `decodes` and attend to `context` tokens together.
    #[inline]
    pub fn add_to(&self, batch: &mut BatchShape, decodes: u32, context: u64) {
        batch.decode_context_min = match (decodes, batch.decodes) {
            (0, _) => batch.decode_context_min,
            (_, 0) => self.shortest(),
            _ => batch.decode_context_min.min(self.shortest()),
        };
        batch.decodes += decodes;
        batch.decode_context += context;
        batch.decode_context_max = batch.decode_context_max.max(self.longest());
        for (sum, window) in batch.decode_clipped.iter_mut().zip(&self.windows) {
            *sum += window.clipped;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes come and go; the sums are those of a batch made from scratch.
    #[test]
    fn the_sums_are_those_of_the_single_decodes() {
        let windows = [1, 7, 40];
        let mut steady = SteadyDecodes::new(&windows, true);
        let mut contexts: Vec<u32> = Vec::new();
        let mut state = 1u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..2_000 {
            steady.advance();
            contexts.iter_mut().for_each(|context| *context += 1);
            if !contexts.is_empty() && random(3) == 0 {
                let leaver = contexts.swap_remove(random(contexts.len() as u64) as usize);
                steady.leave(leaver);
            }
            if random(3) == 0 {
                contexts.push(1 + random(60) as u32);
                steady.join(contexts[contexts.len() - 1]);
            }
            let (mut sums, mut batch) = (BatchShape::new(3), BatchShape::new(3));
            contexts.iter().for_each(|&context| batch.add_decode(context, &windows));
            steady.add_to(&mut sums, batch.decodes, batch.decode_context);
            assert_eq!(sums, batch);
        }
        assert!(contexts.len() > 1, "nothing was added up");
    }
}
