//! The fast way of planning against the plain one, on random requests.

use proptest::prelude::*;

use super::super::*;
use crate::played::differential::drive;

proptest! {
    #[test]
    fn the_fast_way_decides_as_the_plain_one(
        arrivals in prop::collection::vec((1u32..40, 0u32..30, 0u8..12), 1..60),
        max_batch_size in prop::option::of(1u32..8),
        bytes in prop::option::of(200u64..900),
    ) {
        let memory = bytes.map(|bytes| BatchMemory {
            bytes,
            kv_bytes_per_token: 2,
            activation_bytes_per_token: 1,
        });
        let config = PhaseBatchingConfig { max_batch_size, window: None, memory };
        let scheduler = || PhaseBatching::new(config.clone());
        let plain = drive(scheduler().one_by_one(), &arrivals, false);
        let fast = drive(scheduler(), &arrivals, false);
        let ahead = drive(scheduler(), &arrivals, true);
        prop_assert_eq!(&plain, &fast);
        prop_assert_eq!(&plain, &ahead);
    }
}
