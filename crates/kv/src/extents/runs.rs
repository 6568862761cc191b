//! Which extents hold the content of a run, by position and age.

use rustc_hash::FxHashMap;

use super::arena::{Arena, Extent, Link, NONE};

/// Whose content a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    /// Nobody's: the place is free.
    Vacant,
    /// Content that sequences share, by the id of the [`tokendrome_units::TokenRun`].
    Shared(u64),
    /// Content of one sequence, by its number.
    Own(u64),
}

#[derive(Debug, Clone, Copy)]
struct Run {
    key: Key,
    /// The oldest extent at its first positions.
    first: u32,
}

/// The runs of which any block is left.
///
/// The extents of a run lie side by side: two of them are at the same positions (*twins*, kept in
/// the order in which they were entered) or have none in common. So the oldest block at each
/// position is found by walking along the run; what breaks the rule is split. Looking up a run
/// costs O(1), walking along it O(extents), a split O(twins).
#[derive(Debug, Clone)]
pub(super) struct Runs {
    /// By number; number 0 is no run.
    runs: Vec<Run>,
    vacant: Vec<u32>,
    shared: FxHashMap<u64, u32>,
}

impl Runs {
    pub(super) fn new() -> Self {
        let none = Run { key: Key::Vacant, first: NONE };
        Self { runs: vec![none], vacant: Vec::new(), shared: FxHashMap::default() }
    }

    /// The oldest extent at the first positions of shared content.
    #[inline]
    pub(super) fn first_shared(&self, id: u64) -> u32 {
        self.shared.get(&id).map_or(NONE, |&run| self.first(run))
    }

    /// The oldest extent at the first positions of a run.
    #[inline]
    pub(super) fn first(&self, run: u32) -> u32 {
        self.runs[run as usize].first
    }

    /// Whether `run` is that of shared content `id`.
    #[inline]
    pub(super) fn is_shared(&self, run: u32, id: u64) -> bool {
        self.runs[run as usize].key == Key::Shared(id)
    }

    /// Whether `run` is still that of the sequence `owner`: nothing is, once the last of its
    /// blocks was overwritten.
    #[inline]
    pub(super) fn is_own(&self, run: u32, owner: u64) -> bool {
        self.runs[run as usize].key == Key::Own(owner)
    }

    /// The run of shared content.
    #[inline]
    pub(super) fn shared(&mut self, id: u64) -> u32 {
        let Self { runs, vacant, shared } = self;
        *shared.entry(id).or_insert_with(|| add(runs, vacant, Key::Shared(id)))
    }

    /// A run for the content of the sequence `owner`, which has none.
    pub(super) fn add_own(&mut self, owner: u64) -> u32 {
        add(&mut self.runs, &mut self.vacant, Key::Own(owner))
    }

    /// Takes a run away of which nothing is left.
    #[inline]
    fn vacate(&mut self, run: u32) {
        if let Key::Shared(id) = self.runs[run as usize].key {
            self.shared.remove(&id);
        }
        self.runs[run as usize] = Run { key: Key::Vacant, first: NONE };
        self.vacant.push(run);
    }

    /// Makes `after` follow `before` along a run.
    #[inline]
    fn link(&mut self, arena: &mut Arena, run: u32, before: u32, after: u32) {
        match before {
            NONE => self.runs[run as usize].first = after,
            _ => arena.get_mut(before).ranges.after = after,
        }
        if after != NONE {
            arena.get_mut(after).ranges.before = before;
        }
    }

    /// A sequence computed the blocks from position `at` to `to` of a run: appends the extents of
    /// them, which it holds, to `parts`.
    #[inline]
    pub(super) fn enter(
        &mut self,
        arena: &mut Arena,
        run: u32,
        mut at: u32,
        to: u32,
        parts: &mut Vec<u32>,
    ) {
        let (mut before, mut next) = (NONE, self.first(run));
        while next != NONE && arena.get(next).end <= at {
            (before, next) = (next, arena.get(next).ranges.after);
        }
        while at < to {
            let (start, end) = match next {
                NONE => (to, to),
                _ => (arena.get(next).start, arena.get(next).end),
            };
            if at < start {
                let end = to.min(start);
                let new = Extent { start: at, end, holders: 1, run, ..Extent::default() };
                let new = arena.add(Extent { oldest: true, ..new });
                self.link(arena, run, before, new);
                self.link(arena, run, new, next);
                parts.push(new);
                (before, at) = (new, end);
                continue;
            }
            if start < at {
                self.split(arena, next, at);
            }
            let older = if end > to { self.split(arena, next, to) } else { next };
            parts.push(add_twin(arena, older));
            at = arena.get(older).end;
            (before, next) = (older, arena.get(older).ranges.after);
        }
    }

    /// Splits an extent, the oldest of its twins, and the twins with it: they keep the blocks from
    /// position `at` on. Returns the oldest of the extents with the blocks before.
    pub(super) fn split(&mut self, arena: &mut Arena, oldest: u32, at: u32) -> u32 {
        let whole = *arena.get(oldest);
        debug_assert!(whole.oldest && whole.start < at && at < whole.end, "a split inside");
        let (mut extent, mut first) = (oldest, NONE);
        loop {
            let old = *arena.get(extent);
            let left = arena.add(Extent { end: at, ..old });
            let node = arena.get_mut(extent);
            (node.start, node.left) = (at, left);
            if old.holders == 0 {
                // The tail is overwritten first.
                arena.insert_idle(extent, left);
            }
            match first {
                NONE => first = left,
                _ => append_to_ring(arena, first, left),
            }
            extent = old.twins.after;
            if extent == oldest {
                break;
            }
        }
        self.link(arena, whole.run, whole.ranges.before, first);
        self.link(arena, whole.run, first, oldest);
        first
    }

    /// Takes an extent out of its run, all of whose blocks are overwritten.
    #[inline]
    pub(super) fn remove(&mut self, arena: &mut Arena, extent: u32) {
        let Extent { run, twins, ranges, oldest, .. } = *arena.get(extent);
        if twins.after == extent {
            if ranges.before == NONE && ranges.after == NONE {
                self.vacate(run);
            } else {
                self.link(arena, run, ranges.before, ranges.after);
            }
            return;
        }
        arena.get_mut(twins.before).twins.after = twins.after;
        arena.get_mut(twins.after).twins.before = twins.before;
        if oldest {
            arena.get_mut(twins.after).oldest = true;
            self.link(arena, run, ranges.before, twins.after);
            self.link(arena, run, twins.after, ranges.after);
        }
    }

    /// Joins `left` to the extent just behind it; both are alone at their positions.
    #[inline]
    pub(super) fn absorb(&mut self, arena: &mut Arena, extent: u32, left: u32) {
        let Extent { start, run, ranges, .. } = *arena.get(left);
        arena.get_mut(extent).start = start;
        self.link(arena, run, ranges.before, extent);
        arena.discard(left);
    }
}

#[inline]
fn add(runs: &mut Vec<Run>, vacant: &mut Vec<u32>, key: Key) -> u32 {
    let run = Run { key, first: NONE };
    if let Some(free) = vacant.pop() {
        runs[free as usize] = run;
        return free;
    }
    runs.push(run);
    runs.len() as u32 - 1
}

/// Adds an extent with one holder at the positions of `oldest`, as the youngest there.
fn add_twin(arena: &mut Arena, oldest: u32) -> u32 {
    let Extent { start, end, run, .. } = *arena.get(oldest);
    let twin = arena.add(Extent { start, end, holders: 1, run, ..Extent::default() });
    append_to_ring(arena, oldest, twin);
    twin
}

/// Puts `extent` at the end of the ring that begins with `oldest`.
fn append_to_ring(arena: &mut Arena, oldest: u32, extent: u32) {
    let newest = std::mem::replace(&mut arena.get_mut(oldest).twins.before, extent);
    arena.get_mut(newest).twins.after = extent;
    arena.get_mut(extent).twins = Link { before: newest, after: oldest };
}

#[cfg(test)]
impl Runs {
    /// Number of runs.
    pub(super) fn count(&self) -> usize {
        self.runs.len() - 1 - self.vacant.len()
    }

    /// Panics unless the extents of each run lie side by side. Returns how many there are.
    pub(super) fn check(&self, arena: &Arena) -> usize {
        let mut extents = 0;
        for (run, &Run { key, first }) in self.runs.iter().enumerate() {
            let vacant = run == 0 || self.vacant.contains(&(run as u32));
            assert_eq!((key == Key::Vacant, first == NONE), (vacant, vacant), "run {run}");
            if let Key::Shared(id) = key {
                assert_eq!(self.shared[&id] as usize, run);
            }
            let (mut end, mut before, mut range) = (0, NONE, first);
            while range != NONE {
                let node = arena.get(range);
                assert!(node.start >= end && node.end > node.start, "run {run} overlaps");
                assert!(node.oldest && node.ranges.before == before);
                let mut twin = range;
                loop {
                    let Extent { start, end, twins, .. } = *arena.get(twin);
                    assert_eq!(
                        (start, end, arena.get(twin).run),
                        (node.start, node.end, run as u32)
                    );
                    assert_eq!(arena.get(twin).oldest, twin == range);
                    assert_eq!(arena.get(twins.after).twins.before, twin);
                    extents += 1;
                    twin = twins.after;
                    if twin == range {
                        break;
                    }
                }
                (end, before, range) = (node.end, range, node.ranges.after);
            }
        }
        let shared = self.runs.iter().filter(|run| matches!(run.key, Key::Shared(_))).count();
        assert_eq!(self.shared.len(), shared);
        extents
    }
}
