//! The table of what fits.

use tokendrome::{Placed, Verdict};

use super::{Fitted, FittedFormats};
use crate::number::{fixed, grouped, percent};
use crate::table::document::{Document, Span, Tone};
use crate::table::grid::{Column, Grid};

const GIB: f64 = (1u64 << 30) as f64;

pub(super) fn document(of: &Fitted<'_>) -> Document {
    let (model, hardware) = of.scenario.machine().expect("somebody asked for a machine");
    let mut document = Document::default();
    document.line(vec![Span::bold(format!("{} on {}", model.name, hardware.name))]);
    if let Some(any) = of.formats.iter().find_map(|formats| formats.rows.first()) {
        let memory = any.memory;
        let usable = percent(memory.usable as f64 / memory.capacity as f64);
        let facts = format!(
            "{} GiB each, {usable} of it for the engine · sequences of {} tokens",
            gib(memory.capacity),
            grouped(u64::from(any.context)),
        );
        document.line(vec![Span::dim(facts)]);
    }
    document.space();
    document.grid(grid(of.formats));
    let notes = ["GiB on the fullest accelerator; tokens and sequences of the whole replica"];
    let notes = notes.into_iter().chain(of.notices.iter().map(String::as_str));
    document.space();
    for note in notes {
        document.paragraph(Span::dim("note: "), note);
    }
    document
}

fn grid(all: &[FittedFormats]) -> Grid {
    let mut columns = vec![
        Column::new("weights", 8, Tone::Plain),
        Column::new("activ.", 2, Tone::Plain),
        Column::new("engine", 1, Tone::Plain),
        Column::new("KV", 7, Tone::Plain),
        Column::new("KV tokens", 6, Tone::Plain),
        Column::new("seqs", 5, Tone::Plain),
        Column::new("verdict", 9, Tone::Bold),
    ];
    let mut labels = Vec::new();
    for formats in all {
        labels.push(match formats.kv_dtype == formats.dtype {
            true => formats.dtype.name().to_owned(),
            false => format!("{}, KV {}", formats.dtype, formats.kv_dtype),
        });
        columns.iter_mut().for_each(|column| column.cells.push(String::new()));
        for row in &formats.rows {
            labels.push(label(row));
            columns.iter_mut().zip(cells(row)).for_each(|(column, cell)| column.cells.push(cell));
        }
    }
    Grid { title: "GiB".to_owned(), labels, columns }
}

fn label(row: &Placed) -> String {
    let sizes = row.parallelism;
    match sizes.pipeline_parallel_size {
        1 => format!("  TP {}", sizes.tensor_parallel_size),
        stages => format!("  TP {} PP {stages}", sizes.tensor_parallel_size),
    }
}

fn cells(row: &Placed) -> [String; 7] {
    let fits = row.verdict != Verdict::DoesNotFit;
    let of_cache = |text: String| if fits { text } else { "-".to_owned() };
    [
        gib(row.memory.weights),
        gib(row.memory.activations),
        gib(row.memory.reserve),
        of_cache(gib(row.kv_bytes())),
        of_cache(grouped(row.kv_tokens)),
        of_cache(grouped(row.sequences)),
        match row.verdict {
            Verdict::Fits => "fits".to_owned(),
            Verdict::ShorterSequences => "shorter seqs".to_owned(),
            Verdict::DoesNotFit => format!("lacks {}", gib(row.missing)),
        },
    ]
}

/// One decimal, or two where there is little.
fn gib(bytes: u64) -> String {
    let value = bytes as f64 / GIB;
    fixed(value, if value < 10.0 { 2 } else { 1 })
}
