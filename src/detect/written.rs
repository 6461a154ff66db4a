//! What the application writes beside its code: SQLite databases, uploads, logs. The image's root is read-only, so each needs a volume.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::application::Application;
use super::django;
use crate::credentials;
use crate::error::Source;
use crate::paths::{join, normal, parent, relative};
use crate::project::tree::is_container_file;
use crate::python::codebase::{Codebase, Parsed};
use crate::python::module::{Call, Expression, Module};

/// How deep names, and calls in calls, are followed.
const STEPS: usize = 12;

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
    let words = ["sqlite", "mkdir", "makedirs", "MEDIA_ROOT", "STATIC_ROOT", "FileHandler"];
    let chosen = django::settings_files(codebase, application);
    let mut collected: Vec<String> = Vec::new();
    let files: Vec<String> = codebase.settings().map(str::to_owned).collect();
    for path in files {
        if !codebase.text(&path).is_some_and(|text| words.iter().any(|word| text.contains(word))) {
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
            let new = if kind == WriteKind::Database { !shipped } else { !codebase.tree.has_folder(&target) };
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
                name if name.ends_with("FileHandler") => {
                    let file = first().unwrap_or_default();
                    if parent(&file).is_empty() && !file.is_empty() {
                        add(file.clone(), WriteKind::Beside, call.span.clone());
                    }
                    Some(parent(&file).to_owned())
                }
                name => name.strip_suffix(".mkdir").and_then(|folder| self.named(folder, STEPS)),
            };
            if let Some(path) = made {
                add(path, WriteKind::Scratch, call.span.clone());
            }
        }
        let classes = self.module().classes.iter().flat_map(|class| &class.fields);
        let fields = classes.filter_map(|field| Some((field.value.as_ref()?, &field.span)));
        let local = self.module().functions.iter().flat_map(|function| &function.bindings);
        for (value, span) in fields.chain(local.map(|binding| (&binding.value, &binding.span))) {
            if let Some(path) = self.in_value(value) {
                add(path, WriteKind::Database, span.clone());
            }
        }
        for binding in &self.module().bindings {
            let span = || binding.span.clone();
            match (binding.name.as_str(), &binding.value) {
                ("MEDIA_ROOT", value) => {
                    if let Some(path) = self.path(value, STEPS) {
                        add(path, WriteKind::Files, span());
                    }
                }
                ("DATABASES", value) => self.django(value, &mut |path| add(path, WriteKind::Database, span())),
                ("LOGGING", value) => self.log_files(value, STEPS, &mut |path| add(path, WriteKind::Scratch, span())),
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

    /// `DATABASES = {"default": {"ENGINE": "…sqlite3", "NAME": …}}`.
    fn django(&self, databases: &Expression, add: &mut impl FnMut(String)) {
        let Expression::Dict(databases) = databases else { return };
        for (_, database) in databases {
            let Expression::Dict(settings) = database else { continue };
            let setting = |name: &str| settings.iter().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value);
            let sqlite = setting("ENGINE").and_then(Expression::text).is_some_and(|engine| engine.ends_with("sqlite3"));
            if let Some(path) = setting("NAME").filter(|_| sqlite).and_then(|name| self.path(name, STEPS)) {
                // a relative name starts in the folder of manage.py
                add(path);
            }
        }
    }

    /// The folders of every `filename` in a configuration of logging.
    fn log_files(&self, value: &Expression, steps: usize, add: &mut impl FnMut(String)) {
        let (Some(steps), Expression::Dict(pairs)) = (steps.checked_sub(1), value) else { return };
        for (key, value) in pairs {
            match key.text() {
                Some("filename") => {
                    if let Some(path) = self.path(value, STEPS) {
                        add(parent(&path).to_owned());
                    }
                }
                _ => self.log_files(value, steps, add),
            }
        }
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
