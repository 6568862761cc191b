//! Medians and ratios as a table in Markdown.

use super::Entry;
use super::measure::Measured;

/// Who the ratios are to: the first of these that was measured on the job.
const REFERENCES: [&str; 2] = ["inference-lab-o3", "aisimulate"];

const HEAD: &str = "| job | program | wall s, median (min to max) | requests/s | iterations | \
                    iterations/s | peak MB | peer takes |\n|---|---|---|---|---|---|---|---|\n";

/// The table, and what follows from several rows of it.
pub(super) fn render(entries: &[Entry<'_>]) -> String {
    let rows: Vec<Row> = entries.iter().map(|entry| Row::of(entry, entries)).collect();
    let mut text = HEAD.to_owned();
    for row in &rows {
        text.push_str(&row.line());
    }
    let median_of = |job: &str, who: &str| {
        let found = entries.iter().find(|entry| entry.job.name == job && entry.who == who);
        found.map(|entry| median(&walls(&entry.rounds)))
    };
    let ours = |job: &str| median_of(job, "tokendrome");
    if let (Some(small), Some(large)) = (ours("10k@8"), ours("1m@20")) {
        text += &format!(
            "\nFrom 10,000 to 1,000,000 requests (at 8 and 20 a second): {:.1} times \
             the time.\n",
            large / small
        );
    }
    if let (Some(small), Some(large)) = (ours("100k@20"), ours("1m@20")) {
        text += &format!(
            "\nFrom 100,000 to 1,000,000 requests at 20 a second: {:.1} times the \
             time.\n",
            large / small
        );
    }
    if let (Some(one), Some(two)) = (ours("trials-1"), ours("trials-2")) {
        let percent = 100.0 * one / (2.0 * two);
        text += &format!("\nParallel efficiency of trials on two threads: {percent:.0} %.\n");
    }
    text
}

struct Row {
    job: &'static str,
    who: String,
    walls: Vec<f64>,
    requests: u64,
    iterations: Option<f64>,
    peak_mb: f64,
    /// Wall time of the reference on the same job over that of this row.
    ratio: Option<f64>,
}

impl Row {
    fn of(entry: &Entry<'_>, all: &[Entry<'_>]) -> Self {
        let walls = walls(&entry.rounds);
        let of_who = |who: &&str| {
            all.iter().find(|other| other.job.name == entry.job.name && other.who == **who)
        };
        let reference = REFERENCES.iter().find_map(of_who);
        let reference = reference.map(|other| median(&self::walls(&other.rounds)));
        let peaks: Vec<f64> = entry.rounds.iter().map(|measured| measured.peak_mb).collect();
        Self {
            job: entry.job.name,
            who: entry.who.clone(),
            requests: entry.job.requests,
            iterations: entry.rounds.iter().find_map(|measured| measured.iterations),
            peak_mb: median(&peaks),
            ratio: reference.map(|reference| reference / median(&walls)),
            walls,
        }
    }

    fn line(&self) -> String {
        let wall = median(&self.walls);
        let low = self.walls.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.walls.iter().copied().fold(0.0, f64::max);
        let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        format!(
            "| {} | {} | {wall:.3} ({low:.3} to {high:.3}) | {} | {} | {} | {:.0} | {} |\n",
            self.job,
            self.who,
            thousands(self.requests as f64 / wall),
            or_dash(self.iterations.map(thousands)),
            or_dash(self.iterations.map(|iterations| thousands(iterations / wall))),
            self.peak_mb,
            or_dash(self.ratio.map(|ratio| format!("{ratio:.2} x"))),
        )
    }
}

fn walls(rounds: &[Measured]) -> Vec<f64> {
    rounds.iter().map(|measured| measured.wall_s).collect()
}

/// The middle value, or the mean of the two in the middle; 0 of none.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => 0.0,
        (count, middle) if count % 2 == 1 => sorted[middle],
        (_, middle) => 0.5 * (sorted[middle - 1] + sorted[middle]),
    }
}

/// A whole number with its thousands separated.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::jobs;
    use super::*;

    #[test]
    fn medians_and_thousands() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!((thousands(1_234_567.4), thousands(12.0)), ("1,234,567".into(), "12".into()));
    }

    #[test]
    fn rows_tell_how_much_longer_the_reference_takes() {
        let jobs = jobs::all();
        let entry = |name: &str, who: &str, wall_s: f64, iterations| Entry {
            job: jobs.iter().find(|job| job.name == name).unwrap(),
            who: who.to_owned(),
            command: Vec::new(),
            output: "output.json".into(),
            rounds: vec![Measured { wall_s, peak_mb: 20.4, iterations }; 3],
        };
        let text = render(&[
            entry("10k@8", "tokendrome", 0.25, Some(140_000.0)),
            entry("10k@8", "inference-lab-o3", 0.5, None),
            entry("10k-fixed@8", "tokendrome", 0.1, None),
            entry("10k-fixed@8", "aisimulate", 8.0, None),
            entry("trials-1", "tokendrome", 3.8, None),
            entry("trials-2", "tokendrome", 2.0, None),
        ]);
        let ours = "| 10k@8 | tokendrome | 0.250 (0.250 to 0.250) | 40,000 | 140,000 | 560,000 | \
                    20 | 2.00 x |\n";
        assert!(text.contains(ours), "{text}");
        assert!(
            text.contains("| 10k@8 | inference-lab-o3 | 0.500 (0.500 to 0.500) | 20,000 | - |")
        );
        assert!(text.contains(
            "| 10k-fixed@8 | tokendrome | 0.100 (0.100 to 0.100) | 100,000 | - | - | 20 | 80.00 x |"
        ));
        assert!(text.ends_with("efficiency of trials on two threads: 95 %.\n"), "{text}");
    }
}
