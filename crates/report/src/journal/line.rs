//! A point as a line of JSON.

use serde::{Deserialize, Serialize};
use tokendrome_explore::{Estimate, Interval, Trials};

/// Digits of a key.
const KEY_DIGITS: usize = 32;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key: String,
    trials: u64,
    digest: String,
    notices: Vec<String>,
    figures: Vec<Figure>,
}

/// Name, number of trials, mean, standard deviation, ends of the interval.
///
/// Numbers stand in quotes: they must read back as the same floats to the last bit, which the
/// reader of JSON does not promise and that of the language does.
#[derive(Serialize, Deserialize)]
struct Figure(String, u64, String, Option<String>, Option<String>, Option<String>);

/// The line of a point, without its end.
pub(super) fn text(key: &str, of: &Trials) -> String {
    let line = Line {
        key: key.to_owned(),
        trials: of.trials,
        digest: format!("{:016x}", of.digest),
        notices: of.notices.clone(),
        figures: of.estimates.iter().map(Figure::of).collect(),
    };
    serde_json::to_string(&line).expect("a line is plain data")
}

/// The key and the point of a line.
pub(super) fn read(line: &[u8]) -> Result<(String, Trials), String> {
    let line: Line = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let is_key = |key: &str| key.len() == KEY_DIGITS && key.bytes().all(|c| c.is_ascii_hexdigit());
    if !is_key(&line.key) {
        return Err(format!("{:?} is no key", line.key));
    }
    let digest = u64::from_str_radix(&line.digest, 16);
    let digest = digest.map_err(|_| format!("{:?} is no digest", line.digest))?;
    let estimates = line.figures.into_iter().map(Figure::read).collect::<Result<_, _>>()?;
    let trials = Trials {
        trials: line.trials,
        is_complete: true,
        digest,
        notices: line.notices,
        precision: None,
        estimates,
    };
    Ok((line.key, trials))
}

impl Figure {
    fn of(of: &Estimate) -> Self {
        let text = |value: f64| format!("{value:?}");
        let (low, high) = of.ci95.map(|Interval { low, high }| (text(low), text(high))).unzip();
        Self(of.name.clone(), of.n, text(of.mean), of.std.map(text), low, high)
    }

    fn read(self) -> Result<Estimate, String> {
        let Self(name, n, mean, std, low, high) = self;
        let number = |text: String| {
            text.parse::<f64>().map_err(|_| format!("{text:?} is no number, as {name} has it"))
        };
        let (std, low, high) = (
            std.map(number).transpose()?,
            low.map(number).transpose()?,
            high.map(number).transpose()?,
        );
        let ci95 = low.zip(high).map(|(low, high)| Interval { low, high });
        let mean = number(mean)?;
        Ok(Estimate { name, n, mean, std, ci95 })
    }
}
