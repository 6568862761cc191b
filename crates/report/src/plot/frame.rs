//! A frame in which data is drawn: grid, labels, title, legend.

use super::axis::{Axis, LABEL_SIZE};
use super::font;
use super::scene::{Anchor, Face, Ink, Point, Scene};

/// Letters of titles.
pub(super) const TITLE: Face = Face { size: 14.0, bold: true, ink: Ink::Text };
/// Letters of legends.
pub(super) const LEGEND: Face = Face { size: 12.0, bold: false, ink: Ink::Muted };
/// Letters of ticks.
const TICK: Face = Face { size: LABEL_SIZE, bold: false, ink: Ink::Muted };

/// A place on the page with an axis to the right and one upward.
pub(super) struct Frame {
    /// The upper left corner.
    pub(super) at: Point,
    pub(super) size: Point,
    pub(super) across: Axis,
    pub(super) up: Axis,
}

impl Frame {
    /// Where a pair of values stands on the page.
    pub(super) fn point(&self, across: f64, up: f64) -> Point {
        (
            self.at.0 + self.across.place(across) * self.size.0,
            self.bottom() - self.up.place(up) * self.size.1,
        )
    }

    pub(super) fn bottom(&self) -> f64 {
        self.at.1 + self.size.1
    }

    pub(super) fn right(&self) -> f64 {
        self.at.0 + self.size.0
    }

    /// Lines at the ticks, and their labels.
    pub(super) fn grid(&self, scene: &mut Scene) {
        for (value, label) in &self.up.ticks {
            let y = self.bottom() - self.up.place(*value) * self.size.1;
            scene.rule((self.at.0, y), (self.right(), y), Ink::Grid);
            scene.text((self.at.0 - 8.0, y + 4.0), Anchor::End, TICK, label);
        }
        for (value, label) in &self.across.ticks {
            let x = self.at.0 + self.across.place(*value) * self.size.0;
            scene.rule((x, self.at.1), (x, self.bottom()), Ink::Grid);
            scene.text((x, self.bottom() + 17.0), Anchor::Middle, TICK, label);
        }
    }

    /// Says that there is nothing to draw, and why, in place of the grid.
    pub(super) fn nothing(&self, scene: &mut Scene, why: &str) {
        scene.panel(self.at, self.size, Ink::Panel);
        let middle = (self.at.0 + self.size.0 / 2.0, self.at.1 + self.size.1 / 2.0 + 4.0);
        scene.text(middle, Anchor::Middle, LEGEND, why);
    }
}

/// A title, and behind it the names of the series.
pub(super) fn title(scene: &mut Scene, at: Point, title: &str, series: &[(Ink, &str)]) {
    scene.text(at, Anchor::Start, TITLE, title);
    let mut x = at.0 + font::width(title, TITLE.size, TITLE.bold) + 20.0;
    for (ink, name) in series {
        scene.line(vec![(x, at.1 - 4.5), (x + 16.0, at.1 - 4.5)], 2.5, *ink);
        scene.text((x + 22.0, at.1), Anchor::Start, LEGEND, *name);
        x += 22.0 + font::width(name, LEGEND.size, LEGEND.bold) + 18.0;
    }
}
