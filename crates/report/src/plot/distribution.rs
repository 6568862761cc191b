//! How one latency is distributed: the share of the requests that took at most so long.

use super::axis::Axis;
use super::font;
use super::frame::{Frame, LEGEND, title};
use super::scene::{Anchor, Face, Ink, Point, Scene};
use crate::clock::Clock;

/// What is drawn.
pub(super) struct Latency<'a> {
    pub(super) name: &'a str,
    /// What the name stands for.
    pub(super) meaning: &'a str,
    /// Percentiles 0, 0.5, ... 100, in milliseconds; empty where nothing was measured.
    pub(super) curve_ms: &'a [f64],
    /// The objective, if one is set.
    pub(super) limit_ms: Option<f64>,
    pub(super) clock: Clock,
}

/// Room for the labels on the left.
const LEFT: f64 = 42.0;
/// Room for the title and the percentiles.
const TOP: f64 = 54.0;
const INK: Ink = Ink::Series(0);

/// Height of a panel whose frame is `height` high.
pub(super) fn panel_height(height: f64) -> f64 {
    TOP + height + 28.0
}

/// Draws into the panel at `at`, `width` wide, with a frame `height` high.
pub(super) fn draw(scene: &mut Scene, at: Point, width: f64, height: f64, of: &Latency<'_>) {
    let size = (width - LEFT - 12.0, height);
    let frame = Frame {
        at: (at.0 + LEFT, at.1 + TOP),
        size,
        across: Axis::latency(of.curve_ms, size.0, of.clock),
        up: Axis::share(),
    };
    title(scene, (at.0, at.1 + 14.0), of.name, &[]);
    let beside = font::width(of.name, 14.0, true) + 8.0;
    scene.text((at.0 + beside, at.1 + 14.0), Anchor::Start, LEGEND, of.meaning);
    if of.curve_ms.is_empty() {
        frame.nothing(scene, "nothing was measured");
        return;
    }
    frame.grid(scene);
    limit(scene, &frame, of);
    curve(scene, &frame, of.curve_ms);
    let mut x = at.0;
    for (name, share, hollow) in [("p50", 0.50, false), ("p99", 0.99, true)] {
        let value = percentile(of.curve_ms, share);
        let point = frame.point(value, share);
        scene.dot(point, 4.0, hollow, INK);
        x = legend(scene, (x, at.1 + 36.0), name, hollow, &of.clock.time(value));
    }
}

/// The percentile at `share` of the percentiles, which stand at equal distances.
fn percentile(curve_ms: &[f64], share: f64) -> f64 {
    let last = curve_ms.len() - 1;
    let at = libm::round(share * last as f64) as usize;
    curve_ms[at.min(last)]
}

/// The mark of a percentile, its name and its value; returns where the next begins.
fn legend(scene: &mut Scene, at: Point, name: &str, hollow: bool, value: &str) -> f64 {
    scene.dot((at.0 + 5.0, at.1 - 4.2), 4.0, hollow, INK);
    scene.text((at.0 + 15.0, at.1), Anchor::Start, LEGEND, name);
    let x = at.0 + 15.0 + font::width(name, LEGEND.size, false) + 5.0;
    let figure = Face { bold: true, ink: Ink::Text, ..LEGEND };
    scene.text((x, at.1), Anchor::Start, figure, value);
    x + font::width(value, figure.size, true) + 18.0
}

fn curve(scene: &mut Scene, frame: &Frame, curve_ms: &[f64]) {
    let last = (curve_ms.len() - 1).max(1) as f64;
    let mut points = vec![(frame.point(curve_ms[0], 0.0).0, frame.bottom())];
    let share = |at: usize| at as f64 / last;
    points.extend(curve_ms.iter().enumerate().map(|(at, &ms)| frame.point(ms, share(at))));
    let end = (frame.at.0 + frame.size.0, frame.point(curve_ms[0], 1.0).1);
    points.push(end);
    let mut area = points.clone();
    area.push((end.0, frame.bottom()));
    scene.area(area, INK);
    scene.line(points, 2.0, INK);
}

/// A line at the objective, named where the curve is not.
fn limit(scene: &mut Scene, frame: &Frame, of: &Latency<'_>) {
    let Some(limit_ms) = of.limit_ms else { return };
    let place = frame.across.place(limit_ms);
    if place <= 0.0 || place >= 1.0 {
        return;
    }
    let x = frame.at.0 + place * frame.size.0;
    scene.dashes((x, frame.at.1), (x, frame.bottom()), Ink::Limit);
    let below = of.curve_ms.iter().filter(|&&ms| ms <= limit_ms).count();
    let is_met = below * 2 > of.curve_ms.len();
    let face = Face { size: 11.0, bold: false, ink: Ink::Limit };
    let name = format!("SLO {}", of.clock.limit(limit_ms));
    let wide = font::width(&name, face.size, face.bold) + 8.0;
    let (left, right) = (place * frame.size.0, (1.0 - place) * frame.size.0);
    let on_right = if is_met { right > wide } else { left < wide };
    let (anchor, beside) = if on_right { (Anchor::Start, 5.0) } else { (Anchor::End, -5.0) };
    let y = if is_met { frame.bottom() - 9.0 } else { frame.at.1 + 17.0 };
    scene.text((x + beside, y), anchor, face, name);
}
