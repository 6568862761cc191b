//! What the rows of a trace had in common, and what a person should know of it.

use super::blocks::BlockSizes;
use super::clock::{Clock, seconds};
use super::jsonl;
use super::text::grouped;

/// Counts over the rows read so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Rows of data, those that were skipped among them.
    pub rows: u64,
    /// Rows that are requests.
    pub requests: u64,
    /// Rows that record a failed request (`BurstGPT`: no response tokens); they were skipped.
    pub failed: u64,
    /// Requests that belong to a session.
    pub in_sessions: u64,
    /// Requests with `hash_ids`.
    pub hashed: u64,
    /// JSON lines whose `timestamp` was read as seconds, as Bailian's rows have it.
    pub in_seconds: u64,
    /// What arrival 0 is on the trace's own scale, in nanoseconds, unless it is 0 there too or the
    /// scale is the calendar.
    pub counted_from_ns: Option<u64>,
    /// The first time is what a Unix time in seconds would be, but counts in milliseconds.
    pub(super) like_unix_seconds: bool,
    /// Fields of JSON lines that have no use here, by bit of their place in the table.
    pub(super) unused: u32,
    pub(super) blocks: BlockSizes,
}

impl Facts {
    pub(super) fn new(blocks: BlockSizes) -> Self {
        Self {
            rows: 0,
            requests: 0,
            failed: 0,
            in_sessions: 0,
            hashed: 0,
            in_seconds: 0,
            counted_from_ns: None,
            like_unix_seconds: false,
            unused: 0,
            blocks,
        }
    }

    /// Counts a row of data; its index.
    pub(super) fn add_row(&mut self) -> Result<u32, String> {
        let index = u32::try_from(self.rows);
        self.rows += 1;
        index.map_err(|_| "more than 4,294,967,296 rows; split the trace".to_owned())
    }

    /// Counts a request, whose arrival the clock has told.
    pub(super) fn add_request(&mut self, clock: &Clock, in_session: bool) {
        self.requests += 1;
        self.in_sessions += u64::from(in_session);
        self.counted_from_ns = clock.told_base_ns();
    }

    /// Tokens that an entry of `hash_ids` stands for: as given, or the power of two, failing that
    /// the only size, that fits every row. None if there are no ids or several sizes fit.
    #[must_use]
    pub fn block_tokens(&self) -> Option<u32> {
        self.blocks.size().filter(|_| self.hashed > 0)
    }

    /// What a person should know, a sentence each.
    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        let notices = [
            self.skipped(),
            self.sessions(),
            self.hashes(),
            self.private(),
            self.start(),
            self.unit(),
            self.ignored(),
        ];
        notices.into_iter().flatten().collect()
    }

    fn skipped(&self) -> Option<String> {
        let (rows, have, were) = match self.failed {
            1 => ("row", "has", "was"),
            _ => ("rows", "have", "were"),
        };
        (self.failed > 0).then(|| {
            let n = grouped(self.failed);
            format!("{n} {rows} of failed requests, which {have} no output, {were} skipped")
        })
    }

    fn sessions(&self) -> Option<String> {
        let (requests, belong) = match self.in_sessions {
            1 => ("request", "belongs"),
            _ => ("requests", "belong"),
        };
        (self.in_sessions > 0).then(|| {
            let n = grouped(self.in_sessions);
            format!(
                "{n} {requests} {belong} to sessions: each is replayed by itself at its recorded \
                 time, and waits for no earlier turn"
            )
        })
    }

    fn hashes(&self) -> Option<String> {
        if self.hashed == 0 || self.blocks.is_unbounded() {
            return None;
        }
        Some(match self.block_tokens() {
            Some(size) => {
                let size = grouped(size.into());
                format!("an entry of `hash_ids` stands for {size} tokens")
            }
            None => {
                let sizes = self.blocks.range();
                format!(
                    "how many tokens an entry of `hash_ids` stands for cannot be told: {sizes} fit \
                     every row"
                )
            }
        })
    }

    fn private(&self) -> Option<String> {
        let without = self.requests - self.hashed;
        (self.hashed > 0 && without > 0).then(|| {
            let (n, of) = (grouped(without), grouped(self.requests));
            let (have, they) =
                if without == 1 { ("has", "it shares") } else { ("have", "they share") };
            format!("{n} of {of} requests {have} no `hash_ids`: {they} no tokens with others")
        })
    }

    fn start(&self) -> Option<String> {
        self.counted_from_ns.map(|base| {
            let at = seconds(base.into());
            format!("times count from the first row, which is at {at} s in the trace")
        })
    }

    fn unit(&self) -> Option<String> {
        if self.in_seconds > 0 {
            return Some(
                "the rows have `parent_chat_id`, so `timestamp` was read as seconds".to_owned(),
            );
        }
        self.like_unix_seconds.then(|| {
            "the first time looks like a Unix time in seconds; the `timestamp` of JSON lines is in \
             milliseconds"
                .to_owned()
        })
    }

    fn ignored(&self) -> Option<String> {
        (self.unused != 0).then(|| {
            let names = jsonl::names(self.unused);
            let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            format!("fields without a use here were left out: {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts::new(BlockSizes::default())
    }

    #[track_caller]
    fn check(facts: Facts, expect: &[&str]) {
        assert_eq!(facts.notices(), expect);
    }

    #[test]
    fn there_is_nothing_to_say_of_a_plain_trace() {
        check(Facts { rows: 9, requests: 9, ..facts() }, &[]);
    }

    #[test]
    fn each_fact_has_its_sentence() {
        check(
            Facts { failed: 1, ..facts() },
            &["1 row of failed requests, which has no output, was skipped"],
        );
        check(
            Facts { failed: 25_443, ..facts() },
            &["25,443 rows of failed requests, which have no output, were skipped"],
        );
        check(
            Facts { in_sessions: 1, ..facts() },
            &["1 request belongs to sessions: each is replayed by itself at its recorded time, \
                 and waits for no earlier turn"],
        );
        check(
            Facts { in_seconds: 2, ..facts() },
            &["the rows have `parent_chat_id`, so `timestamp` was read as seconds"],
        );
        check(
            Facts { counted_from_ns: Some(86_400_250_000_000), rows: 1, ..facts() },
            &["times count from the first row, which is at 86,400.250 s in the trace"],
        );
    }

    #[test]
    fn the_size_of_blocks_is_told_if_one_fits() {
        let mut blocks = BlockSizes::default();
        blocks.admit(300, 2).unwrap();
        let hashed = Facts { requests: 3, hashed: 3, ..facts() };
        check(Facts { blocks, ..hashed }, &["an entry of `hash_ids` stands for 256 tokens"]);
        let mut blocks = BlockSizes::default();
        blocks.admit(300, 3).unwrap();
        blocks.admit(121, 2).unwrap();
        check(
            Facts { blocks, ..hashed },
            &["how many tokens an entry of `hash_ids` stands for cannot be told: 100 to 120 fit \
               every row"],
        );
        // One id a row: the size makes no difference.
        check(hashed, &[]);
        assert_eq!(facts().block_tokens(), None);
    }

    #[test]
    fn requests_without_ids_among_others_are_counted() {
        check(
            Facts { requests: 1_300, hashed: 100, ..facts() },
            &["1,200 of 1,300 requests have no `hash_ids`: they share no tokens with others"],
        );
        check(
            Facts { requests: 2, hashed: 1, ..facts() },
            &["1 of 2 requests has no `hash_ids`: it shares no tokens with others"],
        );
    }
}
