use super::*;

fn of(tokens: &[u32], block: u32) -> Vec<u64> {
    identities(tokens, NonZeroU32::new(block).expect("a block has tokens"))
}

#[test]
fn equal_beginnings_have_equal_identities() {
    let a: Vec<u32> = (0..40).collect();
    let mut b = a.clone();
    b[20] += 1;
    let (ids_a, ids_b) = (of(&a, 8), of(&b, 8));
    assert_eq!((ids_a.len(), ids_b.len()), (5, 5));
    assert_eq!(ids_a[..2], ids_b[..2]);
    // The last two blocks hold equal tokens, but behind different ones.
    for block in 2..5 {
        assert_ne!(ids_a[block], ids_b[block], "block {block}");
    }
    assert_eq!(of(&a[..39], 8), ids_a[..4], "the last block is not full");
    assert_eq!(of(&a[..7], 8), Vec::<u64>::new());
}

#[test]
fn identities_are_the_same_everywhere() {
    assert_eq!(of(&[1, 2, 3, 4], 2), [254_984_204_845_929_552, 26_901_709_818_789_599]);
}
