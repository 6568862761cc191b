//! The built-in lengths for models of a short context.
//!
//! The built-in scenario is chat, of which a prompt may have several thousand tokens. A model that
//! has room for fewer refuses some of them; whoever only names a model wants to see it serve. So
//! its lengths are cut where they are nobody's choice, and the run says so.

use tokendrome::{Phase, Scenario, SchedulerSpec};
use tokendrome_scenario::{Change, Input, load};

use crate::args::built_in;

/// Contexts from which on no cut is needed: of the built-in prompts less than one in a million has
/// as many tokens.
const ROOMY: u32 = 32_768;

/// The built-in lengths are cut to what the model has room for: adds to the changes of `input`, and
/// to what there is to know of them. Lengths that a flag gives stay as they are.
pub(crate) fn fit_lengths(input: &Input, changes: &mut Vec<Change>, notices: &mut Vec<String>) {
    if *input != built_in() {
        return;
    }
    // What is wrong is said by those who read it in earnest.
    let (Ok(plain), Ok(found)) = (load(input, &[]), load(input, changes)) else { return };
    let (plain, found) = (plain.scenario, found.scenario);
    let (of, own) = (&found.workload, &plain.workload);
    let is_built_in = of.input_tokens == own.input_tokens
        && of.output_tokens == own.output_tokens
        && of.sessions.is_none()
        && of.prefixes.is_none();
    let Some(context) = context(found).filter(|&context| is_built_in && context < ROOMY) else {
        return;
    };
    let output = (context / 4).max(1);
    let input = context.saturating_sub(output).max(1);
    for (key, most) in [("input_tokens", input), ("output_tokens", output)] {
        let path = format!("workload.{key}.max");
        changes.push(Change::flag("built-in lengths", &path, &most.to_string()));
    }
    notices.push(format!(
        "the built-in lengths are cut to the context of {context} tokens: at most {input} of a \
         prompt and {output} of an output; give your own with --input-tokens and --output-tokens"
    ));
}

/// Tokens that a prompt and its output may have together, if that is limited; of pools, in that
/// which has room for the fewest.
fn context(scenario: Scenario) -> Option<u32> {
    let (resolved, _) = scenario.resolve().ok()?;
    let of_engine = |scenario: &Scenario| match &scenario.scheduler {
        SchedulerSpec::Vllm(spec) => spec.max_model_len,
        SchedulerSpec::TensorRtLlm(spec) => spec.max_seq_len,
        _ => Some(scenario.model.as_ref()?.max_context),
    };
    let pools: Vec<_> = Phase::ALL.iter().filter_map(|&phase| resolved.pool(phase)).collect();
    if pools.is_empty() {
        return of_engine(&resolved);
    }
    pools.iter().filter_map(of_engine).min()
}
