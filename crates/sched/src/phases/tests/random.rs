//! The fast way of planning against the plain one, on random requests.

use proptest::prelude::*;

use super::super::*;
use super::phases;
use crate::played::differential::drive;

proptest! {
    #[test]
    fn the_fast_way_decides_as_the_plain_one(
        arrivals in prop::collection::vec((1u32..40, 0u32..30, 0u8..12), 1..60),
        order in 0usize..3,
        max_sequences in 2u32..12,
        max_tokens in 1u32..50,
        chunk in prop::option::of(1u32..20),
    ) {
        let order = [
            PhaseOrder::DecodeFirst,
            PhaseOrder::PrefillFirst,
            PhaseOrder::Both { decode_places: max_sequences / 2 },
        ][order];
        // What is not split has to fit.
        let is_split = chunk.is_some() || order != PhaseOrder::DecodeFirst;
        let max_tokens = if is_split { max_tokens } else { max_tokens + 40 };
        let scheduler = || phases(order, max_sequences, max_tokens, chunk);
        let plain = drive(scheduler().one_by_one(), &arrivals, false);
        let fast = drive(scheduler(), &arrivals, false);
        let ahead = drive(scheduler(), &arrivals, true);
        prop_assert_eq!(&plain, &fast);
        prop_assert_eq!(&plain, &ahead);
    }
}
