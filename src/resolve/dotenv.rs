//! Values that can't be written to `.env.example`.

use super::settings::Settings;
use crate::error::{Error, Result};
use crate::layers::Node;
use crate::model::Variable;
use crate::output::{OutputFile, OutputKind, path_of};
use crate::quote::dotenv;

impl Settings<'_> {
    /// The variables for `.env.example`. Omits a detected example that can't be written there.
    ///
    /// # Errors
    /// A value of the spec or a preset can't be written there.
    pub(super) fn writable(&self, mut variables: Vec<Variable>, outputs: &[OutputFile]) -> Result<Vec<Variable>> {
        if path_of(outputs, OutputKind::EnvExample).is_some() {
            for variable in &mut variables {
                if let Err(why) = dotenv::quote(&variable.value) {
                    self.is_fact(&variable.name, why)?;
                    variable.value.clear();
                }
            }
        }
        Ok(variables)
    }

    fn is_fact(&self, name: &str, why: &str) -> Result<()> {
        let keys = ["value", "example"].map(|key| format!("environment.{name}.{key}"));
        let found = keys.iter().find_map(|key| Some((key.as_str(), self.layers.get(key)?)));
        // a variable without either key is the address of a service
        let (key, origin) = found.map_or((name, None), |(key, node)| (key, Some(Node::origin(node))));
        if origin.is_some_and(|origin| origin.fact) {
            return Ok(());
        }
        let message =
            format!("`{key}` cannot be written to a .env file in a way that Compose and python-dotenv read alike: {why}");
        let hint = "change the value, or set output.env-example = false";
        Err(Error::new(message).at(origin.map(|origin| origin.place.clone())).hint(hint))
    }
}
