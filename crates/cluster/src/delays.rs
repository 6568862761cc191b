//! The way of requests and answers outside the engine.

use tokendrome_metrics::RequestRecord;
use tokendrome_units::{SimDuration, SimTime};

/// What passes between a client and the engines: client, network, HTTP, tokeniser, detokeniser.
/// Every request and every token take the same; nothing waits for anything there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delays {
    /// From sending a request to its arrival at the router.
    pub request: SimDuration,
    /// From a token, or a refusal, to the client.
    pub response: SimDuration,
}

impl Delays {
    fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// When a request was sent that arrives at this time.
    pub(crate) fn sent(&self, arrival: SimTime) -> SimTime {
        arrival.saturating_sub(self.request)
    }

    /// The record of a request as its client sees it, where that is another one.
    pub(crate) fn at_client(&self, record: &RequestRecord) -> Option<RequestRecord> {
        if self.are_none() {
            return None;
        }
        let later = |time: Option<SimTime>| time.map(|time| time + self.response);
        Some(RequestRecord {
            arrival: self.sent(record.arrival),
            first_token: later(record.first_token),
            end: later(record.end),
            ..record.clone()
        })
    }
}
