//! Variables of the environment that a command sets.

use super::given::Word;
use crate::problem::Problem;
use crate::source::Sources;

/// Those that change what would have to be simulated, with the value that does not, and why.
const REFUSED: [(&str, &str, &str); 3] = [
    ("VLLM_USE_V1", "1", "only the V1 engine is modelled"),
    ("VLLM_PP_LAYER_PARTITION", "", "layers are spread evenly over pipeline stages"),
    ("VLLM_DP_SIZE", "1", "write `--data-parallel-size`"),
];

/// What to say of those that are ignored, if there are any.
pub(super) fn notice(
    variables: &[(&str, &Word)],
    sources: &mut Sources,
) -> Result<Option<String>, Problem> {
    let mut ignored = Vec::new();
    for (name, word) in variables {
        let value = word.text.get(name.len() + 1..).unwrap_or_default();
        match REFUSED.iter().find(|(refused, _, _)| refused == name) {
            Some((_, harmless, _)) if value == *harmless => {}
            Some((_, _, why)) => {
                let message = format!("`{}` cannot be simulated: {why}", word.text);
                return Err(word
                    .problem(sources, message, "")
                    .help("leave it out to simulate the engine without it"));
            }
            None => ignored.push(format!("`{name}`")),
        }
    }
    let names = ignored.join(", ");
    let notice = format!("ignored {names}: the engine's environment is not simulated");
    Ok((!ignored.is_empty()).then_some(notice))
}
