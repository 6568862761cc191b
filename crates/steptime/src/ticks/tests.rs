use tokendrome_units::SimDuration;

use super::*;
use crate::{Chunk, StepTimeSpec};

/// An iteration of so many chunks and decodes takes so many twelfths of a tick.
fn check(spec: (f64, f64), chunks: u32, prefills: Prefills, batch: (usize, u32), twelfths: u64) {
    let (prefill_time, itl) = spec;
    let model = Ticks::new(&TicksSpec { prefill_time, itl }, chunks, prefills);
    let mut shape = BatchShape::new(0);
    shape.prefills = vec![Chunk { tokens: 5, context: 0 }; batch.0];
    (0..batch.1).for_each(|_| shape.add_decode(10, &[]));
    let mut cost = StepCost::new(1);
    model.cost(&shape, &mut cost);
    let time = SimDuration::from_secs_f64(cost.stage_s[0]).map(SimDuration::as_nanos);
    assert_eq!(12 * time.unwrap(), twelfths * TICK.as_nanos(), "{model:?}, {batch:?}");
}

#[test]
fn an_iteration_takes_the_longest_of_its_parts_and_a_tick_at_least() {
    use Prefills::{Add, Overlap};
    check((2.0, 1.0), 1, Add, (1, 0), 24);
    check((2.0, 1.0), 1, Add, (3, 5), 72);
    check((2.0, 1.0), 1, Overlap, (3, 5), 24);
    check((2.0, 1.0), 2, Add, (3, 0), 36);
    check((4.0, 1.0), 3, Add, (1, 0), 16);
    check((4.0, 1.0), 3, Overlap, (2, 4), 16);
    // The chunks of one prompt come to its time exactly.
    check((4.0, 1.0), 3, Add, (3, 0), 48);
    // A decode is no faster in company, and hides behind longer prefills.
    check((2.0, 1.25), 1, Add, (0, 1), 15);
    check((2.0, 1.25), 1, Add, (0, 9), 15);
    check((2.0, 3.0), 1, Add, (1, 1), 36);
    check((2.0, 3.0), 1, Add, (2, 1), 48);
    // Nothing is faster than a tick.
    check((2.0, 0.5), 8, Add, (3, 4), 12);
    check((0.0, 0.0), 1, Add, (7, 1), 12);
}

#[test]
fn the_figures_are_checked() {
    let message = |prefill_time, itl| {
        let spec = StepTimeSpec::Ticks(TicksSpec { prefill_time, itl });
        spec.validate().map_err(|error| error.to_string())
    };
    assert_eq!(message(0.0, 1e6), Ok(()));
    let prefill = "`prefill_time` must lie between 0 and 1000000; found -1";
    assert_eq!(message(-1.0, 1.0), Err(prefill.to_owned()));
    let itl = "`itl` must lie between 0 and 1000000; found NaN";
    assert_eq!(message(1.0, f64::NAN), Err(itl.to_owned()));
}
