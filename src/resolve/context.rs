//! The build context: what `.dockerignore` excludes, and the exceptions of the spec and the project's files.

mod hints;

use std::collections::{BTreeMap, BTreeSet};

use super::settings::{Settings, list};
use super::{HOME, Resolved};
use crate::credentials::{self, Exception};
use crate::detect::context::{ContextFacts, FileKind, SuspectFile, is_numbered};
use crate::error::{Error, Result};
use crate::model::{Context, Model, Volume};
use crate::output::{InImage, OutputFile, OutputKind, path_of};
use crate::paths::within;
use crate::pattern;

/// Refuses patterns that Docker can't read, and those that would include credentials.
pub(super) fn check(settings: &Settings<'_>) -> Result<()> {
    let keep = list(settings.context.keep.as_ref());
    for (key, patterns) in [("context.ignore", list(settings.context.ignore.as_ref())), ("context.keep", keep)] {
        for pattern in patterns {
            pattern::check(pattern).map_err(|why| {
                let error = Error::new(format!("`{key}` has the pattern {pattern:?}, which {why}"));
                error.at(settings.place(key)).hint("write it as in .dockerignore: \"docs\", \"**/*.pdf\", \"data/[0-9]*\"")
            })?;
        }
    }
    keep.iter().try_for_each(|pattern| may_keep(pattern).map_err(|error| error.at(settings.place("context.keep"))))
}

/// Credential files need their exact path, and some are always refused.
fn may_keep(keep: &str) -> Result<()> {
    let path = exact(keep);
    match credentials::rule(&path) {
        Some(Exception::Never) => Err(Error::new(format!("`context.keep` would put `{keep}` into the image")).hint(
            "remove it from context.keep: secrets reach a container when it starts, as a variable of [secrets] or a mounted file",
        )),
        Some(Exception::ByName) if !pattern::is_literal(&path) => {
            Err(Error::new(format!("`context.keep` would put credential files into the image by the pattern `{keep}`"))
                .hint("name each file that the application needs by its exact path, such as keep = [\"certs/ca.pem\"]"))
        }
        _ => Ok(()),
    }
}

/// Normalizes a pattern of the spec; the result is a path if it has no wildcards.
fn exact(pattern: &str) -> String {
    pattern::clean(&pattern::without_classes_of_one(&pattern::clean(pattern)))
}

/// All patterns. The image has links in place of the files in volumes, so the project's own files are excluded there.
pub(super) fn context(
    settings: &Settings<'_>,
    outputs: &[OutputFile],
    volumes: &[Volume],
    links: &BTreeMap<String, String>,
    facts: Option<&ContextFacts>,
) -> Result<Context> {
    let context = settings.context.clone();
    let in_home = |path: &str| path.strip_prefix(&format!("{HOME}/")).map(str::to_owned);
    let links: Vec<String> = links.keys().filter_map(|path| in_home(path)).collect();
    let unused =
        outputs.iter().filter(|output| output.kind.map(OutputKind::in_image).is_none_or(|kind| kind == InImage::ExcludedByPath));
    let (named, keep): (Vec<String>, Vec<String>) =
        context.keep.unwrap_or_default().into_iter().partition(|pattern| is_exception(&exact(pattern)));
    let context = Context {
        outputs: unused.map(|output| output.path.clone()).collect(),
        volumes: volumes.iter().filter_map(|volume| in_home(&volume.path)).chain(links.iter().cloned()).collect(),
        ignore: context.ignore.unwrap_or_default(),
        keep,
        named: named_files(settings, &named, &links)?,
        other_case: Vec::new(),
        files: Vec::new(),
        modules: Vec::new(),
        packages: Vec::new(),
    };
    Ok(match facts {
        Some(facts) => with_project(context, facts),
        None => context,
    })
}

/// Whether a path must follow the rules for credentials and hidden files, because one of them excludes it.
fn is_exception(path: &str) -> bool {
    credentials::rule(path).is_some() || pattern::is_literal(path) && credentials::is_hidden(path)
}

/// Exceptions by exact path: files that `context.keep` names, and those that the project is installed from.
fn named_files(settings: &Settings<'_>, kept: &[String], links: &[String]) -> Result<Vec<String>> {
    let mut named: Vec<String> = kept.iter().map(|pattern| exact(pattern)).collect();
    if let Some(path) = named.iter().find(|path| links.contains(path)) {
        return Err(settings
            .error("context.keep", format!("`context.keep` names `{path}`, but a volume also contains a file of that name"))
            .hint("remove it from one of them: the file of the image, or the one in the volume"));
    }
    let installed = installed(settings)?.into_iter().filter(|path| !named.contains(path)).collect::<Vec<_>>();
    named.extend(installed);
    Ok(named)
}

/// Files of `install.files` that are named like credentials: the build needs them.
fn installed(settings: &Settings<'_>) -> Result<Vec<String>> {
    let files = list(settings.install.files.as_ref());
    let files: Vec<String> = files.iter().map(|file| pattern::clean(file)).collect();
    if let Some(file) = files.iter().find(|file| credentials::rule(file) == Some(Exception::Never)) {
        return Err(settings
            .error("install.files", format!("`install.files` names `{file}`, which stays out of the image by its name"))
            .hint(format!("rename the file: git mv {file} requirements.txt")));
    }
    Ok(files.into_iter().filter(|file| is_exception(file) && pattern::is_literal(file)).collect())
}

/// How a file of the project is included.
enum Admission {
    /// By its exact path, or by a pattern for a folder of numbered files.
    File(String),
    /// With all other modules of this folder.
    Modules(String),
}

/// Adds the exceptions for the project's own files.
fn with_project(context: Context, facts: &ContextFacts) -> Context {
    let (mut files, mut modules) = (BTreeSet::new(), BTreeSet::new());
    for file in undecided(facts, &context) {
        match admission(file, facts) {
            Some(Admission::File(path)) => drop(files.insert(path)),
            Some(Admission::Modules(folder)) => drop(modules.insert(folder)),
            None => {}
        }
    }
    let packages = facts.imported_tests.iter().filter(|folder| !is_ignored(folder, &context));
    Context {
        packages: packages.cloned().collect(),
        other_case: in_other_case(facts, &context),
        files: files.into_iter().collect(),
        modules: modules.into_iter().collect(),
        ..context
    }
}

/// The credential files that no pattern of the ignore file matches in the case of their names.
fn in_other_case(facts: &ContextFacts, context: &Context) -> Vec<String> {
    let files = facts.files.iter().filter(|file| file.rule.is_some() && !credentials::is_written(&file.path));
    let out = files.filter(|file| admission(file, facts).is_none() && !context.named.contains(&file.path));
    out.map(|file| file.path.clone()).collect()
}

/// The files that the spec neither leaves out nor lets in.
fn undecided<'a>(facts: &'a ContextFacts, context: &'a Context) -> impl Iterator<Item = &'a SuspectFile> {
    facts.files.iter().filter(move |file| {
        let path = &file.path;
        !is_ignored(path, context) && !context.named.contains(path) && !context.volumes.iter().any(|volume| within(path, volume))
    })
}

fn is_ignored(path: &str, context: &Context) -> bool {
    context.ignore.iter().any(|pattern| pattern::covers(pattern, path))
}

/// How to include a file that a rule excludes; none if it stays out.
fn admission(file: &SuspectFile, facts: &ContextFacts) -> Option<Admission> {
    let exactly = || Admission::File(file.path.clone());
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    match (file.kind, file.rule) {
        (FileKind::Module, _) if credentials::rule_of_itself(&file.path) == Some(Exception::Never) => None,
        (FileKind::Module, Some(Exception::Never)) => {
            credentials::may_be_package(folder).then(|| Admission::Modules(folder.to_owned()))
        }
        (FileKind::Module, Some(Exception::ByName)) if file.above.is_some() => Some(Admission::Modules(folder.to_owned())),
        (FileKind::Query, _) if file.above.is_some() => None,
        (FileKind::Query, _) if is_numbered(&file.path) && facts.numbered.contains(folder) => {
            Some(Admission::File(format!("{folder}/[0-9]*.sql")))
        }
        (FileKind::Query | FileKind::Text, _) | (FileKind::Module, Some(Exception::ByName)) => Some(exactly()),
        (FileKind::Certificate, _) => file.reader.is_some().then(exactly),
        (_, None) if credentials::is_of_tool(&file.path) => None,
        (_, None) => (file.reader.is_some() || credentials::is_read_by_library(&file.path)).then(exactly),
        _ => None,
    }
}

impl Resolved {
    /// Path of the Dockerfile to which the ignore file belongs.
    pub(crate) fn ignored_dockerfile(&self) -> Option<&str> {
        let path = |kind| path_of(&self.outputs, kind);
        path(OutputKind::Dockerignore).and_then(|_| path(OutputKind::Dockerfile))
    }
}

/// Hints about files that stay out of the image.
pub(super) fn hints(facts: &ContextFacts, model: &Model) -> Vec<String> {
    hints::of(facts, model)
}
