//! From text to tokens, in pieces that come again.
//!
//! Words come again and again, and a tokenizer takes microseconds for each. Where it is sure to
//! treat a text as the sum of its pieces, the text is cut before single spaces, and each thread
//! keeps the tokens of the pieces it has seen. That is so for byte-level tokenizers, whose pattern
//! never joins what stands before such a space with it. All other texts go through as a whole.

use rustc_hash::FxHashMap;
use serde_json::Value;
use tokenizers::{
    OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer, PreTokenizerWrapper, Tokenizer,
};

/// Longest piece that is kept, in bytes: longer ones hardly come again.
const PIECE_BYTES_MAX: usize = 48;

/// Most pieces that a thread keeps: 20 MB of them at most.
const PIECES_MAX: usize = 1 << 17;

/// What a thread remembers: pieces and their tokens.
pub(super) type Pieces = FxHashMap<Box<str>, Box<[u32]>>;

#[derive(Debug)]
pub(super) struct Encoder {
    tokenizer: Tokenizer,
    /// Whether a text is the sum of its pieces.
    is_sum: bool,
    /// Special tokens that go before and behind a text, where they are asked for.
    around: [Vec<u32>; 2],
}

impl Encoder {
    /// # Errors
    /// The tokenizer cannot tokenise a letter; the text says why.
    pub(super) fn new(tokenizer: Tokenizer) -> Result<Self, String> {
        let mut encoder = Self { tokenizer, is_sum: false, around: [Vec::new(), Vec::new()] };
        let (with, plain) = (encoder.whole("a", true)?, encoder.whole("a", false)?);
        let at = with.windows(plain.len().max(1)).position(|part| part == plain);
        if let Some(at) = at {
            encoder.around = [with[..at].to_vec(), with[at + plain.len()..].to_vec()];
            encoder.is_sum = encoder.is_byte_level()
                && encoder.has_plain_additions()
                && encoder.joins_nothing()?;
        }
        Ok(encoder)
    }

    /// The tokens of a text, with those that the tokenizer puts around it if they are wanted.
    pub(super) fn encode(
        &self,
        text: &str,
        with_special: bool,
        known: &mut Pieces,
    ) -> Result<Vec<u32>, String> {
        if !self.is_sum {
            return self.whole(text, with_special);
        }
        let [before, behind] = &self.around;
        let mut tokens = Vec::with_capacity(text.len() / 3);
        if with_special {
            tokens.extend_from_slice(before);
        }
        for piece in pieces(text) {
            if let Some(found) = known.get(piece) {
                tokens.extend_from_slice(found);
                continue;
            }
            let found = self.whole(piece, false)?;
            tokens.extend_from_slice(&found);
            if piece.len() <= PIECE_BYTES_MAX && known.len() < PIECES_MAX {
                known.insert(piece.into(), found.into());
            }
        }
        if with_special {
            tokens.extend_from_slice(behind);
        }
        Ok(tokens)
    }

    /// The tokens of a text that is not cut.
    fn whole(&self, text: &str, with_special: bool) -> Result<Vec<u32>, String> {
        let encoded = self.tokenizer.encode_fast(text, with_special);
        let encoded = encoded.map_err(|error| format!("the text cannot be tokenised: {error}"))?;
        Ok(encoded.get_ids().to_vec())
    }

    /// Whether it cuts a text by patterns that look at nothing before them.
    fn is_byte_level(&self) -> bool {
        let json = |part: Result<Value, serde_json::Error>| part.unwrap_or(Value::Null);
        let normalizer = json(serde_json::to_value(self.tokenizer.get_normalizer()));
        let pre = self.tokenizer.get_pre_tokenizer();
        let parts = match pre {
            Some(PreTokenizerWrapper::Sequence(parts)) => parts.as_ref(),
            Some(part) => std::slice::from_ref(part),
            None => return false,
        };
        let parts: Vec<Value> = parts.iter().map(|part| json(serde_json::to_value(part))).collect();
        let cuts = |part: &Value| {
            let pattern = part["pattern"]["Regex"].as_str();
            part["use_regex"] == true || pattern.is_some_and(|pattern| !pattern.contains("(?<"))
        };
        let is_known = |part: &Value| match part["type"].as_str() {
            Some("ByteLevel") => part["add_prefix_space"] == false,
            Some("Split") => cuts(part),
            Some("Digits") => true,
            _ => false,
        };
        let is_kept = normalizer.is_null() || normalizer["type"] == "NFC";
        is_kept && parts.iter().all(is_known) && parts.iter().any(cuts)
    }

    /// Whether no token that was added to the vocabulary holds a space, or takes those beside it.
    fn has_plain_additions(&self) -> bool {
        let added = self.tokenizer.get_added_tokens_decoder();
        added.values().all(|token| !token.content.contains(' ') && !token.lstrip && !token.rstrip)
    }

    /// Tries the rule on each kind of sign before and behind a space.
    fn joins_nothing(&self) -> Result<bool, String> {
        let Some(pre) = self.tokenizer.get_pre_tokenizer() else { return Ok(false) };
        let signs: Vec<char> =
            ('!'..='~').filter(|sign| !sign.is_alphanumeric() || "aZ7".contains(*sign)).collect();
        for &before in &signs {
            for &behind in &signs {
                let mut text = PreTokenizedString::from(format!("of{before} {behind}x9"));
                pre.pre_tokenize(&mut text)
                    .map_err(|error| format!("a text cannot be cut into words: {error}"))?;
                let words = text.get_splits(OffsetReferential::Original, OffsetType::Byte);
                if !words.iter().any(|(_, (start, _), _)| *start == "of?".len()) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// The pieces of a text: it is cut before each space between two signs of ASCII.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let is_sign = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_graphic);
    let spaces = memchr::memchr_iter(b' ', bytes);
    let cuts = spaces.filter(move |&at| at > 0 && is_sign(at - 1) && is_sign(at + 1));
    let mut start = 0;
    cuts.chain([text.len()]).filter_map(move |end| {
        let piece = &text[start..end];
        start = end;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests;
