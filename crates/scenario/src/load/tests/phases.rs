//! The names that the queueing study of scheduling policies uses.

use tokendrome::steptime::StepTimeSpec;
use tokendrome::workload::LengthsSpec;

use super::{read, try_load};

const STUDY: &str = "
    [scheduler]
    kind = \"hybrid\"
    num_gpus = 2
    [step_time]
    kind = \"affine\"
    c_ms = 45.5
    a_ms = 0.3
    b0 = 64
    [workload.input_tokens]
    kind = \"mixture\"
    values = [32, 512]
    probabilities = [0.9, 0.1]";

#[test]
fn the_names_of_the_study_work() {
    let scenario = read(STUDY, &[]);
    assert_eq!(scenario.scheduler.phases().unwrap().executors, 2);
    let StepTimeSpec::Affine(spec) = &scenario.step_time else { panic!("{scenario:?}") };
    assert_eq!((spec.base_ms, spec.per_token_ms, spec.free_tokens), (45.5, 0.3, 64));
    let Some(LengthsSpec::Mixture { weights, .. }) = &scenario.workload.input_tokens else {
        panic!("{scenario:?}")
    };
    assert_eq!(weights, &[0.9, 0.1]);
    // Flags reach them by either name.
    assert_eq!(read(STUDY, &["scheduler.executors=3"]).executors(), 3);
}

/// Beside another mistake they are no mistakes.
#[test]
fn only_what_is_wrong_is_said_to_be() {
    let problems = try_load(STUDY, &["scheduler.max_sequnces=3"]).unwrap_err().to_string();
    assert!(problems.contains("max_sequnces"), "{problems}");
    assert!(!problems.contains("_ms"), "{problems}");
}
