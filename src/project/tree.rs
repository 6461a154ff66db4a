//! The project's files, found in one walk that skips ignored files and folders that never belong to an application.

use std::collections::BTreeSet;
use std::mem::take;
use std::path::Path;
use std::sync::{Arc, Mutex};

use ignore::WalkState;

use crate::files;
use crate::paths::{has_extension, name, parent};

/// Folders with installed code or build results, which are skipped even if they aren't ignored.
pub(crate) const NEVER: [&str; 12] = [
    "node_modules",
    "__pycache__",
    "site-packages",
    "venv",
    "env",
    "virtualenv",
    "bower_components",
    "htmlcov",
    "dist-packages",
    "__pypackages__",
    "staticfiles",
    "wheelhouse",
];

/// Limits of the walk: depth and number of files.
const DEEPEST: usize = 12;
const MOST: usize = 20_000;

/// File names besides `*.py` that contain facts, in lower case.
const NAMES: [&str; 8] = ["uv.lock", "alembic.ini", "procfile", "pipfile", "app.json", "fly.toml", "render.yaml", "render.yml"];

/// The files of a project that facts are read from.
#[derive(Debug, Default)]
pub(crate) struct FileTree {
    /// Paths relative to the project, with `/`, sorted.
    pub(crate) paths: Vec<String>,
    /// Folders with files. Ignored ones are missing, as in a fresh checkout.
    pub(crate) folders: BTreeSet<String>,
    /// Whether a limit was reached.
    pub(crate) cut: bool,
    /// Ignore files that are links, or too large: the folders they are in are skipped.
    pub(crate) irregular_rules: BTreeSet<String>,
}

impl FileTree {
    /// Walks a folder. Skips links, pipes, devices, unreadable files, and names that aren't UTF-8.
    pub(crate) fn of(directory: &Path) -> Self {
        let found = Mutex::new((Vec::new(), BTreeSet::new()));
        let irregular = Arc::new(Mutex::new(BTreeSet::new()));
        let mut walk = files::walk(directory);
        walk.max_depth(Some(DEEPEST)).threads(2);
        let (skipped, root) = (Arc::clone(&irregular), directory.to_path_buf());
        walk.filter_entry(move |entry| {
            let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            let never = folder && entry.depth() > 0 && entry.file_name().to_str().is_none_or(|name| NEVER.contains(&name));
            if never || files::is_walked(entry) {
                return !never;
            }
            let rules = files::irregular_rules(entry.path());
            if let Some(path) = rules.as_deref().and_then(|path| path.strip_prefix(&root).ok()?.to_str())
                && let Ok(mut skipped) = skipped.lock()
            {
                skipped.insert(path.to_owned());
            }
            false
        });
        walk.build_parallel().run(|| {
            let mut folder = String::new();
            let found = &found;
            Box::new(move |entry| {
                let Ok(entry) = entry else { return WalkState::Continue };
                if entry.file_type().is_some_and(|kind| kind.is_file())
                    && let Some(path) = entry.path().strip_prefix(directory).ok().and_then(Path::to_str)
                {
                    let path = path.replace('\\', "/");
                    let wanted = is_wanted(&path);
                    if (wanted || parent(&path) != folder)
                        && let Ok(mut found) = found.lock()
                    {
                        parent(&path).clone_into(&mut folder);
                        found.1.insert(folder.clone());
                        found.0.extend(wanted.then_some(path));
                        if found.0.len() > MOST {
                            return WalkState::Quit;
                        }
                    }
                }
                WalkState::Continue
            })
        });
        let (mut paths, folders) = found.into_inner().unwrap_or_default();
        paths.sort();
        let irregular_rules = irregular.lock().map(|mut rules| take(&mut *rules)).unwrap_or_default();
        Self { cut: paths.len() > MOST, paths, folders, irregular_rules }
    }

    /// Whether there is a file in a folder, or in one below it.
    pub(crate) fn has_folder(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.folders.contains(path) || self.folders.range(below.clone()..).next().is_some_and(|found| found.starts_with(&below))
    }

    /// Whether a file is there.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.paths.binary_search_by(|found| found.as_str().cmp(path)).is_ok()
    }

    /// The Python files.
    pub(crate) fn python(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str).filter(|path| is_python(path))
    }
}

/// Whether a path is a Python file's.
pub(crate) fn is_python(path: &str) -> bool {
    has_extension(path, &["py"])
}

/// Whether a file of this name can contain facts.
fn is_wanted(path: &str) -> bool {
    let name = name(path);
    if is_python(name) {
        return true;
    }
    let lower = name.to_ascii_lowercase();
    has_extension(&lower, &["db", "sqlite", "sqlite3"])
        || NAMES.contains(&lower.as_str())
        || is_container_file(&lower)
        || is_script(&lower)
}

/// Whether this is a Dockerfile, compose file or the like.
pub(crate) fn is_container_file(path: &str) -> bool {
    let name = name(path).to_ascii_lowercase();
    let compose = name.contains("compose") || name.starts_with("stack");
    name.contains("dockerfile") || compose && has_extension(&name, &["yml", "yaml"])
}

fn is_script(name: &str) -> bool {
    has_extension(name, &["sh"]) || ["start", "entrypoint", "run", "prestart"].contains(&name)
}
