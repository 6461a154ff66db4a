//! Programs of the project that serve requests themselves, without a server that imports an application.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::Facts;
use super::commands::{self, CommandText};
use super::processes::{Process, ProcessEvidence};
use crate::error::Source;
use crate::knowledge::{SelfServingRow, self_serving};
use crate::layers::origin;
use crate::paths::{self, normal, parent};
use crate::python::codebase::{Codebase, Parsed, is_aside};
use crate::python::imports::ImportGraph;
use crate::python::module::{Call, Expression, Module};
use crate::python::names::module_files;

/// The address of a server that only accepts local connections.
const LOCAL: [&str; 2] = ["127.0.0.1", "localhost"];

/// Arguments with a port, and with an address.
const PORTS: [&str; 2] = ["port", "server_port"];
const HOSTS: [&str; 4] = ["host", "address", "server_name", "hostname"];

/// Scripts that a person starts first, among several.
const USUAL: [&str; 6] = ["streamlit_app.py", "app.py", "main.py", "server.py", "home.py", "run.py"];

/// A program with the call that starts its server.
pub(super) struct SelfServing {
    row: &'static SelfServingRow,
    /// Its words for Python, such as `-m shop`, or the script of a library's own command.
    words: Vec<String>,
    /// The folder on the import path.
    root: String,
    source: Arc<Source>,
    span: Range<usize>,
    serving: Rc<Parsed>,
    call: Call,
}

/// The program that serves the project: the one that its commands start, or the only one.
pub(super) fn find(codebase: &Codebase<'_>) -> Result<Option<SelfServing>, Vec<SelfServing>> {
    let modules: Vec<&str> = self_serving().iter().filter(|row| row.command.is_some()).map(|row| row.name.as_str()).collect();
    let lines = commands::lines(codebase, &[&["python"][..], &modules].concat());
    if let Some(program) = lines.iter().filter(|line| is_start(line)).find_map(|line| started(codebase, line)) {
        return Ok(Some(program));
    }
    let mut found: Vec<(usize, SelfServing)> = codebase
        .application()
        .filter(|path| !is_page(path))
        .filter_map(|path| Some((rank(path), from_file(codebase, path)?)))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    let best = found.first().map(|(rank, _)| *rank);
    let is_one = found.iter().filter(|(rank, _)| Some(*rank) == best).count() == 1;
    let mut found = found.into_iter().map(|(_, program)| program);
    if is_one {
        Ok(found.next())
    } else {
        Err(found.collect()).or_else(|all: Vec<_>| if all.is_empty() { Ok(None) } else { Err(all) })
    }
}

/// Files in the project's folder come first, and those with usual names.
fn rank(path: &str) -> usize {
    let name = paths::name(path).to_ascii_lowercase();
    let usual = USUAL.iter().position(|usual| *usual == name).unwrap_or(USUAL.len());
    path.matches('/').count() * 10 + usual
}

/// A page of an application with several, which its first script shows.
fn is_page(path: &str) -> bool {
    paths::name(parent(path)) == "pages"
}

/// Whether a line starts the container, or a platform's web process.
fn is_start(line: &CommandText) -> bool {
    let name = paths::name(&line.source.name).to_ascii_lowercase();
    let text = line.text.trim_start().trim_start_matches("- ");
    if name == "procfile" {
        return text.starts_with("web");
    }
    if name.contains("dockerfile") {
        return text.starts_with("CMD") || text.starts_with("ENTRYPOINT");
    }
    !text.contains("pip install") && !text.contains("manage.py")
}

/// The program that a line starts, proven to serve.
fn started(codebase: &Codebase<'_>, line: &CommandText) -> Option<SelfServing> {
    let words: Vec<&str> = line
        .text
        .split(|letter: char| letter.is_whitespace() || "\"',[]".contains(letter))
        .filter(|word| !word.is_empty())
        .take_while(|word| !["&&", "||", "|", ";", ">", "&"].contains(word))
        .collect();
    let own = |row: &SelfServingRow, at: usize| row.command.is_some() && paths::name(words[at]) == row.name;
    let (at, row) = (0..words.len()).find_map(|at| {
        let row = self_serving().iter().find(|row| own(row, at));
        (row.is_some() || is_python(words[at])).then_some((at, row))
    })?;
    let rest: Vec<&str> = words[at + 1..].to_vec();
    if row.is_some() {
        let script = rest.iter().find(|word| paths::has_extension(word, &["py"]))?;
        let path = file_at(codebase, script)?;
        let program = from_script(codebase, &path)?;
        return Some(SelfServing { source: Arc::clone(&line.source), span: line.span.clone(), ..program });
    }
    let rest: Vec<&str> = rest.into_iter().skip_while(|word| ["-u", "-O", "-OO"].contains(word)).collect();
    let (path, root, words, arguments) = match rest.as_slice() {
        ["-m", module, arguments @ ..] => {
            let (path, root) = module_at(codebase, module)?;
            (path, root, vec!["-m".to_owned(), (*module).to_owned()], arguments)
        }
        [script, arguments @ ..] if paths::has_extension(script, &["py"]) => {
            let path = file_at(codebase, script)?;
            let root = codebase.place(&path).0;
            (path.clone(), root, vec![path], arguments)
        }
        _ => return None,
    };
    let (row, serving, call) = serving(codebase, &root, &path)?;
    let plain = |word: &String| word.chars().all(|letter| letter.is_ascii_alphanumeric() || "._/:=@+-".contains(letter));
    let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
    if !arguments.iter().all(plain) {
        return None;
    }
    let words = words.into_iter().chain(arguments).collect();
    Some(SelfServing { row, words, root, source: Arc::clone(&line.source), span: line.span.clone(), serving, call })
}

fn is_python(word: &str) -> bool {
    let name = paths::name(word);
    name.strip_prefix("python").is_some_and(|version| version.chars().all(|letter| letter.is_ascii_digit() || letter == '.'))
}

/// A file that a command names, seen from the folder that the image starts it in.
fn file_at(codebase: &Codebase<'_>, named: &str) -> Option<String> {
    let named = normal(named.trim_start_matches("./").trim_start_matches('/'));
    let is_it = |path: &&str| *path == named || path.ends_with(&format!("/{named}")) || named.ends_with(&format!("/{path}"));
    codebase.tree.python().filter(is_it).min_by_key(|path| path.len()).map(str::to_owned)
}

/// The file that `python -m` runs, and the folder on the import path.
fn module_at(codebase: &Codebase<'_>, module: &str) -> Option<(String, String)> {
    let [file, _] = module_files(module);
    let main = format!("{}/__main__.py", module.replace('.', "/"));
    [main, file].iter().find_map(|end| {
        let is_it = |path: &&str| *path == end.as_str() || path.ends_with(&format!("/{end}"));
        let path = codebase.tree.python().filter(is_it).min_by_key(|path| path.len())?;
        let root = path.strip_suffix(end.as_str())?.trim_end_matches('/');
        Some((path.to_owned(), root.to_owned()))
    })
}

/// What a file itself is, if it is run.
fn from_file(codebase: &Codebase<'_>, path: &str) -> Option<SelfServing> {
    if let Some(program) = from_script(codebase, path) {
        return Some(program);
    }
    let (root, name) = codebase.place(path);
    let parsed = codebase.read(path)?;
    let is_main = paths::name(path) == "__main__.py";
    let (row, serving, call) = if is_main {
        serving(codebase, &root, path)?
    } else {
        let (row, call) = serving_call(&parsed.module)?;
        (parsed.module.program || parsed.module.waiting(None).runs(call.span.start)).then_some((row, Rc::clone(&parsed), call))?
    };
    let words = if is_main {
        vec!["-m".to_owned(), name.trim_end_matches("__main__").trim_end_matches('.').to_owned()]
    } else {
        vec![path.to_owned()]
    };
    let (source, span) = (Arc::clone(&serving.source), call.span.clone());
    (words != ["-m", ""]).then_some(SelfServing { row, words, root, source, span, serving, call })
}

/// A script that a library's own command runs.
fn from_script(codebase: &Codebase<'_>, path: &str) -> Option<SelfServing> {
    let parsed = codebase.read(path)?;
    let (row, call) = serving_call(&parsed.module)?;
    row.command.as_ref()?;
    let (source, span) = (Arc::clone(&parsed.source), call.span.clone());
    Some(SelfServing { row, words: vec![path.to_owned()], root: codebase.place(path).0, source, span, serving: parsed, call })
}

/// The call that starts the server, in a program or in what it imports.
fn serving(codebase: &Codebase<'_>, root: &str, path: &str) -> Option<(&'static SelfServingRow, Rc<Parsed>, Call)> {
    let in_file = |path: &str| {
        let parsed = codebase.read(path)?;
        let (row, call) = serving_call(&parsed.module)?;
        row.command.is_none().then_some((row, parsed, call))
    };
    in_file(path).or_else(|| {
        let graph = ImportGraph::follow(codebase, root, &[path], None);
        graph.files().filter(|file| !is_aside(file)).find_map(in_file)
    })
}

/// The first call of a file that starts a server.
fn serving_call(module: &Module) -> Option<(&'static SelfServingRow, Call)> {
    self_serving().iter().find_map(|row| {
        let of = |name: &str| name == row.module || name.strip_prefix(&row.module).is_some_and(|rest| rest.starts_with('.'));
        if !module.imports.iter().any(|import| import.level == 0 && of(&import.module)) {
            return None;
        }
        let starts = |call: &&Call| {
            let full = module.full_name(&call.function);
            row.calls.iter().any(|known| match known.strip_prefix('.') {
                Some("") => of(&full),
                Some(method) => call.function.contains('.') && call.method() == method && !is_other(&full, module),
                None => full == *known,
            })
        };
        module.calls.iter().find(starts).map(|call| (row, call.clone()))
    })
}

/// Whether a method is one of another module, such as `asyncio.run`.
fn is_other(full: &str, module: &Module) -> bool {
    let owner = full.rsplit_once('.').map_or("", |(owner, _)| owner);
    module.imports.iter().any(|import| import.level == 0 && import.item.is_none() && import.module == owner)
}

impl SelfServing {
    /// The web process.
    pub(super) fn process(&self) -> Process {
        let command = match &self.row.command {
            // sh only reads PORT, which the platform may set; exec replaces it with the program
            Some(own) => {
                let mut command = ["sh", "-c", &format!("exec {own} \"$@\""), &self.row.name].map(str::to_owned).to_vec();
                command.extend(self.words.clone());
                command
            }
            None => [&["python".to_owned()][..], &self.words].concat(),
        };
        Process {
            name: "web".to_owned(),
            command,
            singleton: false,
            source: Arc::clone(&self.source),
            span: self.span.clone(),
            evidence: if self.row.command.is_some() { ProcessEvidence::Script } else { ProcessEvidence::Program },
        }
    }

    /// The program as a user types it.
    pub(super) fn shown(&self) -> String {
        self.process().command.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn source(&self) -> (&Arc<Source>, &Range<usize>) {
        (&self.source, &self.span)
    }

    pub(super) fn library(&self) -> &'static str {
        &self.row.name
    }

    /// Adds what follows from the call that starts the server.
    pub(super) fn add(&self, codebase: &Codebase<'_>, facts: &mut Facts) {
        let (source, span) = (&self.serving.source, &self.call.span);
        let why = format!("{} serves", self.row.name);
        if !self.root.is_empty() {
            facts.say("app.root", self.root.as_str(), &self.source, &self.span, &why);
        }
        for (name, text) in &self.row.environment {
            facts.say(&format!("environment.{name}.value"), text.as_str(), source, span, &why);
        }
        if let Some(path) = &self.row.health {
            facts.say("health.path", path.as_str(), source, span, &why);
        }
        if self.row.command.is_some() {
            return;
        }
        let place = origin(source, span.clone(), "").place;
        match self.port(codebase) {
            Port::Number(port) => facts.say("app.port", i64::from(port), source, span, &why),
            Port::Followed => {}
            Port::Unknown => {
                facts
                    .hints
                    .push(format!("{place}: can't determine the port that `{}` listens on; set app.port", self.call.function));
            }
        }
        if self.is_local() {
            facts.hints.push(format!(
                "{place}: `{}` accepts only local connections, so nothing outside the container can reach it; pass 0.0.0.0 as its address",
                self.call.function
            ));
        }
    }

    /// Whether the call accepts only local connections, and no variable changes that.
    fn is_local(&self) -> bool {
        let named = HOSTS.iter().find_map(|name| self.call.named(name));
        match named.map_or_else(|| self.call.arguments.iter().find(|value| is_local(value)), Some) {
            Some(value) => is_local(value),
            // `**options` may name one
            None => self.row.local && self.row.environment.is_empty() && !self.call.arguments.contains(&Expression::Other),
        }
    }

    fn port(&self, codebase: &Codebase<'_>) -> Port {
        let argument = self.words.iter().enumerate().find_map(|(at, word)| {
            let value =
                word.strip_prefix("--port=").or_else(|| (word == "--port").then(|| self.words.get(at + 1))?.map(String::as_str));
            value?.parse().ok()
        });
        if let Some(port) = argument {
            return Port::Number(port);
        }
        let named = PORTS.iter().find_map(|name| self.call.named(name));
        let value = named.or_else(|| self.call.arguments.iter().find(|value| port_of(value).is_some()));
        if let Some(port) = value.and_then(port_of) {
            return Port::Number(port);
        }
        if self.serving.source.text.contains("PORT\"") || self.serving.source.text.contains("PORT'") {
            return Port::Followed;
        }
        let declares = |path: &&str| codebase.text(path).is_some_and(|text| text.contains("port\"") || text.contains("port'"));
        let declared = codebase.application().filter(declares).filter_map(|path| codebase.read(path));
        let declared = declared.into_iter().find_map(|parsed| parsed.module.calls.iter().find_map(declared_port));
        let default = self.row.port.filter(|_| named.is_none());
        declared.or(default).map_or(Port::Unknown, Port::Number)
    }
}

/// The port that a program listens on.
enum Port {
    Number(u16),
    /// The one that the environment says.
    Followed,
    Unknown,
}

fn is_local(value: &Expression) -> bool {
    match value {
        Expression::Text(text) => LOCAL.contains(&text.as_str()),
        Expression::List(parts) => parts.first().is_some_and(is_local),
        _ => false,
    }
}

/// A port, or an address with one.
fn port_of(value: &Expression) -> Option<u16> {
    match value {
        Expression::Number(port) => u16::try_from(*port).ok().filter(|port| *port >= 1024),
        Expression::List(parts) => parts.get(1).and_then(port_of),
        _ => None,
    }
}

/// The default of an option `--port`.
fn declared_port(call: &Call) -> Option<u16> {
    let declares = ["define", "add_argument", "option"].contains(&call.method());
    let names = call.arguments.iter().filter_map(Expression::text).any(|name| name.trim_start_matches('-') == "port");
    (declares && names).then(|| call.named("default")).flatten().and_then(port_of)
}
