//! Blocks in extents fare as blocks with numbers do.

use proptest::prelude::*;
use tokendrome_units::TokenRun;

use crate::pool::Store;
use crate::{BlockPool, BlockTable, Hits};

/// What happens to one of a few sequences.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// It grows by so many tokens, of which all but the second so many are known; if it has no
    /// blocks, it first takes its hits, leaving out those behind the third so many blocks.
    More(u32, u32, u32),
    /// What it holds becomes known.
    Known,
    /// It grows by so many tokens, and only the number of its blocks is told.
    Silent(u32),
    /// What was silent about it is told.
    Settle,
    /// It gives its blocks back, and may come again.
    Preempt,
    /// It ends; one with the content of that number takes its place.
    End(usize),
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let more = (
        1u32..40,
        prop_oneof![3 => Just(0), 1 => 0u32..9],
        prop_oneof![4 => Just(99), 1 => 0u32..8],
    );
    let step = prop_oneof![
        8 => more.prop_map(|(tokens, unknown, most)| Step::More(tokens, unknown, most)),
        1 => Just(Step::Known),
        3 => (1u32..12).prop_map(Step::Silent),
        1 => Just(Step::Settle),
        4 => Just(Step::Preempt),
        3 => (0usize..8).prop_map(Step::End),
    ];
    prop::collection::vec((0usize..7, step), 1..120)
}

/// Contents: ways into a tree of runs, cut at any token; some begin with their last run, as the
/// turns of a conversation do.
fn contents() -> impl Strategy<Value = Vec<Vec<TokenRun>>> {
    let way = (prop::collection::vec(0u64..2, 0..5), 0u32..50, prop::bool::weighted(0.2));
    let content = way.prop_map(|(choices, cut, is_one_run)| {
        let (mut path, mut end) = (1, 0);
        let mut content = Vec::new();
        for (depth, choice) in choices.into_iter().enumerate() {
            path = path * 2 + choice;
            end += [9, 14, 4, 1, 23][(depth + choice as usize) % 5];
            content.push(TokenRun { id: path, end });
        }
        if is_one_run {
            content.drain(..content.len().saturating_sub(1));
        }
        // Some are cut at any token.
        let end = if cut < end { end - cut } else { end };
        let whole = content.partition_point(|run| run.end < end);
        content.truncate(whole + 1);
        if let Some(last) = content.last_mut() {
            last.end = end;
        }
        content
    });
    prop::collection::vec(content, 8)
}

/// A sequence in both pools.
struct Sequence {
    fast: BlockTable,
    plain: BlockTable,
    tokens: u32,
    /// Of them.
    known: u32,
    /// Blocks taken silently.
    silent: u32,
    /// Versions in both pools when it was last looked up, and what was found.
    seen: Option<([u64; 2], Found)>,
}

/// Hits by extent, hits, and how many are idle.
type Found = (Vec<(u32, u32)>, u32, u32);

impl Sequence {
    fn new(owner: u64, content: &[TokenRun]) -> Self {
        let [fast, plain] = [(); 2].map(|()| BlockTable::new(owner, content));
        Self { fast, plain, tokens: 0, known: 0, silent: 0, seen: None }
    }
}

struct Pools {
    fast: BlockPool,
    plain: BlockPool,
    hits: [Hits; 2],
}

impl Pools {
    fn new(total: u32, block_size: u32) -> Self {
        Self {
            fast: BlockPool::caching(total, block_size),
            plain: BlockPool::listing(total, block_size, true),
            hits: Default::default(),
        }
    }

    /// Looks a sequence up in both pools.
    fn find(&mut self, sequence: &Sequence, most: u32) -> Found {
        let [fast, plain] = &mut self.hits;
        let idle = self.fast.find_hits(&sequence.fast, most, fast);
        let expected = self.plain.find_hits(&sequence.plain, most, plain);
        assert_eq!((fast.len(), idle), (plain.len(), expected), "hits, and idle ones of them");
        (fast.found().iter().map(|found| (found.at, found.end)).collect(), fast.len(), idle)
    }

    fn settle(&mut self, sequence: &mut Sequence) {
        self.fast.settle(&mut sequence.fast, sequence.tokens, sequence.known);
        sequence.silent = 0;
    }

    fn step(&mut self, sequence: &mut Sequence, step: Step) {
        let held = self.fast.blocks_for(sequence.tokens);
        sequence.seen = None;
        match step {
            Step::More(more, unknown, most) => {
                let all = sequence.tokens + more;
                self.settle(sequence);
                let (mut hits, mut idle) = (0, 0);
                if held == 0 {
                    let most = most.min((all - 1) / self.fast.block_size());
                    (_, hits, idle) = self.find(sequence, most);
                }
                if self.fast.blocks_for(all) - held.max(hits) + idle > self.fast.free() {
                    return;
                }
                if held == 0 {
                    self.fast.claim(&mut sequence.fast, &self.hits[0]);
                    self.plain.claim(&mut sequence.plain, &self.hits[1]);
                }
                let known = all - unknown.min(more);
                let known = known.max(sequence.known);
                self.fast.grow(&mut sequence.fast, all);
                self.fast.cache(&mut sequence.fast, known);
                self.plain.grow(&mut sequence.plain, all);
                self.plain.cache(&mut sequence.plain, known);
                (sequence.tokens, sequence.known) = (all, known);
            }
            Step::Known => {
                sequence.known = sequence.tokens;
                self.settle(sequence);
                self.plain.cache(&mut sequence.plain, sequence.known);
            }
            Step::Silent(more) => {
                let all = sequence.tokens + more;
                let lacking = self.fast.blocks_for(all) - held;
                if sequence.fast.is_shared_beyond(sequence.known)
                    || held == 0
                    || lacking > self.fast.free()
                {
                    return;
                }
                self.fast.take(lacking);
                self.plain.grow(&mut sequence.plain, all);
                self.plain.cache(&mut sequence.plain, all);
                sequence.silent += lacking;
                (sequence.tokens, sequence.known) = (all, all);
            }
            Step::Settle => self.settle(sequence),
            Step::Preempt | Step::End(_) => {
                self.settle(sequence);
                let again = matches!(step, Step::Preempt);
                self.fast.release(&mut sequence.fast, again);
                self.plain.release(&mut sequence.plain, again);
                (sequence.tokens, sequence.known) = (0, 0);
            }
        }
    }

    /// Compares all that can be seen.
    fn compare(&mut self, sequences: &mut [Sequence]) {
        let (fast, plain) = (&self.fast, &self.plain);
        assert_eq!((fast.free(), fast.used()), (plain.free(), plain.used()), "free and used");
        assert_eq!(fast.evictions(), plain.evictions(), "evictions");
        let Store::Extents(extents) = &fast.store else { panic!("a pool of extents") };
        let tables: Vec<_> = sequences.iter().map(|sequence| &sequence.fast).collect();
        let silent = sequences.iter().map(|sequence| sequence.silent).sum();
        extents.check(&tables, silent, fast.total());
        for sequence in sequences {
            if sequence.tokens > 0 {
                continue;
            }
            let found = self.find(sequence, u32::MAX);
            let version = [self.fast.version(&sequence.fast), self.plain.version(&sequence.plain)];
            if let Some((seen, before)) = &sequence.seen {
                assert!(version[0] != seen[0] || found == *before, "the same version");
                assert!(version[1] != seen[1] || (found.1, found.2) == (before.1, before.2));
            }
            sequence.seen = Some((version, found));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        // More by hand.
        cases: std::env::var("PROPTEST_CASES").map_or(3_000, |cases| cases.parse().unwrap()),
        ..ProptestConfig::default()
    })]

    #[test]
    fn extents_fare_as_listed_blocks_do(
        steps in steps(),
        contents in contents(),
        total in 5u32..50,
        block_size in 1u32..6,
    ) {
        let mut pools = Pools::new(total, block_size);
        let content = |i: usize| &contents[i % contents.len()][..];
        let mut sequences: Vec<_> =
            (0..7).map(|i| Sequence::new(i as u64, content(i))).collect();
        for (serial, (which, step)) in (7..).zip(steps) {
            pools.step(&mut sequences[which], step);
            if let Step::End(next) = step {
                sequences[which] = Sequence::new(serial, content(next));
            }
            pools.compare(&mut sequences);
        }
        for sequence in &mut sequences {
            pools.step(sequence, Step::End(0));
        }
        pools.compare(&mut sequences);
        prop_assert_eq!(pools.fast.free(), total);
    }
}
