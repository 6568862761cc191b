use proptest::prelude::*;
use tokendrome_units::TokenRun;

use super::*;

mod alike;

const BLOCK: u32 = 4;

#[test]
fn counted_blocks_are_conserved() {
    let mut pool = BlockPool::counting(10, 16);
    assert_eq!([0, 1, 16, 17].map(|tokens| pool.blocks_for(tokens)), [0, 1, 1, 2]);
    let mut table = BlockTable::new(1, &[]);
    pool.grow(&mut table, 100);
    pool.grow(&mut table, 90);
    assert_eq!((pool.free(), pool.used(), pool.total(), table.held()), (3, 7, 10, 7));
    assert_eq!((table.blocks(), pool.evictions()), (&[][..], 0));
    pool.release(&mut table, true);
    assert_eq!((pool.free(), table.held()), (10, 0));
}

#[test]
#[should_panic(expected = "4 blocks taken of 3 free")]
fn more_than_is_free_cannot_be_taken() {
    BlockPool::counting(3, 16).grow(&mut BlockTable::new(1, &[]), 64);
}

#[test]
fn blocks_taken_in_bulk_are_told_of_later() {
    for mut pool in [BlockPool::counting(10, BLOCK), BlockPool::caching(10, BLOCK)] {
        assert!(!pool.lists_blocks());
        let mut table = BlockTable::new(1, &[TokenRun { id: 7, end: 9 }]);
        pool.grow(&mut table, 9);
        pool.cache(&mut table, 9);
        assert!(table.is_shared_beyond(8) && !table.is_shared_beyond(9));
        pool.take(2);
        assert_eq!((pool.used(), table.held()), (5, 3));
        pool.settle(&mut table, 17, 17);
        assert_eq!((pool.used(), table.held()), (5, 5));
        pool.release(&mut table, true);
        let hits = pool.find_hits(&table, 10, &mut Hits::default());
        assert_eq!((pool.free(), hits), (10, if pool.caching { 4 } else { 0 }));
    }
}

#[test]
#[should_panic(expected = "taken by the sequences themselves")]
fn blocks_with_numbers_cannot_be_taken_in_bulk() {
    let mut pool = BlockPool::listing(3, BLOCK, true);
    assert!(pool.lists_blocks());
    pool.take(1);
}

/// A sequence of `tokens` tokens that begins with `content`: its blocks after admission.
fn admit(pool: &mut BlockPool, table: &mut BlockTable, tokens: u32) -> Vec<u32> {
    let mut hits = Hits::default();
    pool.find_hits(table, (tokens - 1) / BLOCK, &mut hits);
    pool.claim(table, &hits);
    pool.grow(table, tokens);
    pool.cache(table, tokens);
    table.blocks().to_vec()
}

#[test]
fn a_shared_beginning_is_found_and_the_rest_is_not() {
    let mut pool = BlockPool::listing(20, BLOCK, true);
    let content = [TokenRun { id: 7, end: 9 }];
    let mut first = BlockTable::new(1, &content);
    assert_eq!(admit(&mut pool, &mut first, 15), [1, 2, 3, 4]);
    // Two full blocks lie within the run; the third holds tokens of the sequence's own.
    let mut second = BlockTable::new(2, &content);
    assert_eq!(admit(&mut pool, &mut second, 15), [1, 2, 5, 6]);
    // The last token is computed in any case.
    let mut third = BlockTable::new(3, &[TokenRun { id: 7, end: 8 }]);
    assert_eq!(admit(&mut pool, &mut third, 8), [1, 7]);
    // Another run at the same place is other content.
    let mut fourth = BlockTable::new(4, &[TokenRun { id: 8, end: 9 }]);
    assert_eq!(admit(&mut pool, &mut fourth, 9), [8, 9, 10]);
}

#[test]
fn blank_blocks_are_taken_first_then_unused_ones_then_those_that_could_be_hit() {
    let mut pool = BlockPool::listing(6, BLOCK, true);
    let (mut first, mut second) = (BlockTable::new(1, &[]), BlockTable::new(2, &[]));
    assert_eq!(admit(&mut pool, &mut first, 9), [1, 2, 3]);
    pool.release(&mut first, false);
    // Block 3 is not full; 4 to 6 were never used; of 1 and 2 the tail is overwritten first.
    assert_eq!(admit(&mut pool, &mut second, 23), [3, 4, 5, 6, 2, 1]);
    assert_eq!(pool.evictions(), 2);
}

/// The same in the most obvious way: lists, and searching through them.
struct Plain {
    /// Free blocks, in the order in which they are taken.
    free: Vec<u32>,
    /// What can be hit, in the order in which it was entered.
    entries: Vec<(String, u32)>,
    holders: Vec<u32>,
    evictions: u64,
}

struct PlainTable {
    blocks: Vec<u32>,
    cached: usize,
    owner: u64,
    content: Vec<TokenRun>,
}

impl PlainTable {
    fn key(&self, position: usize) -> String {
        let last = (position as u32 + 1) * BLOCK - 1;
        match self.content.iter().find(|run| last < run.end) {
            Some(run) => format!("shared {} at {position}", run.id),
            None => format!("own of {} at {position}", self.owner),
        }
    }
}

impl Plain {
    fn new(total: u32) -> Self {
        let holders = vec![0; total as usize + 1];
        Self { free: (1..=total).collect(), entries: Vec::new(), holders, evictions: 0 }
    }

    fn find_hits(&self, table: &PlainTable, most: u32) -> Vec<u32> {
        let found = |position| {
            let key = table.key(position);
            self.entries.iter().find(|(entry, _)| *entry == key).map(|&(_, block)| block)
        };
        (0..most as usize).map_while(found).collect()
    }

    fn claim(&mut self, table: &mut PlainTable, hits: &[u32]) {
        for &block in hits {
            self.free.retain(|&free| free != block);
            self.holders[block as usize] += 1;
        }
        table.blocks = hits.to_vec();
        table.cached = hits.len();
    }

    fn grow(&mut self, table: &mut PlainTable, tokens: u32) {
        while (table.blocks.len() as u32) < tokens.div_ceil(BLOCK) {
            let block = self.free.remove(0);
            let entries = self.entries.len();
            self.entries.retain(|&(_, entered)| entered != block);
            self.evictions += (entries - self.entries.len()) as u64;
            self.holders[block as usize] = 1;
            table.blocks.push(block);
        }
    }

    fn cache(&mut self, table: &mut PlainTable, tokens: u32) {
        for position in table.cached..(tokens / BLOCK) as usize {
            self.entries.push((table.key(position), table.blocks[position]));
            table.cached = position + 1;
        }
    }

    fn release(&mut self, table: &mut PlainTable) {
        let mut blank = Vec::new();
        for &block in table.blocks.iter().rev() {
            self.holders[block as usize] -= 1;
            let entered = self.entries.iter().any(|&(_, entered)| entered == block);
            match (self.holders[block as usize], entered) {
                (0, true) => self.free.push(block),
                (0, false) => blank.push(block),
                _ => {}
            }
        }
        blank.append(&mut self.free);
        self.free = blank;
        table.blocks.clear();
        table.cached = 0;
    }
}

/// What happens to one of a few sequences.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// It is admitted with so many tokens, or grows by so many, all of them known.
    More(u32),
    /// It grows, and what it grows by is not known yet.
    Unknown(u32),
    /// It gives its blocks back, and may come again.
    Preempt,
    /// It ends; another with the same content takes its place.
    End,
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let step = prop_oneof![
        6 => (1u32..20).prop_map(Step::More),
        2 => (1u32..6).prop_map(Step::Unknown),
        3 => Just(Step::Preempt),
        1 => Just(Step::End),
    ];
    prop::collection::vec((0usize..6, step), 1..200)
}

/// Content of each sequence: few ids, so that beginnings are shared in several ways.
fn contents() -> impl Strategy<Value = Vec<Vec<TokenRun>>> {
    let run = (0u64..2, 1u32..20);
    let content = prop::collection::vec(run, 0..3).prop_map(|runs| {
        let (mut path, mut end) = (0, 0);
        let mut content = Vec::new();
        for (choice, length) in runs {
            // An id stands for all before it too.
            (path, end) = (path * 64 + u64::from(length) * 2 + choice + 1, end + length);
            content.push(TokenRun { id: path, end });
        }
        content
    });
    prop::collection::vec(content, 6)
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(2_000)
    })]

    #[test]
    fn it_does_what_the_obvious_one_does(
        steps in steps(),
        contents in contents(),
        total in 5u32..40,
    ) {
        let mut pool = BlockPool::listing(total, BLOCK, true);
        let mut plain = Plain::new(total);
        let mut serial = 6;
        let mut tables: Vec<_> = contents
            .iter()
            .enumerate()
            .map(|(i, content)| {
                let owner = i as u64;
                let plain = PlainTable {
                    blocks: Vec::new(),
                    cached: 0,
                    owner,
                    content: content.clone(),
                };
                (BlockTable::new(owner, content), plain, 0u32)
            })
            .collect();
        for (which, step) in steps {
            let (table, obvious, tokens) = &mut tables[which];
            match step {
                Step::More(more) | Step::Unknown(more) => {
                    let all = *tokens + more;
                    let mut hits = Hits::default();
                    let (mut idle, mut found) = (0, Vec::new());
                    if *tokens == 0 {
                        idle = pool.find_hits(table, (all - 1) / BLOCK, &mut hits);
                        found = plain.find_hits(obvious, (all - 1) / BLOCK);
                        let blocks: Vec<u32> = hits.found().iter().map(|hit| hit.at).collect();
                        prop_assert_eq!(&blocks, &found);
                    }
                    let held = table.held().max(hits.len());
                    if pool.blocks_for(all).saturating_sub(held) + idle > pool.free() {
                        continue;
                    }
                    if *tokens == 0 {
                        pool.claim(table, &hits);
                        plain.claim(obvious, &found);
                    }
                    pool.grow(table, all);
                    plain.grow(obvious, all);
                    if matches!(step, Step::More(_)) {
                        pool.cache(table, all);
                        plain.cache(obvious, all);
                    }
                    *tokens = all;
                }
                Step::Preempt => {
                    pool.release(table, true);
                    plain.release(obvious);
                    *tokens = 0;
                }
                Step::End => {
                    pool.release(table, false);
                    plain.release(obvious);
                    *tokens = 0;
                    *table = BlockTable::new(serial, &contents[which]);
                    obvious.owner = serial;
                    serial += 1;
                }
            }
            let (table, obvious, _) = &tables[which];
            prop_assert_eq!(table.blocks(), &obvious.blocks[..]);
            prop_assert_eq!(pool.free() as usize, plain.free.len());
            prop_assert_eq!(pool.evictions(), plain.evictions);
        }
        // In the end everything comes back.
        for (table, ..) in &mut tables {
            pool.release(table, false);
        }
        prop_assert_eq!(pool.free(), total);
    }
}
