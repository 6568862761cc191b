//! The page: text, style, data and script in one.

use tokendrome::{Report, SchedulerSpec};

use super::Animation;
use super::data::Data;
use crate::number::grouped;
use crate::plot::{escape, fonts, schemes};
use crate::table::header::{conditions, system};

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/style.css");
/// The parts of the script, in order; later ones use earlier ones.
pub(super) const SCRIPT: [&str; 7] = [
    include_str!("page/model.js"),
    include_str!("page/series.js"),
    include_str!("page/paint.js"),
    include_str!("page/requests.js"),
    include_str!("page/replica.js"),
    include_str!("page/charts.js"),
    include_str!("page/player.js"),
];

/// The whole page.
pub(super) fn page(animation: &Animation, report: &Report) -> String {
    let scenario = &report.scenario;
    let title = system(scenario);
    let mut facts = conditions(scenario, report.tokendrome_version);
    facts.push_str(" · digest ");
    facts.push_str(&report.digest);
    if !report.is_complete {
        facts.push_str(" · interrupted");
    }
    let notes: String = notes(animation, report)
        .iter()
        .map(|note| format!("<li>{}</li>\n", escape(note)))
        .collect();
    let pieces = [
        ("title", escape(&title)),
        ("facts", escape(&facts)),
        ("style", format!("{}{}{STYLE}", fonts(), schemes())),
        ("notes", notes),
        ("data", script_text(&data(animation, report))),
        ("script", SCRIPT.concat()),
    ];
    filled(TEMPLATE, &pieces)
}

/// The data as JSON.
pub(super) fn data(animation: &Animation, report: &Report) -> String {
    let json = serde_json::to_string(&Data::of(&animation.shown, report));
    json.expect("columns of numbers are JSON")
}

/// JSON as it may stand in a script: nothing in it ends the element or begins a comment.
pub(super) fn script_text(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// The template with its places, `{{name}}`, filled in one pass: what is filled in is left alone.
fn filled(template: &str, pieces: &[(&str, String)]) -> String {
    let mut page = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("a place in the template is closed");
        let piece = pieces.iter().find(|(known, _)| *known == name);
        page.push_str(before);
        page.push_str(&piece.expect("a place in the template has a name that is known").1);
        rest = after;
    }
    page + rest
}

/// What has to be known to read the page.
pub(super) fn notes(animation: &Animation, report: &Report) -> Vec<String> {
    let shown = &animation.shown;
    let time = |of: u64| shown.told(of, report);
    let mut notes = vec![format!(
        "Shown: {} to {} of a run of {}, with {} of its {} requests and {} of its {} iterations.",
        time(shown.from),
        time(shown.until),
        time(shown.run_end),
        grouped(shown.requests.len() as u64),
        grouped(shown.requests_seen),
        grouped(shown.iterations.len() as u64),
        grouped(shown.iterations_seen),
    )];
    if let Some(left_out) = animation.left_out(report) {
        notes.push(format!("Note: {left_out}."));
    }
    notes.push(
        "A request takes the lowest place that is free when it is first scheduled, and leaves it \
         at its end. Which requests an iteration computes is not recorded: its counts are those of \
         the run, and the phases of requests come from their records."
            .to_owned(),
    );
    let preemptions: u64 = shown.requests.iter().map(|one| u64::from(one.preemptions)).sum();
    if preemptions > 0 {
        notes.push(format!(
            "{} preemptions: a request that is preempted waits again, and keeps its place and its \
             phase here.",
            grouped(preemptions)
        ));
    }
    if report.scenario.scheduler.phases().is_some() {
        notes.push(
            "A request whose prompt has been computed counts as decoding, also while it \
             waits for a batch of decodes."
                .to_owned(),
        );
    }
    if matches!(report.scenario.scheduler, SchedulerSpec::Disaggregated(_)) {
        notes.push(
            "Prefill and decode have workers of their own; a request that was handed over \
             waits for a decode worker."
                .to_owned(),
        );
    }
    notes
}
