//! Errors of many runs side by side: one place for each model, one colour for each accelerator.

use std::io::{self, Write};

use super::axis::Axis;
use super::frame::{Frame, LEGEND, title};
use super::scene::{Anchor, Face, Ink, Scene, Shape};
use super::{Format, font, html, png, svg};
use crate::table::document::Document;

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 40.0;
/// Width between the margins.
const ROOM: f64 = WIDTH - 2.0 * MARGIN;
/// Room for the labels on the left of a frame.
const LEFT: f64 = 62.0;
const FRAME_HEIGHT: f64 = 190.0;
/// Share of its place that the dots of a model take.
const SPREAD: f64 = 0.7;
/// Errors up to this are always inside the frame, in percent.
const LEAST: f64 = 5.0;

const NAME: Face = Face { size: 26.0, bold: true, ink: Ink::Text };
const FOOT: Face = Face { size: 11.0, bold: false, ink: Ink::Muted };

/// The errors of one run, or of a part of one.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorPoint {
    /// What stands beside each other: the model.
    pub place: String,
    /// What has a colour of its own: the accelerator.
    pub series: String,
    /// How much it had to serve, in requests per second: the dots of a place are in its order.
    pub load: f64,
    /// Signed errors in percent, as many as there are panels; none where nothing was measured.
    pub errors: Vec<Option<f64>>,
}

/// Draws a panel for each of `panels`.
///
/// # Errors
/// `out` fails.
pub fn write_errors(
    format: Format,
    heading: &str,
    panels: &[&str],
    points: &[ErrorPoint],
    out: &mut impl Write,
) -> io::Result<()> {
    let scene = draw(heading, panels, points);
    match format {
        Format::Svg => out.write_all(svg::document(&scene).as_bytes()),
        Format::Png => out.write_all(&png::encode(&scene)?),
        Format::Html => {
            let page = html::page_of(heading, &scene, &Document::default(), "");
            out.write_all(page.as_bytes())
        }
    }
}

fn draw(heading: &str, panels: &[&str], points: &[ErrorPoint]) -> Scene {
    let mut scene = Scene::new(WIDTH);
    let text = font::cut(heading, NAME.size, NAME.bold, ROOM);
    scene.text((MARGIN, 62.0), Anchor::Start, NAME, text);
    let places = names(points, |point| &point.place);
    let series = names(points, |point| &point.series);
    let mut y = 90.0;
    for (index, panel) in panels.iter().enumerate() {
        y = draw_panel(&mut scene, y, (index, panel), points, (&places, &series)) + 40.0;
    }
    let foot = "Signed errors in percent: simulated less measured, by measured. Dots of a model \
                from left to right by rising load.";
    scene.text((MARGIN, y), Anchor::Start, FOOT, foot);
    scene.height = y + 24.0;
    let size = (scene.width, scene.height);
    let paper = Shape::Box { at: (0.0, 0.0), size, round: 0.0, ink: Ink::Paper };
    scene.shapes.insert(0, paper);
    scene
}

/// Names in the order of their first point.
fn names(points: &[ErrorPoint], of: impl Fn(&ErrorPoint) -> &String) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for point in points {
        if !names.contains(of(point)) {
            names.push(of(point).clone());
        }
    }
    names
}

fn draw_panel(
    scene: &mut Scene,
    y: f64,
    (index, panel): (usize, &str),
    points: &[ErrorPoint],
    (places, series): (&[String], &[String]),
) -> f64 {
    let error = |point: &ErrorPoint| point.errors.get(index).copied().flatten();
    let most = points.iter().filter_map(error).map(f64::abs).fold(LEAST, f64::max);
    let width = ROOM - LEFT - 12.0;
    let frame = Frame {
        at: (MARGIN + LEFT, y + 28.0),
        size: (width, FRAME_HEIGHT),
        across: Axis::categories(places, width),
        up: Axis::percent_about_zero(most),
    };
    let legend = |(at, name): (usize, &String)| {
        (Ink::Series(at), font::cut(name, LEGEND.size, LEGEND.bold, 180.0))
    };
    let legend: Vec<(Ink, String)> = series.iter().enumerate().map(legend).collect();
    let legend: Vec<(Ink, &str)> = legend.iter().map(|(ink, name)| (*ink, name.as_str())).collect();
    title(scene, (MARGIN, y + 14.0), panel, &legend);
    if !points.iter().any(|point| error(point).is_some()) {
        frame.nothing(scene, "nothing was measured");
        return frame.bottom();
    }
    frame.grid(scene);
    scene.line(vec![frame.point(0.0, 0.0), frame.point(f64::MAX, 0.0)], 1.0, Ink::Muted);
    for (at, place) in places.iter().enumerate() {
        let mut own: Vec<&ErrorPoint> =
            points.iter().filter(|point| point.place == *place && error(point).is_some()).collect();
        own.sort_by(|a, b| a.load.total_cmp(&b.load));
        for (order, point) in own.iter().enumerate() {
            let share = (order as f64 + 0.5) / own.len() as f64;
            let across = at as f64 + 0.5 + SPREAD * (share - 0.5);
            let ink = series.iter().position(|name| *name == point.series).unwrap_or(0);
            let Some(error) = error(point) else { continue };
            scene.dot(frame.point(across, error), 3.5, false, Ink::Series(ink));
        }
    }
    frame.bottom()
}

#[cfg(test)]
mod tests;
