//! A scene as SVG.

use std::fmt::Write as _;

use super::font;
use super::scene::{Anchor, INKS, Ink, InkRow, Scene, Shape, TINT};

/// Where colours come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colors {
    /// Written out: the light scheme, in any viewer.
    Fixed,
    /// Classes that the page around the drawing gives a colour; where it does not, the light ones.
    Classes,
}

/// A file of its own.
pub(super) fn document(scene: &Scene) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&element(scene, Colors::Fixed, &format!("<style>{}</style>\n", fonts())));
    text
}

/// The `<svg>` element, with `inside` before the first shape.
pub(super) fn element(scene: &Scene, colors: Colors, inside: &str) -> String {
    let (width, height) = (scene.width, scene.height);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" \
         font-family=\"Inter, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif\">\n{inside}"
    );
    for shape in &scene.shapes {
        push_shape(&mut text, shape, colors);
        text.push('\n');
    }
    text.push_str("</svg>\n");
    text
}

/// Rules that embed the letters.
pub(crate) fn fonts() -> String {
    let rule = |weight, bytes| {
        format!(
            "@font-face{{font-family:Inter;font-weight:{weight};\
             src:url(data:font/woff2;base64,{}) format('woff2')}}",
            base64(bytes)
        )
    };
    rule(400, font::REGULAR_WOFF2) + &rule(600, font::BOLD_WOFF2)
}

/// Rules that give the classes their colours, in both schemes.
pub(crate) fn schemes() -> String {
    let all = |of: &dyn Fn(&InkRow) -> String| INKS.iter().map(of).collect::<String>();
    format!(
        ":root{{color-scheme:light dark;{}}}\n\
         @media (prefers-color-scheme:dark){{:root{{{}}}}}\n{}",
        all(&|row| format!("--{}:{};", row.1, row.2)),
        all(&|row| format!("--{}:{};", row.1, row.3)),
        all(&|&(_, name, ..)| format!(
            ".fill-{name}{{fill:var(--{name})}}.stroke-{name}{{stroke:var(--{name})}}"
        )),
    )
}

/// The attributes that colour a shape: its inside, and the line around it.
fn inks(fill: Option<Ink>, stroke: Option<Ink>, colors: Colors) -> String {
    let light = |ink: Option<Ink>| ink.map_or("none", Ink::light);
    let mut text = match (fill, stroke) {
        (fill, Some(_)) => format!("fill=\"{}\" stroke=\"{}\"", light(fill), light(stroke)),
        (fill, None) => format!("fill=\"{}\"", light(fill)),
    };
    if colors == Colors::Classes {
        let class = |what, ink: Option<Ink>| ink.map(|ink| format!("{what}-{}", ink.name()));
        let classes = [class("fill", fill), class("stroke", stroke)];
        let classes: Vec<String> = classes.into_iter().flatten().collect();
        text.push_str(&format!(" class=\"{}\"", classes.join(" ")));
    }
    text
}

fn push_shape(text: &mut String, shape: &Shape, colors: Colors) {
    let written = match shape {
        Shape::Box { at: (x, y), size: (width, height), round, ink } => write!(
            text,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             rx=\"{round}\" {}/>",
            inks(Some(*ink), None, colors)
        ),
        Shape::Line { points, width, dashed, ink } => write!(
            text,
            "<path d=\"{}\" {} stroke-width=\"{width}\" stroke-linejoin=\"round\"{}/>",
            path(points),
            inks(None, Some(*ink), colors),
            if *dashed { " stroke-dasharray=\"4 3\"" } else { "" }
        ),
        Shape::Area { points, ink } => write!(
            text,
            "<path d=\"{}Z\" {} fill-opacity=\"{TINT}\"/>",
            path(points),
            inks(Some(*ink), None, colors)
        ),
        Shape::Dot { at: (x, y), radius, hollow, ink } => {
            let fill = if *hollow { Ink::Paper } else { *ink };
            write!(
                text,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" {} stroke-width=\"1.6\"/>",
                inks(Some(fill), Some(*ink), colors)
            )
        }
        Shape::Text { at: (x, y), anchor, face, text: letters } => write!(
            text,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{}\"{}{} {}>{}</text>",
            face.size,
            if face.bold { " font-weight=\"600\"" } else { "" },
            anchor_of(*anchor),
            inks(Some(face.ink), None, colors),
            escape(letters)
        ),
    };
    written.expect("a string takes what is written");
}

fn anchor_of(anchor: Anchor) -> &'static str {
    match anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    }
}

fn path(points: &[(f64, f64)]) -> String {
    let mut text = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let step = if at == 0 { 'M' } else { 'L' };
        let written = write!(text, "{step}{x:.1} {y:.1}");
        written.expect("a string takes what is written");
    }
    text
}

/// Text as it may stand in XML and HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() && c != '\n' => escaped.push(' '),
            // Not characters of XML 1.0.
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Base64 of RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, expect) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), expect);
        }
    }

    #[test]
    fn text_cannot_break_out() {
        assert_eq!(escape("<a b=\"&\">\u{0}"), "&lt;a b=&quot;&amp;&quot;&gt; ");
    }
}
