//! `dockgen generate`: the whole picture, once through.

use std::path::Path;

use crate::cli::{Cli, Generate};
use crate::error::{Exit, Result};
use crate::plan::Plan;
use crate::preset::Moving;
use crate::render::File;
use crate::report::Report;
use crate::resolve::Output;
use crate::{plan, prompt, resolve, write};

pub(super) fn run(cli: &Cli, arguments: &Generate, report: &Report) -> Result<Exit> {
    let super::Project { directory, mut layers, templates, .. } = super::read(cli, &arguments.input, Moving::Nothing)?;
    let mut resolved = super::resolved(&directory, &mut layers)?;
    let wanted: Vec<&str> = arguments.stdout.iter().chain(&arguments.only).map(String::as_str).collect();
    resolve::asked_for(&wanted, &resolved.outputs, &layers)?;
    let stale = stale(&directory, &resolved.outputs);
    resolved.outputs.retain(|output| wanted.is_empty() || wanted.contains(&&*output.key));
    let files = super::files(&directory, &mut resolved, &templates)?;
    // the process is about to end, which frees faster
    std::mem::forget(layers);
    if arguments.stdout.is_some() {
        return print(&files, report);
    }
    if arguments.check || arguments.diff {
        let plan = Plan::new(&directory, files)?;
        if arguments.check {
            report.drift(&plan);
        } else {
            report.diff(&plan)?;
        }
        return Ok(answer(&plan));
    }
    write(&directory, files, arguments.force, report, &resolved.hints, &stale)
}

fn print(files: &[File], report: &Report) -> Result<Exit> {
    files.iter().try_for_each(|file| report.data(&file.text).map(drop))?;
    Ok(Exit::Done)
}

/// The answer of a comparison: clean, or not.
fn answer(plan: &Plan) -> Exit {
    if plan.changes().next().is_some() { Exit::No } else { Exit::Done }
}

fn write(directory: &Path, files: Vec<File>, force: bool, report: &Report, hints: &[String], stale: &[String]) -> Result<Exit> {
    let lock = write::lock(directory)?;
    let plan = Plan::new(directory, files)?;
    if plan.conflicts().next().is_some() && !force {
        report.conflicts(&plan);
        if !prompt::confirm("Replace these files? What was edited by hand is lost.")? {
            return Ok(Exit::No);
        }
    }
    write::apply(&plan, &lock)?;
    report.written(&plan);
    if plan.changes().next().is_some() {
        report.hints(hints);
    }
    report.hints(stale);
    Ok(Exit::Done)
}

/// Files that dockgen once wrote at the usual places, and that are no output any more: other tools still find them.
fn stale(directory: &Path, outputs: &[Output]) -> Vec<String> {
    let usual = ["Dockerfile", ".dockerignore", "compose.yaml", "k8s.yaml", "gunicorn.conf.py", ".env.example"];
    let left = usual.iter().filter(|path| outputs.iter().all(|output| output.path != **path));
    let left = left.filter(|path| std::fs::read_to_string(directory.join(path)).is_ok_and(|text| plan::is_generated(&text)));
    left.map(|path| format!("{path} is no longer written by this spec: delete it")).collect()
}
