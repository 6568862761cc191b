//! Blocks without numbers, in extents: prefix caching at a cost of O(runs of content).
//!
//! An extent is neighbouring blocks of one sequence that hold one run of content, and were entered
//! and given back together. What is told of single blocks holds for the blocks of an extent one by
//! one; an extent is split where they begin to differ, and joined again where they no longer do.
//! The order in which blocks are overwritten is that of [`crate::listed`], to the single block:
//! extents that nobody holds are in one list, in the order in which they came back, and the tail of
//! an extent goes before its head.
//!
//! While a sequence holds them, blocks of its own content are in no extent: nobody else can hit
//! them. When it gives them back they become one, if it may come again; else they are a mere count,
//! a *dead* extent.

use crate::hits::{Found, Hits};
use crate::table::BlockTable;
use arena::{Arena, Extent, NONE};
use runs::Runs;

mod arena;
mod runs;

/// All blocks of a pool.
#[derive(Debug, Clone)]
pub(crate) struct Extents {
    /// Free blocks that hold nothing that anybody could hit.
    blank: u32,
    arena: Arena,
    runs: Runs,
    evictions: u64,
    /// How often what can be hit was entered, overwritten, taken hold of, given back or split.
    changes: u64,
}

impl Extents {
    pub(crate) fn new(total: u32) -> Self {
        let (arena, runs) = (Arena::new(), Runs::new());
        Self { blank: total, arena, runs, evictions: 0, changes: 0 }
    }

    /// Blocks whose content was kept and overwritten.
    pub(crate) fn evictions(&self) -> u64 {
        self.evictions
    }

    /// Changes of what can be hit so far.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Finds the hits among the first `most` blocks of a sequence. Returns how many are free.
    pub(crate) fn find(
        &self,
        table: &BlockTable,
        most: u32,
        block_size: u32,
        hits: &mut Hits,
    ) -> u32 {
        let (mut at, mut idle) = (0, 0);
        for run in &table.content {
            let to = (run.end / block_size).min(most);
            if to > at {
                idle += self.follow(self.runs.first_shared(run.id), at, to, hits);
                at = to;
                if hits.len() < at {
                    return idle;
                }
            }
        }
        if at < most && self.runs.is_own(table.own, table.owner) {
            idle += self.follow(self.runs.first(table.own), at, most, hits);
        }
        idle
    }

    /// Finds the hits from position `at` to `to` along a run. Returns how many are free.
    #[inline]
    fn follow(&self, first: u32, mut at: u32, to: u32, hits: &mut Hits) -> u32 {
        let (mut next, mut idle) = (first, 0);
        while next != NONE && at < to {
            let extent = self.arena.get(next);
            if extent.start > at {
                break;
            }
            if extent.end > at {
                let end = extent.end.min(to);
                idle += if extent.holders == 0 { end - at } else { 0 };
                hits.push(next, end);
                at = end;
            }
            next = extent.ranges.after;
        }
        idle
    }

    /// A sequence without blocks takes hold of its hits. Returns how many of them were free.
    pub(crate) fn claim(&mut self, table: &mut BlockTable, hits: &Hits) -> u32 {
        let Self { arena, runs, .. } = self;
        let (mut at, mut taken) = (0, 0);
        table.parts.reserve(hits.found().len().max(table.content.len()));
        for &Found { at: found, end } in hits.found() {
            let mut extent = found;
            if arena.get(extent).start < at {
                runs.split(arena, extent, at);
            }
            if arena.get(extent).end > end {
                extent = runs.split(arena, extent, end);
            }
            let node = arena.get_mut(extent);
            assert!((node.start, node.end) == (at, end), "hits from before a change");
            node.holders += 1;
            if node.holders == 1 {
                taken += node.len();
                arena.unlink_idle(extent);
            }
            table.parts.push(extent);
            at = end;
        }
        self.changes += u64::from(at > 0);
        taken
    }

    /// Takes `blocks` free blocks; the caller knows that there are so many.
    #[inline]
    pub(crate) fn take(&mut self, blocks: u32) {
        let blank = blocks.min(self.blank);
        self.blank -= blank;
        if blocks > blank {
            self.overwrite(blocks - blank);
        }
    }

    /// Takes `blocks` of the idle blocks, those that came back first.
    fn overwrite(&mut self, mut blocks: u32) {
        let Self { arena, runs, .. } = self;
        self.evictions += u64::from(blocks);
        while blocks > 0 {
            let first = arena.first_idle();
            assert_ne!(first, NONE, "a block is taken and none is free");
            let extent = *arena.get(first);
            self.changes += u64::from(!extent.is_dead());
            if blocks < extent.len() {
                let end = extent.end - blocks;
                if extent.is_dead() || arena.is_lone(first) {
                    arena.get_mut(first).end = end;
                    return;
                }
                let mut oldest = first;
                while !arena.get(oldest).oldest {
                    oldest = arena.get(oldest).twins.before;
                }
                runs.split(arena, oldest, end);
                blocks = 0;
            } else {
                blocks -= extent.len();
            }
            if !extent.is_dead() {
                runs.remove(arena, first);
            }
            arena.unlink_idle(first);
            arena.discard(first);
        }
    }

    /// The first `full` blocks of a sequence hold what its tokens are from now on: more than
    /// before.
    #[inline]
    pub(crate) fn enter(&mut self, table: &mut BlockTable, full: u32, block_size: u32) {
        if table.content.last().is_some_and(|run| run.end / block_size > table.cached) {
            self.enter_shared(table, full, block_size);
        }
    }

    fn enter_shared(&mut self, table: &mut BlockTable, full: u32, block_size: u32) {
        let Self { arena, runs, .. } = self;
        let mut at = table.cached;
        let first = table.content.partition_point(|run| run.end / block_size <= at);
        for run in &table.content[first..] {
            let to = (run.end / block_size).min(full);
            if to <= at {
                continue;
            }
            let last = table.parts.last().copied().unwrap_or(NONE);
            let extent = arena.get(last);
            // What only this sequence holds, and is followed by nothing, is made longer.
            if at == table.cached
                && runs.is_shared(extent.run, run.id)
                && extent.holders == 1
                && arena.is_lone(last)
                && (extent.ranges.after == NONE || arena.get(extent.ranges.after).start >= to)
            {
                arena.get_mut(last).end = to;
            } else {
                table.parts.reserve(table.content.len() - first);
                let run = runs.shared(run.id);
                runs.enter(arena, run, at, to, &mut table.parts);
            }
            at = to;
        }
        self.changes += 1;
    }

    /// A sequence gives its blocks back; `again` says whether it may come again. Returns how many
    /// became free.
    pub(crate) fn release(&mut self, table: &mut BlockTable, again: bool) -> u32 {
        let blank = table.held - table.cached;
        self.blank += blank;
        let entered = table.parts.last().map_or(0, |&part| self.arena.get(part).end);
        let own = table.cached - entered;
        if !again {
            self.append_dead(own);
        } else if own > 0 {
            if !self.runs.is_own(table.own, table.owner) {
                table.own = self.runs.add_own(table.owner);
            }
            let (run, cached) = (table.own, table.cached);
            self.runs.enter(&mut self.arena, run, entered, cached, &mut table.parts);
        }
        let mut freed = 0;
        // The tail of the sequence will be taken first.
        while let Some(part) = table.parts.pop() {
            let start = table.parts.last().map_or(0, |&before| self.arena.get(before).end);
            let mut extent = part;
            loop {
                let Extent { start: begins, left, .. } = *self.arena.get(extent);
                freed += self.let_go(extent);
                if begins == start {
                    break;
                }
                extent = left;
            }
        }
        self.changes += u64::from(freed > 0);
        blank + freed + if again { 0 } else { own }
    }

    /// One of its holders lets an extent go. Returns how many blocks became free.
    #[inline]
    fn let_go(&mut self, extent: u32) -> u32 {
        let Self { arena, runs, .. } = self;
        let node = arena.get_mut(extent);
        node.holders -= 1;
        if node.holders > 0 {
            return 0;
        }
        let Extent { run, end, .. } = *node;
        let blocks = node.len();
        let last = arena.last_idle();
        if arena.get(last).run == run
            && arena.get(last).start == end
            && arena.is_lone(last)
            && arena.is_lone(extent)
        {
            runs.absorb(arena, last, extent);
        } else {
            arena.insert_idle(last, extent);
        }
        blocks
    }

    /// So many blocks come back that hold what nobody can hit: they are overwritten in their turn
    /// nevertheless.
    #[inline]
    fn append_dead(&mut self, blocks: u32) {
        if blocks == 0 {
            return;
        }
        let last = self.arena.last_idle();
        if last != NONE && self.arena.get(last).is_dead() {
            self.arena.get_mut(last).end += blocks;
        } else {
            let extent = self.arena.add(Extent { end: blocks, ..Extent::default() });
            self.arena.insert_idle(last, extent);
        }
    }
}

#[cfg(test)]
mod check;
#[cfg(test)]
mod tests;
