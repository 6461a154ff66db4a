//! The fast tier of the hermetic tests, for the inner loop: golden files, errors, presets, detection and small properties.
//!
//! Hermetic: no network, no Docker, nothing outside a temporary folder. A test that takes more than a second of processor time, or
//! that waits, belongs in `slow.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test that cannot go on should stop")]

mod action;
mod answers;
mod architecture;
mod attacks;
mod canary;
mod canary_errors;
mod commands;
mod common;
mod dead_ends;
mod detect;
mod detect_ends;
mod detect_environment;
mod detect_health;
mod detect_imports;
mod detect_install;
mod detect_servers;
mod detect_services;
mod detect_storage;
mod errors;
mod full_output;
mod golden;
mod layers;
mod line_endings;
mod merging;
mod new_projects;
mod other_language;
mod readers;
mod readme;
mod recorded;
mod reference;
mod roundtrip;
mod secret_types;
mod secrets;
mod sizes;
mod spec_lookup;
mod specs;
mod structure;
mod system;
mod system_locks;
mod templates;
mod terminal;
