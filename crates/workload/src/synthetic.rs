//! Synthetic workloads: an arrival process, distributions of lengths, a mix of classes; sessions
//! and shared prefixes.

mod laws;
mod session;
mod spec;

use tokendrome_kernel::Streams;
use tokendrome_units::SimTime;

pub use self::spec::{ClassMix, SyntheticSpec};

use self::laws::{Draws, Laws, Think};
use self::session::{Session, Turn, prefix_content, prefix_tokens};
use crate::request::at_secs;
use crate::{Arrivals, ArrivalsSpec, ClassId, Request, Source, SourceError};

/// The stream of requests of a [`SyntheticSpec`].
///
/// Every purpose draws from a stream of its own, so that two scenarios which differ in one of them
/// share all the others; and so does every session. Memory is that of the sessions that have begun
/// and not ended.
pub struct Synthetic {
    spec: SyntheticSpec,
    laws: Laws,
    streams: Streams,
    arrivals: Option<Arrivals>,
    /// Draws of requests without a session.
    draws: Draws,
    /// Sessions that have not ended, by their user: of a closed loop, or a place in this list.
    sessions: Vec<Option<Session>>,
    free_places: Vec<u32>,
    sessions_begun: u32,
    /// Sessions that a rejected turn has ended before their last.
    sessions_cut: u64,
    created: u32,
    /// Users of a closed loop who have sent their first request.
    users_started: u32,
    horizon: Option<SimTime>,
}

impl Synthetic {
    /// The requests of a valid specification.
    ///
    /// # Errors
    /// A `duration_s` beyond the clock's range.
    pub fn new(spec: SyntheticSpec, streams: &Streams) -> Result<Self, SourceError> {
        Ok(Self {
            laws: Laws::new(&spec, streams),
            streams: *streams,
            arrivals: spec.arrivals.build(streams.stream("arrivals")),
            draws: Draws::new(streams, ""),
            sessions: Vec::new(),
            free_places: Vec::new(),
            sessions_begun: 0,
            sessions_cut: 0,
            created: 0,
            users_started: 0,
            horizon: spec.duration_s.map(at_secs).transpose()?,
            spec,
        })
    }

    /// Whether the workload ends before a request that would arrive at `arrival`.
    fn is_over(&self, arrival: SimTime) -> bool {
        let most = self.spec.requests.unwrap_or(u32::MAX);
        self.created >= most || self.horizon.is_some_and(|horizon| arrival > horizon)
    }

    /// A request that stands alone, or the first of a session.
    fn begin(&mut self, arrival: SimTime, user: Option<u32>) -> Option<Request> {
        if self.is_over(arrival) {
            return None;
        }
        if self.laws.sessions.is_some() {
            return Some(self.begin_session(arrival, user, 0));
        }
        let character = self.laws.character(&mut self.draws);
        let own = self.laws.input.draw(&mut self.draws.input);
        let turn = Turn {
            prompt_tokens: prefix_tokens(character.prefix).saturating_add(own),
            output_tokens: self.laws.output.draw(&mut self.draws.output),
            content: prefix_content(character.prefix),
        };
        Some(self.request(arrival, user, character.class, turn))
    }

    /// The first turn of the `nth` session of `user`, or of whoever takes a free place.
    fn begin_session(&mut self, arrival: SimTime, user: Option<u32>, nth: u32) -> Request {
        let sessions = self.laws.sessions.as_ref().expect("a workload of sessions");
        let id = self.sessions_begun;
        self.sessions_begun += 1;
        let name = match user {
            Some(user) => format!("user-{user}/session-{nth}/"),
            None => format!("session-{id}/"),
        };
        let laws = (&self.laws, sessions);
        let (session, turn) =
            Session::begin((id, nth), &name, laws, &self.streams, self.spec.max_tokens);
        let place = user.or_else(|| self.free_places.pop());
        let place = place.unwrap_or(self.sessions.len() as u32);
        if self.sessions.len() <= place as usize {
            self.sessions.resize_with(place as usize + 1, || None);
        }
        let class = session.character.class;
        self.sessions[place as usize] = Some(session);
        self.request(arrival, Some(place), class, turn)
    }

    fn request(
        &mut self,
        arrival: SimTime,
        user: Option<u32>,
        class: usize,
        turn: Turn,
    ) -> Request {
        let index = self.created;
        self.created += 1;
        Request {
            index,
            arrival,
            prompt_tokens: turn.prompt_tokens,
            output_tokens: turn.output_tokens,
            max_tokens: self.spec.max_tokens.unwrap_or(turn.output_tokens),
            priority: self.spec.classes.get(class).map_or(0, |class| class.priority),
            class: ClassId(class as u16),
            user,
            content: turn.content,
        }
    }

    /// How long a user of the closed loop thinks; none if it is open.
    fn closed_loop(&self) -> Option<Think> {
        match self.spec.arrivals {
            ArrivalsSpec::ClosedLoop { think_s, random_think, .. } => {
                Some(Think { mean_s: think_s, is_random: random_think })
            }
            _ => None,
        }
    }

    /// What follows a turn of a session: its next turn, or the next session of its user.
    fn turn_ended(
        &mut self,
        place: u32,
        now: SimTime,
        served: bool,
    ) -> Result<Option<Request>, SourceError> {
        let kept = self.sessions[place as usize].take();
        let mut session = kept.expect("a turn that ends belongs to a session");
        let goes_on = served && session.turns_left > 0;
        self.sessions_cut += u64::from(!served && session.turns_left > 0);
        let sessions = self.laws.sessions.as_ref().expect("a workload of sessions");
        let think = if goes_on { Some(sessions.think) } else { self.closed_loop() };
        let arrival = match think {
            Some(think) => now.checked_add(think.draw(&mut session.draws.think)?),
            None => None,
        };
        let Some(arrival) = arrival.filter(|&arrival| !self.is_over(arrival)) else {
            if self.closed_loop().is_none() {
                self.free_places.push(place);
            }
            return Ok(None);
        };
        if !goes_on {
            return Ok(Some(self.begin_session(arrival, Some(place), session.nth + 1)));
        }
        let turn = session.go_on((&self.laws, sessions), self.spec.max_tokens);
        let class = session.character.class;
        self.sessions[place as usize] = Some(session);
        Ok(Some(self.request(arrival, Some(place), class, turn)))
    }
}

impl Source for Synthetic {
    fn next_request(&mut self) -> Result<Option<Request>, SourceError> {
        if let Some(arrivals) = &mut self.arrivals {
            if self.spec.requests.is_some_and(|requests| self.created >= requests) {
                return Ok(None);
            }
            let arrival_s = arrivals.next_s();
            if self.spec.duration_s.is_some_and(|duration_s| arrival_s > duration_s) {
                return Ok(None);
            }
            return Ok(self.begin(at_secs(arrival_s)?, None));
        }
        match self.spec.arrivals {
            ArrivalsSpec::ClosedLoop { users, .. } if self.users_started < users => {
                let user = self.users_started;
                self.users_started += 1;
                Ok(self.begin(SimTime::ZERO, Some(user)))
            }
            _ => Ok(None),
        }
    }

    fn ended(
        &mut self,
        user: u32,
        now: SimTime,
        served: bool,
    ) -> Result<Option<Request>, SourceError> {
        if self.laws.sessions.is_some() {
            return self.turn_ended(user, now, served);
        }
        let Some(think) = self.closed_loop() else { return Ok(None) };
        let pause = think.draw(&mut self.draws.think)?;
        Ok(now.checked_add(pause).and_then(|arrival| self.begin(arrival, Some(user))))
    }

    fn classes(&self) -> Vec<String> {
        self.spec.classes.iter().map(|class| class.name.clone()).collect()
    }

    fn notices(&self) -> Vec<String> {
        let notice = match self.sessions_cut {
            0 => return Vec::new(),
            1 => "1 session ended before its last turn, because a turn was rejected".to_owned(),
            n => format!("{n} sessions ended before their last turn, because a turn was rejected"),
        };
        vec![notice]
    }
}

#[cfg(test)]
mod tests;
