//! Commands in the project's Procfile, Dockerfile, compose files and scripts.
//!
//! They are only evidence: an entry point counts if the sources define it.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Source;
use crate::paths;
use crate::python::codebase::Codebase;
use crate::python::names::is_importable;

/// An application that a command names.
pub(crate) struct Entry {
    pub(crate) module: String,
    pub(crate) object: String,
    pub(crate) program: &'static str,
    pub(crate) port: Option<u16>,
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
}

/// Known servers, and the default object if a command names only a module.
const SERVERS: [(&str, Option<&str>); 8] = [
    ("gunicorn", Some("application")),
    ("uvicorn", None),
    ("hypercorn", None),
    ("daphne", None),
    ("granian", None),
    ("waitress-serve", None),
    ("fastapi", Some("app")),
    ("sanic", None),
];

/// Files with commands, the strongest evidence first.
fn weight(path: &str) -> Option<usize> {
    let name = paths::name(path).to_ascii_lowercase();
    let depth = path.matches('/').count();
    let development =
        ["dev", "test", "local", "debug", "example", "docs"].iter().any(|word| path.to_ascii_lowercase().contains(word));
    let kind = match name.as_str() {
        "procfile" => 0,
        "app.json" | "fly.toml" | "render.yaml" | "render.yml" => 1,
        name if name.contains("dockerfile") => 2,
        name if name.contains("compose") || name.starts_with("stack") => 3,
        name if paths::has_extension(name, &["sh"]) || !name.contains('.') => 4,
        _ => return None,
    };
    Some(kind * 10 + depth.min(4) + if development { 50 } else { 0 })
}

/// A line of a file with commands.
pub(super) struct CommandText {
    pub(super) text: String,
    pub(super) source: Arc<Source>,
    pub(super) span: Range<usize>,
}

/// The lines of files with commands that contain one of some words, the strongest evidence first.
pub(super) fn lines(codebase: &Codebase<'_>, words: &[&str]) -> Vec<CommandText> {
    let mut files: Vec<(usize, &str)> = codebase
        .tree
        .paths
        .iter()
        .filter(|path| codebase.is_within(path))
        .filter_map(|path| Some((weight(path)?, path.as_str())))
        .collect();
    files.sort_unstable();
    let mut lines = Vec::new();
    for (_, path) in files {
        let Some(text) = codebase.evidence(path) else { continue };
        if !words.iter().any(|word| text.contains(word)) {
            continue;
        }
        let source = Arc::new(Source::file(path, text));
        let mut start = 0;
        for line in source.text.split_inclusive('\n') {
            let span = start..start + line.trim_end().len();
            start += line.len();
            if !line.trim_start().starts_with('#') {
                lines.push(CommandText { text: line.to_owned(), source: Arc::clone(&source), span });
            }
        }
    }
    lines
}

/// All applications that commands name, the strongest evidence first.
pub(crate) fn entries(codebase: &Codebase<'_>) -> Vec<Entry> {
    let servers: Vec<&str> = SERVERS.iter().map(|(server, _)| *server).collect();
    let mut entries = Vec::new();
    for line in lines(codebase, &servers) {
        entries.extend(named_in(&line.text).into_iter().map(|(module, object, program, port)| Entry {
            module,
            object,
            program,
            port,
            source: Arc::clone(&line.source),
            span: line.span.clone(),
        }));
    }
    entries
}

type NamedEntry = (String, String, &'static str, Option<u16>);

/// Possible entry points in a line, with any quotes. The sources decide which of them exist.
fn named_in(line: &str) -> Vec<NamedEntry> {
    let words: Vec<&str> = line
        .split(|letter: char| letter.is_whitespace() || "\"',[]=;&|()".contains(letter))
        .filter(|word| !word.is_empty())
        .collect();
    let server = words.iter().enumerate().find_map(|(at, word)| {
        let name = paths::name(word);
        Some((at, *SERVERS.iter().find(|(server, _)| *server == name)?))
    });
    let Some((at, (program, alone))) = server else { return Vec::new() };
    let rest = &words[at + 1..];
    let port = rest.windows(2).find_map(|pair| match pair {
        ["-b" | "--bind", address] => address.rsplit(':').next()?.parse().ok(),
        ["-p" | "--port", port] => port.parse().ok(),
        _ => None,
    });
    let with_object = rest.iter().filter_map(|word| {
        let (module, object) = word.rsplit(":-").next()?.trim_end_matches('}').split_once(':')?;
        (is_importable(module) && is_importable(object)).then(|| (module.to_owned(), object.to_owned()))
    });
    let file = |word: &&str| {
        let module = if program == "fastapi" {
            word.strip_suffix(".py")?.trim_start_matches("./").replace('/', ".")
        } else {
            (**word).to_owned()
        };
        is_importable(&module).then(|| (module, alone.unwrap_or_default().to_owned()))
    };
    let without = rest.iter().filter(|_| alone.is_some()).filter_map(file);
    with_object.chain(without).map(|(module, object)| (module, object, program, port)).collect()
}

#[cfg(test)]
mod tests {
    use super::named_in;

    #[test]
    fn finds_the_application_in_a_command() {
        for (line, expected) in [
            ("web: gunicorn shop.wsgi --log-file -", Some(("shop.wsgi", "application", None))),
            (
                "CMD [\"uvicorn\", \"app.main:app\", \"--host\", \"0.0.0.0\", \"--port\", \"80\"]",
                Some(("app.main", "app", Some(80))),
            ),
            ("command: gunicorn -b 0.0.0.0:5000 'app:create_app()'", Some(("app", "create_app", Some(5000)))),
            ("exec gunicorn -k uvicorn.workers.UvicornWorker \"${APP_MODULE:-app.main:app}\"", Some(("app.main", "app", None))),
            ("CMD fastapi run app/main.py --port 80", Some(("app.main", "app", Some(80)))),
            ("worker: celery -A shop worker", None),
            ("pip install gunicorn", None),
        ] {
            let found = named_in(line).into_iter().map(|(module, object, _, port)| (module, object, port)).next();
            assert_eq!(found, expected.map(|(module, object, port)| (module.to_owned(), object.to_owned(), port)), "{line}");
        }
    }
}
