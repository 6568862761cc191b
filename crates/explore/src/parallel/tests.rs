use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use super::*;

fn threads(count: usize) -> Threads {
    Threads::new(NonZeroUsize::new(count).unwrap())
}

/// Jobs of uneven length; even ones are the slow ones.
fn slowly(index: u64) -> u64 {
    thread::sleep(Duration::from_micros(if index.is_multiple_of(2) { 300 } else { 10 }));
    index * index
}

#[test]
fn results_come_in_order_whatever_the_threads() {
    for count in [1, 2, 3, 8] {
        let mut seen = Vec::new();
        let result = run_in_order(
            200,
            threads(count),
            |index, _| Ok::<_, ()>(slowly(index)),
            |index, value| {
                seen.push((index, value));
                ControlFlow::Continue(())
            },
        );
        assert_eq!(result, Ok(()));
        assert_eq!(seen, (0..200).map(|i| (i, i * i)).collect::<Vec<_>>(), "{count} threads");
    }
}

#[test]
fn the_lowest_failure_is_told_whatever_the_threads() {
    for count in [1, 2, 3, 8] {
        let mut seen = 0;
        // Job 7 fails at once, job 4 much later.
        let work = |index, _: &Needed<'_>| match index {
            4 => {
                thread::sleep(Duration::from_millis(20));
                Err("job 4")
            }
            7 => Err("job 7"),
            _ => Ok(()),
        };
        let result = run_in_order(1_000_000, threads(count), work, |_, ()| {
            seen += 1;
            ControlFlow::Continue(())
        });
        assert_eq!((result, seen), (Err("job 4"), 4), "{count} threads");
    }
}

#[test]
fn breaking_ends_the_jobs_that_run() {
    for count in [1, 2, 4] {
        let mut seen = Vec::new();
        let work = |index, needed: &Needed<'_>| {
            while index > 2 && needed.is_needed() {
                thread::sleep(Duration::from_micros(100));
            }
            Ok::<_, ()>(index)
        };
        let result = run_in_order(100, threads(count), work, |index, _| {
            seen.push(index);
            if index == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!((result, seen), (Ok(()), vec![0, 1, 2]), "{count} threads");
    }
}

#[test]
fn few_results_wait() {
    let (made, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut seen = 0;
    let work = |_, _: &Needed<'_>| {
        made.fetch_add(1, Ordering::SeqCst);
        Ok::<_, ()>(())
    };
    let result = run_in_order(5_000, threads(2), work, |_, ()| {
        most.fetch_max(made.load(Ordering::SeqCst) - seen, Ordering::SeqCst);
        seen += 1;
        ControlFlow::Continue(())
    });
    assert_eq!((result, seen), (Ok(()), 5_000));
    assert!(most.into_inner() <= 2 * WINDOW_PER_THREAD as usize + 1);
}

#[test]
#[should_panic(expected = "a scoped thread panicked")]
fn a_panic_ends_everything() {
    let work = |index, _: &Needed<'_>| {
        assert!(index < 5, "job 5 gives up");
        Ok::<_, ()>(())
    };
    let _ = run_in_order(100, threads(2), work, |_, ()| ControlFlow::Continue(()));
}

#[test]
fn no_jobs_are_no_work() {
    let nothing = |_, ()| ControlFlow::Continue(());
    assert_eq!(run_in_order(0, Threads::all(), |_, _| Err("never"), nothing), Ok(()));
}
