//! What the settings of Django and Flask say about files: databases, caches, logs, sessions and uploads.

use std::ops::Range;

use super::{STEPS, WriteKind, WriteReader};
use crate::python::module::Expression;

impl WriteReader<'_> {
    /// `DATABASES = {"default": {"ENGINE": "…sqlite3", "NAME": …}}`; a relative name starts from where manage.py is.
    pub(super) fn django(&self, databases: &Expression, add: &mut impl FnMut(String)) {
        self.named_files(databases, ["ENGINE", "NAME"], "sqlite3", add);
    }

    /// `CACHES = {"default": {"BACKEND": "….FileBasedCache", "LOCATION": …}}`.
    pub(super) fn file_caches(&self, caches: &Expression, add: &mut impl FnMut(String)) {
        self.named_files(caches, ["BACKEND", "LOCATION"], "FileBasedCache", add);
    }

    /// The paths of tables whose engine has this end.
    fn named_files(&self, tables: &Expression, [engine, path]: [&str; 2], end: &str, add: &mut impl FnMut(String)) {
        let Expression::Dict(tables) = tables else { return };
        for (_, table) in tables {
            let Expression::Dict(settings) = table else { continue };
            let setting = |name: &str| settings.iter().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value);
            let is_file = setting(engine).and_then(Expression::text).is_some_and(|engine| engine.ends_with(end));
            if let Some(path) = setting(path).filter(|_| is_file).and_then(|path| self.path(path, STEPS)) {
                add(path);
            }
        }
    }

    /// Adds what Flask's settings name: `app.config["UPLOAD_FOLDER"]`, a field of a class.
    pub(super) fn flask(
        &self,
        name: &str,
        value: &Expression,
        span: &Range<usize>,
        add: &mut impl FnMut(String, WriteKind, Range<usize>),
    ) {
        let key = name.rsplit(['"', '\'']).nth(1).unwrap_or(name);
        let (path, kind) = match (key, value) {
            ("UPLOAD_FOLDER", value) => (self.path(value, STEPS), WriteKind::Files),
            ("SESSION_FILE_DIR" | "CACHE_DIR", value) => (self.path(value, STEPS), WriteKind::Scratch),
            // Flask-Session's default
            ("SESSION_TYPE", Expression::Text(kind)) if kind == "filesystem" && !self.module().makes("SESSION_FILE_DIR") => {
                (Some("flask_session".to_owned()), WriteKind::Scratch)
            }
            _ => return,
        };
        if let Some(path) = path {
            add(path, kind, span.clone());
        }
    }

    /// The files of every `filename` in a configuration of logging.
    pub(super) fn log_files(&self, value: &Expression, steps: usize, add: &mut impl FnMut(String)) {
        let (Some(steps), Expression::Dict(pairs)) = (steps.checked_sub(1), value) else { return };
        for (key, value) in pairs {
            match key.text() {
                Some("filename") => {
                    if let Some(path) = self.path(value, STEPS) {
                        add(path);
                    }
                }
                _ => self.log_files(value, steps, add),
            }
        }
    }
}
