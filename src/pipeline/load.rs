//! The first stage: which spec counts, and what it says before presets and files are read.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::above::{Nearest, nearest};
use super::{LOCK, Project, SPEC, detect, merge};
use crate::detect::Folder;
use crate::error::{Error, Result, Source, SourceKind};
use crate::files::{self, ReadError};
use crate::layers::Node;
use crate::lock::Lock;
use crate::preset::{self, Library, Refresh, Request, WaitCallback};
use crate::{plan, write};

/// How often a project is read again because another run wrote to it: more runs than ever write at once.
const TRIES: usize = 20;

/// Where the spec comes from.
#[derive(Debug, Default)]
pub(crate) struct SpecInput {
    /// The file, or `-`; none: the usual one.
    pub(crate) spec: Option<PathBuf>,
    /// Presets over those that the spec names.
    pub(crate) presets: Vec<String>,
    /// `KEY=VALUE`, stronger than the spec.
    pub(crate) sets: Vec<String>,
}

/// Where a project is.
pub(crate) struct ProjectLocation {
    pub(crate) folder: PathBuf,
    /// Its spec, if that was found in a parent folder.
    pub(crate) above: Option<PathBuf>,
    /// The folder of the nearest spec above, if that is not in the same git work tree and thus not used.
    elsewhere: Option<PathBuf>,
    /// Whether only this folder counts.
    is_named: bool,
}

impl ProjectLocation {
    /// The folder that was passed, or the current one.
    pub(crate) fn named(folder: Option<&Path>) -> Self {
        Self { folder: folder.unwrap_or(Path::new(".")).to_path_buf(), above: None, elsewhere: None, is_named: true }
    }
}

/// The folder that was passed; else the nearest one upwards with a spec in the same git work tree; else the current one.
pub(crate) fn locate(place: Option<&Path>) -> Result<ProjectLocation> {
    if place.is_some() {
        return Ok(ProjectLocation::named(place));
    }
    let here = ProjectLocation { is_named: false, ..ProjectLocation::named(None) };
    Ok(match nearest(&[SPEC])? {
        Nearest::Here => here,
        Nearest::Elsewhere(folder, _) => ProjectLocation { elsewhere: Some(folder), ..here },
        Nearest::Above(folder, file) => ProjectLocation { folder, above: Some(file), ..here },
    })
}

/// What people decided about a project, before presets and files are read.
pub(crate) struct Loaded {
    pub(super) folder: Folder,
    pub(super) request: Request,
    /// The spec with the flags over it.
    pub(super) spec: Node,
    pub(super) library: Library,
    pub(super) lock: LockFile,
}

/// The lock of a spec.
pub(crate) struct LockFile {
    pub(crate) name: String,
    /// Its bytes as the run first saw them.
    pub(crate) seen: Option<Vec<u8>>,
}

/// Loads, detects and merges; keeps other runs out where something is to be written.
///
/// Presets may have to be fetched, and no one else should wait for that: other runs are kept out only afterwards. If one of them has
/// written in between, everything is read again.
pub(crate) fn open(
    location: &ProjectLocation,
    input: &SpecInput,
    refresh: &Refresh,
    writes: bool,
    on_wait: &WaitCallback,
) -> Result<Project> {
    let directory = location.folder.as_path();
    if directory != Path::new(".") && !directory.is_dir() {
        return Err(Error::new(format!("folder `{}` does not exist", directory.display())).hint("check the path after -C"));
    }
    let mut spec = read_spec(directory, input)?;
    if spec.is_none() && input.presets.is_empty() && input.sets.is_empty() {
        return Err(no_spec(location));
    }
    for _ in 0..TRIES {
        let loaded = load(directory, input, spec.clone(), refresh, on_wait)?;
        let facts = detect(&loaded)?;
        let mut project = merge(loaded, facts)?;
        if !writes {
            return Ok(project);
        }
        let guard = write::lock(directory)?;
        // a pipe can't be read twice
        let again = if input.spec.is_some() { spec.clone() } else { read_spec(directory, input)? };
        if again == spec && Lock::read(directory, &project.lock.name)? == *project.library.lock() {
            project.guard = Some(guard);
            return Ok(project);
        }
        spec = again;
    }
    Err(Error::new("other dockgen processes keep writing to this folder").hint("wait until they finish, or stop them"))
}

/// Reads the spec and its lock.
fn load(
    directory: &Path,
    input: &SpecInput,
    spec: Option<Arc<Source>>,
    refresh: &Refresh,
    on_wait: &WaitCallback,
) -> Result<Loaded> {
    let file = input.spec.as_deref().filter(|path| *path != Path::new("-"));
    let request = Request {
        spec,
        presets: input.presets.clone(),
        sets: input.sets.clone(),
        directory: file.and_then(Path::parent).map_or_else(|| directory.to_path_buf(), Path::to_path_buf),
    };
    let name = lock_name(file);
    // a spec for another version of dockgen says so before anything else can fail
    let spec = preset::project(&request)?;
    let seen = plan::seen(&directory.join(&name));
    let library = Library::new(Lock::read(directory, &name)?, refresh.clone()).on_wait(Rc::clone(on_wait));
    let folder = Folder::of_outputs(directory, library.lock().outputs.keys());
    Ok(Loaded { folder, request, spec, library, lock: LockFile { name, seen } })
}

fn no_spec(location: &ProjectLocation) -> Error {
    let shown = location.folder.display();
    if let Some(folder) = &location.elsewhere {
        let folder = folder.display();
        return Error::new(format!("no {SPEC} in `{shown}`, and the one in `{folder}` is not in the same git work tree"))
            .hint(format!("use that folder: dockgen -C {folder} generate"));
    }
    let above = if location.is_named { "" } else { " or above" };
    Error::new(format!("no {SPEC} in `{shown}`{above}")).hint(
        "create one with `dockgen init`, or pass a preset: dockgen generate --preset fastapi-uvicorn --set app.entry=main:app",
    )
}

/// Each spec of a folder has a lock of its own: `dockgen.api.toml` and `api.toml` have `dockgen.api.lock`.
fn lock_name(spec: Option<&Path>) -> String {
    let stem = spec.and_then(Path::file_stem).and_then(|stem| stem.to_str()).unwrap_or("dockgen");
    let name = stem.strip_prefix("dockgen").unwrap_or(stem).trim_start_matches('.');
    if name.is_empty() { LOCK.to_owned() } else { format!("dockgen.{name}.lock") }
}

fn read_spec(directory: &Path, input: &SpecInput) -> Result<Option<Arc<Source>>> {
    let (name, bytes) = match input.spec.as_deref() {
        Some(path) if path == Path::new("-") => ("standard input".to_owned(), files::read_stdin(files::SPEC)),
        Some(path) => {
            let name = path.display().to_string();
            let bytes = files::read_named(path, files::SPEC);
            if let Err(ReadError::Missing) = bytes {
                return Err(ReadError::Missing.error(&name).hint("check the path: it is relative to the current folder"));
            }
            (name, bytes)
        }
        None => match files::read_in(directory, SPEC, files::SPEC) {
            Err(ReadError::Missing) => return Ok(None),
            bytes => (SPEC.to_owned(), bytes),
        },
    };
    let text = files::utf8(&name, bytes.map_err(|reason| reason.error(&name))?)?;
    Ok(Some(Arc::new(Source::new(SourceKind::Spec, name, text))))
}
