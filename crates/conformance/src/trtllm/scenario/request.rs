//! The section `requests`.

use std::ops::Range;

use tokendrome_sched::NewRequest;
use tokendrome_units::{SimTime, TokenRun};

use super::ARRIVAL_MAX;
use crate::ScenarioError;
use crate::content::Tokens;
use crate::json::{Field, Table};
use crate::keys::check_keys;

const KEYS: &[&str] = &["id", "arrival_ns", "segments", "max_tokens", "out_stream", "eos_after"];

/// Added to a request's id, the stream of its output unless it names another.
const OUT_STREAMS: i64 = 1_000_000;

/// Ids and numbers of streams and their positions.
const NUMBERS: std::ops::RangeInclusive<i64> = -(1 << 62)..=1 << 62;

/// A piece of a stream of tokens. Two tokens are the same if stream and position are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Segment {
    stream: i64,
    offset: i64,
    length: u32,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::trtllm) struct Request {
    pub(in crate::trtllm) id: i64,
    /// Where it stands in the file, counted from 0.
    pub(super) position: usize,
    /// In nanoseconds.
    pub(in crate::trtllm) arrival: u64,
    prompt: Vec<Segment>,
    prompt_tokens: u32,
    /// Most output tokens; the scheduler knows them.
    max_tokens: u32,
    /// The output token that ends it, counted from 1; the scheduler does not know it beforehand.
    eos_after: Option<u32>,
    /// The stream that its output tokens are taken from.
    out_stream: i64,
}

impl Request {
    /// Output tokens that it will have.
    fn output_tokens(&self) -> u32 {
        self.eos_after.unwrap_or(self.max_tokens).min(self.max_tokens)
    }

    /// What the scheduler is told.
    pub(in crate::trtllm) fn arriving<'a>(&self, content: &'a [TokenRun]) -> NewRequest<'a> {
        NewRequest {
            computed_tokens: 0,
            reserved_tokens: 0,
            prompt_tokens: self.prompt_tokens,
            output_tokens: self.output_tokens(),
            max_tokens: self.max_tokens,
            priority: 0,
            arrival: SimTime::from_nanos(self.arrival),
            order: self.position as u64,
            content,
        }
    }
}

impl Tokens for Request {
    type Token = (i64, i64);

    fn length(&self) -> u32 {
        self.prompt_tokens + self.output_tokens()
    }

    fn write_tokens(&self, range: Range<u32>, out: &mut Vec<(i64, i64)>) {
        let output = Segment { stream: self.out_stream, offset: 0, length: self.output_tokens() };
        let mut before = 0;
        for segment in self.prompt.iter().chain([&output]) {
            let length = segment.length;
            let start = range.start.clamp(before, before + length) - before;
            let end = range.end.clamp(before, before + length) - before;
            out.extend((start..end).map(|i| (segment.stream, segment.offset + i64::from(i))));
            before += length;
        }
    }
}

/// All requests in order of arrival.
pub(super) fn read_all(list: &Field<'_>, max_seq_len: u32) -> Result<Vec<Request>, ScenarioError> {
    let mut requests = Vec::new();
    for (position, field) in list.list()?.enumerate() {
        let table = field.table()?;
        check_keys(&table, KEYS)?;
        requests.push(read(&field, &table, position, max_seq_len)?);
    }
    requests.sort_by_key(|request| request.arrival);
    Ok(requests)
}

fn read(
    field: &Field<'_>,
    table: &Table<'_>,
    position: usize,
    max_seq_len: u32,
) -> Result<Request, ScenarioError> {
    let id = table.need("id")?.whole(NUMBERS)?;
    let segments = table.need("segments")?;
    let prompt: Vec<Segment> = segments.list()?.map(segment).collect::<Result<_, _>>()?;
    let length: u64 = prompt.iter().map(|segment| u64::from(segment.length)).sum();
    let max_tokens: u32 = table.need("max_tokens")?.whole(1..=u32::MAX)?;
    let prompt_tokens = u32::try_from(length).ok().filter(|&tokens| {
        tokens > 0 && u64::from(tokens) + u64::from(max_tokens) <= max_seq_len.into()
    });
    let prompt_tokens = prompt_tokens.ok_or_else(|| {
        let rule = format!(
            "have a prompt of at least 1 token, which with max_tokens makes at most {max_seq_len} \
             (max_seq_len)"
        );
        field.must_not_be(format!("{length} tokens and max_tokens {max_tokens}"), rule)
    })?;
    let out_stream = table.get("out_stream").map(|field| field.whole(NUMBERS)).transpose()?;
    Ok(Request {
        id,
        position,
        arrival: table.need("arrival_ns")?.whole(0..=ARRIVAL_MAX)?,
        prompt,
        prompt_tokens,
        max_tokens,
        eos_after: table.get("eos_after").map(|field| field.whole(1..=u32::MAX)).transpose()?,
        out_stream: out_stream.unwrap_or(id + OUT_STREAMS),
    })
}

fn segment(field: Field<'_>) -> Result<Segment, ScenarioError> {
    let mut parts = field.list()?;
    let (Some(stream), Some(offset), Some(length), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(field.must("be a list [stream, offset, length]"));
    };
    Ok(Segment {
        stream: stream.whole(NUMBERS)?,
        offset: offset.whole(NUMBERS)?,
        length: length.whole(0..=u32::MAX)?,
    })
}
