//! What the project itself says: facts, each with the file and the line it was read from. Detection only reads.

pub mod dependencies;
mod entry;
mod install;
mod project;
pub mod python;
pub mod system;
mod wheels;

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Value};

use crate::error::{Error, Place, Result, Source};
use crate::layers::{Node, Origin};
use crate::model::Model;
use crate::plan;

/// The largest file that is read for facts, in bytes: a manifest is small.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The project's own files, as far as dockgen reads them.
pub(crate) struct Files<'a> {
    directory: &'a Path,
    pyproject: Option<Arc<Source>>,
}

/// What the project's files say.
pub struct Facts {
    /// What they settle.
    pub layer: Node,
    /// Keys on which they contradict each other: an error, unless somebody else decides.
    pub doubts: Vec<(&'static str, Error)>,
}

impl Facts {
    /// Nothing more than a layer of nothing.
    #[must_use]
    pub fn none() -> Self {
        let nowhere = Arc::new(Source { name: "the project".to_owned(), text: String::new() });
        Self { layer: Node::empty(&nowhere), doubts: Vec::new() }
    }

    /// Keeps what was found, or the doubt about a key.
    fn add(&mut self, key: &'static str, found: Result<Option<(Value, Origin)>>) {
        match found {
            Ok(Some((value, origin))) => self.layer.set(key, value, &origin),
            Ok(None) => {}
            Err(doubt) => self.doubts.push((key, doubt)),
        }
    }
}

/// Everything that the files of a folder say.
///
/// # Errors
/// A manifest that cannot be read or parsed.
pub fn facts(directory: &Path) -> Result<Facts> {
    let files = Files { directory, pyproject: source(directory, "pyproject.toml")? };
    let mut facts = Facts::none();
    let pyproject = files.pyproject.as_ref().map(parse).transpose()?;
    let pyproject = pyproject.as_ref().map(Spanned::get_ref);
    facts.add("project.name", Ok(Some(project::name(&files, pyproject))));
    facts.add("python.version", python::version(&files, pyproject));
    facts.add("install.with", install::installer(&files));
    facts.add("install.project", Ok(install::package(&files, pyproject)));
    facts.add("install.files", Ok(install::requirements(&files)));
    Ok(facts)
}

/// Proves that what the outputs lean on is there: files to install from, and the application.
///
/// # Errors
/// The first thing that is not there, with the key that names it.
pub fn prove(directory: &Path, model: &Model, layers: &Node) -> Result<()> {
    install::prove(directory, &model.dockerfile.install, layers)?;
    entry::prove(directory, layers)
}

/// Whether the project has a file of its own at a path: one that dockgen did not write.
#[must_use]
pub fn is_projects_own(directory: &Path, path: &str) -> bool {
    source(directory, path).is_ok_and(|source| source.is_some_and(|source| !plan::is_generated(&source.text)))
}

/// The text of a file of the project; none where there is no such file.
fn source(directory: &Path, name: &str) -> Result<Option<Arc<Source>>> {
    source_up_to(directory, name, LARGEST)
}

/// The text of a file of the project that has at most so many bytes.
fn source_up_to(directory: &Path, name: &str, largest: u64) -> Result<Option<Arc<Source>>> {
    let path = directory.join(name);
    let Ok(metadata) = fs_err::metadata(&path) else { return Ok(None) };
    let place = || Some(Place { source: Arc::new(Source { name: name.to_owned(), text: String::new() }), span: 0..0 });
    if !metadata.is_file() || metadata.len() > largest {
        return Err(Error::new(format!("`{name}` is not a file of at most {} MiB", largest >> 20)).at(place()));
    }
    let bytes = fs_err::read(&path)?;
    let text = String::from_utf8(bytes).map_err(|_| Error::new(format!("`{name}` is not UTF-8 text")).at(place()))?;
    Ok(Some(Arc::new(Source { name: name.to_owned(), text })))
}

fn parse(source: &Arc<Source>) -> Result<Spanned<DeTable<'_>>> {
    DeTable::parse(&source.text).map_err(|error| {
        let place = error.span().map(|span| Place { source: Arc::clone(source), span });
        Error::new(format!("`{}` is not TOML: {}", source.name, error.message().replace('\n', ", "))).at(place)
    })
}

fn origin(source: &Arc<Source>, span: std::ops::Range<usize>, note: &str) -> Origin {
    Origin { place: Place { source: Arc::clone(source), span }, note: note.to_owned() }
}

/// The value at a path of keys.
fn lookup<'t, 'a>(table: Option<&'t DeTable<'a>>, path: &[&str]) -> Option<&'t Spanned<DeValue<'a>>> {
    let (last, tables) = path.split_last()?;
    let get = |table: &'t DeTable<'a>, name: &str| table.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value);
    get(tables.iter().try_fold(table?, |table, name| get(table, name)?.get_ref().as_table())?, last)
}

/// A relative path without `.` parts: `./app/` is `app`, and nothing is `.`.
pub fn normal(path: &str) -> String {
    let parts: PathBuf = Path::new(path).components().filter(|part| !matches!(part, Component::CurDir)).collect();
    let text = parts.to_string_lossy().into_owned();
    if text.is_empty() { ".".to_owned() } else { text }
}
