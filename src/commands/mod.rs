//! The commands, one file each.

mod above;
mod detect;
mod generate;
mod init;
mod left_out;
mod presets;
mod show;
mod trust;
mod work;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::CommandFactory as _;
use toml::Value;

use self::above::{Nearest, nearest};
use crate::cli::{Cli, Command, Input};
use crate::detect::context::ContextFacts;
use crate::detect::{self as detection, Folder};
use crate::error::{Error, Exit, Result, Source};
use crate::files::{self, Unread};
use crate::layers::Node;
use crate::lock::Lock;
use crate::preset::effects::EffectsBySource;
use crate::preset::{self, Ask, Library, Merged, Moving, Request, TemplateSet};
use crate::render::{self, File};
use crate::report::Report;
use crate::resolve::{self, Resolved};
use crate::spec::SCHEMA;
use crate::{plan, write};

/// The spec's usual name.
const SPEC: &str = "dockgen.toml";

/// Its lock.
const LOCK: &str = "dockgen.lock";

/// What stands for it among the keys of outputs.
const LOCK_KEY: &str = "lock";

/// Runs the command that was typed.
///
/// # Errors
/// Whatever keeps it from running.
pub fn run(cli: &Cli, report: &Report) -> Result<Exit> {
    if !matches!(cli.command, Command::Schema | Command::Completions { .. })
        && let Ok((folder, ..)) = found_folder(cli.directory.as_deref())
    {
        write::sweep_if_free(&folder);
    }
    match &cli.command {
        Command::Init(arguments) => init::run(cli, arguments, report),
        Command::Generate(arguments) => generate::run(cli, arguments, report),
        Command::Detect { json } => detect::run(cli, *json, report),
        Command::Show(arguments) => show::run(cli, arguments, report),
        Command::Presets(arguments) => presets::run(cli, arguments, report),
        Command::Schema => report.data(SCHEMA),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "dockgen", &mut script);
            report.data(&String::from_utf8_lossy(&script))
        }
    }
}

/// The folder that was named, or the current one.
fn folder(place: Option<&Path>) -> PathBuf {
    place.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// A project, read and not yet resolved.
struct Project {
    /// Its folder.
    directory: Folder,
    /// Its merged layers.
    layers: Node,
    /// What its presets bring besides.
    templates: Vec<TemplateSet>,
    /// What presets from elsewhere do.
    effects: EffectsBySource,
    /// What its presets ask.
    asks: Vec<Ask>,
    /// Where its presets came from.
    library: Library,
    /// The name of its lock.
    lock: String,
    /// The lock as it was when the run began.
    lock_seen: Option<Vec<u8>>,
    /// Held where something is to be written.
    guard: Option<write::Lock>,
}

/// Reads the spec, the presets and the project; keeps other runs out where something is to be written.
///
/// Presets may have to be fetched, and nobody else should wait for that: other runs are kept out only afterwards. Where one of them has
/// written in between, all is read again.
fn read(place: Option<&Path>, input: &Input, moving: &Moving, writes: bool, report: &Report) -> Result<Project> {
    /// More runs than ever write at once.
    const TRIES: usize = 20;
    let (directory, elsewhere) = if input.spec.is_some() { (folder(place), None) } else { project_folder(place, report)? };
    if directory != Path::new(".") && !directory.is_dir() {
        return Err(Error::new(format!("folder `{}` does not exist", directory.display())).hint("check the path after -C"));
    }
    let mut spec = read_spec(&directory, input)?;
    if spec.is_none() && input.presets.is_empty() && input.sets.is_empty() {
        return Err(no_spec(&directory, place, input, elsewhere));
    }
    for _ in 0..TRIES {
        let mut project = read_once(&directory, input, spec.clone(), moving, report)?;
        if !writes {
            return Ok(project);
        }
        let guard = write::lock(&directory)?;
        // a pipe cannot be read twice
        let again = if input.spec.is_some() { spec.clone() } else { read_spec(&directory, input)? };
        if again == spec && Lock::read(&directory, &project.lock)? == *project.library.before() {
            project.guard = Some(guard);
            return Ok(project);
        }
        spec = again;
    }
    Err(Error::new("other dockgen processes keep writing to this folder").hint("wait until they finish, or stop them"))
}

fn no_spec(directory: &Path, place: Option<&Path>, input: &Input, elsewhere: Option<PathBuf>) -> Error {
    let shown = directory.display();
    if let Some(folder) = elsewhere {
        let folder = folder.display();
        return Error::new(format!("no {SPEC} in `{shown}`, and the one in `{folder}` is not in the same git work tree"))
            .hint(format!("use that folder: dockgen -C {folder} generate"));
    }
    let above = if place.is_some() || input.spec.is_some() { "" } else { " or above" };
    Error::new(format!("no {SPEC} in `{shown}`{above}")).hint(
        "create one with `dockgen init`, or pass a preset: dockgen generate --preset fastapi-uvicorn --set app.entry=main:app",
    )
}

fn read_once(directory: &Path, input: &Input, spec: Option<Arc<Source>>, moving: &Moving, report: &Report) -> Result<Project> {
    let file = input.spec.as_deref().filter(|path| *path != Path::new("-"));
    let request = Request {
        spec,
        presets: input.presets.clone(),
        sets: input.sets.clone(),
        directory: file.and_then(Path::parent).map_or_else(|| directory.to_path_buf(), Path::to_path_buf),
    };
    let lock = lock_name(file);
    // a spec for another version of dockgen says so before anything else can fail
    let project = preset::project(&request)?;
    let lock_seen = plan::seen(&directory.join(&lock));
    let mut library = Library::new(Lock::read(directory, &lock)?, moving.clone()).told(report.waiting());
    let directory = Folder::of_outputs(directory, library.before().outputs.keys());
    let facts = detection::survey(&directory, &detection::Open::after(&project))?;
    let Merged { layers, templates, asks, effects } = preset::merge(&request, project, facts, &mut library)?;
    Ok(Project { directory, layers, templates, effects, asks, library, lock, lock_seen, guard: None })
}

/// A project's folder, with what its lock says that dockgen wrote there.
fn locked_folder(directory: &Path) -> Folder {
    Folder::of_outputs(directory, Lock::read(directory, LOCK).unwrap_or_default().outputs.keys())
}

/// Each spec of a folder has a lock of its own: `dockgen.api.toml` and `api.toml` have `dockgen.api.lock`.
fn lock_name(spec: Option<&Path>) -> String {
    let stem = spec.and_then(Path::file_stem).and_then(|stem| stem.to_str()).unwrap_or("dockgen");
    let name = stem.strip_prefix("dockgen").unwrap_or(stem).trim_start_matches('.');
    if name.is_empty() { LOCK.to_owned() } else { format!("dockgen.{name}.lock") }
}

/// The merged layers without open questions, held against what is there.
fn resolved(directory: &Folder, layers: &mut Node, asks: &[Ask]) -> Result<Resolved> {
    // a project without an ignore file needs no look at what it would leave out
    let off = matches!(layers.get("output.dockerignore"), Some(Node::Leaf(Value::Boolean(false), _)));
    let facts = if off { ContextFacts::default() } else { detection::context::facts(directory) };
    let mut resolved = resolve::resolve(layers, asks, &facts)?;
    detection::prove(directory, &resolved.model, layers)?;
    // a project's own gunicorn.conf.py is left alone, wherever it stands; it may say a port that nobody else knows
    let own = resolved
        .outputs
        .iter()
        .position(|output| output.key == "gunicorn" && detection::is_projects_own(directory, &output.path));
    if let Some(at) = own {
        let output = resolved.outputs.remove(at);
        let text = files::text_in(directory, &output.path, files::OUTPUT).unwrap_or_default();
        resolved.keep_server_file(&output.key, &output.path, &text);
    }
    Ok(resolved)
}

/// The files of all outputs; what the dependencies need is read only where a Dockerfile is among them.
fn files(directory: &Folder, resolved: &mut Resolved, templates: &[TemplateSet]) -> Result<Vec<File>> {
    if resolved.outputs.iter().any(|output| output.key == "dockerfile") {
        resolved.add_needs(&detection::system_packages::of_project(directory, &resolved.model.dockerfile)?);
    }
    if let Some(dockerfile) = resolved.ignored_dockerfile() {
        detection::context::prove(directory, &resolved.model, &dockerfile)?;
    }
    render::render(&resolved.model, &resolved.outputs, templates)
}

/// The nearest folder upwards with a spec, in the same git work tree; the current one where there is none. Then also the folder of a
/// spec that is not used.
fn project_folder(place: Option<&Path>, report: &Report) -> Result<(PathBuf, Option<PathBuf>)> {
    let (folder, file, elsewhere) = found_folder(place)?;
    if let Some(file) = file {
        report.using(&file);
    }
    Ok((folder, elsewhere))
}

/// The same, with the spec where it lies above.
fn found_folder(place: Option<&Path>) -> Result<(PathBuf, Option<PathBuf>, Option<PathBuf>)> {
    if place.is_some() {
        return Ok((folder(place), None, None));
    }
    Ok(match nearest(&[SPEC])? {
        Nearest::Here => (folder(None), None, None),
        Nearest::Elsewhere(above, _) => (folder(None), None, Some(above)),
        Nearest::Above(above, file) => (above, Some(file), None),
    })
}

fn read_spec(directory: &Path, input: &Input) -> Result<Option<Arc<Source>>> {
    let (name, bytes) = match input.spec.as_deref() {
        Some(path) if path == Path::new("-") => ("standard input".to_owned(), files::read_stdin(files::SPEC)),
        Some(path) => (path.display().to_string(), files::read_named(path, files::SPEC)),
        None => match files::read_in(directory, SPEC, files::SPEC) {
            Err(Unread::Missing) => return Ok(None),
            bytes => (SPEC.to_owned(), bytes),
        },
    };
    let text = String::from_utf8(bytes.map_err(|reason| reason.error(&name))?).map_err(|_| {
        Error::new(format!("`{name}` is not UTF-8 text")).hint(format!("convert it: iconv -f LATIN1 -t UTF-8 {name}"))
    })?;
    Ok(Some(Arc::new(Source { name, text })))
}
