//! The project folder as data: which files it has and what they contain, each read once.

mod folder;
pub(crate) mod tables;
pub(crate) mod tree;

pub use folder::Folder;
