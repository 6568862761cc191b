//! What single runs had to say, told once for all of them.

/// Notices of many runs. Those that differ only in their numbers count as one.
#[derive(Debug, Default)]
pub(crate) struct Notices(Vec<Notice>);

#[derive(Debug)]
struct Notice {
    /// The text of the first run that had it.
    text: String,
    first: u64,
    runs: u64,
}

impl Notices {
    /// Adds those of run `index`.
    pub(crate) fn add(&mut self, index: u64, notices: Vec<String>) {
        for text in notices {
            match self.0.iter_mut().find(|known| is_alike(&known.text, &text)) {
                Some(known) => known.runs += 1,
                None => self.0.push(Notice { text, first: index, runs: 1 }),
            }
        }
    }

    /// All of them, given what a run is called and the number of runs.
    pub(crate) fn list(self, run: &str, runs: u64) -> Vec<String> {
        let told = |notice: Notice| match notice {
            Notice { text, .. } if runs == 1 => text,
            Notice { text, runs: own, .. } if own == runs && !has_digits(&text) => text,
            Notice { text, first, runs: own } => {
                format!("in {own} of {runs} {run}s (here {run} {first}): {text}")
            }
        };
        self.0.into_iter().map(told).collect()
    }
}

fn has_digits(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

/// Whether the texts differ in nothing but numbers.
pub(crate) fn is_alike(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|c: char| c.is_ascii_digit());
        parts.filter(|part| !matches!(*part, "" | "." | ",")).map(str::to_owned).collect()
    };
    words(a) == words(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_once() {
        let mut notices = Notices::default();
        for index in 0..4 {
            let mut said = vec!["scheduling is synchronous".to_owned()];
            if index > 0 {
                said.push(format!("{index},000.5 of 10 requests wait"));
            }
            notices.add(index, said);
        }
        let expect = [
            "scheduling is synchronous",
            "in 3 of 4 trials (here trial 1): 1,000.5 of 10 requests wait",
        ];
        assert_eq!(notices.list("trial", 4), expect);
    }
}
