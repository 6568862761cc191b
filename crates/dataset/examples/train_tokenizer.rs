//! Trains the small tokenizer of `examples/datasets`: byte-level BPE on a text.
//!
//! ```console
//! $ cargo run -p tokendrome-dataset --example train_tokenizer -- \
//!     examples/datasets/corpus.txt 1500 examples/datasets/tokenizer.json
//! ```

use std::error::Error;

use tokenizers::decoders::DecoderWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::processors::PostProcessorWrapper;
use tokenizers::{AddedToken, TokenizerBuilder, TokenizerImpl};

type ByteLevelBpe =
    TokenizerImpl<BPE, NormalizerWrapper, ByteLevel, PostProcessorWrapper, DecoderWrapper>;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [corpus, vocabulary, tokenizer] = words.as_slice() else {
        return Err("give the corpus, the size of the vocabulary, and the file to write".into());
    };
    let special = ["<|im_start|>", "<|im_end|>"].map(|token| AddedToken::from(token, true));
    let trained = train(corpus, vocabulary.parse()?, special.to_vec());
    // Boxed errors of `tokenizers` are no `Box<dyn Error>`.
    trained.and_then(|trained| trained.save(tokenizer, true)).map_err(|error| error.to_string())?;
    Ok(())
}

fn train(
    corpus: &str,
    vocabulary: usize,
    special: Vec<AddedToken>,
) -> tokenizers::Result<ByteLevelBpe> {
    let mut trainer = BpeTrainer::builder()
        .vocab_size(vocabulary)
        .show_progress(false)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .special_tokens(special.clone())
        .build();
    let mut tokenizer: ByteLevelBpe = TokenizerBuilder::new()
        .with_model(BPE::default())
        .with_normalizer(None)
        .with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(false)))
        .with_post_processor(None)
        .with_decoder(None)
        .build()?;
    tokenizer.train_from_files(&mut trainer, vec![corpus.to_owned()])?;
    tokenizer.add_special_tokens(special)?;
    Ok(tokenizer)
}
