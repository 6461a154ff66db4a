//! The hermetic tests: no network, no Docker, nothing outside a temporary folder.
//!
//! Golden files (the examples, `tests/golden`, `tests/bad`, `tests/hostile`) are written anew by `DOCKGEN_UPDATE=1 cargo test`, and read in review.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test that cannot go on should stop")]

mod action;
mod answers;
mod commands;
mod common;
mod detect;
mod disk;
mod docs;
mod errors;
mod escape;
mod git;
mod golden;
mod kills;
mod readme;
mod reference;
mod sources;
mod specs;
mod system;
mod templates;
mod terminal;
mod updates;
