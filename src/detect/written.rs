//! What the application writes beside its code: SQLite databases, uploads, logs. The image's root is read-only, so each needs a volume.

mod settings;

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::application::Application;
use super::django;
use crate::credentials;
use crate::error::Source;
use crate::paths::{has_extension, join, normal, parent, relative};
use crate::project::tree::is_container_file;
use crate::python::codebase::{Codebase, Parsed};
use crate::python::module::{Call, Expression, Module};

/// How deep names, and calls in calls, are followed.
const STEPS: usize = 12;

/// Words in files that write.
const WORDS: [&str; 14] = [
    "sqlite",
    "mkdir",
    "makedirs",
    "MEDIA_ROOT",
    "STATIC_ROOT",
    "UPLOAD_FOLDER",
    "SESSION_TYPE",
    "FileHandler",
    "basicConfig",
    "loguru",
    "FileSystemCache",
    "FileBasedCache",
    "diskcache",
    "joblib",
];

/// Caches in a folder.
const CACHES: [&str; 6] = [
    "cachelib.FileSystemCache",
    "cachelib.file.FileSystemCache",
    "diskcache.Cache",
    "diskcache.FanoutCache",
    "joblib.Memory",
    "flask_caching.backends.FileSystemCache",
];

/// Something that the application writes.
pub(super) struct Written {
    /// Its path in the project.
    pub(super) path: String,
    pub(super) kind: WriteKind,
    /// Django's settings name it, and no environment variable changes it.
    pub(super) settled: bool,
    pub(super) source: Arc<Source>,
    pub(super) span: Range<usize>,
}

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteKind {
    /// An SQLite database, in a folder that is there.
    Database,
    /// A folder of SQLite databases.
    Databases,
    /// A folder whose files must stay.
    Files,
    /// A folder whose files may go.
    Scratch,
    /// A file beside the code, which no volume can hold.
    Beside,
}

/// Everything that the application's own files write to, by its path; what the spec lets into the image is part of the code.
pub(super) fn written(codebase: &Codebase<'_>, application: &Application, kept: &[String]) -> Vec<Written> {
    let mut found: BTreeMap<String, Written> = BTreeMap::new();
    let chosen = django::settings_files(codebase, application);
    let mut collected: Vec<String> = Vec::new();
    let files: Vec<String> = codebase.settings().map(str::to_owned).collect();
    for path in files {
        if !codebase.text(&path).is_some_and(|text| WORDS.iter().any(|word| text.contains(word))) {
            continue;
        }
        let Some(parsed) = codebase.read(&path) else { continue };
        let reader = WriteReader { file: &path, parsed: &parsed, application };
        // the settings of a development machine are not production's
        let aside = !chosen.is_empty() && !chosen.contains(&path);
        collected.extend(parsed.module.value("STATIC_ROOT").and_then(|binding| reader.path(&binding.value, STEPS)));
        reader.all(&mut |target: String, kind, span| {
            let Some(target) = relative("", &target) else { return };
            let settled = parsed.module.value("DATABASES").is_some_and(|binding| binding.span == span);
            if aside && parsed.module.value("DATABASES").is_some() {
                return;
            }
            // what is there in a fresh checkout is part of the code; a database that .dockerignore leaves out is not
            let left_out = credentials::rule(&target).is_some() && !kept.contains(&target);
            let shipped = codebase.tree.has(&target) && !left_out;
            let folder = parent(&target).to_owned();
            let logs = kind == WriteKind::Beside && !folder.is_empty() && is_free(codebase, &folder);
            let (target, kind) = if logs { (folder, WriteKind::Scratch) } else { (target, kind) };
            let new = match kind {
                WriteKind::Database => !shipped,
                WriteKind::Beside => true,
                _ => is_free(codebase, &target),
            };
            let named = target.chars().all(|letter| letter.is_ascii_alphanumeric() || "._/+@-".contains(letter));
            // dockgen may write such a file itself: before that, it is no database either
            let named = named && !is_container_file(&target);
            if !target.is_empty() && !target.starts_with('/') && new && named {
                let kept = kind == WriteKind::Scratch && target.ends_with("instance") && parsed.source.text.contains("sqlite");
                let kind = if kept { WriteKind::Databases } else { kind };
                let folder = parent(&target);
                let alone = kind == WriteKind::Database && !folder.is_empty() && !codebase.tree.has_folder(folder);
                let (target, kind) = if alone { (folder.to_owned(), WriteKind::Databases) } else { (target, kind) };
                let source = Arc::clone(&parsed.source);
                let written = Written { path: target.clone(), kind, settled, source, span };
                // a folder that is made for databases is theirs
                if kind == WriteKind::Databases || !found.contains_key(&target) {
                    found.insert(target, written);
                }
            }
        });
    }
    // what a build step makes is part of the image
    let collected: Vec<_> = collected.iter().filter_map(|path| relative("", path)).collect();
    found.into_values().filter(|written| !collected.contains(&written.path)).collect()
}

struct WriteReader<'a> {
    file: &'a str,
    parsed: &'a Rc<Parsed>,
    application: &'a Application,
}

impl WriteReader<'_> {
    fn module(&self) -> &Module {
        &self.parsed.module
    }

    fn all(&self, add: &mut impl FnMut(String, WriteKind, Range<usize>)) {
        for call in &self.module().calls {
            if let Some(path) = call.first_text().and_then(in_url).and_then(|path| self.database(path)) {
                add(path, WriteKind::Database, call.span.clone());
            }
            let first = || self.path(call.arguments.first()?, STEPS);
            let made = match self.module().full_name(&call.function).as_str() {
                "os.mkdir" | "os.makedirs" => first(),
                "sqlite3.connect" | "aiosqlite.connect" => {
                    if let Some(path) = first().filter(|path| !path.contains(':')) {
                        add(path, WriteKind::Database, call.span.clone());
                    }
                    None
                }
                name if name.ends_with("FileHandler") || ["loguru.logger.add", "logging.basicConfig"].contains(&name) => {
                    let named = ["filename", "sink"].iter().find_map(|name| call.named(name));
                    let file = call.arguments.first().or(named).and_then(|file| self.path(file, STEPS));
                    if let Some(file) = file {
                        add(file, WriteKind::Beside, call.span.clone());
                    }
                    None
                }
                name if CACHES.contains(&name) => {
                    let named = ["cache_dir", "directory", "location"].iter().find_map(|name| call.named(name));
                    call.arguments.first().or(named).and_then(|folder| self.path(folder, STEPS))
                }
                _ if call.method() == "mkdir" => self.made(call),
                _ => None,
            };
            if let Some(path) = made {
                add(path, WriteKind::Scratch, call.span.clone());
            }
        }
        self.assigned(add);
    }

    /// What values in settings write to.
    fn assigned(&self, add: &mut impl FnMut(String, WriteKind, Range<usize>)) {
        let classes = self.module().classes.iter().flat_map(|class| &class.fields);
        let fields = classes.filter_map(|field| Some((&field.name, field.value.as_ref()?, &field.span)));
        let local = self.module().functions.iter().flat_map(|function| &function.bindings);
        for (name, value, span) in fields.chain(local.map(|binding| (&binding.name, &binding.value, &binding.span))) {
            self.flask(name, value, span, add);
            if let Some(path) = self.in_value(value) {
                add(path, WriteKind::Database, span.clone());
            }
        }
        for binding in &self.module().bindings {
            self.flask(&binding.name, &binding.value, &binding.span, add);
            let span = || binding.span.clone();
            match (binding.name.as_str(), &binding.value) {
                ("MEDIA_ROOT", value) => {
                    if let Some(path) = self.path(value, STEPS) {
                        add(path, WriteKind::Files, span());
                    }
                }
                ("DATABASES", value) => self.django(value, &mut |path| add(path, WriteKind::Database, span())),
                ("LOGGING", value) => self.log_files(value, STEPS, &mut |path| add(path, WriteKind::Beside, span())),
                ("CACHES", value) => self.file_caches(value, &mut |path| add(path, WriteKind::Scratch, span())),
                (_, value) => {
                    if let Some(path) = self.in_value(value) {
                        add(path, WriteKind::Database, span());
                    }
                }
            }
        }
    }

    /// The file of an SQLite URL: `"sqlite:///shop.db"`, `"sqlite:///" + os.path.join(HERE, "shop.db")`.
    fn in_value(&self, value: &Expression) -> Option<String> {
        match value {
            Expression::Text(text) => self.database(in_url(text)?),
            Expression::Parts(parts) => {
                let at = parts
                    .iter()
                    .position(|part| part.text().is_some_and(|text| text.starts_with("sqlite") && text.ends_with(":///")))?;
                self.path(parts.get(at + 1)?, STEPS)
            }
            _ => None,
        }
    }

    /// Flask-SQLAlchemy looks into the instance folder; everything else into the folder that it is started in.
    fn database(&self, path: &str) -> Option<String> {
        let flask = self.module().imports.iter().any(|import| import.module.starts_with("flask"));
        let path = path.trim_start_matches("./");
        let name = path.chars().all(|letter| letter.is_ascii_alphanumeric() || "._/-".contains(letter));
        (name && !path.is_empty()).then(|| if flask { join(&join(self.root(), "instance"), path) } else { path.to_owned() })
    }

    /// The folder that `Path("logs").mkdir()` or `(BASE_DIR / "logs").mkdir()` creates.
    fn made(&self, call: &Call) -> Option<String> {
        let text = self.parsed.source.text.get(call.span.clone())?;
        let object = text.get(..text.rfind(".mkdir")?)?;
        let folder = Module::parse(&format!("folder = {object}"));
        self.path(&folder.value("folder")?.value, STEPS)
    }

    /// The path, in the project, that an expression gives.
    fn path(&self, value: &Expression, steps: usize) -> Option<String> {
        let steps = steps.checked_sub(1)?;
        match value {
            Expression::Text(text) if !text.starts_with('/') && !text.contains("://") => {
                let workdir = if self.application.framework.name == "django" { self.root() } else { "" };
                Some(join(workdir, &normal(text)))
            }
            Expression::Name(name) => self.named(name, steps),
            Expression::Item(value, level) => match (&**value, &**level) {
                // app.config["UPLOAD_FOLDER"]
                (Expression::Name(name), Expression::Text(key)) => {
                    let names = [format!("{name}[\"{key}\"]"), format!("{name}['{key}']")];
                    let local = self.module().functions.iter().flat_map(|function| &function.bindings);
                    let bound = self.module().bindings.iter().chain(local).find(|binding| names.contains(&binding.name))?;
                    self.path(&bound.value, steps)
                }
                (Expression::Name(name), Expression::Number(level)) if name.ends_with(".parents") => {
                    let start = self.named(name.trim_end_matches(".parents"), steps)?;
                    let level = usize::try_from(*level).ok()?;
                    up(start, level + 1)
                }
                _ => None,
            },
            Expression::Parts(parts) => {
                let mut parts = parts.iter();
                let start = self.path(parts.next()?, steps)?;
                parts.try_fold(start, |path, part| Some(join(&path, part.text()?.trim_start_matches('/'))))
            }
            Expression::Call(call) => self.call(call, steps),
            _ => None,
        }
    }

    fn call(&self, call: &Call, steps: usize) -> Option<String> {
        let argument = |at: usize| self.path(call.arguments.get(at)?, steps);
        let texts = || call.arguments.iter().skip(1).map(Expression::text);
        match call.method() {
            "dirname" => up(argument(0)?, 1),
            // a setting's own default
            "get" | "getenv" | "env" | "config" | "str" | "path" if call.arguments.len() > 1 => argument(1),
            "get" | "getenv" | "env" | "config" | "str" | "path" if call.named("default").is_some() => {
                self.path(call.named("default")?, steps)
            }
            "abspath" | "realpath" | "str" | "Path" | "normpath" | "fspath" => argument(0),
            "join" if call.function.contains("path") => {
                texts().try_fold(argument(0)?, |path, part| Some(join(&path, part?.trim_start_matches('/'))))
            }
            "joinpath" => {
                let start = self.named(call.function.strip_suffix(".joinpath")?, steps)?;
                call.arguments.iter().map(Expression::text).try_fold(start, |path, part| Some(join(&path, part?)))
            }
            "resolve" | "absolute" | "as_posix" => self.named(call.function.rsplit_once('.')?.0, steps),
            _ => None,
        }
    }

    /// A name with what is asked of it: `BASE_DIR`, `Path().resolve().parent`.
    fn named(&self, name: &str, steps: usize) -> Option<String> {
        let steps = steps.checked_sub(1)?;
        if let Some(inner) = name.strip_suffix(".parent") {
            return up(self.named(inner, steps)?, 1);
        }
        match name {
            "__file__" | "Path(__file__)" | "pathlib.Path(__file__)" => Some(self.file.to_owned()),
            // Flask's own, beside the package or the module
            _ if name.ends_with(".instance_path") => Some(join(self.root(), "instance")),
            _ => match name.strip_suffix(".resolve()").or_else(|| name.strip_suffix(".absolute()")) {
                Some(inner) => self.named(inner, steps),
                None => self.path(&self.module().value(name)?.value, steps),
            },
        }
    }

    fn root(&self) -> &str {
        if self.application.root == "." { "" } else { &self.application.root }
    }
}

/// Whether a folder contains no files of a fresh checkout but those that keep it there.
fn is_free(codebase: &Codebase<'_>, folder: &str) -> bool {
    let keeps = |name: &str| {
        name.starts_with(".git") || [".keep", ".placeholder", "README.md"].contains(&name) || has_extension(name, &["log"])
    };
    let is_kept = || {
        let entries = fs_err::read_dir(codebase.directory.join(folder)).into_iter().flatten().take(100);
        entries.flatten().all(|entry| entry.file_name().to_str().is_some_and(keeps))
    };
    !codebase.tree.has_folder(folder) || is_kept()
}

/// So many folders up; a path that leaves the project is none.
fn up(path: String, levels: usize) -> Option<String> {
    (0..levels).try_fold(path, |path, _| (!path.is_empty()).then(|| parent(&path).to_owned()))
}

/// The relative path in the URL of an SQLite database.
fn in_url(text: &str) -> Option<&str> {
    let (scheme, path) = text.split_once(":///")?;
    let path = path.split('?').next().unwrap_or_default();
    (scheme.starts_with("sqlite") && !path.starts_with('/') && path != ":memory:" && !path.is_empty()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::in_url;

    #[test]
    fn a_relative_file_in_a_url_is_a_database() {
        assert_eq!(in_url("sqlite:///./shop.db"), Some("./shop.db"));
        assert_eq!(in_url("sqlite+aiosqlite:///shop.db?mode=rwc"), Some("shop.db"));
        for text in ["sqlite://", "sqlite:///:memory:", "sqlite:////data/shop.db", "postgresql:///shop"] {
            assert_eq!(in_url(text), None, "{text}");
        }
    }
}
