//! What `dockgen init` asks, and what the answers decide.

use toml::Value;

use super::{Decisions, fact, merged};
use crate::detect::Facts;
use crate::error::Result;
use crate::knowledge::python_releases;
use crate::layers::Node;
use crate::pipeline::Survey;
use crate::preset::{Ask, Kind, Library, Merged};
use crate::prompt;
use crate::spec::Answer;

impl Decisions {
    /// Asks what is worth confirming, each with its default and the place that says so, and then what the presets ask.
    pub(super) fn confirm(&mut self, survey: &Survey, facts: &Facts, library: &mut Library) -> Result<()> {
        if self.get("python.version").is_none() {
            let default = self.python(survey, facts, library);
            let answer = prompt::text("Python version", &default)?;
            if answer != default {
                self.set("python.version", Value::String(answer));
            }
        }
        if self.get("app.port").is_none() {
            let default = fact(facts, "app.port").and_then(Value::as_integer).unwrap_or(8000).to_string();
            let wrong = |answer: &str| answer.trim().parse::<u16>().is_err().then(|| "It must be a number.".to_owned());
            let answer = prompt::checked_text("Port", &default, wrong)?;
            if let Some(port) = answer.trim().parse::<i64>().ok().filter(|_| answer != default) {
                self.set("app.port", Value::Integer(port));
            }
        }
        if self.get("health.path").is_none() && fact(facts, "health.path").is_none() {
            let answer = prompt::text("Health check path, such as /health (empty: TCP connect)", "")?;
            if !answer.is_empty() {
                self.set("health.path", Value::String(answer));
            }
        }
        self.services(facts)?;
        self.outputs()?;
        self.answers(survey, library)
    }

    /// The Python that would be taken if nobody said another; a team may allow only some.
    fn python(&self, survey: &Survey, facts: &Facts, library: &mut Library) -> String {
        let layers = merged(survey, &self.to_text(), library).ok().map(|merged| merged.layers);
        let version = layers.as_ref().and_then(|layers| layers.get("python.version"));
        match version {
            Some(Node::Leaf(Value::String(version), _)) => version.clone(),
            _ => fact(facts, "python.version").and_then(Value::as_str).unwrap_or(&python_releases().default).to_owned(),
        }
    }

    /// Asks what the presets ask and nobody has decided yet.
    fn answers(&mut self, survey: &Survey, library: &mut Library) -> Result<()> {
        let Merged { layers, asks, .. } = merged(survey, &self.to_text(), library)?;
        for ask in asks {
            let known = layers.get(&ask.key()).map(|node| &node.origin().place);
            if known.is_none_or(|place| ask.is_default(place)) {
                self.set(&ask.key(), answer(&ask)?.to_value());
            }
        }
        Ok(())
    }

    fn services(&mut self, facts: &Facts) -> Result<()> {
        let Some(Node::Table { children, .. }) = facts.layer.get("services") else { return Ok(()) };
        let names: Vec<&String> = children.keys().collect();
        let items: Vec<(String, bool)> =
            children.iter().map(|(name, node)| (format!("{name}  ({})", node.origin()), true)).collect();
        let chosen = prompt::choose_any("Backing services (space toggles, enter continues)", &items)?;
        for (at, name) in names.into_iter().enumerate() {
            if chosen.as_ref().is_some_and(|chosen| !chosen.contains(&at)) {
                self.set(&format!("services.{name}"), Value::Boolean(false));
            }
        }
        Ok(())
    }

    fn outputs(&mut self) -> Result<()> {
        let kinds = [("compose", "compose file"), ("kubernetes", "Kubernetes manifest")];
        let items: Vec<(String, bool)> = kinds.iter().map(|(_, words)| ((*words).to_owned(), true)).collect();
        let chosen = prompt::choose_any("Files besides the Dockerfile (space toggles, enter continues)", &items)?;
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
        Kind::YesNo => {
            let default = ask.default.as_ref().map(|default| *default == Answer::Truth(true));
            Ok(Answer::Truth(prompt::yes_or_no(&ask.question, default)?))
        }
        Kind::Choice => {
            let is_default = |choice: &String| ask.default == Some(Answer::Text(choice.clone()));
            let first = ask.choices.iter().position(is_default).unwrap_or_default();
            let chosen = prompt::choose(&ask.question, &ask.choices, first)?.ok_or_else(super::undecided)?;
            Ok(Answer::Text(ask.choices[chosen].clone()))
        }
        Kind::Text => {
            let default = match &ask.default {
                Some(Answer::Text(text)) => text.as_str(),
                _ => "",
            };
            let wrong = |text: &str| (!ask.takes(&Answer::Text(text.to_owned()))).then(|| format!("It must be {}.", ask.wants()));
            prompt::checked_text(&ask.question, default, wrong).map(Answer::Text)
        }
    }
}
