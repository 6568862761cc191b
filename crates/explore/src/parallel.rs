//! Numbered jobs on several threads, their results in the order of the numbers.
//!
//! Each thread takes the lowest job that nobody has taken. Results wait until it is their turn; so
//! that few of them do, a thread takes no job that is further than a window ahead of the last
//! result handed over. What the caller sees depends on the jobs alone: the results of 0, 1, 2, ...,
//! up to the first failure by number, whichever failed first by the clock.
//!
//! Threads of the standard library, because a pool of tasks such as rayon's has no order of results
//! with a bound on what waits.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Jobs that may be ahead of the last result handed over, for each thread: jobs that take very
/// different times should not make the threads wait for the longest.
const WINDOW_PER_THREAD: u64 = 32;

/// Threads for each core at most: more only cost memory.
const THREADS_PER_CORE: usize = 4;

/// A number of threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threads(NonZeroUsize);

impl Threads {
    /// The calling thread alone.
    pub const ONE: Self = Self(NonZeroUsize::MIN);

    /// This many.
    #[must_use]
    pub fn new(count: NonZeroUsize) -> Self {
        Self(count)
    }

    /// As many as the machine runs at once, or one where it does not say.
    #[must_use]
    pub fn all() -> Self {
        thread::available_parallelism().map_or(Self::ONE, Self)
    }
}

/// Tells a job whether anybody still waits for its result.
#[derive(Debug)]
pub struct Needed<'a> {
    index: u64,
    /// Jobs from this number on are not needed.
    end: &'a AtomicU64,
}

impl Needed<'_> {
    /// Whether anybody still waits for the result. A job may look at it now and then, and return
    /// early with whatever result: it is thrown away.
    #[must_use]
    pub fn is_needed(&self) -> bool {
        self.index < self.end.load(Ordering::Relaxed)
    }
}

/// Runs `work` for 0, 1, ... up to `jobs`, and hands the results to `consume` in this order, on the
/// calling thread. Breaking ends everything early: running jobs are told, others do not begin.
///
/// # Errors
/// That of the lowest job that failed; `consume` has seen the results of all before it.
///
/// # Panics
/// If a job panics.
pub fn run_in_order<T: Send, E: Send>(
    jobs: u64,
    threads: Threads,
    work: impl Fn(u64, &Needed<'_>) -> Result<T, E> + Sync,
    mut consume: impl FnMut(u64, T) -> ControlFlow<()>,
) -> Result<(), E> {
    let useful = Threads::all().0.get().saturating_mul(THREADS_PER_CORE);
    let threads = (threads.0.get().min(useful) as u64).min(jobs);
    let queue = Queue::new(jobs, threads * WINDOW_PER_THREAD);
    let in_turn = |consume: &mut dyn FnMut(u64, T) -> ControlFlow<()>| {
        for index in 0..jobs {
            if consume(index, work(index, &queue.needed(index))?).is_break() {
                break;
            }
        }
        Ok(())
    };
    if threads <= 1 {
        return in_turn(&mut consume);
    }
    thread::scope(|scope| {
        let run = || {
            let _panic = TellOfPanic(&queue);
            while let Some(index) = queue.take() {
                queue.put(index, work(index, &queue.needed(index)));
            }
        };
        // The system may refuse threads: then there are fewer.
        let start = |_| thread::Builder::new().spawn_scoped(scope, run).ok();
        if (0..threads).map_while(start).count() == 0 {
            return in_turn(&mut consume);
        }
        // Whatever ends this loop, the threads must not wait for it any more.
        let _end = EndAtDrop(&queue);
        for index in 0..jobs {
            let Some(result) = queue.next() else { break };
            if consume(index, result?).is_break() {
                break;
            }
        }
        Ok(())
    })
}

/// What the threads share.
struct Queue<T, E> {
    state: Mutex<State<T, E>>,
    /// Told when a result was put, or a thread panicked.
    filled: Condvar,
    /// Told when a result was handed over, or everything ended.
    room: Condvar,
    /// Jobs from this number on are not needed.
    end: AtomicU64,
    window: u64,
}

struct State<T, E> {
    /// The next job to take.
    next: u64,
    /// The next result to hand over: the first of `results`.
    consumed: u64,
    results: VecDeque<Option<Result<T, E>>>,
    has_panicked: bool,
}

impl<T, E> Queue<T, E> {
    fn new(jobs: u64, window: u64) -> Self {
        let state = State { next: 0, consumed: 0, results: VecDeque::new(), has_panicked: false };
        Self {
            state: Mutex::new(state),
            filled: Condvar::new(),
            room: Condvar::new(),
            end: AtomicU64::new(jobs),
            window,
        }
    }

    fn needed(&self, index: u64) -> Needed<'_> {
        Needed { index, end: &self.end }
    }

    /// A panic is told of by a flag of its own.
    fn lock(&self) -> MutexGuard<'_, State<T, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job to do; none if there is no more.
    fn take(&self) -> Option<u64> {
        let mut state = self.lock();
        loop {
            if state.next >= self.end.load(Ordering::Relaxed) {
                return None;
            }
            if state.next < state.consumed + self.window {
                state.next += 1;
                return Some(state.next - 1);
            }
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn put(&self, index: u64, result: Result<T, E>) {
        let mut state = self.lock();
        if result.is_err() {
            // All lower jobs have been taken: one of them may still fail, and then it counts.
            self.end.fetch_min(index, Ordering::Relaxed);
            self.room.notify_all();
        }
        let place = (index - state.consumed) as usize;
        if state.results.len() <= place {
            state.results.resize_with(place + 1, || None);
        }
        state.results[place] = Some(result);
        if place == 0 {
            self.filled.notify_one();
        }
    }

    /// Waits for the next result in order; none if it will never come.
    fn next(&self) -> Option<Result<T, E>> {
        let mut state = self.lock();
        while !state.has_panicked {
            if let Some(result) = state.results.front_mut().and_then(Option::take) {
                state.results.pop_front();
                state.consumed += 1;
                self.room.notify_one();
                return Some(result);
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        None
    }
}

/// Ends everything: no job is needed any more.
struct EndAtDrop<'a, T, E>(&'a Queue<T, E>);

impl<T, E> Drop for EndAtDrop<'_, T, E> {
    fn drop(&mut self) {
        let _state = self.0.lock();
        self.0.end.store(0, Ordering::Relaxed);
        self.0.room.notify_all();
    }
}

/// Wakes the consumer when a job panics, so that it does not wait for ever.
struct TellOfPanic<'a, T, E>(&'a Queue<T, E>);

impl<T, E> Drop for TellOfPanic<'_, T, E> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().has_panicked = true;
            self.0.filled.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
