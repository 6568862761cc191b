//! The section `requests`.

use std::ops::Range;

use tokendrome_sched::{NewRequest, VllmConfig};
use tokendrome_units::{SimTime, TokenRun};

use super::{ARRIVAL_MAX, Prompt};
use crate::ScenarioError;
use crate::content::Tokens;
use crate::json::{Field, Table, short};
use crate::keys::check_keys;
use crate::vllm::token::{EOS, token};

const KEYS: &[&str] = &[
    "id",
    "arrival_ns",
    "arrival_step",
    "max_tokens",
    "priority",
    "segments",
    "prompt_token_ids",
    "out_stream",
    "eos_after",
];

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(in crate::vllm) id: String,
    /// Where it stands in the file, counted from 0.
    pub(super) position: usize,
    /// In nanoseconds or steps.
    pub(in crate::vllm) arrival: u64,
    prompt: Prompt,
    prompt_tokens: u32,
    /// Most output tokens; the scheduler knows them.
    max_tokens: u32,
    /// Output tokens that the longest sequence leaves room for.
    longest_output: u32,
    /// The output token that ends it, counted from 1; the scheduler does not know it beforehand.
    eos_after: Option<u32>,
    /// The stream that its output tokens are taken from.
    out_stream: u64,
    priority: i32,
    /// Its rank among all, by the text of their ids.
    rank: u64,
}

impl Request {
    /// Output tokens that it will have.
    fn output_tokens(&self) -> u32 {
        let most = self.max_tokens.min(self.longest_output);
        self.eos_after.unwrap_or(most).min(most)
    }

    /// What the scheduler is told.
    pub(in crate::vllm) fn arriving<'a>(&self, content: &'a [TokenRun]) -> NewRequest<'a> {
        NewRequest {
            computed_tokens: 0,
            reserved_tokens: 0,
            prompt_tokens: self.prompt_tokens,
            output_tokens: self.output_tokens(),
            max_tokens: self.max_tokens,
            priority: self.priority,
            arrival: SimTime::from_nanos(self.arrival),
            order: self.rank,
            content,
        }
    }
}

impl Tokens for Request {
    type Token = u32;

    fn length(&self) -> u32 {
        self.prompt_tokens + self.output_tokens()
    }

    fn write_tokens(&self, range: Range<u32>, out: &mut Vec<u32>) {
        let outputs = range.end.saturating_sub(self.prompt_tokens);
        let first = range.start.saturating_sub(self.prompt_tokens);
        self.prompt.write_tokens(range, out);
        out.extend((first..outputs).map(|j| match self.eos_after {
            Some(last) if last == j + 1 => EOS,
            _ => token(self.out_stream, j.into()),
        }));
    }
}

/// What requests arrive by: the key that all of them have.
const BY_TIME: &str = "arrival_ns";
const BY_STEP: &str = "arrival_step";

/// All requests in order of arrival, and whether they arrive by step.
pub(super) fn read_all(
    list: &Field<'_>,
    config: &VllmConfig,
) -> Result<(Vec<Request>, bool), ScenarioError> {
    let mut requests = Vec::new();
    let mut by = BY_TIME;
    for (position, field) in list.list()?.enumerate() {
        let table = field.table()?;
        check_keys(&table, KEYS)?;
        if position == 0 && table.get(BY_TIME).is_none() && table.get(BY_STEP).is_some() {
            by = BY_STEP;
        }
        requests.push(read(&field, &table, position, by, config)?);
    }
    if requests.is_empty() {
        return Err(list.must_not_be("an empty list", "hold at least one request"));
    }
    rank(&mut requests, list)?;
    requests.sort_by_key(|request| request.arrival);
    Ok((requests, by == BY_STEP))
}

fn read(
    field: &Field<'_>,
    table: &Table<'_>,
    position: usize,
    by: &'static str,
    config: &VllmConfig,
) -> Result<Request, ScenarioError> {
    let prompt = Prompt::read(table)?;
    let prompt_tokens = prompt.length();
    let longest = config.max_model_len - 1;
    let within = u32::try_from(prompt_tokens).ok().filter(|tokens| (1..=longest).contains(tokens));
    let prompt_tokens = within.ok_or_else(|| {
        let rule = format!("have a prompt of 1 to {longest} tokens (max_model_len - 1)");
        field.must_not_be(format!("{prompt_tokens} tokens"), rule)
    })?;
    let eos_after = table.get("eos_after").map(|field| field.whole(1..=u32::MAX)).transpose()?;
    let max_tokens: u32 = table.need("max_tokens")?.whole(1..=u32::MAX)?;
    Ok(Request {
        id: table.need("id")?.text()?.to_owned(),
        position,
        arrival: arrival(table, by, config.async_scheduling)?,
        prompt,
        prompt_tokens,
        // A longer output ends at the longest sequence all the same.
        longest_output: config.max_model_len - prompt_tokens,
        max_tokens,
        eos_after,
        out_stream: table.need("out_stream")?.whole(0..=u64::MAX)?,
        priority: table.get("priority").map_or(Ok(0), |field| field.whole(i32::MIN..=i32::MAX))?,
        rank: 0,
    })
}

fn arrival(table: &Table<'_>, by: &'static str, is_async: bool) -> Result<u64, ScenarioError> {
    let other = if by == BY_TIME { BY_STEP } else { BY_TIME };
    if let Some(field) = table.get(other) {
        let rule = format!("be left out: requests[0] arrives by {by}, and all arrive alike");
        return Err(field.must(rule));
    }
    let field = table.need(by)?;
    if is_async && by == BY_STEP {
        return Err(field.must("be arrival_ns, a time, while async_scheduling is true"));
    }
    field.whole(0..=ARRIVAL_MAX)
}

/// Ranks the requests by the text of their ids, of which no two may be equal.
fn rank(requests: &mut [Request], list: &Field<'_>) -> Result<(), ScenarioError> {
    let mut places: Vec<usize> = (0..requests.len()).collect();
    places.sort_by(|&a, &b| requests[a].id.cmp(&requests[b].id));
    for pair in places.windows(2) {
        let (first, second) = (pair[0], pair[1]);
        if requests[first].id == requests[second].id {
            let field = list.list()?.nth(second).unwrap_or(*list);
            let rule = format!("have an id of its own; requests[{first}] has the same");
            let id = format!("the id {:?}", short(&requests[second].id));
            return Err(field.must_not_be(id, rule));
        }
    }
    for (rank, place) in places.into_iter().enumerate() {
        requests[place].rank = rank as u64;
    }
    Ok(())
}
