//! The page of a sweep: figures against what varies, a panel each.

mod panel;
mod series;

use super::scene::{Anchor, Face, Ink, Point, SERIES, Scene, Shape};
use super::{font, html};
use crate::rows::SWEEP;
use crate::sweep::SweptPoints;
use crate::table::header::system;
use panel::Panel;
use series::Series;

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 40.0;
/// Width between the margins.
const ROOM: f64 = WIDTH - 2.0 * MARGIN;
/// Between two panels beside each other.
const GUTTER: f64 = 32.0;
/// Height of a frame.
const FRAME: f64 = 230.0;

const NAME: Face = Face { size: 26.0, bold: true, ink: Ink::Text };
const FACTS: Face = Face { size: 14.0, bold: false, ink: Ink::Muted };
const FOOT: Face = Face { size: 11.0, bold: false, ink: Ink::Muted };
const LEGEND: Face = Face { size: 13.0, bold: false, ink: Ink::Text };

/// Most lines that the legend names.
const NAMED_MAX: usize = 24;
/// Widest name in the legend.
const NAME_MAX: f64 = 320.0;
/// From one line of the legend to the next.
const LEADING: f64 = 22.0;

/// Draws everything; `figures` by their names, or the usual ones if there are none.
pub(super) fn draw(points: &SweptPoints<'_>, figures: &[String]) -> Scene {
    let mut scene = Scene::new(WIDTH);
    let series = Series::of(points);
    for (y, face, text) in [(62.0, NAME, title(points)), (88.0, FACTS, facts(points))] {
        let text = font::cut(&text, face.size, face.bold, ROOM);
        scene.text((MARGIN, y), Anchor::Start, face, text);
    }
    let mut y = legend(&mut scene, 112.0, &series);
    let usual: Vec<&str> = SWEEP.iter().map(|(name, ..)| *name).collect();
    let asked: Vec<&str> = figures.iter().map(String::as_str).collect();
    let names = if asked.is_empty() { usual } else { asked };
    let wide = (ROOM - GUTTER) / 2.0;
    for pair in names.chunks(2) {
        for (column, name) in [MARGIN, MARGIN + wide + GUTTER].into_iter().zip(pair) {
            let label = SWEEP.iter().find(|(known, ..)| known == name).map(|(_, label, _)| *label);
            let panel = Panel { at: (column, y), size: (wide, FRAME), points, series: &series };
            panel.draw(&mut scene, name, label);
        }
        y += panel::height(FRAME);
    }
    for line in caption(points, &series) {
        scene.text((MARGIN, y + 4.0), Anchor::Start, FOOT, line);
        y += 16.0;
    }
    scene.height = y + 16.0;
    let size = (scene.width, scene.height);
    let paper = Shape::Box { at: (0.0, 0.0), size, round: 0.0, ink: Ink::Paper };
    scene.shapes.insert(0, paper);
    scene
}

/// The page for a browser.
pub(super) fn html(points: &SweptPoints<'_>, scene: &Scene) -> String {
    let details = html::scenario("Scenario without the sweep", &points.sweep.base);
    html::page_of(&title(points), scene, &points.document(), &details)
}

fn title(points: &SweptPoints<'_>) -> String {
    format!("Sweep of {}", points.short_names().join(", "))
}

fn facts(points: &SweptPoints<'_>) -> String {
    format!("{} · {}", system(&points.sweep.base), points.facts())
}

/// Names the lines; returns where the panels begin.
fn legend(scene: &mut Scene, at: f64, series: &Series) -> f64 {
    if series.lines.len() < 2 {
        return at + 4.0;
    }
    let (mut x, mut y) = (MARGIN, at + 8.0);
    let more = series.lines.len().saturating_sub(NAMED_MAX);
    let names = series.lines.iter().take(NAMED_MAX).map(|line| line.name.clone());
    let more = (more > 0).then(|| format!("and {more} more"));
    for (number, name) in names.chain(more).enumerate() {
        let name = font::cut(&name, LEGEND.size, LEGEND.bold, NAME_MAX);
        let wide = 30.0 + font::width(&name, LEGEND.size, LEGEND.bold);
        if x + wide > WIDTH - MARGIN && x > MARGIN {
            (x, y) = (MARGIN, y + LEADING);
        }
        if number < NAMED_MAX {
            stroke(scene, vec![(x, y - 4.5), (x + 22.0, y - 4.5)], number);
        }
        scene.text((x + 30.0, y), Anchor::Start, LEGEND, name);
        x += wide + 24.0;
    }
    y + 22.0
}

/// A line in the manner of its number: colours begin again after the last, with broken lines.
fn stroke(scene: &mut Scene, points: Vec<Point>, number: usize) {
    let ink = Ink::Series(number);
    if (number / SERIES).is_multiple_of(2) {
        scene.line(points, 2.0, ink);
    } else {
        scene.dashed_line(points, 2.0, ink);
    }
}

/// What has to be known to read the drawing.
fn caption(points: &SweptPoints<'_>, series: &Series) -> Vec<String> {
    let mut told = Vec::new();
    if points.rows().any(|(_, trials)| trials.trials > 1) {
        let what = if series.is_numeric { "Bands are" } else { "Bars are" };
        told.push(format!("{what} 95 % confidence intervals of the means over the trials."));
    }
    if points.clock().counts_ticks() {
        told.push("Times are in ticks.".to_owned());
    }
    if told.is_empty() { told } else { vec![told.join(" ")] }
}

#[cfg(test)]
mod tests;
