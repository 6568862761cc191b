//! A scene as PNG.

use std::io;

use tiny_skia::{
    Color, FillRule, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform,
};
use ttf_parser::OutlineBuilder;

use super::font;
use super::scene::{Anchor, Face, Ink, Point, Scene, Shape, TINT};

/// Pixels of the picture for one of the scene.
const SCALE: f32 = 2.0;

/// The picture, in the light scheme.
pub(super) fn encode(scene: &Scene) -> io::Result<Vec<u8>> {
    let side = |length: f64| (length.ceil() as u32) * SCALE as u32;
    let pixmap = Pixmap::new(side(scene.width), side(scene.height));
    let mut pixmap = pixmap.expect("a page has a size");
    for shape in &scene.shapes {
        draw(&mut pixmap, shape);
    }
    pixmap.encode_png().map_err(io::Error::other)
}

fn paint(ink: Ink, opacity: f64) -> Paint<'static> {
    let hex = u32::from_str_radix(&ink.light()[1..], 16).expect("inks are hexadecimal");
    let channel = |shift: u32| (hex >> shift & 0xff) as u8;
    let mut color = Color::from_rgba8(channel(16), channel(8), channel(0), 255);
    color.apply_opacity(opacity as f32);
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(color);
    paint
}

fn fill(pixmap: &mut Pixmap, path: Option<Path>, ink: Ink, opacity: f64) {
    if let Some(path) = path {
        let scale = Transform::from_scale(SCALE, SCALE);
        pixmap.fill_path(&path, &paint(ink, opacity), FillRule::Winding, scale, None);
    }
}

fn stroke(pixmap: &mut Pixmap, path: Option<Path>, ink: Ink, width: f64, dashed: bool) {
    let dash = if dashed { StrokeDash::new(vec![4.0, 3.0], 0.0) } else { None };
    let width = width as f32;
    let stroke = Stroke { width, dash, line_join: LineJoin::Round, ..Stroke::default() };
    if let Some(path) = path {
        let scale = Transform::from_scale(SCALE, SCALE);
        pixmap.stroke_path(&path, &paint(ink, 1.0), &stroke, scale, None);
    }
}

fn draw(pixmap: &mut Pixmap, shape: &Shape) {
    match shape {
        Shape::Box { at, size, round, ink } => fill(pixmap, rounded(*at, *size, *round), *ink, 1.0),
        Shape::Line { points, width, dashed, ink } => {
            stroke(pixmap, polygon(points, false), *ink, *width, *dashed);
        }
        Shape::Area { points, ink } => fill(pixmap, polygon(points, true), *ink, TINT),
        Shape::Dot { at: (x, y), radius, hollow, ink } => {
            let circle = PathBuilder::from_circle(*x as f32, *y as f32, *radius as f32);
            fill(pixmap, circle.clone(), if *hollow { Ink::Paper } else { *ink }, 1.0);
            stroke(pixmap, circle, *ink, 1.6, false);
        }
        Shape::Text { at, anchor, face, text } => {
            fill(pixmap, letters(*at, *anchor, *face, text), face.ink, 1.0);
        }
    }
}

fn polygon(points: &[Point], close: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let (x, y) = (*x as f32, *y as f32);
        if at == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    if close {
        path.close();
    }
    path.finish()
}

fn rounded(at: Point, size: Point, round: f64) -> Option<Path> {
    let (left, top) = (at.0 as f32, at.1 as f32);
    let (right, bottom) = ((at.0 + size.0) as f32, (at.1 + size.1) as f32);
    let round = round as f32;
    let mut path = PathBuilder::new();
    path.move_to(left + round, top);
    path.line_to(right - round, top);
    path.quad_to(right, top, right, top + round);
    path.line_to(right, bottom - round);
    path.quad_to(right, bottom, right - round, bottom);
    path.line_to(left + round, bottom);
    path.quad_to(left, bottom, left, bottom - round);
    path.line_to(left, top + round);
    path.quad_to(left, top, left + round, top);
    path.close();
    path.finish()
}

/// Puts the outline of a glyph where it belongs: outlines point up, pictures down.
struct Pen {
    path: PathBuilder,
    x: f32,
    y: f32,
    scale: f32,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (first, second, end) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(first.0, first.1, second.0, second.1, end.0, end.1);
    }
    fn close(&mut self) {
        self.path.close();
    }
}

fn letters(at: Point, anchor: Anchor, face: Face, text: &str) -> Option<Path> {
    let font = font::face(face.bold);
    let width = font::width(text, face.size, face.bold);
    let mut x = match anchor {
        Anchor::Start => at.0,
        Anchor::Middle => at.0 - width / 2.0,
        Anchor::End => at.0 - width,
    };
    let scale = (face.size / f64::from(font.units_per_em())) as f32;
    let mut pen = Pen { path: PathBuilder::new(), x: 0.0, y: at.1 as f32, scale };
    for letter in text.chars() {
        let glyph = font::glyph(font, letter);
        pen.x = x as f32;
        // A space has no outline.
        let _ = font.outline_glyph(glyph, &mut pen);
        x += font::advance(font, glyph, face.size);
    }
    pen.path.finish()
}
