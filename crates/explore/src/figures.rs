//! The figures of a report, by name.
//!
//! A figure is any number of [`tokendrome::Summary`]; its name is the path of its field, such as
//! `latency.ttft_ms.p99`. There is no list of them here: whoever adds a field to the summary has
//! added a figure. Of the elements of a list, one that begins with its name or kind goes by that
//! (`classes.chat.completed`), others by their place (`replicas.0.busy`). Fields that end in
//! `_index` are positions in the input, not figures.

mod visit;

use tokendrome::Summary;

/// All figures of a run in the order of the report, as names and values. What does not exist in
/// this run (the TPOT of single tokens) is left out.
#[must_use]
pub fn figures(summary: &Summary) -> Vec<(String, f64)> {
    let mut figures = Vec::new();
    for_each_figure(summary, |name, value| figures.push((name.to_owned(), value)));
    figures
}

/// Shows the figures to `visit` one by one, as [`figures`] lists them.
pub(crate) fn for_each_figure(summary: &Summary, mut visit: impl FnMut(&str, f64)) {
    visit::visit(summary, &mut visit);
}

/// The unit of a figure, as the parts of its name say it from the last to the first: `ms` of
/// `latency.ttft_ms.p99`; none for counts and shares.
#[must_use]
pub fn unit(name: &str) -> Option<&'static str> {
    // Longer endings first: `_per_s` ends in `_s` too. Counts within a distribution have no unit.
    const ENDINGS: [(&str, Option<&str>); 3] =
        [("_per_s", Some("1/s")), ("_ms", Some("ms")), ("_s", Some("s"))];
    if name.ends_with(".count") {
        return None;
    }
    let of = |part: &str| ENDINGS.iter().find(|(ending, _)| part.ends_with(ending));
    // Classes have names of their own.
    let fields = name.strip_prefix("classes.").and_then(|class| class.split_once('.'));
    let fields = fields.map_or(name, |(_, fields)| fields);
    fields.rsplit('.').find_map(of).and_then(|(_, unit)| *unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_stand_in_the_names() {
        for (name, expect) in [
            ("latency.ttft_ms.p99", Some("ms")),
            ("latency.ttft_ms.count", None),
            ("duration_s", Some("s")),
            ("throughput.requests_per_s", Some("1/s")),
            ("utilisation.busy", None),
            ("classes.chat_s.completed", None),
            ("classes.chat_s.latency.ttft_ms.mean", Some("ms")),
        ] {
            assert_eq!(unit(name), expect, "{name}");
        }
    }
}
