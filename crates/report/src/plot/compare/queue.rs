//! How many requests wait over time, one line a scenario.

use super::Shown;
use crate::clock::Clock;
use crate::plot::axis::Axis;
use crate::plot::font;
use crate::plot::frame::{Frame, LEGEND, title};
use crate::plot::scene::{Ink, Point, SERIES, Scene};

/// Room for the labels on the left.
const LEFT: f64 = 62.0;
/// Room for the title.
const TOP: f64 = 28.0;
/// Widest name in the legend.
const NAME_MAX: f64 = 180.0;
/// Most scenarios whose lines have an area under them: more would hide each other.
const AREAS_MAX: usize = 2;

/// Draws the panel, with a frame `height` high; returns where it ends.
pub(super) fn draw(
    scene: &mut Scene,
    at: Point,
    (width, height): (f64, f64),
    shown: &[Shown<'_>],
    clock: Clock,
) -> f64 {
    let firsts = || shown.iter().filter_map(|(_, first)| *first);
    let end_s = firsts().map(|first| first.duration_s).fold(0.0, f64::max);
    let waiting = firsts().flat_map(|first| first.series.points.iter().map(|of| of.waiting));
    let size = (width - LEFT - 12.0, height);
    let frame = Frame {
        at: (at.0 + LEFT, at.1 + TOP),
        size,
        across: Axis::time(end_s, size.0, clock),
        up: Axis::amount(waiting.fold(0.0, f64::max)),
    };
    let cut = |name: &str| font::cut(name, LEGEND.size, LEGEND.bold, NAME_MAX);
    let names: Vec<String> = shown.iter().map(|(name, _)| cut(name)).collect();
    let legend: Vec<(Ink, &str)> =
        names.iter().enumerate().map(|(at, name)| (Ink::Series(at), name.as_str())).collect();
    title(scene, (at.0, at.1 + 14.0), "Requests waiting", &legend);
    if firsts().all(|first| first.series.points.is_empty()) {
        frame.nothing(scene, "no run took any time");
        return frame.bottom() + 24.0;
    }
    frame.grid(scene);
    for (number, (_, first)) in shown.iter().enumerate() {
        let Some(first) = first else { continue };
        let points = steps(&frame, first);
        let (Some(&start), Some(&end)) = (points.first(), points.last()) else { continue };
        let ink = Ink::Series(number);
        if shown.len() <= AREAS_MAX {
            let mut area = points.clone();
            area.extend([(end.0, frame.bottom()), (start.0, frame.bottom())]);
            scene.area(area, ink);
        }
        // Colours begin again after the last, with broken lines.
        if number < SERIES {
            scene.line(points, 1.5, ink);
        } else {
            scene.dashed_line(points, 1.5, ink);
        }
    }
    frame.bottom() + 24.0
}

/// Every bucket is a level from its start to that of the next.
fn steps(frame: &Frame, first: &tokendrome_explore::FirstTrial) -> Vec<Point> {
    let buckets = &first.series.points;
    let ends = buckets.iter().skip(1).map(|next| next.start_s).chain([first.duration_s]);
    let levels = buckets.iter().zip(ends).flat_map(|(bucket, end_s)| {
        [frame.point(bucket.start_s, bucket.waiting), frame.point(end_s, bucket.waiting)]
    });
    levels.collect()
}
