//! Traces that vLLM wrote.

use std::path::Path;

use tokendrome_conformance::folder::Folder;
use tokendrome_conformance::recording::{Verdict, check};
use tokendrome_conformance::vllm::Scenario;

#[test]
fn traces_are_those_of_the_real_scheduler() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vllm");
    let folder = Folder::open(&folder).unwrap();
    let (mut scenarios, mut steps) = (0, 0);
    for scenario in folder.scenarios() {
        let checked = check::<Scenario>(&folder, scenario);
        assert!(matches!(checked.verdict, Verdict::Identical), "{checked:#?}");
        scenarios += 1;
        steps += checked.steps.unwrap();
    }
    assert_eq!((scenarios, steps), (52, 42_096), "recordings are missing");
}
