//! The commands, one file each.

mod detect;
mod generate;
mod init;
mod show;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::CommandFactory as _;

use crate::cli::{Cli, Command, Input};
use crate::detect as detection;
use crate::error::{Error, Exit, Result, Source};
use crate::layers::Node;
use crate::lock::Lock;
use crate::preset::{self, Library, Merged, Moving, Request, TemplateSet};
use crate::render::{self, File};
use crate::report::Report;
use crate::resolve::{self, Resolved};
use crate::spec::Spec;

/// The spec's usual name.
const SPEC: &str = "dockgen.toml";

/// Its lock.
const LOCK: &str = "dockgen.lock";

/// Runs the command that was typed.
///
/// # Errors
/// Whatever keeps it from running.
pub fn run(cli: &Cli, report: &Report) -> Result<Exit> {
    match &cli.command {
        Command::Init(arguments) => init::run(cli, arguments, report),
        Command::Generate(arguments) => generate::run(cli, arguments, report),
        Command::Detect { json } => detect::run(cli, *json, report),
        Command::Show(arguments) => show::run(cli, arguments, report),
        Command::Presets { name: None } => list_presets(report),
        Command::Presets { name: Some(name) } => {
            let mut library = Library::new(Lock::read(&folder(cli), LOCK)?, Moving::Nothing);
            report.data(&preset::load(name, &folder(cli), &mut library)?.source.text)
        }
        Command::Schema => report.data(&schema()),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "dockgen", &mut script);
            report.data(&String::from_utf8_lossy(&script))
        }
    }
}

fn list_presets(report: &Report) -> Result<Exit> {
    let mut library = Library::default();
    let own = preset::library::user_wide();
    let names = preset::names().into_iter().chain(own.iter().map(String::as_str));
    let line = |name| Ok(format!("{name:16} {}\n", preset::load(name, Path::new("."), &mut library)?.description));
    report.data(&names.map(line).collect::<Result<String>>()?)
}

/// The JSON Schema; TOML has no null, so an unset key is one that is not there.
fn schema() -> String {
    let mut schema = schemars::schema_for!(Spec);
    schemars::transform::RecursiveTransform(without_null).transform(&mut schema);
    format!("{schema:#}\n", schema = serde_json::Value::from(schema))
}

use schemars::transform::Transform as _;

fn without_null(schema: &mut schemars::Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(serde_json::Value::Array(kinds)) = object.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [kind] = kinds.as_slice() {
            let kind = kind.clone();
            object.insert("type".to_owned(), kind);
        }
    }
    if let Some(serde_json::Value::Array(forms)) = object.get_mut("anyOf") {
        forms.retain(|form| form["type"] != "null");
        if let [serde_json::Value::Object(form)] = forms.as_slice() {
            let form = form.clone();
            object.remove("anyOf");
            object.extend(form);
        }
    }
    if let Some(serde_json::Value::Array(words)) = object.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    object.remove("default");
}

fn folder(cli: &Cli) -> PathBuf {
    cli.directory.clone().unwrap_or_else(|| PathBuf::from("."))
}

/// A project, read and not yet resolved.
struct Project {
    /// Its folder.
    directory: PathBuf,
    /// Its merged layers.
    layers: Node,
    /// What its presets bring besides.
    templates: Vec<TemplateSet>,
    /// Where its presets came from.
    library: Library,
    /// The name of its lock.
    lock: String,
}

/// Reads the spec, the presets and the project.
fn read(cli: &Cli, input: &Input, moving: Moving) -> Result<Project> {
    let directory = if input.spec.is_some() { folder(cli) } else { project_folder(cli)? };
    if !directory.is_dir() {
        return Err(Error::new(format!("there is no folder `{}`", directory.display())));
    }
    let spec = read_spec(&directory, input)?;
    if spec.is_none() && input.presets.is_empty() && input.sets.is_empty() {
        let hint = "`dockgen init` writes one; without one, name a preset: dockgen generate --preset fastapi-uvicorn --set app.entry=main:app";
        let above = if cli.directory.is_some() || input.spec.is_some() { "" } else { " or above" };
        return Err(Error::new(format!("there is no {SPEC} in `{}`{above}", directory.display())).hint(hint));
    }
    let file = input.spec.as_deref().filter(|path| *path != Path::new("-"));
    let request = Request {
        spec,
        presets: input.presets.clone(),
        sets: input.sets.clone(),
        directory: file.and_then(Path::parent).map_or_else(|| directory.clone(), Path::to_path_buf),
    };
    let lock = lock_name(file);
    let mut library = Library::new(Lock::read(&directory, &lock)?, moving);
    let project = preset::project(&request)?;
    let facts = detection::survey(&directory, &detection::Open::after(&project))?;
    let Merged { layers, templates } = preset::merge(&request, project, facts, &mut library)?;
    Ok(Project { directory, layers, templates, library, lock })
}

/// Several specs of one folder have a lock each: `api.toml` has `api.lock`.
fn lock_name(spec: Option<&Path>) -> String {
    let stem = spec.and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
    stem.map_or_else(|| LOCK.to_owned(), |stem| format!("{stem}.lock"))
}

/// The merged layers without open questions, held against what is there.
fn resolved(directory: &Path, layers: &mut Node) -> Result<Resolved> {
    let mut resolved = resolve::resolve(layers)?;
    detection::prove(directory, &resolved.model, layers)?;
    // a project's own gunicorn.conf.py is left alone, wherever it stands; it may say a port that nobody else knows
    let own = resolved
        .outputs
        .iter()
        .position(|output| output.key == "gunicorn" && detection::is_projects_own(directory, &output.path));
    if let Some(at) = own {
        let output = resolved.outputs.remove(at);
        let text = std::fs::read_to_string(directory.join(&output.path)).unwrap_or_default();
        resolved.keep_server_file(&output.key, &output.path, &text);
    }
    Ok(resolved)
}

/// The files of all outputs; what the dependencies need is read only where a Dockerfile is among them.
fn files(directory: &Path, resolved: &mut Resolved, templates: &[TemplateSet]) -> Result<Vec<File>> {
    if resolved.outputs.iter().any(|output| output.key == "dockerfile") {
        resolved.add_needs(&detection::system::of_project(directory, &resolved.model.dockerfile)?);
    }
    render::render(&resolved.model, &resolved.outputs, templates)
}

/// The nearest folder upwards that holds a spec; the current one where none does.
fn project_folder(cli: &Cli) -> Result<PathBuf> {
    if let Some(directory) = &cli.directory {
        return Ok(directory.clone());
    }
    let here = std::env::current_dir()?;
    let found = here.ancestors().find(|folder| folder.join(SPEC).is_file());
    Ok(found.filter(|folder| *folder != here).map_or_else(|| PathBuf::from("."), Path::to_path_buf))
}

fn read_spec(directory: &Path, input: &Input) -> Result<Option<Arc<Source>>> {
    let (name, bytes) = match input.spec.as_deref() {
        Some(path) if path == Path::new("-") => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes)?;
            ("standard input".to_owned(), bytes)
        }
        Some(path) => (path.display().to_string(), fs_err::read(path)?),
        None if directory.join(SPEC).symlink_metadata().is_err() => return Ok(None),
        None => (SPEC.to_owned(), fs_err::read(directory.join(SPEC))?),
    };
    let text =
        String::from_utf8(bytes).map_err(|_| Error::new(format!("`{name}` is not UTF-8 text")).hint("save it as UTF-8"))?;
    Ok(Some(Arc::new(Source { name, text })))
}
