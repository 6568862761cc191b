//! From text to tokens, and from tokens to what prompts have in common.

use std::num::NonZeroU32;
use std::path::Path;

use tokenizers::Tokenizer;
use twox_hash::XxHash3_64;

use crate::DatasetError;

/// What a tokenizer costs in memory is far less.
const BYTES_MAX: u64 = 1 << 30;

/// Reads a `tokenizer.json` of Hugging Face.
///
/// Cutting and padding are taken out: what an engine gets is what was said.
pub(super) fn load(path: &Path) -> Result<Tokenizer, DatasetError> {
    let name = path.display().to_string();
    let (_, input) = crate::file::input(path)?;
    let mut bytes = Vec::new();
    let read = std::io::Read::read_to_end(&mut std::io::Read::take(input, BYTES_MAX), &mut bytes);
    read.map_err(|source| crate::lines::read_fault(&name, 0, source))?;
    let tokenizer = Tokenizer::from_bytes(&bytes).map_err(|error| {
        let what = format!(
            "this is no tokenizer of Hugging Face: {error}; give the file `tokenizer.json` of a \
             model"
        );
        DatasetError::Content { name: name.clone(), what }
    });
    let mut tokenizer = tokenizer?;
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None).map_err(|error| DatasetError::Content {
        name,
        what: format!("the tokenizer cannot be used: {error}"),
    })?;
    Ok(tokenizer)
}

/// The identities of the blocks that tokens fill: equal ones mean equal tokens in the block and in
/// all before it. Tokens behind the last full block have none, since no engine shares them.
///
/// An identity is the XXH3 of the block's tokens, seeded with that of the block before. Among a
/// billion blocks, two different ones have the same with a chance of 3 %.
pub(super) fn identities(tokens: &[u32], block: NonZeroU32) -> Vec<u64> {
    let mut bytes = Vec::with_capacity(block.get() as usize * 4);
    let mut before = 0;
    let identity = |tokens: &[u32]| {
        bytes.clear();
        bytes.extend(tokens.iter().flat_map(|token| token.to_le_bytes()));
        before = XxHash3_64::oneshot_with_seed(before, &bytes);
        before
    };
    tokens.chunks_exact(block.get() as usize).map(identity).collect()
}

#[cfg(test)]
mod tests;
