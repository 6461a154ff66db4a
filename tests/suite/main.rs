//! The hermetic tests: no network, no Docker, nothing outside a temporary folder.
//!
//! Golden files (the examples, `tests/golden`, `tests/bad`, `tests/hostile`) are written anew by `DOCKGEN_UPDATE=1 cargo test`, and read in review.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test that cannot go on should stop")]

mod action;
mod answers;
mod architecture;
mod attacks;
mod canary;
mod case;
mod commands;
mod common;
mod context;
mod credentials;
mod detect;
mod disk;
mod docs;
mod errors;
mod escape;
mod file_kinds;
mod full_output;
mod git;
mod git_config;
mod golden;
mod headers;
mod hidden;
mod ignore;
mod kills;
mod leftovers;
mod line_endings;
mod literals;
mod long_locks;
mod other_language;
mod printed;
mod races;
mod readers;
mod readme;
mod reference;
mod roundtrip;
mod secrets;
mod sizes;
mod sources;
mod spec_lookup;
mod specs;
mod surroundings;
mod system;
mod templates;
mod terminal;
mod trust;
mod trust_display;
mod updates;
mod waits;
