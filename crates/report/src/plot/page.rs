//! The layout of the page.

use tokendrome::{Curves, Report};

use super::distribution::{self, Latency};
use super::scene::{Anchor, Face, Ink, Scene};
use super::{font, headline, over_time};
use crate::clock::Clock;
use crate::table::header::{conditions, system};

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 40.0;
/// Width between the margins.
const ROOM: f64 = WIDTH - 2.0 * MARGIN;
/// Between two distributions.
const GUTTER: f64 = 28.0;

const NAME: Face = Face { size: 26.0, bold: true, ink: Ink::Text };
const FACTS: Face = Face { size: 14.0, bold: false, ink: Ink::Muted };
const FOOT: Face = Face { size: 11.0, bold: false, ink: Ink::Muted };

/// Draws everything.
pub(super) fn draw(report: &Report, curves: &Curves) -> Scene {
    let mut scene = Scene::new(WIDTH);
    let mut y = header(&mut scene, report);
    headline::draw(&mut scene, (MARGIN, y), ROOM, report);
    y += headline::HEIGHT + 34.0;
    y = distributions(&mut scene, y, report, curves) + 26.0;
    y = over_time::draw(&mut scene, (MARGIN, y), ROOM, 130.0, report);
    footer(&mut scene, y + 14.0, report);
    scene.height = y + 34.0;
    let paper = super::scene::Shape::Box {
        at: (0.0, 0.0),
        size: (scene.width, scene.height),
        round: 0.0,
        ink: Ink::Paper,
    };
    scene.shapes.insert(0, paper);
    scene
}

fn header(scene: &mut Scene, report: &Report) -> f64 {
    let lines = [(62.0, NAME, system(&report.scenario)), (88.0, FACTS, facts(report))];
    for (y, face, text) in lines {
        let text = font::cut(&text, face.size, face.bold, ROOM);
        scene.text((MARGIN, y), Anchor::Start, face, text);
    }
    112.0
}

fn facts(report: &Report) -> String {
    let interrupted = if report.is_complete { "" } else { " · interrupted" };
    format!("{}{interrupted}", conditions(&report.scenario, report.tokendrome_version))
}

fn distributions(scene: &mut Scene, y: f64, report: &Report, curves: &Curves) -> f64 {
    const FRAME: f64 = 190.0;
    let slo = report.summary.slo.as_ref().map(|slo| slo.objectives).unwrap_or_default();
    let latencies = [
        ("TTFT", "time to first token", &curves.ttft_ms, slo.ttft_ms),
        ("TPOT", "time per output token", &curves.tpot_ms, slo.tpot_ms),
        ("ITL", "every gap between tokens", &curves.itl_ms, None),
        ("E2E", "arrival to last token", &curves.e2e_ms, slo.e2e_ms),
    ];
    let wide = (ROOM - 3.0 * GUTTER) / 4.0;
    for (number, (name, meaning, curve_ms, limit_ms)) in (0u32..).zip(latencies) {
        let x = MARGIN + f64::from(number) * (wide + GUTTER);
        let clock = Clock::of(&report.scenario);
        let latency = Latency { name, meaning, curve_ms, limit_ms, clock };
        distribution::draw(scene, (x, y), wide, FRAME, &latency);
    }
    y + distribution::panel_height(FRAME)
}

fn footer(scene: &mut Scene, y: f64, report: &Report) {
    let clock = Clock::of(&report.scenario);
    let bucket = clock.time(report.series.bucket_s * 1e3);
    let unit = if clock.counts_ticks() { " Times are in ticks." } else { "" };
    let left =
        format!("Latencies: share of the measured requests. Over time: means of {bucket}.{unit}");
    scene.text((MARGIN, y), Anchor::Start, FOOT, left);
    let digest = format!("digest {}", font::cut(&report.digest, FOOT.size, false, 300.0));
    scene.text((WIDTH - MARGIN, y), Anchor::End, FOOT, digest);
}
