//! How fast a dataset is tokenised.
//!
//! ```console
//! $ cargo run --release -p tokendrome-dataset --example dataset_speed -- \
//!     TOKENIZER DATASET [THREADS [CHAT_TEMPLATE_FILE]]
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::Path;
use std::time::Instant;

use tokendrome_dataset::chat::{Format, Options, TemplateChoice, Turns, open};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [tokenizer, dataset, rest @ ..] = words.as_slice() else {
        return Err("give a tokenizer and a dataset".into());
    };
    let threads = match rest.first() {
        Some(threads) => threads.parse()?,
        None => std::thread::available_parallelism()?,
    };
    let options = Options {
        format: Format::Auto,
        tokenizer: tokenizer.into(),
        chat_template: match rest.get(1) {
            Some(file) => TemplateChoice::File(file.into()),
            None => TemplateChoice::None,
        },
        turns: Turns::First,
        answers: false,
        block_tokens: NonZeroU32::new(16),
        threads,
    };
    let bytes = Path::new(dataset).metadata()?.len();
    let start = Instant::now();
    let chats = open(Path::new(dataset), &options)?;
    let loaded = start.elapsed().as_secs_f64();
    let notices = chats.notices();
    for row in chats {
        row?;
    }
    let (seconds, facts) = (start.elapsed().as_secs_f64(), notices.facts());
    let threads: NonZeroUsize = threads;
    writeln!(
        io::stdout(),
        "{} requests, {} prompt tokens, {:.1} MB in {seconds:.2} s with {threads} threads: {:.1} \
         MB/s, {:.2} million tokens/s ({loaded:.2} s until the first row)",
        facts.requests,
        facts.prompt_tokens,
        bytes as f64 / 1e6,
        bytes as f64 / 1e6 / seconds,
        facts.prompt_tokens as f64 / 1e6 / seconds,
    )?;
    Ok(())
}
