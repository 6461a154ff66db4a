//! What `dockgen init` asks, and what the answers decide.

use toml::Value;

use super::{Decisions, merged};
use crate::detect::Facts;
use crate::error::Result;
use crate::knowledge::python_releases;
use crate::pipeline::Survey;
use crate::preset::{AnswerKind, Ask, Library, MergedPresets};
use crate::prompt;
use crate::resolve::check_known;
use crate::spec::Answer;

/// What an answer is checked with.
struct Checked<'a> {
    survey: &'a Survey,
    library: &'a mut Library,
}

impl Checked<'_> {
    fn merged(&mut self, decisions: &Decisions) -> Result<MergedPresets> {
        merged(self.survey, &decisions.to_text(), self.library)
    }

    /// Why a value can't be used, with what to answer instead; what is wrong without it too is not its fault.
    fn refusal(&mut self, decisions: &Decisions, key: &str, value: Value) -> Option<String> {
        let mut with = decisions.clone();
        with.set(key, value);
        let error = self.check(&with).err()?;
        if self.check(decisions).is_err_and(|before| before.message == error.message) {
            return None;
        }
        let hint = error.hint.map_or(String::new(), |hint| format!("\nhelp: {hint}"));
        Some(format!("error: {}{hint}", error.message))
    }

    fn check(&mut self, decisions: &Decisions) -> Result<()> {
        check_known(self.merged(decisions)?.layers)
    }
}

impl Decisions {
    /// Asks what is worth confirming, each with its default and the place that says so, and then what the presets ask.
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

    /// Asks for a value until it can be used, and keeps it unless it is the default.
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

    /// The default Python version; a team may allow only some.
    fn python(&self, facts: &Facts, checked: &mut Checked<'_>) -> String {
        let layers = checked.merged(self).ok().map(|merged| merged.layers);
        let version = layers.as_ref().and_then(|layers| layers.text("python.version"));
        match version {
            Some(version) => version.to_owned(),
            None => facts.layer.value("python.version").and_then(Value::as_str).unwrap_or(&python_releases().default).to_owned(),
        }
    }

    /// Asks what the presets ask and no one has decided yet.
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

    /// Asks a question of a preset until the answer can be used wherever a value names it.
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
            return Ok(());
        }
        let chosen = prompt::choose_any("Backing services (space toggles, enter continues)", &items)?;
        for (at, name) in found().map(|(name, _)| name).enumerate() {
            if chosen.as_ref().is_some_and(|chosen| !chosen.contains(&at)) {
                self.set(&format!("services.{name}"), Value::Boolean(false));
            }
        }
        Ok(())
    }

    fn outputs(&mut self) -> Result<()> {
        let kinds = [("compose", "compose file"), ("kubernetes", "Kubernetes manifest")];
        let items: Vec<(String, bool)> = kinds.iter().map(|(_, words)| ((*words).to_owned(), true)).collect();
        let chosen = prompt::choose_any("Also write (space toggles, enter continues)", &items)?;
        for (at, (key, _)) in kinds.into_iter().enumerate() {
            if chosen.as_ref().is_some_and(|chosen| !chosen.contains(&at)) {
                self.set(&format!("output.{key}"), Value::Boolean(false));
            }
        }
        Ok(())
    }
}

/// Asks a question of a preset's.
fn answer(ask: &Ask) -> Result<Answer> {
    match ask.kind {
        AnswerKind::YesNo => {
            let default = ask.default.as_ref().map(|default| *default == Answer::Truth(true));
            Ok(Answer::Truth(prompt::yes_or_no(&ask.question, default)?))
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
