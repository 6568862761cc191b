//! The page of a comparison: queues over time, and the batch slots of every scenario.

mod queue;
mod slots;
mod stays;

use tokendrome_explore::FirstTrial;

use super::scene::{Anchor, Face, Ink, Scene, Shape};
use super::{font, html};
use crate::clock::Clock;
use crate::compare::Compared;
use crate::table::header::system;
use stays::Slots;

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 40.0;
/// Width between the margins.
const ROOM: f64 = WIDTH - 2.0 * MARGIN;

const NAME: Face = Face { size: 26.0, bold: true, ink: Ink::Text };
const FACTS: Face = Face { size: 14.0, bold: false, ink: Ink::Muted };
const FOOT: Face = Face { size: 11.0, bold: false, ink: Ink::Muted };

/// A scenario and its first trial, which exists unless it was interrupted.
type Shown<'a> = (&'a str, Option<&'a FirstTrial>);

/// Draws everything.
pub(super) fn draw(compared: &Compared<'_>) -> Scene {
    let mut scene = Scene::new(WIDTH);
    let firsts = compared.comparison.sides.iter().map(|side| side.first_trial.as_ref());
    let shown: Vec<Shown<'_>> = compared.names().into_iter().zip(firsts).collect();
    header(&mut scene, compared);
    let mut y = queue::draw(&mut scene, (MARGIN, 118.0), (ROOM, 170.0), &shown, compared.clock());
    let all = Slots::of_all(shown.iter().map(|(_, first)| *first));
    for ((name, _), slots) in shown.iter().zip(&all) {
        y = slots::draw(&mut scene, (MARGIN, y + 20.0), ROOM, (name, slots), compared.clock());
    }
    for line in caption(&all, compared.clock()) {
        scene.text((MARGIN, y + 24.0), Anchor::Start, FOOT, line);
        y += 16.0;
    }
    scene.height = y + 34.0;
    let size = (scene.width, scene.height);
    let paper = Shape::Box { at: (0.0, 0.0), size, round: 0.0, ink: Ink::Paper };
    scene.shapes.insert(0, paper);
    scene
}

/// The page for a browser.
pub(super) fn html(compared: &Compared<'_>, scene: &Scene) -> String {
    let list = compared.cases.list.iter();
    let details: String =
        list.map(|case| html::scenario(&case.name, case.simulation.scenario())).collect();
    html::page_of(&compared.title(), scene, &compared.document(), &details)
}

fn header(scene: &mut Scene, compared: &Compared<'_>) {
    let mut systems: Vec<String> =
        compared.cases.list.iter().map(|case| system(case.simulation.scenario())).collect();
    systems.dedup();
    let facts = format!("{} · {}", systems.join(" | "), compared.facts());
    for (y, face, text) in [(62.0, NAME, compared.title()), (88.0, FACTS, facts)] {
        let text = font::cut(&text, face.size, face.bold, ROOM);
        scene.text((MARGIN, y), Anchor::Start, face, text);
    }
}

/// What has to be known to read the drawing.
fn caption(all: &[Slots], clock: Clock) -> Vec<String> {
    let mut lines = vec![
        "First trial of each. A request takes the lowest free slot when it is first scheduled, and \
         leaves it at its end; where nothing is drawn, the slot is empty."
            .to_owned(),
    ];
    let mut more = Vec::new();
    if clock.counts_ticks() {
        more.push("Times are in ticks.".to_owned());
    }
    if all.iter().any(|slots| slots.hands_over) {
        more.push("Prefill and decode have slots of their own.".to_owned());
    }
    if all.iter().any(|slots| slots.is_opening) {
        more.push("Slots are those of the beginning of the run.".to_owned());
    }
    if all.iter().any(Slots::is_cut) {
        more.push(format!("Slots above {} are not drawn.", stays::ROWS_MAX));
    }
    if all.iter().any(|slots| slots.has_preemptions) {
        more.push("Preempted requests keep their slots here.".to_owned());
    }
    if !more.is_empty() {
        lines.push(more.join(" "));
    }
    lines
}
