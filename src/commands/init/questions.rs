//! The questions of `dockgen init`.

use toml::Value;

use super::{Decisions, merged};
use crate::detect::{self, Facts};
use crate::error::Result;
use crate::knowledge::{ServiceRow, python_releases, service_kinds};
use crate::pipeline::Survey;
use crate::preset::{AnswerKind, Ask, Library, MergedPresets};
use crate::prompt;
use crate::resolve::check_known;
use crate::spec::Answer;

/// Checks an answer in the context of all other decisions.
pub(super) struct Checked<'a> {
    pub(super) survey: &'a Survey,
    pub(super) library: &'a mut Library,
}

impl Checked<'_> {
    fn merged(&mut self, decisions: &Decisions) -> Result<MergedPresets> {
        merged(self.survey, &decisions.to_text(), self.library)
    }

    /// Why a value can't be used, and what to answer instead. Ignores errors that also occur without this value.
    pub(super) fn refusal(&mut self, decisions: &Decisions, key: &str, value: Value) -> Option<String> {
        let mut with = decisions.clone();
        with.set(key, value);
        let error = self.check(&with).err()?;
        if self.check(decisions).is_err_and(|before| before.message == error.message) {
            return None;
        }
        let hint = error.hint.map_or(String::new(), |hint| format!("\nhelp: {hint}"));
        Some(format!("error: {}{hint}", error.message))
    }

    /// Why an entry point can't be found in the code; none if there is no code yet.
    pub(super) fn missing_entry(&mut self, decisions: &Decisions, entry: Value) -> Option<String> {
        let mut with = decisions.clone();
        with.set("app.entry", entry);
        let layers = self.merged(&with).ok()?.layers;
        let error = detect::prove_entry(&self.survey.folder, &layers).err()?;
        let hint = error.hint.map_or(String::new(), |hint| format!("\nhelp: {hint}"));
        detect::suggested::has_code(&self.survey.folder).then(|| format!("error: {}{hint}", error.message))
    }

    fn check(&mut self, decisions: &Decisions) -> Result<()> {
        check_known(self.merged(decisions)?.layers)
    }
}

impl Decisions {
    /// Asks dockgen's own questions, each with its default and evidence, and then those of the presets.
    pub(super) fn confirm(&mut self, survey: &Survey, facts: &Facts, library: &mut Library) -> Result<()> {
        let mut checked = Checked { survey, library };
        if self.get("python.version").is_none() {
            let default = self.python(facts, &mut checked);
            self.ask("python.version", "Python version", &default, &mut checked)?;
        }
        if self.get("app.port").is_none() {
            let default = facts.layer.value("app.port").and_then(Value::as_integer).unwrap_or(8000).to_string();
            self.ask("app.port", "Port", &default, &mut checked)?;
        }
        if self.get("health.path").is_none() && facts.layer.value("health.path").is_none() {
            self.ask("health.path", "Health check path (leave empty to check only that the port is open)", "", &mut checked)?;
        }
        self.services(facts)?;
        self.outputs()?;
        self.answers(&mut checked)
    }

    /// Asks until the value is valid, and stores it unless it is the default.
    fn ask(&mut self, key: &str, question: &str, default: &str, checked: &mut Checked<'_>) -> Result<()> {
        let value = |answer: &str| match answer.trim().parse() {
            Ok(number) if key == "app.port" => Value::Integer(number),
            _ => Value::String(answer.trim().to_owned()),
        };
        let decisions = self.clone();
        let refusal =
            |answer: &str| if answer.trim() == default { None } else { checked.refusal(&decisions, key, value(answer)) };
        let answer = prompt::checked_text(question, default, refusal)?;
        if answer.trim() != default {
            self.set(key, value(&answer));
        }
        Ok(())
    }

    /// The default Python version, among those that a team allows.
    fn python(&self, facts: &Facts, checked: &mut Checked<'_>) -> String {
        let layers = checked.merged(self).ok().map(|merged| merged.layers);
        let version = layers.as_ref().and_then(|layers| layers.text("python.version"));
        match version {
            Some(version) => version.to_owned(),
            None => facts.layer.value("python.version").and_then(Value::as_str).unwrap_or(&python_releases().default).to_owned(),
        }
    }

    /// Asks the presets' unanswered questions.
    fn answers(&mut self, checked: &mut Checked<'_>) -> Result<()> {
        let MergedPresets { layers, asks, .. } = checked.merged(self)?;
        for ask in asks {
            let known = layers.get(&ask.key()).map(|node| &node.origin().place);
            if known.is_none_or(|place| ask.is_default(place)) {
                self.answer(&ask, checked)?;
            }
        }
        Ok(())
    }

    /// Asks a preset's question until the answer is valid in every value that refers to it.
    fn answer(&mut self, ask: &Ask, checked: &mut Checked<'_>) -> Result<()> {
        loop {
            let value = answer(ask)?.to_value();
            let Some(why) = checked.refusal(self, &ask.key(), value.clone()) else {
                self.set(&ask.key(), value);
                return Ok(());
            };
            prompt::say(&why)?;
        }
    }

    fn services(&mut self, facts: &Facts) -> Result<()> {
        let found = || facts.layer.entries("services");
        let items: Vec<(String, bool)> = found().map(|(name, node)| (format!("{name}  ({})", node.origin()), true)).collect();
        if items.is_empty() {
            return if facts.framework.is_none() { self.new_services() } else { Ok(()) };
        }
        let chosen = choose_any(SERVICES, &items)?;
        for (_, name) in found().map(|(name, _)| name).enumerate().filter(|(at, _)| !chosen.contains(at)) {
            self.set(&format!("services.{name}"), Value::Boolean(false));
        }
        Ok(())
    }

    /// Asks which services the application will use, where there is no code that says it.
    fn new_services(&mut self) -> Result<()> {
        let kinds: Vec<&ServiceRow> = service_kinds().iter().filter(|row| !row.external).collect();
        let shown = |row: &&ServiceRow| match row.urls.first() {
            Some(variable) => (format!("{}  (its address is in {variable})", row.id), false),
            None => (row.id.clone(), false),
        };
        let items: Vec<(String, bool)> = kinds.iter().map(shown).collect();
        for at in choose_any(SERVICES, &items)? {
            let row = kinds[at];
            // two databases can't both be `db`, nor have one variable
            let is_taken = self.get(&format!("services.{}", row.name)).is_some();
            let name = if is_taken { &row.id } else { &row.name };
            self.set(&format!("services.{name}.kind"), Value::String(row.id.clone()));
            if let Some(variable) = row.urls.first().filter(|_| !is_taken) {
                self.set(&format!("services.{name}.environment.{variable}"), Value::String("url".to_owned()));
            }
        }
        Ok(())
    }

    fn outputs(&mut self) -> Result<()> {
        let kinds = [("compose", "compose file"), ("kubernetes", "Kubernetes manifest")];
        let items: Vec<(String, bool)> = kinds.iter().map(|(_, words)| ((*words).to_owned(), true)).collect();
        let chosen = choose_any("Also write (space toggles, enter continues)", &items)?;
        for (_, (key, _)) in kinds.into_iter().enumerate().filter(|(at, _)| !chosen.contains(at)) {
            self.set(&format!("output.{key}"), Value::Boolean(false));
        }
        Ok(())
    }
}

const SERVICES: &str = "Backing services (space toggles, enter continues)";

/// The chosen items; Escape cancels the run.
fn choose_any(question: &str, items: &[(String, bool)]) -> Result<Vec<usize>> {
    prompt::choose_any(question, items)?.ok_or_else(super::undecided)
}

fn answer(ask: &Ask) -> Result<Answer> {
    match ask.kind {
        AnswerKind::YesNo => {
            let default = ask.default.as_ref().map(|default| *default == Answer::Truth(true));
            Ok(Answer::Truth(prompt::yes_or_no(&ask.question, default)?.ok_or_else(super::undecided)?))
        }
        AnswerKind::Choice => {
            let is_default = |choice: &String| ask.default == Some(Answer::Text(choice.clone()));
            let first = ask.choices.iter().position(is_default).unwrap_or_default();
            let chosen = prompt::choose(&ask.question, &ask.choices, first)?.ok_or_else(super::undecided)?;
            Ok(Answer::Text(ask.choices[chosen].clone()))
        }
        AnswerKind::Text => {
            let default = match &ask.default {
                Some(Answer::Text(text)) => text.as_str(),
                _ => "",
            };
            let wrong =
                |text: &str| (!ask.accepts(&Answer::Text(text.to_owned()))).then(|| format!("It must be {}.", ask.expected()));
            prompt::checked_text(&ask.question, default, wrong).map(Answer::Text)
        }
    }
}
