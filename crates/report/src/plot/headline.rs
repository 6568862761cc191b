//! The figures that are looked for first, in large letters.

use tokendrome::Report;
use tokendrome::metrics::Distribution;

use super::font;
use super::scene::{Anchor, Face, Ink, Point, Scene};
use crate::clock::Clock;
use crate::number::{grouped, percent, short};
use crate::table::figures::dollars;

const CAPTION: Face = Face { size: 12.0, bold: false, ink: Ink::Muted };
const FIGURE: Face = Face { size: 22.0, bold: true, ink: Ink::Text };
const GAP: f64 = 12.0;
/// Height of a tile.
pub(super) const HEIGHT: f64 = 82.0;

/// A figure, what it is, and what else belongs to it.
struct Tile {
    caption: String,
    figure: String,
    more: String,
}

/// Draws the tiles beside each other.
pub(super) fn draw(scene: &mut Scene, at: Point, width: f64, report: &Report) {
    let tiles = tiles(report);
    let count = tiles.len() as f64;
    let wide = (width - (count - 1.0) * GAP) / count;
    let mut x = at.0;
    for tile in tiles {
        scene.panel((x, at.1), (wide, HEIGHT), Ink::Panel);
        let (left, room) = (x + 14.0, wide - 28.0);
        for (below, face, text) in [
            (23.0, CAPTION, &*tile.caption),
            (50.0, FIGURE, &*tile.figure),
            (70.0, CAPTION, &tile.more),
        ] {
            let text = font::cut(text, face.size, face.bold, room);
            scene.text((left, at.1 + below), Anchor::Start, face, text);
        }
        x += wide + GAP;
    }
}

fn tiles(report: &Report) -> Vec<Tile> {
    let summary = &report.summary;
    let (rates, latency) = (&summary.throughput, &summary.latency);
    let clock = Clock::of(&report.scenario);
    let unit = if clock.counts_ticks() { "instance" } else { "accelerator" };
    let each = short(rates.output_tokens_per_s_per_accelerator);
    let mut tiles = vec![
        Tile {
            caption: clock.per("Output tokens"),
            figure: short(rates.output_tokens_per_s),
            more: format!("{each} per {unit}"),
        },
        Tile {
            caption: clock.per("Requests"),
            figure: short(rates.requests_per_s),
            more: format!("{} completed", grouped(summary.requests.completed)),
        },
        latency_tile("TTFT, p99", latency.ttft_ms.as_ref(), clock),
        latency_tile("TPOT, p99", latency.tpot_ms.as_ref(), clock),
    ];
    tiles.push(match &summary.slo {
        Some(slo) => Tile {
            caption: "SLO attained".to_owned(),
            figure: percent(slo.attainment),
            more: format!("{} {} goodput", short(slo.goodput_per_s), clock.per("requests")),
        },
        None => latency_tile("E2E, p99", latency.e2e_ms.as_ref(), clock),
    });
    tiles.push(last(report));
    tiles
}

fn latency_tile(caption: &str, of: Option<&Distribution>, clock: Clock) -> Tile {
    Tile {
        caption: caption.to_owned(),
        figure: of.map_or_else(|| "-".to_owned(), |of| clock.time(of.p99)),
        more: of.map_or_else(String::new, |of| format!("p50 {}", clock.time(of.p50))),
    }
}

/// The price where there is one, else how full the KV cache was.
fn last(report: &Report) -> Tile {
    let summary = &report.summary;
    let price = summary.cost.as_ref().and_then(|cost| cost.dollars_per_million_output_tokens);
    match price {
        Some(price) => Tile {
            caption: "Cost per M output tokens".to_owned(),
            figure: dollars(price),
            more: format!("KV cache peak {}", percent(summary.utilisation.kv_peak)),
        },
        None if summary.utilisation.kv_blocks_per_replica == 0 => Tile {
            caption: "Busy".to_owned(),
            figure: percent(summary.utilisation.busy),
            more: format!("{} waiting on average", short(summary.queue.waiting_mean)),
        },
        None => Tile {
            caption: "KV cache, peak".to_owned(),
            figure: percent(summary.utilisation.kv_peak),
            more: format!("mean {}", percent(summary.utilisation.kv_mean)),
        },
    }
}
