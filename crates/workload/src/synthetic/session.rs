//! One session: a conversation and what it has come to.

use tokendrome_kernel::Streams;
use tokendrome_units::TokenRun;

use super::laws::{Character, Draws, Laws, SessionLaws};
use crate::prefixes::Prefix;

/// Sessions are numbered within 32 bits; the groups of prefixes come after them.
const FIRST_GROUP_ID: u64 = 1 << 32;

/// A conversation.
///
/// It draws from streams of its own. So its turns are the same whatever the engine does with other
/// sessions, and two runs that differ in the engine see the same conversations.
pub(super) struct Session {
    id: u32,
    /// Sessions of its user before it, in closed loops.
    pub(super) nth: u32,
    pub(super) character: Character,
    pub(super) draws: Draws,
    /// Turns to come.
    pub(super) turns_left: u32,
    /// Tokens of the conversation, the output of the last turn included.
    tokens: u32,
}

/// The lengths of a request and what it may share.
pub(super) struct Turn {
    pub(super) prompt_tokens: u32,
    pub(super) output_tokens: u32,
    pub(super) content: Vec<TokenRun>,
}

impl Session {
    /// The session numbered `id` in this workload, which draws from the streams called `name`, and
    /// its first turn. At most `max_tokens` are generated a turn.
    pub(super) fn begin(
        (id, nth): (u32, u32),
        name: &str,
        (laws, sessions): (&Laws, &SessionLaws),
        streams: &Streams,
        max_tokens: Option<u32>,
    ) -> (Self, Turn) {
        let mut draws = Draws::new(streams, name);
        let character = laws.character(&mut draws);
        let turns = sessions.turns.draw(&mut draws.turns);
        let own = laws.input.draw(&mut draws.input);
        let tokens = prefix_tokens(character.prefix);
        let mut session = Self { id, nth, character, draws, turns_left: turns, tokens };
        let turn = session.turn(own, laws, max_tokens);
        (session, turn)
    }

    /// The next turn, which repeats all before it.
    pub(super) fn go_on(
        &mut self,
        (laws, sessions): (&Laws, &SessionLaws),
        max_tokens: Option<u32>,
    ) -> Turn {
        let new = sessions.new.draw(&mut self.draws.new);
        self.turn(new, laws, max_tokens)
    }

    /// A turn that adds `new` tokens. What is beyond a 32-bit count is no engine's business: such
    /// a prompt will be rejected, and ends the session.
    fn turn(&mut self, new: u32, laws: &Laws, max_tokens: Option<u32>) -> Turn {
        let prompt_tokens = self.tokens.saturating_add(new);
        let output_tokens = laws.output.draw(&mut self.draws.output);
        let generated = output_tokens.min(max_tokens.unwrap_or(u32::MAX));
        self.turns_left -= 1;
        self.tokens = prompt_tokens.saturating_add(generated);
        let mut content = prefix_content(self.character.prefix);
        content.push(TokenRun { id: u64::from(self.id), end: self.tokens });
        Turn { prompt_tokens, output_tokens, content }
    }
}

/// Tokens of the prefix, if there is one.
pub(super) fn prefix_tokens(prefix: Option<Prefix>) -> u32 {
    prefix.map_or(0, |prefix| prefix.tokens)
}

/// The run of the prefix, if there is one.
pub(super) fn prefix_content(prefix: Option<Prefix>) -> Vec<TokenRun> {
    let id = |prefix: &Prefix| FIRST_GROUP_ID + u64::from(prefix.group);
    prefix.iter().map(|prefix| TokenRun { id: id(prefix), end: prefix.tokens }).collect()
}
