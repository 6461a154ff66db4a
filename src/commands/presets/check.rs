//! `dockgen presets check`: what a preset gives with every framework, every installer, and more or less around the application.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::{Table, Value};

use crate::detect::{self, Folder};
use crate::error::{Error, Exit, Place, Result, Source, SourceKind};
use crate::layers::{Node, Origin};
use crate::pipeline::{self, ProjectLocation, SPEC, SpecInput};
use crate::plan::{OverwritePolicy, Plan};
use crate::preset::{self, AnswerKind, Ask, Library, MergedPresets, Refresh, Request};
use crate::render::{self, RenderedFile};
use crate::report::Report;
use crate::resolve::Findings;
use crate::{files, plan, resolve, syntax, write};

/// What stands around the application: built-in presets below all others.
const AROUND: [&str; 4] = ["check/plain", "check/services", "check/kustomize", "check/bare"];

/// The folder of a preset's tests, and in each test that of the files that it should give.
const TESTS: &str = "tests";
const EXPECTED: &str = "expected";

/// The file of a preset.
const PRESET: &str = "preset.toml";

/// How deep below a folder presets are looked for.
const DEEPEST: usize = 4;

pub(super) fn run(directory: &Path, update: bool, report: &Report) -> Result<Exit> {
    let mut exit = Exit::Done;
    for folder in &presets(directory)? {
        // one preset that is wrong says nothing about the others
        let ended = one(folder, update, report).unwrap_or_else(|error| {
            report.error(&error);
            Exit::CouldNotRun
        });
        exit = if exit == Exit::CouldNotRun || ended == Exit::Done { exit } else { ended };
    }
    Ok(exit)
}

/// Checks one preset.
fn one(folder: &Path, update: bool, report: &Report) -> Result<Exit> {
    if update {
        self::update(folder)?;
    }
    let (count, tests) = (matrix(folder, report)?, tests(folder)?);
    let mut wrong = 0;
    for test in &tests {
        if !compare(test, report)? {
            report.note(&format!(
                "   differs {} renders other files than its {EXPECTED}/ (accept them with --update)",
                test.display()
            ));
            wrong += 1;
        }
    }
    if wrong > 0 {
        return Ok(Exit::No);
    }
    let shown = folder.display();
    let tested = if tests.len() == 1 { "1 test passes".to_owned() } else { format!("{} tests pass", tests.len()) };
    report.note(&format!("     clean {shown}: {count} combinations with built-in presets render valid files; {tested}"));
    Ok(Exit::Done)
}

/// Writes what the tests of a preset give, and takes out what they give no more.
pub(super) fn update(folder: &Path) -> Result<()> {
    for test in tests(folder)? {
        let given = given(&test)?;
        fs_err::create_dir_all(test.join(EXPECTED))?;
        let expected = fs_err::canonicalize(test.join(EXPECTED))?;
        let guard = write::lock(&expected)?;
        let stale = written(&expected).into_iter().filter(|path| !is_given(&given, &expected, path));
        let stale: Vec<(PathBuf, Vec<u8>)> = stale.filter_map(|path| Some((path.clone(), plan::seen(&path)?))).collect();
        let all = OverwritePolicy { force: true, restore: true, ..OverwritePolicy::default() };
        write::apply(&Plan::new(&expected, given, &BTreeMap::new(), all)?, &guard)?.require_none()?;
        write::remove(&stale, &guard)?.require_none()?;
    }
    Ok(())
}

/// Every file of a folder, hidden ones too; links are not followed.
fn written(folder: &Path) -> Vec<PathBuf> {
    let walk = ignore::WalkBuilder::new(folder).standard_filters(false).build();
    let files = walk.flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    files.map(ignore::DirEntry::into_path).collect()
}

fn is_given(given: &[RenderedFile], expected: &Path, path: &Path) -> bool {
    given.iter().any(|file| expected.join(&file.path) == path)
}

/// The presets of a folder: itself, or what lies below it.
fn presets(directory: &Path) -> Result<Vec<PathBuf>> {
    if directory.is_file() {
        return Err(Error::new(format!("`{}` is a file, not a folder", directory.display()))
            .hint(format!("pass the folder of a {PRESET}; to check a single file, rename it to {PRESET}")));
    }
    if directory.join(PRESET).is_file() {
        return Ok(vec![directory.to_path_buf()]);
    }
    let walk = files::walk(directory).max_depth(Some(DEEPEST)).build();
    let files = walk.flatten().filter(|entry| entry.file_name() == PRESET);
    let mut folders: Vec<PathBuf> = files.filter_map(|entry| Some(entry.path().parent()?.to_path_buf())).collect();
    folders.sort();
    if folders.is_empty() {
        return Err(Error::new(format!("no {PRESET} in or below `{}`", directory.display()))
            .hint("create a preset: dockgen presets new DIR"));
    }
    Ok(folders)
}

/// The tests of a preset: folders with a spec. What lies behind a link is not the preset's.
fn tests(folder: &Path) -> Result<Vec<PathBuf>> {
    let own = |path: &Path| {
        if path.is_symlink() {
            return Err(Error::new(format!("`{}` is a symbolic link, which a test can't contain", path.display()))
                .hint("replace it with the file or folder that it links to"));
        }
        Ok(())
    };
    let tests = folder.join(TESTS);
    own(&tests)?;
    let entries = fs_err::read_dir(tests).into_iter().flatten().flatten();
    let mut tests: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.join(SPEC).is_file()).collect();
    tests.sort();
    for test in &tests {
        own(test)?;
        own(&test.join(EXPECTED))?;
    }
    Ok(tests)
}

/// Renders a preset with all that it may meet; says how many projects that were.
fn matrix(folder: &Path, report: &Report) -> Result<usize> {
    let folder = fs_err::canonicalize(folder)?;
    let mut library = Library::default().on_wait(report.waiting());
    // whatever is wrong with its own text is said without what it is tried with
    preset::load(".", &folder, &mut library)?;
    let answers = tested_answers(&folder);
    let runs = preset::sets_key(".", &folder, &mut library, "processes.web");
    let installs = preset::sets_key(".", &folder, &mut library, "install.with");
    let choices =
        |settled: bool, names: Vec<&'static str>| if settled { vec![None] } else { names.into_iter().map(Some).collect() };
    let frameworks: Vec<Option<&str>> = choices(runs, preset::frameworks());
    let installers: Vec<Option<&str>> = choices(installs, preset::installers());
    let mut count = 0;
    for (framework, installer) in
        frameworks.iter().flat_map(|framework| installers.iter().map(move |installer| (framework, installer)))
    {
        for around in AROUND {
            let with: Vec<&str> = [Some(around), *framework, *installer].into_iter().flatten().collect();
            let why = |error: Error| Error { message: format!("with {}: {}", with.join(", "), error.message), ..error };
            try_with(&with, &folder, &answers, &mut library).map_err(why)?;
            count += 1;
        }
    }
    Ok(count)
}

/// Renders one project that has these presets and the one that is checked, and reads the files again.
fn try_with(with: &[&str], folder: &Path, answers: &Table, library: &mut Library) -> Result<()> {
    let presets: Vec<Value> = with.iter().copied().chain(["."]).map(|name| Value::String(name.to_owned())).collect();
    let text =
        format!("presets = {}\n[project]\nname = \"shop\"\n[app]\nentry = \"config.app:application\"\n", Value::Array(presets));
    let source = Arc::new(Source::new(SourceKind::Spec, SPEC, text));
    let request = Request { spec: Some(Arc::clone(&source)), directory: folder.to_path_buf(), ..Request::default() };
    let nowhere = tempfile::tempdir()?;
    let facts = detect::facts(&Folder::new(nowhere.path()), false)?;
    let MergedPresets { mut layers, templates, asks, .. } = preset::merge(&request, preset::project(&request)?, facts, library)?;
    answer(&mut layers, &asks, answers, &source);
    let resolved = resolve::resolve(resolve::choose(&resolve::check_layers(&layers, &asks)?)?, &Findings::default())?;
    for file in render::render(&resolved.model, &resolved.outputs, &templates)? {
        syntax::check(&file)?;
    }
    Ok(())
}

/// Answers every question that has no default, as a test of the preset does, or with anything.
fn answer(layers: &mut Node, asks: &[Ask], answers: &Table, source: &Arc<Source>) {
    let place = Place { source: Arc::clone(source), span: 0..0 };
    let origin = Origin::new(place, "an answer of this check, as no test has one");
    for ask in asks.iter().filter(|ask| ask.default.is_none()) {
        let key = format!("answers.{}", ask.name);
        let any = || match ask.kind {
            AnswerKind::YesNo => Value::Boolean(false),
            _ => Value::String(ask.choices.first().map_or("example", String::as_str).to_owned()),
        };
        if layers.get(&key).is_none() {
            layers.set(&key, answers.get(&ask.name).cloned().unwrap_or_else(any), &origin);
        }
    }
}

/// The answers that the tests of a preset give.
fn tested_answers(folder: &Path) -> Table {
    let specs = tests(folder).unwrap_or_default().into_iter().filter_map(|test| files::text_in(&test, SPEC, files::SPEC));
    let answers = specs.filter_map(|text| Some(text.parse::<Table>().ok()?.get("answers")?.as_table()?.clone()));
    answers.flatten().collect()
}

/// The files that the project of a test gives.
fn given(test: &Path) -> Result<Vec<RenderedFile>> {
    let of_test = |error: Error| Error { message: format!("test {}: {}", test.display(), error.message), ..error };
    render_test(test).map_err(of_test)
}

fn render_test(test: &Path) -> Result<Vec<RenderedFile>> {
    let location = ProjectLocation::named(Some(test));
    let project = pipeline::open(&location, &SpecInput::default(), &Refresh::None, false, &Report::default().waiting())?;
    Ok(project.render(&[])?.files)
}

/// Compares what a test gives with what it should give.
fn compare(test: &Path, report: &Report) -> Result<bool> {
    let given = given(test)?;
    let mut same = true;
    for file in &given {
        let path = test.join(EXPECTED).join(&file.path);
        let expected =
            files::text_in(test, &format!("{EXPECTED}/{}", file.path), files::OUTPUT).unwrap_or_default().replace("\r\n", "\n");
        if expected != file.text {
            same = false;
            report.difference(&path.display().to_string(), &expected, &file.text)?;
        }
    }
    let expected = test.join(EXPECTED);
    for path in written(&expected).into_iter().filter(|path| !is_given(&given, &expected, path)) {
        same = false;
        report.note(&format!("{:>10} {} (the test no longer renders this file)", "stale", path.display()));
    }
    Ok(same)
}
