//! The direct dependencies of the project: the names in its manifests, without transitive ones.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::names::normalized;
use crate::error::Source;
use crate::files;
use crate::paths::{has_extension, normal};
use crate::project::Folder;

/// Files that name what a project installs, besides the requirements.
const MANIFESTS: [&str; 4] = ["pyproject.toml", "Pipfile", "setup.cfg", "setup.py"];

/// The distributions that a project names, each with its place.
#[derive(Default)]
pub(crate) struct Mentions {
    names: BTreeMap<String, (Arc<Source>, Range<usize>)>,
}

impl Mentions {
    /// Reads the manifests of a folder.
    pub(crate) fn of(directory: &Folder) -> Self {
        let mut mentions = Self::default();
        for source in Self::files(directory) {
            mentions.read(&source);
        }
        mentions
    }

    /// The manifests of a folder.
    fn files(directory: &Folder) -> impl Iterator<Item = Arc<Source>> {
        let mut files: Vec<String> = MANIFESTS.map(str::to_owned).to_vec();
        for folder in [".", "requirements"] {
            let entries = files::locate(directory, folder)
                .ok()
                .and_then(|path| fs_err::read_dir(path).ok())
                .into_iter()
                .flatten()
                .flatten();
            let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
            let wanted = |name: &String| {
                has_extension(name, &["txt", "in"])
                    && (folder != "." || name.starts_with("requirements"))
                    && !["dev", "test", "doc", "lint"].iter().any(|word| name.contains(word))
            };
            files.extend(names.filter(wanted).map(|name| normal(&format!("{folder}/{name}"))));
        }
        files.sort();
        files.into_iter().filter_map(|file| directory.read(&file).ok().flatten())
    }

    fn read(&mut self, source: &Arc<Source>) {
        let file = source.name.as_str();
        let list = has_extension(file, &["txt", "in"]);
        let mut start = 0;
        for line in source.text.split_inclusive('\n') {
            let text = line.split(" #").next().unwrap_or_default();
            // in a list the name comes first; elsewhere it stands in quotes or before a `=`
            let names: Vec<&str> = if list { vec![text] } else { text.split(['"', '\'']).collect() };
            for (at, part) in names.into_iter().enumerate() {
                let part = part.trim();
                let key = at == 0 && !list && part.contains('=');
                if list || at % 2 == 1 || key || file == "setup.cfg" {
                    let name: String =
                        part.chars().take_while(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(*letter)).collect();
                    if let Some(name) = normalized(&name) {
                        self.names.entry(name).or_insert((Arc::clone(source), start..start + line.trim_end().len()));
                    }
                }
            }
            start += line.len();
        }
    }

    /// The place that names a distribution.
    pub(crate) fn find(&self, name: &str) -> Option<(String, Arc<Source>, Range<usize>)> {
        let (source, span) = self.names.get(name)?;
        Some((name.to_owned(), Arc::clone(source), span.clone()))
    }

    /// Whether a distribution is named.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }
}
