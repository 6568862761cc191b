//! Which tokens are said to be shared, against the tokens themselves.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tokendrome_units::TokenRun;

use super::drive::drive;
use super::*;
use crate::{LengthsSpec, PopularitySpec, PrefixesSpec, SessionsSpec, TurnsSpec};

prop_compose! {
    fn lengths()(min in 1u32..12, spread in 0u32..12) -> LengthsSpec {
        LengthsSpec::Uniform { min, max: min + spread }
    }
}

prop_compose! {
    /// Conversations of a fixed number of turns, so that it is known which request begins one.
    fn sessions()(
        turns in 1u32..5,
        think_s in 0.0..0.2f64,
        random_think in any::<bool>(),
        new_tokens in proptest::option::of(lengths()),
    ) -> SessionsSpec {
        SessionsSpec { turns: TurnsSpec::Fixed { turns }, think_s, random_think, new_tokens }
    }
}

prop_compose! {
    fn prefixes()(
        groups in 1u32..5,
        tokens in lengths(),
        exponent in proptest::option::of(0.0..2.0f64),
        share in 0.0..=1.0f64,
    ) -> PrefixesSpec {
        let zipf = exponent.map(|exponent| PopularitySpec::Zipf { exponent });
        PrefixesSpec { groups, tokens, popularity: zipf.unwrap_or_default(), share }
    }
}

fn arrivals() -> impl Strategy<Value = ArrivalsSpec> {
    prop_oneof![
        (1.0..50.0f64).prop_map(|rate_per_s| ArrivalsSpec::Poisson { rate_per_s }),
        (1u32..6, 0.0..0.2f64).prop_map(|(users, think_s)| ArrivalsSpec::ClosedLoop {
            users,
            think_s,
            random_think: true,
        }),
    ]
}

prop_compose! {
    fn workload()(
        (arrivals, input_tokens, output_tokens) in (arrivals(), lengths(), lengths()),
        max_tokens in proptest::option::of(1u32..12),
        sessions in proptest::option::of(sessions()),
        prefixes in proptest::option::of(prefixes()),
    ) -> SyntheticSpec {
        SyntheticSpec {
            arrivals,
            input_tokens,
            output_tokens,
            max_tokens,
            requests: Some(40),
            duration_s: None,
            classes: Vec::new(),
            sessions,
            prefixes,
        }
    }
}

/// Tokens that are nobody's but its own and of those who repeat them.
#[derive(Default)]
struct Fresh(u64);

impl Fresh {
    fn append(&mut self, tokens: &mut Vec<u64>, count: u32) {
        tokens.extend(self.0..self.0 + u64::from(count));
        self.0 += u64::from(count);
    }
}

/// The tokens of a shared prefix.
fn prefix(run: &TokenRun) -> Vec<u64> {
    (0..u64::from(run.end)).map(|position| 1 << 63 | run.id << 8 | position).collect()
}

/// A request's tokens, prompt and output, and what it says of them.
struct Told {
    tokens: Vec<u64>,
    content: Vec<TokenRun>,
}

impl Told {
    /// The identity of the tokens up to and including `position`, if it is known.
    fn id_at(&self, position: usize) -> Option<u64> {
        let run = self.content.iter().find(|run| position < run.end as usize)?;
        Some(run.id)
    }
}

/// What a user has said and heard.
struct Conversation {
    tokens: Vec<u64>,
    turns: u32,
    prefix: Option<TokenRun>,
}

/// Plays a workload, and writes down every token of it.
fn play(spec: &SyntheticSpec, seed: u64) -> Vec<Told> {
    spec.validate().unwrap();
    let turns = match &spec.sessions {
        Some(SessionsSpec { turns: TurnsSpec::Fixed { turns }, .. }) => *turns,
        _ => 1,
    };
    let mut source = Synthetic::new(spec.clone(), &Streams::new(seed, 0)).unwrap();
    let mut luck = Streams::new(seed, 0).stream("luck");
    let (mut fresh, mut told) = (Fresh::default(), Vec::new());
    let mut live: BTreeMap<u32, Conversation> = BTreeMap::new();
    drive(&mut source, |request| {
        let completed = luck.below(8) > 0;
        let before = request.user.and_then(|user| live.remove(&user));
        let shared = request.content.first().filter(|run| run.id >= 1 << 32).copied();
        let mut talk = before.unwrap_or_else(|| Conversation {
            tokens: shared.as_ref().map(prefix).unwrap_or_default(),
            turns: 0,
            prefix: shared,
        });
        assert_eq!(talk.prefix, shared, "a session has changed its prefix");
        let new = request.prompt_tokens.checked_sub(talk.tokens.len() as u32);
        let new = new.expect("a prompt repeats all before it");
        assert!(new >= 1, "nothing new was said");
        fresh.append(&mut talk.tokens, new);
        fresh.append(&mut talk.tokens, request.output_tokens.min(request.max_tokens));
        talk.turns += 1;
        told.push(Told { tokens: talk.tokens.clone(), content: request.content.clone() });
        if let Some(user) = request.user.filter(|_| completed && talk.turns < turns) {
            live.insert(user, talk);
        }
        (luck.below(200_000_000), completed)
    });
    told
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(200)
    })]

    #[test]
    fn requests_share_what_they_say_and_nothing_else(spec in workload(), seed in any::<u64>()) {
        let told = play(&spec, seed);
        prop_assert_eq!(told.len(), 40);
        for (i, a) in told.iter().enumerate() {
            prop_assert!(a.content.windows(2).all(|runs| runs[0].end < runs[1].end));
            prop_assert!(a.content.iter().all(|run| run.end as usize <= a.tokens.len()));
            for b in &told[..i] {
                let equal = a.tokens.iter().zip(&b.tokens).take_while(|(a, b)| a == b).count();
                for position in 0..a.tokens.len().min(b.tokens.len()) {
                    let id = a.id_at(position);
                    let says = id.is_some() && id == b.id_at(position);
                    prop_assert_eq!(says, position < equal, "at {} of {:?}", position, spec);
                }
            }
        }
    }
}
