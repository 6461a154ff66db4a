//! The slow tier of the hermetic tests: kills, races, waits, disks, presets from git, and hostile input of every kind.
//!
//! Hermetic: no network, no Docker, nothing outside a temporary folder. `DOCKGEN_CASES=5 cargo test` tries five times as many random
//! cases and moments as usual.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test that cannot go on should stop")]

mod case;
mod common;
mod context;
mod context_files;
mod context_hints;
mod credentials;
mod disk;
mod docs;
mod edits_while_asking;
mod escape;
mod file_kinds;
mod git;
mod git_config;
mod headers;
mod hidden;
mod hostile_templates;
mod ignore;
mod kills;
mod leftovers;
mod literals;
mod long_locks;
mod printed;
mod races;
mod recorded;
mod sources;
mod structure;
mod surroundings;
mod trust;
mod trust_display;
mod trust_effects;
mod updates;
mod waits;
