//! The figures that the original's document prints, from nothing but its configurations and the
//! random numbers behind its lengths.

use serde_json::json;

use super::super::config::Config;
use super::super::figures::Figures;
use super::super::outcome::{Outcome, Request, simulate};

/// The generator of `numpy.random.seed`: MT19937 (Matsumoto and Nishimura 1998), whose normal
/// numbers come by Marsaglia's polar method, the second of a pair first.
struct Numpy {
    state: [u32; 624],
    next: usize,
    kept: Option<f64>,
}

impl Numpy {
    fn new(seed: u32) -> Self {
        let mut state = [seed; 624];
        for i in 1..624 {
            let before = state[i - 1] ^ (state[i - 1] >> 30);
            state[i] = before.wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { state, next: 624, kept: None }
    }

    fn word(&mut self) -> u32 {
        if self.next == 624 {
            for i in 0..624 {
                let bits =
                    (self.state[i] & 0x8000_0000) | (self.state[(i + 1) % 624] & 0x7FFF_FFFF);
                let odd = if bits & 1 == 1 { 0x9908_B0DF } else { 0 };
                self.state[i] = self.state[(i + 397) % 624] ^ (bits >> 1) ^ odd;
            }
            self.next = 0;
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9D2C_5680;
        word ^= (word << 15) & 0xEFC6_0000;
        word ^ (word >> 18)
    }

    fn unit(&mut self) -> f64 {
        let (high, low) = (self.word() >> 5, self.word() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    fn normal(&mut self) -> f64 {
        if let Some(kept) = self.kept.take() {
            return kept;
        }
        loop {
            let (x, y) = (2.0 * self.unit() - 1.0, 2.0 * self.unit() - 1.0);
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let factor = (-2.0 * libm::log(square) / square).sqrt();
                self.kept = Some(factor * x);
                return factor * y;
            }
        }
    }
}

/// The lengths of the requests in the order in which they come: a normal draw of mean 10, cut to a
/// whole number of at least 1.
fn lengths(std: f64) -> impl FnMut() -> u32 {
    let mut random = Numpy::new(42);
    move || (10.0 + std * random.normal()).max(1.0) as u32
}

/// How requests come.
#[derive(Clone, Copy)]
enum Load {
    Batch,
    Concurrent,
    Rate,
}

fn run(batcher: &str, chunks: u32, load: Load, std: f64) -> Outcome {
    let config = json!({
        "prefill_time": 2, "itl": 1, "max_batch_size": 4, "time_limit": 100,
        "chunks": chunks, "batcher": batcher,
    });
    let config = Config::read(Some(&config)).unwrap();
    let mut length = lengths(std);
    let mut requests: Vec<Request> = Vec::new();
    let mut come = |requests: &mut Vec<Request>, added_at: f64| {
        requests.push(Request { added_at, output_tokens: length() });
    };
    match load {
        Load::Batch => (0..100).for_each(|_| come(&mut requests, 0.0)),
        Load::Concurrent => (0..6).for_each(|_| come(&mut requests, 0.0)),
        Load::Rate => {}
    }
    // What comes later changes nothing before: one request after the other finds its place.
    loop {
        let outcome = simulate(&config, &requests).unwrap();
        let next = match load {
            Load::Batch => None,
            // Whoever ends is followed by another one.
            Load::Concurrent => {
                let mut ends: Vec<f64> =
                    outcome.requests.iter().filter_map(|request| request.completed_at).collect();
                ends.sort_by(f64::total_cmp);
                ends.get(requests.len() - 6).copied()
            }
            // The first step at which it is due.
            Load::Rate => {
                let due = (requests.len() + 1) as f64 / 0.46;
                outcome.steps.iter().map(|step| step.start).find(|&start| start >= due - 1e-9)
            }
        };
        match next {
            Some(added_at) => come(&mut requests, added_at),
            None => return outcome,
        }
    }
}

fn printed(outcome: &Outcome) -> [String; 5] {
    let figures = Figures::of(outcome);
    ["mean_e2e", "mean_ttft", "mean_itl", "requests_per_1k", "tokens_per_1k"]
        .map(|name| format!("{:.2}", figures.value(name).as_f64().unwrap()))
}

const STRATEGIES: [(&str, u32, Load); 6] = [
    ("static", 1, Load::Batch),
    ("ifb", 1, Load::Batch),
    ("ifb", 2, Load::Batch),
    ("ifb_one_prefill", 2, Load::Batch),
    ("ifb_one_prefill", 2, Load::Concurrent),
    ("ifb_one_prefill", 2, Load::Rate),
];

#[test]
fn the_figures_of_the_document_come_out() {
    for ((batcher, chunks, load), expect) in STRATEGIES.into_iter().zip([
        ["58.16", "52.80", "1.00", "190.00", "1680.00"],
        ["58.44", "52.90", "1.39", "267.33", "2376.24"],
        ["57.42", "54.51", "1.14", "310.00", "2730.00"],
        ["55.94", "52.13", "1.00", "360.00", "3170.00"],
        ["15.14", "7.87", "1.00", "360.00", "3170.00"],
        ["17.66", "11.03", "1.00", "350.00", "3060.00"],
    ]) {
        assert_eq!(printed(&run(batcher, chunks, load, 5.0)), expect, "{batcher} {chunks}");
    }
}

#[test]
fn with_equal_lengths_they_are_others() {
    for ((batcher, chunks, load), expect) in STRATEGIES.into_iter().zip([
        ["51.00", "50.50", "1.00", "200.00", "2280.00"],
        ["51.00", "50.50", "1.00", "200.00", "2280.00"],
        ["51.00", "50.50", "1.00", "200.00", "2280.00"],
        ["53.91", "49.00", "1.00", "330.00", "3480.00"],
        ["16.55", "7.50", "1.00", "330.00", "3480.00"],
        ["19.12", "11.28", "1.00", "320.00", "3360.00"],
    ]) {
        assert_eq!(printed(&run(batcher, chunks, load, 0.0)), expect, "{batcher} {chunks}");
    }
}
