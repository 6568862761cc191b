//! Inter, the typeface of the plots: how wide its letters are, and their outlines.

use std::sync::LazyLock;

use ttf_parser::{Face, GlyphId};

static REGULAR: LazyLock<Face<'static>> =
    LazyLock::new(|| parse(include_bytes!("../../fonts/Inter-Regular.ttf")));
static BOLD: LazyLock<Face<'static>> =
    LazyLock::new(|| parse(include_bytes!("../../fonts/Inter-SemiBold.ttf")));

/// The same letters for browsers, as WOFF2.
pub(super) const REGULAR_WOFF2: &[u8] = include_bytes!("../../fonts/Inter-Regular.woff2");
pub(super) const BOLD_WOFF2: &[u8] = include_bytes!("../../fonts/Inter-SemiBold.woff2");

fn parse(bytes: &'static [u8]) -> Face<'static> {
    Face::parse(bytes, 0).expect("the embedded font is whole")
}

pub(super) fn face(bold: bool) -> &'static Face<'static> {
    if bold { &BOLD } else { &REGULAR }
}

/// The glyph of a letter; that of a missing letter where the font has none.
pub(super) fn glyph(face: &Face<'_>, letter: char) -> GlyphId {
    face.glyph_index(letter).unwrap_or(GlyphId(0))
}

/// Pixels that the glyph moves on by, at `size` pixels per em.
pub(super) fn advance(face: &Face<'_>, glyph: GlyphId, size: f64) -> f64 {
    let units = face.glyph_hor_advance(glyph).unwrap_or(0);
    f64::from(units) * size / f64::from(face.units_per_em())
}

/// Pixels that `text` is wide.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let face = face(bold);
    text.chars().map(|letter| advance(face, glyph(face, letter), size)).sum()
}

/// `text` cut to `room` pixels, with a mark where something is missing.
pub(super) fn cut(text: &str, size: f64, bold: bool, room: f64) -> String {
    if width(text, size, bold) <= room {
        return text.to_owned();
    }
    let mut kept = text.to_owned();
    while !kept.is_empty() && width(&kept, size, bold) + width("…", size, bold) > room {
        kept.pop();
    }
    format!("{}…", kept.trim_end())
}
