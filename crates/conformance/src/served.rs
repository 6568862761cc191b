//! What a scheduler would refuse on arrival is refused while a scenario is read: then its place is
//! known.

use tokendrome_sched::{NewRequest, Refusal, Scheduler};

use crate::ScenarioError;
use crate::json::Field;

/// Offers the requests of `list` to a scheduler, each with its position there.
///
/// # Errors
/// It refuses one. Of several the first of the file, whenever they arrive.
pub(crate) fn check_served<'a>(
    list: &Field<'_>,
    scheduler: &mut dyn Scheduler,
    requests: impl Iterator<Item = (usize, NewRequest<'a>)>,
) -> Result<(), ScenarioError> {
    let refusal = |(position, request): (usize, NewRequest<'_>)| -> Option<(usize, Refusal)> {
        Some((position, scheduler.add(&request).err()?))
    };
    let first = requests.filter_map(refusal).min_by_key(|(position, _)| *position);
    let Some((position, refusal)) = first else { return Ok(()) };
    let field = list.list()?.nth(position).unwrap_or(*list);
    let reason = refusal.to_string();
    Err(ScenarioError::NeverServed { at: field.at(), field: field.name(), reason })
}
