//! The application's environment variables and secrets: in the image, at run time, and for build steps.

use std::collections::BTreeMap;

use super::placeholders::{TEXT, placeholder};
use super::services::Connection;
use super::settings::Settings;
use crate::model::Variable;

impl Settings<'_> {
    /// Variables with a value, which are stored in the image.
    pub(super) fn baked_environment(&self) -> BTreeMap<String, String> {
        let value = |(name, variable): (&String, &crate::spec::Variable)| Some((name.clone(), variable.value.clone()?));
        self.environment.iter().filter_map(value).collect()
    }

    /// The application's variables and secrets that can be set at run time, required ones first.
    pub(super) fn own_variables(&self) -> Vec<Variable> {
        let settings = self.environment.iter().map(|(name, variable)| Variable {
            name: name.clone(),
            description: trimmed(variable.description.as_ref()),
            required: variable.value.is_none() && variable.required.unwrap_or_default(),
            secret: false,
            value: variable.value.as_ref().or(variable.example.as_ref()).cloned().unwrap_or_default(),
        });
        let secrets = self.secrets.iter().map(|(name, secret)| Variable {
            name: name.clone(),
            description: trimmed(secret.description.as_ref()),
            required: secret.required.unwrap_or_default(),
            secret: true,
            value: String::new(),
        });
        sorted(settings.chain(secrets).collect())
    }

    /// The same with the variables of services that the application doesn't declare.
    pub(super) fn all_variables(&self, services: &[Connection]) -> Vec<Variable> {
        let mut variables = self.own_variables();
        for variable in services.iter().flat_map(|service| &service.variables) {
            if !variables.iter().any(|other| other.name == variable.name) {
                variables.push(variable.clone());
            }
        }
        sorted(variables)
    }

    /// Environment of the build steps. Required variables get a placeholder, which isn't stored in the image.
    pub(super) fn step_values(&self, services: &[Connection]) -> BTreeMap<String, String> {
        let value = |variable: Variable| match variable.value.as_str() {
            "" => placeholder(&variable.name).to_owned(),
            _ => variable.value,
        };
        let required = self.own_variables().into_iter().filter(|variable| variable.required);
        let own = required.map(|variable| (variable.name.clone(), value(variable)));
        let addresses = services.iter().flat_map(|service| service.plain(TEXT));
        // without it, manage.py would use the development settings
        own.chain(addresses).chain(self.baked_environment()).collect()
    }
}

fn trimmed(description: Option<&String>) -> String {
    description.map_or_else(String::new, |description| description.trim().to_owned())
}

fn sorted(mut variables: Vec<Variable>) -> Vec<Variable> {
    variables.sort_by(|one, other| (!one.required, &one.name).cmp(&(!other.required, &other.name)));
    variables
}
