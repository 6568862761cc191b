//! Files of traces and lengths as they are found in the world, one file per behaviour.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod corpus;
mod files;
mod lengths;
mod stream;
