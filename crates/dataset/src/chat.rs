//! Datasets of prompts: chats as text, which a tokenizer turns into tokens.
//!
//! [`open`] reads requests of the OpenAI API (JSON lines, bare or in the envelope of its batches)
//! and conversations of ShareGPT (an array or JSON lines), plain or gzipped, and gives a row for
//! each request: how many tokens its prompt has, and the identities of the blocks that they fill,
//! so that prompts which begin alike share their KV blocks.
//!
//! A dataset of any length is read as a stream: memory is that of the entries that are being
//! tokenised, a few times 64 KiB for each thread (or its longest entry, 64 MiB at most). Threads
//! take chunks of entries in turn, and hand back their rows in the order of the file; rows do not
//! depend on how many threads there are.

mod encoder;
mod entry;
mod facts;
mod openai;
mod options;
mod pipeline;
mod prompter;
mod records;
mod shared;
mod sharegpt;
mod template;
mod tokens;

pub use facts::ChatFacts;
pub use options::{Format, Options, TemplateChoice, Turns};
pub use pipeline::{Chats, Notices, files, from_reader, open};
pub use shared::SharedChats;

#[cfg(test)]
mod tests;
