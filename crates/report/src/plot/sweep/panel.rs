//! One figure against the field that varies.

use tokendrome::ticks;
use tokendrome_explore::Estimate;

use super::series::{Line, Series};
use super::stroke;
use crate::plot::axis::Axis;
use crate::plot::font;
use crate::plot::frame::{Frame, LEGEND, TITLE, title};
use crate::plot::scene::{Anchor, Ink, Point, SERIES, Scene};
use crate::quantity::{Unit, unit_of};
use crate::rows::As;
use crate::sweep::SweptPoints;

/// Room for the labels on the left.
const LEFT: f64 = 62.0;
/// Room for the title.
const TOP: f64 = 28.0;
/// Room for the labels below, and the name of the field.
const BELOW: f64 = 70.0;
/// Points of a line that have a dot each; more would hide the line.
const DOTS_MAX: usize = 40;
/// How far beyond the largest mean an interval may stretch the axis.
const STRETCH: f64 = 1.5;
/// Share of the width of a category over which its points are spread.
const SPREAD: f64 = 0.5;

/// Height of a panel whose frame is this high.
pub(super) fn height(frame: f64) -> f64 {
    TOP + frame + BELOW
}

/// A figure in its frame.
pub(super) struct Panel<'a> {
    pub(super) at: Point,
    pub(super) size: Point,
    pub(super) points: &'a SweptPoints<'a>,
    pub(super) series: &'a Series,
}

impl Panel<'_> {
    /// Draws the figure called `name`; `label` is what people call it.
    pub(super) fn draw(&self, scene: &mut Scene, name: &str, label: Option<&str>) {
        let estimates = self.points.estimates(name);
        let clock = self.points.clock();
        let means = estimates.iter().flatten().map(|of| of.mean);
        let most = means.fold(0.0, f64::max);
        let unit = unit_of(name, As::Is, most, clock);
        let ends = estimates.iter().flatten().filter_map(|of| of.ci95.map(|ends| ends.high));
        let most = ends.fold(most, f64::max).min(STRETCH * most) / unit.size;
        let size = (self.size.0 - LEFT - 12.0, self.size.1);
        let across = match self.series.is_numeric {
            true => Axis::numbers(&self.places(), size.0),
            false => Axis::categories(&self.series.categories, size.0),
        };
        let at = (self.at.0 + LEFT, self.at.1 + TOP);
        let frame = Frame { at, size, across, up: Axis::amount(most) };
        let comma = if unit.name.is_empty() { "" } else { ", " };
        let in_ticks = if clock.counts_ticks() { ticks::figure_in_ticks(name) } else { None };
        let own = in_ticks.map_or(name.to_owned(), |(renamed, _)| renamed);
        let text = format!("{}{comma}{}", label.map_or(own, capital), unit.name);
        let text = font::cut(&text, TITLE.size, TITLE.bold, self.size.0);
        title(scene, (self.at.0, self.at.1 + 14.0), &text, &[]);
        if estimates.iter().all(Option::is_none) {
            frame.nothing(scene, "no point has this figure");
            return;
        }
        frame.grid(scene);
        let field = font::cut(&self.series.field, LEGEND.size, LEGEND.bold, size.0);
        let below = (at.0 + size.0 / 2.0, frame.bottom() + 36.0);
        scene.text(below, Anchor::Middle, LEGEND, field);
        for (number, line) in self.series.lines.iter().enumerate() {
            if self.series.is_numeric {
                curve(scene, &frame, (number, line), &estimates, unit);
            } else {
                self.bars(scene, &frame, (number, line), &estimates, unit);
            }
        }
    }

    /// Where points stand to the right.
    fn places(&self) -> Vec<f64> {
        let lines = self.series.lines.iter();
        lines.flat_map(|line| line.points.iter().map(|(place, _)| *place)).collect()
    }

    /// Points of a line beside those of others, each with its interval.
    fn bars(
        &self,
        scene: &mut Scene,
        frame: &Frame,
        (number, line): (usize, &Line),
        estimates: &[Option<&Estimate>],
        unit: Unit,
    ) {
        let lines = self.series.lines.len() as f64;
        let beside = SPREAD * ((number as f64 + 0.5) / lines - 0.5);
        for &(place, row) in &line.points {
            let Some(of) = estimates[row] else { continue };
            let place = place + beside;
            if let Some(ends) = of.ci95 {
                let [low, high] =
                    [ends.low, ends.high].map(|end| frame.point(place, end / unit.size));
                scene.line(vec![low, high], 2.0, Ink::Series(number));
            }
            dot(scene, frame.point(place, of.mean / unit.size), number);
        }
    }
}

/// `text` with a capital letter first.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A line with its band, broken where a point lacks the figure.
fn curve(
    scene: &mut Scene,
    frame: &Frame,
    (number, line): (usize, &Line),
    estimates: &[Option<&Estimate>],
    unit: Unit,
) {
    let known = |(place, row): &(f64, usize)| Some((*place, estimates[*row]?));
    let pieces = line.points.split(|point| known(point).is_none());
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        let piece: Vec<(f64, &Estimate)> = piece.iter().filter_map(known).collect();
        let end = |of: &(f64, &Estimate), end: Option<f64>| {
            frame.point(of.0, end.unwrap_or(of.1.mean) / unit.size)
        };
        let high = piece.iter().map(|of| end(of, of.1.ci95.map(|ends| ends.high)));
        let low = piece.iter().rev().map(|of| end(of, of.1.ci95.map(|ends| ends.low)));
        if piece.len() > 1 && piece.iter().any(|(_, of)| of.ci95.is_some()) {
            scene.area(high.chain(low).collect(), Ink::Series(number));
        }
        let points: Vec<Point> = piece.iter().map(|of| end(of, None)).collect();
        if points.len() <= DOTS_MAX {
            points.iter().for_each(|&at| dot(scene, at, number));
        }
        stroke(scene, points, number);
    }
}

fn dot(scene: &mut Scene, at: Point, number: usize) {
    let hollow = !(number / SERIES).is_multiple_of(2);
    scene.dot(at, 3.0, hollow, Ink::Series(number));
}
