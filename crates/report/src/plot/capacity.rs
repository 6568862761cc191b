//! What was measured against the rate, with the largest rate of each scenario.

use tokendrome_explore::{Measured, Method, TRIALS_LEAST, Tried, Verdict};

use super::axis::Axis;
use super::frame::{Frame, LEGEND, title};
use super::scene::{Anchor, Face, Ink, Point, Scene, Shape};
use super::{font, html};
use crate::capacity::Searched;
use crate::table::header::system;

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 40.0;
/// Width between the margins.
const ROOM: f64 = WIDTH - 2.0 * MARGIN;
/// Room for the labels on the left of a frame.
const LEFT: f64 = 62.0;
const FRAME_HEIGHT: f64 = 300.0;
/// How far beyond the largest rate of all the drawing reaches.
const BEYOND: f64 = 1.5;
/// Widest name in the legend.
const NAME_MAX: f64 = 180.0;

const NAME: Face = Face { size: 26.0, bold: true, ink: Ink::Text };
const FACTS: Face = Face { size: 14.0, bold: false, ink: Ink::Muted };
const FOOT: Face = Face { size: 11.0, bold: false, ink: Ink::Muted };

/// A figure of a rate, if it has it.
type Value = Box<dyn Fn(&Tried) -> Option<f64>>;

/// A panel: its name, what is drawn of a rate, and the limit, if there is one.
struct Panel {
    name: String,
    value: Value,
    limit: Option<f64>,
}

/// Draws everything.
pub(super) fn draw(searched: &Searched<'_>) -> Scene {
    let mut scene = Scene::new(WIDTH);
    let mut systems: Vec<String> =
        searched.sides.iter().map(|side| system(side.scenario)).collect();
    systems.dedup();
    let facts = format!("{} · {}", systems.join(" | "), searched.facts());
    for (y, face, text) in [(62.0, NAME, searched.title()), (88.0, FACTS, &facts)] {
        let text = font::cut(text, face.size, face.bold, ROOM);
        scene.text((MARGIN, y), Anchor::Start, face, text);
    }
    let mut y = 118.0;
    for panel in panels(searched) {
        y = draw_panel(&mut scene, y, searched, &panel) + 34.0;
    }
    for line in caption(searched) {
        scene.text((MARGIN, y), Anchor::Start, FOOT, line);
        y += 16.0;
    }
    scene.height = y + 14.0;
    let size = (scene.width, scene.height);
    let paper = Shape::Box { at: (0.0, 0.0), size, round: 0.0, ink: Ink::Paper };
    scene.shapes.insert(0, paper);
    scene
}

/// The page for a browser.
pub(super) fn html(searched: &Searched<'_>, scene: &Scene) -> String {
    let sides = searched.sides.iter();
    let details: String = sides.map(|side| html::scenario(side.name, side.scenario)).collect();
    html::page_of(searched.title(), scene, &searched.document(true), &details)
}

fn panels(searched: &Searched<'_>) -> Vec<Panel> {
    match searched.method {
        Method::Drift(_) => vec![Panel {
            name: "Growth of the backlog, % of the arrivals".to_owned(),
            value: Box::new(|tried| match &tried.measured {
                Measured::Drift(of) => Some(of.share * 100.0),
                _ => None,
            }),
            limit: None,
        }],
        Method::MannKendall(_) => {
            let (unit, size) =
                if searched.clock().counts_ticks() { ("ticks", 1e3) } else { ("s", 1.0) };
            vec![Panel {
                name: format!("Mean E2E latency with the longest window, {unit}"),
                value: Box::new(move |tried| match &tried.measured {
                    Measured::Curve(curve) => curve.points.last().map(|(_, mean)| mean * size),
                    _ => None,
                }),
                limit: None,
            }]
        }
        Method::Objectives(_, conditions) => {
            let panel = |(at, condition): (usize, &tokendrome_explore::Condition)| Panel {
                name: condition.name.clone(),
                value: Box::new(move |tried| match &tried.measured {
                    Measured::Objectives(of) => Some(of.get(at)?.mean),
                    _ => None,
                }),
                limit: Some(condition.limit),
            };
            conditions.iter().enumerate().map(panel).collect()
        }
    }
}

fn draw_panel(scene: &mut Scene, y: f64, searched: &Searched<'_>, panel: &Panel) -> f64 {
    let rates = searched.sides.iter().filter_map(|side| side.capacity.rate_per_s);
    let tried = || searched.sides.iter().flat_map(|side| &side.capacity.tried);
    let farthest = tried().map(|tried| tried.rate_per_s).fold(0.0, f64::max);
    let highest = rates.reduce(f64::max).map_or(farthest, |rate| farthest.min(BEYOND * rate));
    let is_shown = |tried: &&Tried| tried.rate_per_s <= highest;
    let values = tried().filter(is_shown).filter_map(|tried| (panel.value)(tried));
    // A limit is shown with room above it; far beyond it nothing matters.
    let most = values.fold(0.0, f64::max);
    let is_share = panel.limit.is_some_and(|limit| limit <= 1.0) && most <= 1.0;
    let most = panel.limit.map_or(most, |limit| most.clamp(1.25 * limit, 3.0 * limit));
    let frame = Frame {
        at: (MARGIN + LEFT, y + 28.0),
        size: (ROOM - LEFT - 12.0, FRAME_HEIGHT),
        across: Axis::amount(highest),
        up: if is_share { Axis::share() } else { Axis::amount(most) },
    };
    let cut = |name: &str| font::cut(name, LEGEND.size, LEGEND.bold, NAME_MAX);
    let names: Vec<String> = searched.sides.iter().map(|side| cut(side.name)).collect();
    let legend: Vec<(Ink, &str)> =
        names.iter().enumerate().map(|(at, name)| (Ink::Series(at), name.as_str())).collect();
    title(scene, (MARGIN, y + 14.0), &panel.name, &legend);
    if tried().next().is_none() {
        frame.nothing(scene, "no rate was tried");
        return frame.bottom() + 24.0;
    }
    frame.grid(scene);
    if let Some(limit) = panel.limit {
        let (from, to) = (frame.point(0.0, limit), frame.point(f64::MAX, limit));
        scene.dashes(from, to, Ink::Limit);
    }
    for (number, side) in searched.sides.iter().enumerate() {
        draw_side(scene, &frame, side.capacity, (Ink::Series(number), panel), highest);
    }
    let unit = font::cut(&searched.unit(), FOOT.size, FOOT.bold, ROOM);
    scene.text((frame.right(), frame.bottom() + 34.0), Anchor::End, FOOT, unit);
    frame.bottom() + 34.0
}

/// The largest rate as a line with its interval as a band, and the rates that were tried.
fn draw_side(
    scene: &mut Scene,
    frame: &Frame,
    capacity: &tokendrome_explore::Capacity,
    (ink, panel): (Ink, &Panel),
    highest: f64,
) {
    let (top, bottom) = (frame.at.1, frame.bottom());
    if let Some(interval) = capacity.interval {
        let [low, high] = [interval.low, interval.high].map(|rate| frame.point(rate, 0.0).0);
        scene.area(vec![(low, top), (high, top), (high, bottom), (low, bottom)], ink);
    }
    if let Some(rate) = capacity.rate_per_s {
        let x = frame.point(rate, 0.0).0;
        scene.dashes((x, top), (x, bottom), ink);
    }
    let mut list: Vec<&Tried> =
        capacity.tried.iter().filter(|tried| tried.rate_per_s <= highest).collect();
    list.sort_by(|a, b| a.rate_per_s.total_cmp(&b.rate_per_s));
    let point = |tried: &&Tried| {
        let value = (panel.value)(tried)?;
        let is_firm = tried.verdict.is_some() || tried.trials >= TRIALS_LEAST;
        let is_above = frame.up.is_beyond(value);
        Some((frame.point(tried.rate_per_s, value), tried.verdict, is_firm, is_above))
    };
    let points: Vec<_> = list.iter().filter_map(point).collect();
    // First looks are short runs: their noise would only make the line look restless.
    let firm = points.iter().filter(|(_, _, is_firm, _)| *is_firm);
    let line: Vec<Point> = firm.map(|(at, ..)| *at).collect();
    if line.len() > 1 {
        scene.line(line, 1.5, ink);
    }
    for (at, verdict, _, is_above) in points {
        let is_judged = matches!(verdict, Some(Verdict::Holds | Verdict::Fails));
        match is_above {
            true => scene.line(
                vec![(at.0 - 4.0, top + 6.0), (at.0, top), (at.0 + 4.0, top + 6.0)],
                1.5,
                ink,
            ),
            false => scene.dot(at, 3.5, !is_judged, ink),
        }
    }
}

fn caption(searched: &Searched<'_>) -> Vec<String> {
    let what = match searched.method {
        Method::Drift(_) => "Late parts of runs in which requests keep arriving.",
        Method::MannKendall(_) => "Runs that begin empty and are drained at their end.",
        Method::Objectives(..) => "Means over replications; the limit is the broken line across.",
    };
    vec![
        format!("{what} Broken lines upward: the largest rates, with their intervals as bands."),
        "Discs: rates that were judged; rings: rates looked at on the way, or left undecided. \
         Arrows: values beyond the axis; what is below 0 is drawn at 0."
            .to_owned(),
        "Rates beyond one and a half times the largest are left out.".to_owned(),
    ]
}
