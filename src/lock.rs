//! `dockgen.lock`: the content of remote presets, and a fingerprint of each output as dockgen last wrote it.
//!
//! Users commit it. Entries are short and sorted, so that branches merge cleanly; it contains no timestamps and no absolute paths.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Component, Path};
use std::sync::Arc;

use serde::Deserialize;

use crate::error::{Error, Place, Result, Source};
use crate::files::{self, ReadError};
use crate::quote::json_text;
use crate::redact;
use crate::seal::{is_hash, is_hex};

/// The version of the format.
const VERSION: u32 = 1;

const HEADER: &str = "# Written by dockgen; commit it. Records the presets used and a hash of each file last written.\n";

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    #[serde(default)]
    version: u32,
    /// Remote presets, by source: the name of a user-wide preset, or a git address without a path.
    #[serde(default)]
    pub presets: BTreeMap<String, Locked>,
    /// The [fingerprints](crate::seal::fingerprint) of the outputs as dockgen last wrote them, by path.
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
}

/// The pinned content of a source of presets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// The commit. `None` for user-wide presets.
    pub revision: Option<String>,
    /// The hash of its presets and templates.
    pub sha256: String,
}

impl Lock {
    #[must_use]
    pub fn new(presets: BTreeMap<String, Locked>, outputs: BTreeMap<String, String>) -> Self {
        Self { version: VERSION, presets, outputs }
    }

    /// Reads a lockfile. A missing file is an empty lock.
    ///
    /// # Errors
    /// The file is invalid or can't be read.
    pub fn read(directory: &Path, name: &str) -> Result<Self> {
        let bytes = match files::read_in(directory, name, files::SPEC) {
            Err(ReadError::Missing) => return Ok(Self::default()),
            bytes => bytes.map_err(|reason| reason.error(name))?,
        };
        let restore = |error: Error| error.hint(format!("restore it: git checkout -- {name}"));
        let text = files::utf8(name, bytes).map_err(restore)?;
        Self::parse(name, text.replace("\r\n", "\n"))
    }

    fn parse(name: &str, text: String) -> Result<Self> {
        let source = Arc::new(Source::file(name, text));
        if let Some(start) = source.text.lines().position(|line| line.starts_with("<<<<<<< ")) {
            let at = source.text.match_indices('\n').nth(start.wrapping_sub(1)).map_or(0, |(at, _)| at + 1);
            return Err(Error::new(format!("`{name}` contains a merge conflict"))
                .at(Some(Place { source, span: at..at + 7 }))
                .hint("keep either side of the conflict, then run: dockgen generate"));
        }
        let lock: Self = toml::from_str(&source.text).map_err(|error| {
            let place = error.span().map(|span| Place { source: Arc::clone(&source), span });
            Error::new(error.message().trim().to_owned()).at(place).hint(format!("restore `{name}` from version control"))
        })?;
        lock.validated(&source)
    }

    fn validated(self, source: &Arc<Source>) -> Result<Self> {
        let place = || Some(Place { source: Arc::clone(source), span: 0..0 });
        if self.version == 0 {
            let name = &source.name;
            return Err(Error::new(format!("`{name}` has no version: it is empty or damaged"))
                .at(place())
                .hint("restore it from version control, or delete it and run: dockgen generate"));
        }
        if self.version != VERSION {
            return Err(Error::new(format!("this dockgen doesn't support version {} of the file", self.version))
                .at(place())
                .hint("install a newer dockgen"));
        }
        if let Some(name) = self.presets.keys().find(|name| redact::has_credential(name)) {
            return Err(Error::new(format!("`{}` contains a credential in the address {:?}", source.name, redact::address(name)))
                .hint("revoke that token or password, as everyone who can read the project knows it; then remove it from this line and from `presets`"));
        }
        // 40: SHA-1, 64: SHA-256
        let is_commit = |text: &str| [40, 64].contains(&text.len()) && is_hex(text);
        let presets = self.presets.values();
        let whole = presets.clone().all(|locked| is_hash(&locked.sha256))
            && presets.filter_map(|locked| locked.revision.as_deref()).all(is_commit)
            && self.outputs.values().all(|hash| is_hash(hash));
        let inside = |path: &String| Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if let Some(path) = self.outputs.keys().find(|path| path.is_empty() || !inside(path)) {
            return Err(Error::new(format!("{path:?} is not the path of an output")).at(place()).hint("take the line out"));
        }
        if whole {
            return Ok(self);
        }
        Err(Error::new("invalid revision or hash").at(place()).hint("restore the file from version control"))
    }

    #[must_use]
    pub fn to_text(&self) -> String {
        // JSON escapes are valid in TOML
        let quoted = json_text;
        let mut text = format!("{HEADER}version = {VERSION}\n");
        for (source, locked) in &self.presets {
            let _ = write!(text, "\n[presets.{}]\n", quoted(source));
            if let Some(revision) = &locked.revision {
                let _ = writeln!(text, "revision = {}", quoted(revision));
            }
            let _ = writeln!(text, "sha256 = {}", quoted(&locked.sha256));
        }
        if !self.outputs.is_empty() {
            text.push_str("\n[outputs]\n");
        }
        for (path, hash) in &self.outputs {
            let _ = writeln!(text, "{} = {}", quoted(path), quoted(hash));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let hash = "a".repeat(64);
        let locked = |revision: Option<String>| Locked { revision, sha256: hash.clone() };
        let lock = Lock {
            version: VERSION,
            presets: BTreeMap::from([
                ("git+https://example.com/a.git#v1".to_owned(), locked(Some("b".repeat(40)))),
                ("te\"am\n".to_owned(), locked(None)),
            ]),
            outputs: BTreeMap::from([(".dockerignore".to_owned(), hash.clone()), ("a b/é".to_owned(), hash.clone())]),
        };
        assert_eq!(Lock::parse("dockgen.lock", lock.to_text()).map_err(|error| error.message), Ok(lock));
    }

    #[test]
    fn refuses_invalid_locks() {
        let refused = |text: &str| Lock::parse("dockgen.lock", text.to_owned()).unwrap_err().message;
        assert!(refused("<<<<<<< HEAD\n").contains("merge conflict"));
        assert!(refused("version = 2\n").contains("version 2"));
        assert!(refused("version = 1\n[outputs]\na = \"--upload-pack\"\n").contains("invalid revision or hash"));
        assert!(refused("version = 1\n[presets.a]\nrevision = \"HEAD\"\nsha256 = \"\"\n").contains("invalid revision or hash"));
        assert!(refused("version = 1\nx = 1\n").contains("unknown field"));
    }
}
