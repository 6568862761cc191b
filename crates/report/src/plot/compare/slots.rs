//! Batch slots over time: who runs where, and which slots stay empty.

use super::stays::{ROWS_MAX, Slots, Stay};
use crate::clock::Clock;
use crate::plot::axis::Axis;
use crate::plot::font;
use crate::plot::frame::{Frame, TITLE, title};
use crate::plot::scene::{Anchor, Face, Ink, Point, Scene, Shape};

/// Room for the labels on the left.
const LEFT: f64 = 62.0;
/// Room for the title.
const TOP: f64 = 28.0;
/// Height of a slot, where there are few, and of all of them, where there are many.
const SLOT: f64 = 18.0;
const HEIGHT: (f64, f64) = (54.0, 280.0);
/// Least height of a slot that leaves a gap to the next.
const GAP_FROM: f64 = 4.0;

const PREFILL: Ink = Ink::Series(1);
const DECODE: Ink = Ink::Series(0);
const POOL: Face = Face { size: 11.0, bold: false, ink: Ink::Text };

/// Draws the panel of a scenario; returns where it ends.
pub(super) fn draw(
    scene: &mut Scene,
    at: Point,
    width: f64,
    (name, slots): (&str, &Slots),
    clock: Clock,
) -> f64 {
    let rows = slots.rows().min(ROWS_MAX);
    let height = (SLOT * rows as f64).clamp(HEIGHT.0, HEIGHT.1);
    let size = (width - LEFT - 12.0, height);
    let frame = Frame {
        at: (at.0 + LEFT, at.1 + TOP),
        size,
        across: Axis::time(slots.end_s, size.0, clock),
        up: Axis::places(rows),
    };
    let text = font::cut(&format!("{name}: batch slots"), TITLE.size, TITLE.bold, 0.7 * width);
    title(scene, (at.0, at.1 + 14.0), &text, &[(PREFILL, "prefill"), (DECODE, "decode")]);
    if rows == 0 {
        frame.nothing(scene, "no request was scheduled");
        return frame.bottom() + 24.0;
    }
    frame.grid(scene);
    for stay in &slots.stays {
        bar(scene, &frame, slots.row(stay), stay);
    }
    pools(scene, &frame, slots);
    frame.bottom() + 24.0
}

/// A request in its slot: its prefill, then its decode.
fn bar(scene: &mut Scene, frame: &Frame, row: usize, stay: &Stay) {
    if row >= ROWS_MAX {
        return;
    }
    let (low, high) = (frame.point(0.0, row as f64).1, frame.point(0.0, (row + 1) as f64).1);
    let gap = if low - high >= GAP_FROM { 1.0 } else { 0.0 };
    let parts = [(stay.start_s, stay.decode_s, PREFILL), (stay.decode_s, stay.end_s, DECODE)];
    for (start_s, end_s, ink) in parts {
        let (left, right) = (frame.point(start_s, 0.0).0, frame.point(end_s, 0.0).0);
        // Requests that follow each other are told apart by the gap at the end of the last part.
        let right = if end_s == stay.end_s { right - gap / 2.0 } else { right };
        if right > left {
            let size = (right - left, low - high - gap);
            scene.shapes.push(Shape::Box { at: (left, high + gap / 2.0), size, round: 0.0, ink });
        }
    }
}

/// A line between the slots of two replicas, and their numbers.
fn pools(scene: &mut Scene, frame: &Frame, slots: &Slots) {
    if slots.pools.len() < 2 {
        return;
    }
    for (pool, first_row) in slots.pools.iter().filter(|(_, first_row)| *first_row < ROWS_MAX) {
        let y = frame.point(0.0, *first_row as f64).1;
        scene.rule((frame.at.0, y), (frame.right(), y), Ink::Text);
        let name = match (slots.hands_over, pool % 2) {
            (false, _) => format!("replica {pool}"),
            (true, 0) => "prefill".to_owned(),
            (true, _) => "decode".to_owned(),
        };
        let wide = font::width(&name, POOL.size, POOL.bold) + 8.0;
        scene.panel((frame.right() - wide, y - 16.0), (wide, 15.0), Ink::Paper);
        scene.text((frame.right() - 4.0, y - 4.5), Anchor::End, POOL, name);
    }
}
