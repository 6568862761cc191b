//! Traces that are kept.

use std::path::Path;

use tokendrome_conformance::folder::Folder;
use tokendrome_conformance::recording::{Verdict, check};
use tokendrome_conformance::trtllm::Scenario;

#[test]
fn traces_are_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trtllm");
    let folder = Folder::open(&folder).unwrap();
    for scenario in folder.scenarios() {
        let checked = check::<Scenario>(&folder, scenario);
        assert!(matches!(checked.verdict, Verdict::Identical), "{checked:#?}");
    }
    assert_eq!(folder.scenarios().len(), 22, "scenarios are missing");
}
