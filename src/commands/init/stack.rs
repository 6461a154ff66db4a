//! The first questions of `dockgen init`: the stack, what it starts, and the installer.

use std::path::Path;

use toml::Value;

use super::draft::undecided;
use super::questions::Checked;
use super::{Decisions, entry, place};
use crate::detect::{DetectScope, Fact, Facts, Folder, suggested};
use crate::error::Result;
use crate::knowledge::{InstallerRow, frameworks, installers};
use crate::pipeline::Survey;
use crate::preset::library::user_wide_names;
use crate::preset::{self, Library};
use crate::prompt;

/// The entry point to suggest if no framework has another one.
const USUAL_ENTRY: &str = "main:app";

/// The command to suggest if there is no code.
const USUAL_COMMAND: &str = "python main.py";

/// Asks which application to use.
pub(super) fn pick(directory: &Path, candidates: &[Fact]) -> Result<String> {
    let shown: Vec<String> = candidates.iter().map(|fact| format!("{}  ({})", entry(fact), place(directory, fact))).collect();
    let chosen = prompt::choose("Which application?", &shown, 0)?;
    chosen.map(|at| entry(&candidates[at])).ok_or_else(undecided)
}

impl Decisions {
    /// Asks for the stack, its entry point and the installer, unless flags or presets decide them.
    pub(super) fn stack(&mut self, survey: &Survey, facts: Facts, scope: &DetectScope, library: &mut Library) -> Result<Facts> {
        let mut facts = facts;
        if self.get("processes.web.command").is_none() && !self.installs_nothing(survey, library) {
            if !self.has_framework(library) {
                match choose_stack(survey, &facts)? {
                    Some(name) => self.presets.insert(0, name),
                    None => self.ask_command(survey)?,
                }
            }
            if self.get("processes.web.command").is_none() && self.needs_entry(&facts) {
                self.ask_entry(survey, scope, library)?;
                let scope = DetectScope { entry: self.text("app.entry"), ..scope.clone() };
                facts = survey.facts(&scope)?;
            }
        }
        self.ask_installer(survey, &facts, library)?;
        Ok(facts)
    }

    /// Whether the entry point is unknown, or was detected for another stack than the chosen one.
    fn needs_entry(&self, facts: &Facts) -> bool {
        let detected = facts.preset.is_some_and(|name| facts.framework.is_some() && self.runs(name));
        self.get("app.entry").is_none() && !detected
    }

    /// Whether the chosen presets run what a built-in one would: it is among them, or none of them is built in.
    fn runs(&self, preset: &str) -> bool {
        let built_in = preset::names();
        let mut chosen = self.presets.iter().filter(|name| built_in.contains(&name.as_str()) && is_stack(name)).peekable();
        chosen.peek().is_none() || chosen.any(|name| name == preset)
    }

    fn ask_command(&mut self, survey: &Survey) -> Result<()> {
        let suggested = suggested::command(&survey.folder);
        let default = suggested.as_deref().unwrap_or(USUAL_COMMAND);
        let empty = |answer: &str| answer.trim().is_empty().then(|| "error: the command is empty".to_owned());
        let command = prompt::checked_text("Command that serves on the port in $PORT", default, empty)?;
        self.set("processes.web.command", Value::String(command.trim().to_owned()));
        Ok(())
    }

    fn ask_entry(&mut self, survey: &Survey, scope: &DetectScope, library: &mut Library) -> Result<()> {
        let interface = self.interface(survey, library);
        let mut entries = suggested::entries(&survey.folder, scope.within.clone());
        // Django's projects have a module for each interface
        entries.sort_by_key(|entry| !interface.as_ref().is_some_and(|name| entry.contains(&format!("{name}:"))));
        if !entries.is_empty() {
            let mut shown = entries.clone();
            shown.push("another one".to_owned());
            let chosen = prompt::choose("Entry point", &shown, 0)?.ok_or_else(undecided)?;
            if let Some(entry) = entries.get(chosen) {
                self.set("app.entry", Value::String(entry.clone()));
                return Ok(());
            }
        }
        let usual = frameworks().iter().find(|row| self.presets.contains(&row.preset)).and_then(|row| row.entry.as_deref());
        let mut checked = Checked { survey, library };
        self.ask_new_entry(usual.unwrap_or(USUAL_ENTRY), &mut checked)
    }

    /// Asks for an entry point until it exists in the code, or is answered twice.
    fn ask_new_entry(&mut self, default: &str, checked: &mut Checked<'_>) -> Result<()> {
        let decisions = self.clone();
        let mut last = String::new();
        let answer = prompt::checked_text("Entry point, as package.module:object", default, |answer| {
            let value = Value::String(answer.trim().to_owned());
            if let Some(why) = checked.refusal(&decisions, "app.entry", value.clone()) {
                return Some(why);
            }
            let missing = checked.missing_entry(&decisions, value).filter(|_| last != answer)?;
            answer.clone_into(&mut last);
            Some(format!("{missing}\nTo write it later, give the same answer again."))
        })?;
        self.set("app.entry", Value::String(answer.trim().to_owned()));
        Ok(())
    }

    /// `app.interface` of the chosen presets.
    fn interface(&self, survey: &Survey, library: &mut Library) -> Option<String> {
        let merged = super::merged(survey, &self.to_text(), library).ok()?;
        merged.layers.text("app.interface").map(str::to_owned)
    }

    fn ask_installer(&mut self, survey: &Survey, facts: &Facts, library: &mut Library) -> Result<()> {
        const KEY: &str = "install.with";
        if self.get(KEY).is_some() || self.presets.iter().any(|name| preset::sets_key(name, Path::new("."), library, KEY)) {
            return Ok(());
        }
        let detected = facts.layer.text(KEY);
        let rows: Vec<&InstallerRow> = installers().iter().filter(|row| fits(&survey.folder, facts, row)).collect();
        let by_manifest = |row: &&InstallerRow| row.lockfile.is_some() && survey.folder.has(&row.manifest);
        let first = rows.iter().position(|row| detected == Some(&row.name)).or_else(|| rows.iter().position(by_manifest));
        let shown: Vec<String> = rows.iter().map(|row| described(&survey.folder, facts, row)).collect();
        let chosen = prompt::choose("Installer", &shown, first.unwrap_or_default())?.ok_or_else(undecided)?;
        if detected != Some(&rows[chosen].name) {
            self.presets.push(rows[chosen].name.clone());
        }
        Ok(())
    }
}

/// Asks for a preset that runs the web process; none for a command of the user's own.
fn choose_stack(survey: &Survey, facts: &Facts) -> Result<Option<String>> {
    // presets that are only listed aren't pinned in dockgen.lock
    let mut listed = Library::default();
    let built_in = preset::names().into_iter().map(str::to_owned);
    let names: Vec<String> = user_wide_names().into_iter().chain(built_in).filter(|name| is_stack(name)).collect();
    let likely = facts.preset.or_else(|| suggested::preset(&survey.folder));
    let first = names.iter().position(|name| likely == Some(name)).unwrap_or_default();
    let mut shown: Vec<String> = names
        .iter()
        .map(|name| {
            let description =
                preset::load(name, Path::new("."), &mut listed).map(|preset| preset.description).unwrap_or_default();
            let framework = facts.framework.as_ref().filter(|_| facts.preset == Some(name));
            let evidence = framework.map_or_else(String::new, |fact| format!(" ({})", at(&survey.folder, fact)));
            format!("{name}{evidence}: {description}")
        })
        .collect();
    shown.push("a command of your own".to_owned());
    let chosen = prompt::choose("Stack", &shown, first)?.ok_or_else(undecided)?;
    Ok(names.get(chosen).cloned())
}

/// Whether a preset, or one that it extends, runs the web process.
fn is_stack(name: &str) -> bool {
    preset::sets_key(name, Path::new("."), &mut Library::default(), "processes.web")
}

/// File and line of a fact, without its note.
fn at(directory: &Path, fact: &Fact) -> String {
    place(directory, fact).split(' ').next().unwrap_or_default().to_owned()
}

/// Whether the project has what an installer reads, or nothing that any installer reads.
fn fits(folder: &Folder, facts: &Facts, row: &InstallerRow) -> bool {
    let has_manifest = |row: &InstallerRow| row.lockfile.is_some() && folder.has(&row.manifest);
    let is_new = requirements(facts).is_none() && !installers().iter().any(has_manifest);
    let reads = if row.requirements {
        // wheels are built from a list of requirements only
        requirements(facts)
            .is_some_and(|file| row.stage.is_none() || !["pyproject.toml", "setup.py", "setup.cfg"].contains(&file))
    } else {
        has_manifest(row)
    };
    row.installs() && (reads || is_new)
}

/// The first file that installers without a lockfile would read.
fn requirements(facts: &Facts) -> Option<&str> {
    let listed = facts.requirements.as_ref().and_then(|(files, _)| files.get(0)?.as_str());
    let declared = facts.installer.as_ref().filter(|found| is_requirements(found.with.0.as_str()));
    listed.or_else(|| declared?.files.first().map(String::as_str))
}

/// Whether an installer has no lockfile.
fn is_requirements(name: Option<&str>) -> bool {
    name.and_then(InstallerRow::named).is_some_and(|row| row.requirements)
}

/// An installer with the file that it reads.
fn described(folder: &Folder, facts: &Facts, row: &InstallerRow) -> String {
    let name = &row.name;
    match row.lockfile.as_deref() {
        Some(lock) if folder.has(lock) => format!("{name} ({lock})"),
        Some(lock) => format!("{name} ({lock} is missing)"),
        None => requirements(facts).map_or_else(|| name.clone(), |file| format!("{name} ({file})")),
    }
}
