//! How the run went: throughput, requests, KV cache over simulated time.

use tokendrome::metrics::SeriesPoint;
use tokendrome::{Report, TimeSeries};

use super::axis::Axis;
use super::frame::{Frame, title};
use super::scene::{Ink, Point, Scene};
use crate::clock::Clock;

/// Room for the labels on the left.
const LEFT: f64 = 62.0;
/// Room for the title.
const TOP: f64 = 28.0;

/// A value of each bucket, and how it is drawn.
struct Line {
    ink: Ink,
    name: &'static str,
    value: fn(&SeriesPoint) -> f64,
}

const THROUGHPUT: [Line; 2] = [
    Line { ink: Ink::Series(0), name: "prompt, computed", value: |p| p.prompt_tokens_per_s },
    Line { ink: Ink::Series(1), name: "output, delivered", value: |p| p.output_tokens_per_s },
];
const REQUESTS: [Line; 2] = [
    Line { ink: Ink::Series(1), name: "waiting", value: |p| p.waiting },
    Line { ink: Ink::Series(0), name: "running", value: |p| p.running },
];
const KV: Line = Line { ink: Ink::Series(2), name: "blocks in use", value: |p| p.kv_blocks };

/// Draws the panels below each other, with frames `height` high; returns where they end.
pub(super) fn draw(scene: &mut Scene, at: Point, width: f64, height: f64, of: &Report) -> f64 {
    let clock = Clock::of(&of.scenario);
    let end_s = of.summary.duration_s;
    let panels = Panels { at, width, height, series: &of.series, end_s, clock };
    let most = |lines: &[Line]| panels.most(lines);
    let blocks = of.summary.utilisation.kv_blocks_per_replica as f64;
    let blocks = blocks * f64::from(of.scenario.cluster.replicas);
    // Where prompts are counted in steps, their tokens tell nothing.
    let rates = if clock.counts_ticks() { &THROUGHPUT[1..] } else { &THROUGHPUT[..] };
    let name = format!("Throughput, {}", clock.per("tokens"));
    panels.draw(scene, 0, &name, rates, Axis::amount(most(rates)), 1.0);
    panels.draw(scene, 1, "Requests", &REQUESTS, Axis::amount(most(&REQUESTS)), 1.0);
    if blocks == 0.0 {
        return at.1 + 2.0 * panels.pitch() - 6.0;
    }
    panels.draw(scene, 2, "KV cache", &[KV], Axis::share(), blocks);
    at.1 + 3.0 * panels.pitch() - 6.0
}

struct Panels<'a> {
    at: Point,
    width: f64,
    height: f64,
    series: &'a TimeSeries,
    end_s: f64,
    clock: Clock,
}

impl Panels<'_> {
    /// From one panel to the next.
    fn pitch(&self) -> f64 {
        TOP + self.height + 38.0
    }

    fn most(&self, lines: &[Line]) -> f64 {
        let values = lines.iter().flat_map(|line| self.series.points.iter().map(line.value));
        values.fold(0.0, f64::max)
    }

    /// Draws the panel of this number; values are drawn in units of `unit`.
    fn draw(
        &self,
        scene: &mut Scene,
        number: u32,
        name: &str,
        lines: &[Line],
        up: Axis,
        unit: f64,
    ) {
        let y = self.at.1 + f64::from(number) * self.pitch();
        let size = (self.width - LEFT - 12.0, self.height);
        let across = Axis::time(self.end_s, size.0, self.clock);
        let frame = Frame { at: (self.at.0 + LEFT, y + TOP), size, across, up };
        let names: Vec<(Ink, &str)> = lines.iter().map(|line| (line.ink, line.name)).collect();
        title(scene, (self.at.0, y + 14.0), name, &names);
        if self.series.points.is_empty() {
            frame.nothing(scene, "the run took no time");
            return;
        }
        frame.grid(scene);
        for line in lines {
            self.line(scene, &frame, line, unit);
        }
    }

    /// Every bucket is a level from its start to that of the next.
    fn line(&self, scene: &mut Scene, frame: &Frame, line: &Line, unit: f64) {
        let buckets = &self.series.points;
        let ends = buckets.iter().skip(1).map(|next| next.start_s).chain([self.end_s]);
        let steps = buckets.iter().zip(ends).flat_map(|(bucket, end_s)| {
            let value = (line.value)(bucket) / unit;
            [frame.point(bucket.start_s, value), frame.point(end_s, value)]
        });
        let points: Vec<Point> = steps.collect();
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
        let (first, last) = (first.0, last.0);
        let mut area = points.clone();
        area.extend([(last, frame.bottom()), (first, frame.bottom())]);
        scene.area(area, line.ink);
        scene.line(points, 1.5, line.ink);
    }
}
