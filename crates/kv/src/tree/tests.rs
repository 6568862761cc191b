use tokendrome_units::TokenRun;

use super::*;

/// A sequence whose first `shared` tokens others may have too.
fn table(owner: u64, shared: u32) -> BlockTable {
    BlockTable::new(owner, &[TokenRun { id: 7, end: shared }])
}

fn filled(pool: &mut TreePool, owner: u64, shared: u32, blocks: u32) -> BlockTable {
    let mut table = table(owner, shared);
    pool.take(&mut table, blocks);
    table
}

#[test]
fn free_blocks_are_taken_in_the_order_in_which_they_came_back() {
    let mut pool = TreePool::new(5, 4, false);
    let (mut a, mut b) = (filled(&mut pool, 0, 0, 2), filled(&mut pool, 1, 0, 2));
    assert_eq!((a.blocks(), b.blocks(), pool.free()), ([0, 1].as_slice(), [2, 3].as_slice(), 1));
    pool.release(&mut b, false);
    pool.release(&mut a, false);
    // The one never used first, then the last block of whoever came back first.
    let c = filled(&mut pool, 2, 0, 5);
    assert_eq!((c.blocks(), pool.free()), ([4, 3, 2, 1, 0].as_slice(), 0));
}

#[test]
fn blocks_that_came_back_are_found_until_they_are_taken() {
    let mut pool = TreePool::new(4, 4, true);
    let mut a = filled(&mut pool, 0, 12, 3);
    pool.store(&a, 3);
    let mut b = table(1, 8);
    let found = pool.find(&b, 3);
    assert_eq!((found.blocks, found.held), (2, 2));
    assert!(found.missing.is_some(), "its third block is its own");
    pool.release(&mut a, false);
    assert_eq!(pool.find(&b, 2), Found { blocks: 2, held: 0, missing: None });
    pool.claim(&mut b, 2);
    assert_eq!((b.blocks(), b.held(), pool.free()), ([0, 1].as_slice(), 2, 2));
    // The block never used, then the third of the first sequence, which leaves the tree.
    pool.take(&mut b, 2);
    assert_eq!((b.blocks(), pool.evictions()), ([0, 1, 3, 2].as_slice(), 1));
    assert_eq!(pool.find(&table(2, 12), 3).blocks, 2);
}

#[test]
fn with_a_block_all_below_it_leave_the_tree() {
    let mut pool = TreePool::new(3, 4, true);
    let mut a = filled(&mut pool, 0, 12, 3);
    pool.store(&a, 3);
    let mut b = table(1, 12);
    pool.claim(&mut b, 3);
    pool.release(&mut a, false);
    // The later holder gives its last block back first, so that the first is taken last.
    pool.release(&mut b, false);
    let mut c = filled(&mut pool, 2, 0, 1);
    assert_eq!(c.blocks(), [2]);
    assert_eq!(pool.find(&table(3, 12), 3).blocks, 2);
    pool.release(&mut c, false);
    // Taken: the second block, then the first, which stands below nothing by then.
    let d = filled(&mut pool, 4, 0, 2);
    assert_eq!((d.blocks(), pool.evictions()), ([1, 0].as_slice(), 3));

    let mut pool = TreePool::new(3, 4, true);
    let mut a = filled(&mut pool, 0, 4, 1);
    pool.store(&a, 1);
    let mut b = filled(&mut pool, 1, 8, 2);
    // Its first block is there already: its second goes below that of the other.
    pool.store(&b, 2);
    pool.release(&mut a, false);
    assert_eq!(pool.find(&table(2, 8), 2), Found { blocks: 2, held: 1, missing: None });
    let c = filled(&mut pool, 3, 0, 1);
    assert_eq!((c.blocks(), pool.find(&table(2, 8), 2).blocks), ([0].as_slice(), 0));
    pool.release(&mut b, false);
    assert_eq!(pool.free(), 2);
}

#[test]
fn what_a_sequence_computed_itself_it_finds_again() {
    let mut pool = TreePool::new(3, 4, true);
    let mut a = filled(&mut pool, 0, 4, 3);
    pool.store(&a, 2);
    pool.release(&mut a, true);
    assert_eq!(pool.find(&a, 3).blocks, 2);
    assert_eq!(pool.find(&table(1, 4), 3).blocks, 1);
    pool.claim(&mut a, 3);
    assert_eq!(a.blocks(), [0, 1]);
}

#[test]
fn a_block_is_thought_free_once_all_its_holders_are_thought_gone() {
    let mut pool = TreePool::new(4, 4, true);
    let a = filled(&mut pool, 0, 8, 3);
    pool.store(&a, 2);
    let mut b = table(1, 8);
    pool.claim(&mut b, 2);
    assert_eq!((pool.think_released(&a), pool.think_released(&b)), (1, 2));
    pool.think_again();
    assert_eq!((pool.think_released(&b), pool.free()), (0, 1));
}
