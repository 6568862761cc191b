//! What is drawn, before it is known on what.

/// What a shape is for, which fixes its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Behind everything.
    Paper,
    /// Behind a group of things.
    Panel,
    /// Figures and titles.
    Text,
    /// Labels.
    Muted,
    /// Lines that help the eye.
    Grid,
    /// A limit that was set.
    Limit,
    /// Data, by series.
    Series(usize),
}

/// An ink, its name in style sheets, its colour in the light scheme and in the dark one.
pub(super) type InkRow = (Ink, &'static str, &'static str, &'static str);

/// Inks with their names in style sheets and their colours in the light and the dark scheme.
///
/// The first series are blue, vermilion and green of Okabe and Ito's palette, which people with any
/// kind of colour vision tell apart; for the dark scheme they are lifted to the same contrast. The
/// purple and the ochre after them differ from these and from each other in lightness, too.
pub(super) const INKS: [InkRow; 11] = [
    (Ink::Paper, "paper", "#ffffff", "#14171c"),
    (Ink::Panel, "panel", "#f4f6f8", "#1e232b"),
    (Ink::Text, "text", "#1b2430", "#e9edf2"),
    (Ink::Muted, "muted", "#5d6877", "#9aa6b5"),
    (Ink::Grid, "grid", "#e1e6eb", "#2d343f"),
    (Ink::Limit, "limit", "#b0307a", "#ec8cc4"),
    (Ink::Series(0), "series-0", "#0072b2", "#58b0ea"),
    (Ink::Series(1), "series-1", "#d55e00", "#f0914a"),
    (Ink::Series(2), "series-2", "#00875f", "#3cc799"),
    (Ink::Series(3), "series-3", "#7b52ab", "#b493e6"),
    (Ink::Series(4), "series-4", "#b07a00", "#e8b84a"),
];

/// Series with a colour of their own; those beyond begin again.
pub(super) const SERIES: usize = 5;

impl Ink {
    /// Its row in [`INKS`]; series beyond the last begin again.
    fn row(self) -> &'static InkRow {
        let ink = match self {
            Self::Series(number) => Self::Series(number % SERIES),
            other => other,
        };
        let row = INKS.iter().find(|row| row.0 == ink);
        row.expect("every ink has a row")
    }

    pub(super) fn name(self) -> &'static str {
        self.row().1
    }

    pub(super) fn light(self) -> &'static str {
        self.row().2
    }
}

/// Where a text stands to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How letters look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Face {
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) ink: Ink,
}

/// A point, in pixels from the upper left corner.
pub(super) type Point = (f64, f64);

/// A thing to draw.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A filled rectangle with round corners.
    Box { at: Point, size: Point, round: f64, ink: Ink },
    /// Lines from point to point.
    Line { points: Vec<Point>, width: f64, dashed: bool, ink: Ink },
    /// What the points enclose, as a tint.
    Area { points: Vec<Point>, ink: Ink },
    /// A disc, hollow if it stands for less.
    Dot { at: Point, radius: f64, hollow: bool, ink: Ink },
    /// Letters; `at` is on their base line.
    Text { at: Point, anchor: Anchor, face: Face, text: String },
}

/// Everything on a page, from back to front.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) shapes: Vec<Shape>,
}

/// How much of its ink a tint has.
pub(super) const TINT: f64 = 0.14;

impl Scene {
    pub(super) fn new(width: f64) -> Self {
        Self { width, height: 0.0, shapes: Vec::new() }
    }

    pub(super) fn panel(&mut self, at: Point, size: Point, ink: Ink) {
        self.shapes.push(Shape::Box { at, size, round: 6.0, ink });
    }

    /// A straight line that helps the eye.
    pub(super) fn rule(&mut self, from: Point, to: Point, ink: Ink) {
        self.shapes.push(Shape::Line { points: vec![from, to], width: 1.0, dashed: false, ink });
    }

    pub(super) fn dashes(&mut self, from: Point, to: Point, ink: Ink) {
        self.shapes.push(Shape::Line { points: vec![from, to], width: 1.2, dashed: true, ink });
    }

    pub(super) fn dashed_line(&mut self, points: Vec<Point>, width: f64, ink: Ink) {
        self.shapes.push(Shape::Line { points, width, dashed: true, ink });
    }

    pub(super) fn line(&mut self, points: Vec<Point>, width: f64, ink: Ink) {
        self.shapes.push(Shape::Line { points, width, dashed: false, ink });
    }

    pub(super) fn area(&mut self, points: Vec<Point>, ink: Ink) {
        self.shapes.push(Shape::Area { points, ink });
    }

    pub(super) fn dot(&mut self, at: Point, radius: f64, hollow: bool, ink: Ink) {
        self.shapes.push(Shape::Dot { at, radius, hollow, ink });
    }

    pub(super) fn text(&mut self, at: Point, anchor: Anchor, face: Face, text: impl Into<String>) {
        self.shapes.push(Shape::Text { at, anchor, face, text: text.into() });
    }
}
