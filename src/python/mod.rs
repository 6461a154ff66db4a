//! What Python means: source code, names, versions, requirements, manifests and lockfiles.
//!
//! These modules read; `detect` decides.

pub(crate) mod codebase;
pub mod dependencies;
mod expressions;
pub(crate) mod guards;
pub(crate) mod imports;
pub(crate) mod locks;
pub(crate) mod manifests;
mod markers;
pub(crate) mod mentions;
pub(crate) mod module;
pub(crate) mod names;
pub(crate) mod parser;
mod place;
pub(crate) mod regions;
mod requirement;
pub(crate) mod requirements;
pub(crate) mod support;
mod targets;
pub(crate) mod versions;
pub(crate) mod wheels;
