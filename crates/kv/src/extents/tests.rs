use tokendrome_units::TokenRun;

use super::*;

const BLOCK: u32 = 4;

/// A pool and the way in which requests come and go.
struct Bench {
    extents: Extents,
    total: u32,
    serial: u64,
}

impl Bench {
    fn new(total: u32) -> Self {
        Self { extents: Extents::new(total), total, serial: 0 }
    }

    /// A new sequence whose content is these runs (id, blocks), with no blocks yet.
    fn sequence(&mut self, runs: &[(u64, u32)]) -> BlockTable {
        let mut end = 0;
        let runs = runs.iter().map(|&(id, blocks)| {
            end += blocks * BLOCK;
            TokenRun { id, end }
        });
        self.serial += 1;
        BlockTable::new(self.serial, &runs.collect::<Vec<_>>())
    }

    /// Gives a sequence its first `blocks` blocks, all of them full, of which those before `most`
    /// may be hits. Returns how many of them are, and how many of those were idle.
    fn admit(&mut self, table: &mut BlockTable, blocks: u32, most: u32) -> (u32, u32) {
        let mut hits = Hits::default();
        let idle = self.extents.find(table, most, BLOCK, &mut hits);
        assert_eq!(self.extents.claim(table, &hits), idle);
        (table.held, table.cached) = (hits.len(), hits.len());
        self.extents.take(blocks - table.held);
        table.held = blocks;
        self.extents.enter(table, blocks, BLOCK);
        table.cached = blocks;
        (hits.len(), idle)
    }

    fn release(&mut self, table: &mut BlockTable, again: bool) {
        self.extents.release(table, again);
        (table.held, table.cached) = (0, 0);
    }

    /// Hits of a sequence as extents (positions behind them), and how many blocks are idle.
    fn hits(&self, table: &BlockTable) -> (Vec<u32>, u32) {
        let mut hits = Hits::default();
        let idle = self.extents.find(table, u32::MAX, BLOCK, &mut hits);
        (hits.found().iter().map(|found| found.end).collect(), idle)
    }

    /// Idle extents and runs, after a look at everything.
    fn counts(&self, tables: &[&BlockTable]) -> (usize, usize) {
        self.extents.check(tables, 0, self.total);
        self.extents.counts()
    }
}

#[test]
fn a_run_is_one_extent_however_long() {
    let mut bench = Bench::new(1_000);
    let mut first = bench.sequence(&[(1, 300), (2, 400)]);
    assert_eq!(bench.admit(&mut first, 700, 0), (0, 0));
    // It grows while nobody shares it.
    let mut second = bench.sequence(&[(3, 200)]);
    for blocks in 1..=200 {
        bench.extents.take(1);
        second.held = blocks;
        bench.extents.enter(&mut second, blocks, BLOCK);
        second.cached = blocks;
    }
    assert_eq!((first.parts.len(), second.parts.len()), (2, 1));
    bench.release(&mut first, false);
    bench.release(&mut second, false);
    assert_eq!(bench.counts(&[]), (3, 3));
}

#[test]
fn an_extent_is_split_where_holders_differ_and_joined_when_they_are_gone() {
    let mut bench = Bench::new(100);
    let mut long = bench.sequence(&[(1, 10)]);
    bench.admit(&mut long, 10, 0);
    let mut short = bench.sequence(&[(1, 10)]);
    assert_eq!(bench.admit(&mut short, 6, 6), (6, 0));
    let probe = bench.sequence(&[(1, 10)]);
    assert_eq!(bench.hits(&probe), (vec![6, 10], 0));
    // The first, who knows of one extent, holds both parts; the tail is idle when it lets go.
    bench.release(&mut long, false);
    assert_eq!(bench.hits(&probe), (vec![6, 10], 4));
    assert_eq!(bench.counts(&[&short]), (1, 1));
    bench.release(&mut short, false);
    assert_eq!(bench.hits(&probe), (vec![10], 10));
    assert_eq!(bench.counts(&[]), (1, 1));
}

#[test]
fn hits_are_taken_out_of_the_middle_of_what_is_idle() {
    let mut bench = Bench::new(30);
    let mut tables = [(1, 10), (2, 10), (3, 10)].map(|run| bench.sequence(&[run]));
    for table in &mut tables {
        bench.admit(table, 10, 0);
        bench.release(table, false);
    }
    let mut middle = bench.sequence(&[(2, 10)]);
    assert_eq!(bench.admit(&mut middle, 4, 4), (4, 4));
    assert_eq!(bench.counts(&[&middle]), (3, 3));
    // Overwritten are, from their tails: run 1, what is left of run 2, run 3.
    bench.extents.take(10 + 6 + 3);
    assert_eq!(bench.extents.counts(), (1, 2));
    let third = bench.sequence(&[(3, 10)]);
    assert_eq!(bench.hits(&third), (vec![7], 7));
    let second = bench.sequence(&[(2, 10)]);
    assert_eq!(bench.hits(&second), (vec![4], 0));
    assert_eq!(bench.extents.evictions(), 19);
}

#[test]
fn of_the_same_content_the_oldest_is_found_and_the_next_when_it_is_overwritten() {
    let mut bench = Bench::new(12);
    // Two that compute the same at the same time.
    let mut tables = [(); 2].map(|()| bench.sequence(&[(1, 6)]));
    for table in &mut tables {
        assert_eq!(bench.admit(table, 6, 0), (0, 0));
    }
    let [mut first, mut second] = tables;
    bench.release(&mut first, false);
    let probe = bench.sequence(&[(1, 6)]);
    assert_eq!(bench.hits(&probe), (vec![6], 6), "those of the first, which are idle");
    // The first loses the last two: there the second's are the oldest now.
    bench.extents.take(2);
    assert_eq!(bench.hits(&probe), (vec![4, 6], 4));
    bench.extents.take(4);
    assert_eq!(bench.hits(&probe), (vec![4, 6], 0), "those of the second, which it still holds");
    bench.release(&mut second, false);
    assert_eq!(bench.hits(&probe), (vec![6], 6));
    assert_eq!(bench.extents.counts(), (1, 1));
}

#[test]
fn own_content_is_hit_after_a_preemption_and_by_nobody_else() {
    let mut bench = Bench::new(20);
    let mut table = bench.sequence(&[(1, 2)]);
    bench.admit(&mut table, 8, 0);
    assert_eq!(table.parts.len(), 1, "blocks of its own are in no extent");
    bench.release(&mut table, true);
    assert_eq!(bench.counts(&[&table]), (2, 2));
    // It computes its last block anew, and leaves the old one behind.
    assert_eq!(bench.admit(&mut table, 8, 7), (7, 7));
    assert_eq!(bench.counts(&[&table]), (1, 2));
    bench.release(&mut table, true);
    assert_eq!(bench.hits(&table), (vec![2, 7, 8], 8));
    bench.extents.take(11);
    assert_eq!(bench.hits(&table), (vec![2, 7, 8], 8), "blank and unused blocks come first");
    bench.extents.take(1);
    assert_eq!(bench.hits(&table), (vec![2, 7, 8], 8), "its twin is still there");
    assert_eq!(bench.extents.evictions(), 1);
    bench.extents.take(1);
    assert_eq!(bench.hits(&table), (vec![2, 7], 7));
    // Another one, with the same beginning, finds no more than that.
    let other = bench.sequence(&[(1, 2)]);
    assert_eq!(bench.hits(&other), (vec![2], 2));
}

#[test]
fn what_nobody_can_hit_any_more_is_one_count() {
    let mut bench = Bench::new(100);
    for blocks in [20, 30, 50] {
        let mut table = bench.sequence(&[]);
        bench.admit(&mut table, blocks, 0);
        bench.release(&mut table, false);
    }
    assert_eq!(bench.counts(&[]), (1, 0));
    // It is overwritten nevertheless.
    let mut table = bench.sequence(&[(1, 60)]);
    bench.admit(&mut table, 60, 0);
    assert_eq!(bench.extents.evictions(), 60);
    bench.release(&mut table, false);
    assert_eq!(bench.counts(&[]), (2, 1));
    bench.extents.take(100);
    assert_eq!((bench.extents.counts(), bench.extents.evictions()), ((0, 0), 160));
}
