//! Builds images, and checks which build steps the cache saves.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::docker::{command, inspect, note, run};
use crate::examples::Example;
use crate::project::Project;

/// One instruction of a Dockerfile in the build log.
#[derive(Debug)]
struct Step {
    stage: String,
    /// Position in the stage.
    position: usize,
    text: String,
    cached: bool,
}

/// Builds an image and returns the build log.
pub(crate) fn build(folder: &Path, dockerfile: &str, tag: &str) -> String {
    let started = Instant::now();
    let log = run_build(command(&["buildx", "build", "--load", "--progress=plain", "--tag", tag]), folder, dockerfile);
    let megabytes = inspect(tag)["Size"].as_u64().unwrap_or(0) / 1_000_000;
    note(&format!("{tag}: built in {:.1} s, {megabytes} MB", started.elapsed().as_secs_f32()));
    log
}

/// Builds an example. A second build must run nothing, and a change of the source must not rebuild the dependencies.
pub(crate) fn build_and_prove_cache(project: &Project, example: &Example) {
    let tag = format!("{}:dev", example.name);
    build(project.path(), example.dockerfile, &tag);
    let again = steps(&build(project.path(), example.dockerfile, &tag));
    let ran: Vec<_> = again.iter().filter(|step| !step.cached).collect();
    assert!(again.len() > 5 && ran.is_empty(), "{}: a second build finds every step in the cache, not: {ran:#?}", example.name);
    prove_cache_after_change(project, example);
}

fn prove_cache_after_change(project: &Project, example: &Example) {
    let before = project.read(example.source);
    // make each change unique: the cache may contain changes of earlier runs
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    project.write(example.source, &format!("{before}# {now}\n"));
    let build = command(&["buildx", "build", "--output=type=cacheonly", "--progress=plain"]);
    prove_only_source(example, &steps(&run_build(build, project.path(), example.dockerfile)));
    project.write(example.source, &before);
}

fn prove_only_source(example: &Example, steps: &[Step]) {
    let name = example.name;
    let is_cached =
        |words: &str| steps.iter().filter(|step| step.text.contains(words)).map(|step| step.cached).collect::<Vec<_>>();
    assert_eq!(is_cached("COPY . ."), [false], "{name}: a build sees the changed source");
    assert_eq!(is_cached(example.install), [true], "{name}: changed source leaves `{}` in the cache", example.install);
    assert_eq!(is_cached("/opt/venv /opt/venv"), [true], "{name}: changed source leaves the layer of the virtual environment");
    // in each of the two stages, only steps after the source is copied may run
    let from = |words: &str| steps.iter().find(|step| step.text.contains(words)).map(|step| (step.stage.clone(), step.position));
    let allowed: BTreeMap<_, _> = ["COPY . .", "/app /app"].into_iter().filter_map(from).collect();
    let is_late = |step: &&Step| allowed.get(&step.stage).is_some_and(|position| *position <= step.position);
    let early: Vec<_> = steps.iter().filter(|step| !step.cached && !is_late(step)).collect();
    assert!(early.is_empty(), "{name}: changed source rebuilds only what follows it, not: {early:#?}");
}

/// Runs a build and returns its log; a failure shows the end of it.
fn run_build(mut build: Command, folder: &Path, dockerfile: &str) -> String {
    let ran = run(build.arg("--file").arg(folder.join(dockerfile)).arg(folder));
    let lines: Vec<_> = ran.err.lines().collect();
    let end = lines[lines.len().saturating_sub(40)..].join("\n");
    assert!(ran.success, "{} builds as it was generated\n{end}", folder.join(dockerfile).display());
    ran.err
}

/// Parses the output of `--progress=plain`, without FROM instructions.
fn steps(log: &str) -> Vec<Step> {
    let mut found: BTreeMap<&str, Step> = BTreeMap::new();
    for (id, rest) in log.lines().filter_map(|line| line.strip_prefix('#')?.split_once(' ')) {
        if let Some(step) = parse_step(rest) {
            found.entry(id).or_insert(step);
        } else if let (true, Some(step)) = (rest == "CACHED", found.get_mut(id)) {
            step.cached = true;
        }
    }
    found.into_values().collect()
}

/// Parses `[stage 2/7] RUN …`. With ten or more steps, the number is padded.
fn parse_step(line: &str) -> Option<Step> {
    let (head, text) = line.strip_prefix('[')?.split_once("] ")?;
    let (stage, position) = head.rsplit_once(' ')?;
    let position = position.split_once('/')?.0.parse().ok()?;
    (!text.starts_with("FROM ")).then(|| Step {
        stage: stage.trim_end().to_owned(),
        position,
        text: text.to_owned(),
        cached: false,
    })
}
