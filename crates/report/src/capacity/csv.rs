//! The rates that were tried, one a row, as comma-separated values.
//!
//! With several conditions there is a row for each.

use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};
use tokendrome_explore::{Measured, Method, Tried};

use super::Searched;

pub(super) fn write(searched: &Searched<'_>, out: &mut impl Write) -> io::Result<()> {
    let mut builder = WriterBuilder::new();
    let mut writer = builder.terminator(Terminator::Any(b'\n')).from_writer(out);
    let is_in_ticks = searched.clock().counts_ticks();
    let (rate, per) = if is_in_ticks { ("per_1000_ticks", 1e3) } else { ("per_s", 1.0) };
    let time = if is_in_ticks { "ticks" } else { "s" };
    let own: Vec<String> = match searched.method {
        Method::Drift(_) => {
            vec!["drift".into(), "drift_half".into(), format!("departures_{rate}")]
        }
        Method::MannKendall(_) => {
            let mut own = ["kendall", "z", "p", "rise"].map(str::to_owned).to_vec();
            own.push(format!("response_{time}"));
            own
        }
        Method::Objectives(..) => ["figure", "mean", "half"].map(str::to_owned).to_vec(),
    };
    let common = ["scenario".to_owned(), format!("rate_{rate}")];
    let common = common.into_iter().chain(["trials", "arrivals", "verdict"].map(str::to_owned));
    writer.write_record(common.chain(own))?;
    for side in searched.sides {
        for tried in &side.capacity.tried {
            for own in rows(tried, per) {
                let verdict = match tried.verdict {
                    None => "",
                    verdict => searched.word(verdict),
                };
                let common = [
                    side.name.to_owned(),
                    tried.rate_per_s.to_string(),
                    tried.trials.to_string(),
                    tried.arrivals.to_string(),
                    verdict.to_owned(),
                ];
                writer.write_record(common.into_iter().chain(own))?;
            }
        }
    }
    writer.flush()
}

/// What was measured at a rate; `second` is how a second is counted.
fn rows(tried: &Tried, second: f64) -> Vec<Vec<String>> {
    let or_empty = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    match &tried.measured {
        Measured::Drift(of) => {
            let departures = of.departures_per_s.to_string();
            vec![vec![of.share.to_string(), or_empty(of.half), departures]]
        }
        Measured::Curve(curve) => {
            let of = curve.detection;
            let last = curve.points.last().map(|(_, mean)| mean * second);
            vec![vec![
                of.map_or_else(String::new, |of| of.s.to_string()),
                or_empty(of.map(|of| of.z)),
                or_empty(of.map(|of| of.p)),
                or_empty(of.map(|of| of.rise)),
                or_empty(last),
            ]]
        }
        Measured::Objectives(objectives) => {
            let row = |of: &tokendrome_explore::Objective| {
                vec![of.name.clone(), of.mean.to_string(), or_empty(of.half)]
            };
            objectives.iter().map(row).collect()
        }
    }
}
