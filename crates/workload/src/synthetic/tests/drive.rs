//! An engine without an engine: requests end when a test says.

use std::collections::{BTreeMap, BTreeSet};

use tokendrome_units::{SimDuration, SimTime};

use super::super::Synthetic;
use crate::{Request, Source};

/// A request and its end.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Served {
    pub(super) request: Request,
    pub(super) end: SimTime,
    pub(super) completed: bool,
}

enum Event {
    Arrives(Request),
    Ends(Served),
}

/// All requests of `source` in the order of their ends. `serve` says of each how many nanoseconds
/// it takes and whether it is completed.
pub(super) fn drive(
    source: &mut Synthetic,
    mut serve: impl FnMut(&Request) -> (u64, bool),
) -> Vec<Served> {
    let mut events = BTreeMap::new();
    let mut scheduled = 0;
    let mut in_flight = BTreeSet::new();
    let mut open_loop = source.next_request().unwrap();
    let mut ended = Vec::new();
    loop {
        let mut schedule = |at: SimTime, event| {
            scheduled += 1;
            events.insert((at, scheduled), event);
        };
        if let Some(request) = open_loop.take() {
            schedule(request.arrival, (true, Event::Arrives(request)));
        }
        let Some(((now, _), (is_open_loop, event))) = events.pop_first() else {
            return ended;
        };
        match event {
            Event::Arrives(request) => {
                if is_open_loop {
                    open_loop = source.next_request().unwrap();
                }
                assert!(request.prompt_tokens >= 1 && request.output_tokens >= 1);
                if let Some(user) = request.user {
                    assert!(in_flight.insert(user), "two requests of user {user} at {now}");
                }
                let (nanos, completed) = serve(&request);
                let end = now.checked_add(SimDuration::from_nanos(nanos)).unwrap();
                scheduled += 1;
                let served = Served { request, end, completed };
                events.insert((end, scheduled), (false, Event::Ends(served)));
            }
            Event::Ends(served) => {
                if let Some(user) = served.request.user {
                    in_flight.remove(&user);
                    if let Some(next) = source.ended(user, now, served.completed).unwrap() {
                        assert!(next.arrival >= now);
                        assert_eq!(next.user, Some(user));
                        scheduled += 1;
                        events.insert((next.arrival, scheduled), (false, Event::Arrives(next)));
                    }
                }
                ended.push(served);
            }
        }
    }
}
