use super::*;
use crate::played::{add, check, play, step};

mod random;

fn config() -> PhaseBatchingConfig {
    PhaseBatchingConfig { max_batch_size: None, window: None, memory: None }
}

#[test]
fn batches_are_closed() {
    // Both prompts, then both decode, one longer than the other.
    check(
        &mut PhaseBatching::new(config()),
        &[(5, 3), (7, 2)],
        &["+0:5@0 +1:7@0 =>", "0@5 1@7 => 0 1", "2 steady@14 => 1.", "1 steady@7 => 0."],
    );
}

#[test]
fn who_comes_while_others_decode_waits_for_all_of_them() {
    let mut scheduler = PhaseBatching::new(config());
    add(&mut scheduler, 5, 3);
    assert_eq!(step(&mut scheduler), "+0:5@0 =>");
    assert_eq!(step(&mut scheduler), "0@5 => 0");
    add(&mut scheduler, 9, 1);
    assert_eq!((scheduler.waiting(), scheduler.running()), (1, 1));
    let rest = ["1 steady@6 =>", "1 steady@7 => 0.", "+1:9@0 =>", "1@9 => 1."];
    assert_eq!(play(&mut scheduler), rest);
}

#[test]
fn batches_have_a_size_in_both_phases() {
    let config = PhaseBatchingConfig { max_batch_size: Some(2), ..config() };
    check(
        &mut PhaseBatching::new(config),
        &[(5, 1), (6, 1), (7, 1)],
        &["+0:5@0 +1:6@0 =>", "0@5 1@6 => 0. 1.", "+2:7@0 =>", "2@7 => 2."],
    );
}

/// 100 bytes, one for each token of KV and two for each of activations: (5 + 1) + 2 * 5 bytes for
/// one request, 13 + 2 * 2 * 6 for the first two, 21 + 3 * 2 * 7 for all three.
#[test]
fn a_batch_fits_the_memory() {
    let memory =
        |bytes| Some(BatchMemory { bytes, kv_bytes_per_token: 1, activation_bytes_per_token: 2 });
    let requests = [(5, 1), (6, 1), (7, 1)];
    let all = ["+0:5@0 +1:6@0 +2:7@0 =>", "0@5 1@6 2@7 => 0. 1. 2."];
    let config = PhaseBatchingConfig { memory: memory(63), ..config() };
    check(&mut PhaseBatching::new(config.clone()), &requests, &all);
    let two = ["+0:5@0 +1:6@0 =>", "0@5 1@6 => 0. 1.", "+2:7@0 =>", "2@7 => 2."];
    let config = PhaseBatchingConfig { memory: memory(62), ..config };
    check(&mut PhaseBatching::new(config.clone()), &requests, &two);
    // Alone: 8 + 2 * 7 bytes.
    let config = PhaseBatchingConfig { memory: memory(21), ..config };
    let mut small = PhaseBatching::new(config);
    let new = crate::NewRequest {
        prompt_tokens: 7,
        output_tokens: 1,
        max_tokens: 1,
        priority: 0,
        arrival: SimTime::ZERO,
        order: 0,
        computed_tokens: 0,
        reserved_tokens: 1,
        content: &[],
    };
    let refusal = small.add(&new).unwrap_err();
    assert_eq!(refusal, Refusal::MemoryTooSmall { needed: 22, bytes: 21 });
    // With its prompt computed elsewhere: 8 + 2 bytes.
    small.add(&crate::NewRequest { computed_tokens: 7, ..new }).unwrap();
    assert_eq!(small.kv_blocks(), (0, 21));
    small.plan(&mut Plan::default());
    assert_eq!(small.kv_blocks(), (8, 21));
}

#[test]
fn a_window_waits_for_others_or_for_its_end() {
    let window = BatchWindow { min_batch_size: 2, wait_ns: 10_000_000 };
    let mut scheduler =
        PhaseBatching::new(PhaseBatchingConfig { window: Some(window), ..config() });
    let at = |ms: u64| SimTime::from_nanos(ms * 1_000_000);
    assert_eq!(scheduler.wakes_at(), None);
    add(&mut scheduler, 5, 1);
    scheduler.tell_time(at(3));
    assert_eq!(step(&mut scheduler), "=>");
    assert_eq!(scheduler.wakes_at(), Some(at(10)));
    scheduler.tell_time(at(10));
    assert_eq!(step(&mut scheduler), "+0:5@0 =>");
    // Decodes do not wait.
    assert_eq!(step(&mut scheduler), "0@5 => 0.");
    add(&mut scheduler, 5, 1);
    add(&mut scheduler, 6, 1);
    scheduler.tell_time(at(11));
    assert_eq!(scheduler.wakes_at(), Some(at(11)));
    assert_eq!(step(&mut scheduler), "+0:5@0 +1:6@0 =>");
}
