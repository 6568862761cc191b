use super::*;
use crate::workspace;

/// The repository itself is tidy: this is `cargo xtask tidy` as a test.
#[test]
fn the_repository_is_tidy() {
    let mut printed = Vec::new();
    let root = workspace::root().unwrap();
    if let Err(error) = run(&root, &mut printed) {
        panic!("{error}\n{}", String::from_utf8_lossy(&printed));
    }
}

#[test]
fn a_finding_names_the_place_the_fault_and_the_way_out() {
    let finding = Finding::new("a/b.rs", 7, "odd", "make it even");
    assert_eq!(finding.to_string(), "a/b.rs:7: odd; make it even");
}

#[test]
fn findings_come_in_order_of_files_and_lines() {
    let long = "\n// ".to_owned() + &"x".repeat(120);
    let repo = Repo::of(&[("b.rs", &long), ("a.rs", &long), ("a/mod.rs", &long)]);
    let places: Vec<_> = findings(&repo).into_iter().map(|f| (f.path, f.line)).collect();
    let expected = [("a.rs", 2), ("a/mod.rs", 1), ("a/mod.rs", 2), ("b.rs", 2)];
    assert_eq!(places, expected.map(|(path, line)| (path.to_owned(), line)));
}
