//! Messages about the files of a plan.

use std::path::PathBuf;

use anstyle::Style;

use super::{GREEN, RED, Report, YELLOW, printable};
use crate::error::Exit;
use crate::plan::{Action, Plan, State, Step, path_key};

impl Report {
    fn step(&self, style: Style, word: &str, step: &Step, words: &str) {
        let path = self.path_from_here(&step.file.path);
        self.say(&format!("{style}{word:>10}{style:#} {}", printable(&format!("{path}{words}"))));
    }

    /// Prints the action of each file.
    pub fn written(&self, plan: &Plan) {
        if self.quiet {
            return;
        }
        for step in &plan.steps {
            match step.action {
                Action::Created => self.step(GREEN, "created", step, ""),
                Action::Updated => self.step(GREEN, "updated", step, ""),
                Action::Replaced => self.step(YELLOW, "replaced", step, ""),
                Action::Merged => self.step(GREEN, "merged", step, " (with manual edits)"),
                Action::Kept => self.kept_file(step),
                Action::Unchanged if self.verbose => self.step(Style::new(), "unchanged", step, ""),
                Action::Conflicted | Action::Unchanged | Action::Refused | Action::Pending => {}
            }
        }
        for step in plan.steps.iter().filter(|step| step.action == Action::Conflicted) {
            self.step(RED, "conflict", step, " (resolve the lines marked with <<<<<<<)");
        }
        if plan.steps.iter().all(|step| step.action == Action::Unchanged) {
            self.all_same("unchanged", plan);
        }
    }

    fn kept_file(&self, step: &Step) {
        match step.state {
            State::Deleted => self.step(YELLOW, "skipped", step, &gone(step)),
            _ => self.step(Style::new(), "kept", step, " (edited by hand)"),
        }
    }

    /// Names the files that a plan doesn't write because a user edited or deleted them.
    pub(super) fn kept(&self, plan: &Plan) {
        if !self.quiet {
            plan.outputs().filter(|step| step.action == Action::Kept).for_each(|step| self.kept_file(step));
        }
        plan.refused().for_each(|step| self.conflict(step));
        if plan.refused().next().is_some() {
            self.hint("generate writes nothing until you choose --merge or --force; the diff shows what --force would write");
        }
    }

    fn all_same(&self, word: &str, plan: &Plan) {
        self.say(&format!("{GREEN}{word:>10}{GREEN:#} all {} files are up to date", plan.outputs().count()));
    }

    /// Prints the planned action of each file.
    pub fn planned(&self, plan: &Plan) {
        if self.quiet {
            return;
        }
        for step in &plan.steps {
            let (style, word) = match step.action {
                Action::Created => (GREEN, "create"),
                Action::Updated => (GREEN, "update"),
                Action::Replaced => (YELLOW, "replace"),
                _ => (Style::new(), "keep"),
            };
            self.step(style, word, step, "");
        }
    }

    /// Names the files that block the run.
    pub fn conflicts(&self, plan: &Plan) {
        plan.refused().for_each(|step| self.conflict(step));
        let merge =
            if plan.refused().all(|step| step.state == State::EditedAndOutdated) { "merge updates with --merge; " } else { "" };
        let elsewhere = plan.refused().next().map_or(String::new(), |step| {
            let key = path_key(&step.file.key);
            format!("; or set `output.{key}` to another path, or to `false`")
        });
        self.hint(&format!("see the changes with --diff; {merge}overwrite with --force{elsewhere}"));
    }

    fn conflict(&self, step: &Step) {
        let words = match step.state {
            State::EditedAndOutdated => " (edited by hand after dockgen wrote it)",
            State::Unresolved => UNRESOLVED,
            _ => " (not written by dockgen)",
        };
        self.step(RED, "conflict", step, words);
    }

    /// Names the files that changed between the comparison and the write.
    pub fn changed(&self, paths: &[String], saved: &[PathBuf]) {
        for path in paths {
            self.say(&format!("{RED}{:>10}{RED:#} {} (changed while dockgen was running)", "conflict", printable(path)));
        }
        for path in saved {
            self.hint(&format!("changed twice: one of the edits is saved in {}", printable(&path.display().to_string())));
        }
        self.hint("run the command again");
        self.nothing_written();
    }

    /// Names the files that are not up to date; `generate` is the command that writes them.
    pub fn drift(&self, plan: &Plan, generate: &str) {
        for step in &plan.steps {
            let words = match step.state {
                State::Missing => ("missing", String::new()),
                State::Deleted => ("missing", gone(step)),
                State::Outdated => ("outdated", " (the spec, a preset, the project or dockgen changed)".to_owned()),
                State::Edited => ("edited", " (edited by hand after dockgen wrote it)".to_owned()),
                State::EditedAndOutdated => ("edited", " (edited by hand, and outdated)".to_owned()),
                State::Unresolved => ("conflict", UNRESOLVED.to_owned()),
                State::Foreign => ("conflict", " (not written by dockgen)".to_owned()),
                State::InStep => continue,
            };
            self.step(RED, words.0, step, &words.1);
        }
        let any = |state: State| plan.steps.iter().any(|step| step.state == state);
        if any(State::Foreign) {
            self.hint(&format!(
                "to overwrite files not written by dockgen, run `{generate} --force`; use --diff instead to see the changes first"
            ));
        } else if any(State::EditedAndOutdated) {
            self.hint(&format!(
                "to update and keep manual edits, run `{generate} --merge`; use --diff instead to see the changes first"
            ));
        } else if plan.changes().next().is_some() {
            self.hint(&format!("to update, run `{generate}`; add --diff to see the changes first"));
        } else if plan.answer() == Exit::Done && !self.quiet {
            self.all_same("clean", plan);
        }
    }
}

const UNRESOLVED: &str = " (left by an earlier merge: resolve the lines between <<<<<<< and >>>>>>>)";

/// Explains how to write a deleted file again.
fn gone(step: &Step) -> String {
    format!(" (you deleted it; write it again with --only {}, or set output.{} = false)", step.file.key, step.file.key)
}
