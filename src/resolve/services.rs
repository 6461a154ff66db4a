//! Backing services: the containers that Compose starts, and the variables with their addresses.

use std::collections::BTreeMap;

use super::settings::{Settings, need};
use crate::error::Result;
use crate::layers::references::missing_setting;
use crate::model::{self, Interpolated, Segment, Variable};
use crate::quote::braces::{Braced, braced};
use crate::spec::{self, Part};
use crate::suggest::closest;

/// A service in the form of each output.
pub(super) struct Connection {
    /// The container; none for an external service.
    pub container: Option<model::Service>,
    /// The application's variables in Compose.
    pub environment: BTreeMap<String, Interpolated>,
    /// Variables of `.env`.
    pub variables: Vec<Variable>,
    /// Port that pods connect to.
    pub port: u16,
    address: BTreeMap<String, Interpolated>,
}

impl Connection {
    /// The application's variables, with a placeholder for the password.
    pub(super) fn plain(&self, password: &str) -> BTreeMap<String, String> {
        self.address.iter().map(|(name, text)| (name.clone(), flat(text, password))).collect()
    }

    /// Variables without a password with their values, and the names of those with a password.
    pub(super) fn settings_and_secrets(&self) -> (BTreeMap<String, String>, Vec<String>) {
        let (secrets, settings): (Vec<_>, Vec<_>) = self.address.iter().partition(|(_, text)| is_secret(text));
        (
            settings.into_iter().map(|(name, text)| (name.clone(), flat(text, ""))).collect(),
            secrets.into_iter().map(|(name, _)| name.clone()).collect(),
        )
    }
}

fn is_secret(text: &Interpolated) -> bool {
    text.iter().any(|segment| matches!(segment, Segment::Variable(_)))
}

fn flat(text: &Interpolated, password: &str) -> String {
    let segments = text.iter().map(|segment| match segment {
        Segment::Literal(literal) => literal.as_str(),
        Segment::Variable(_) => password,
    });
    segments.collect()
}

/// Values for the placeholders in a kind's strings.
struct Names<'a> {
    host: &'a str,
    port: u16,
    user: String,
    database: String,
    password: String,
}

impl Settings<'_> {
    pub(super) fn services(&self) -> Result<Vec<Connection>> {
        self.services.iter().map(|(name, service)| self.service(name, service)).collect()
    }

    fn service(&self, name: &str, service: &spec::Service) -> Result<Connection> {
        let kind = self.kind(name, service.kind.as_deref())?;
        let key = |field: &str| format!("service-kinds.{}.{field}", service.kind.as_deref().unwrap_or_default());
        let port = need(kind.port.as_ref(), &key("port"))?;
        let names = Names {
            host: name,
            port,
            user: service.user.as_ref().or(kind.user.as_ref()).cloned().unwrap_or_default(),
            database: service.database.as_ref().or(kind.database.as_ref()).cloned().unwrap_or_default(),
            password: format!("{}_PASSWORD", name.to_uppercase().replace('-', "_")),
        };
        let url = need(kind.url.as_ref(), &key("url"))?;
        let wanted = service.environment.iter().flatten();
        let address: BTreeMap<String, Interpolated> =
            wanted.map(|(variable, part)| (variable.clone(), fill(&pattern(*part).replace("{url}", &url), &names))).collect();
        let external = service.external.unwrap_or_default();
        let version = service.version.as_ref().or(kind.version.as_ref());
        let container = if external { None } else { Some(self.container(kind, version, &names)?) };
        let variables = variables(name, container.as_ref(), &address, &names);
        // the address of an external service comes from .env
        let environment = if external { BTreeMap::new() } else { address.clone() };
        Ok(Connection { container, environment, variables, port, address })
    }

    fn kind(&self, name: &str, kind: Option<&str>) -> Result<&spec::ServiceKind> {
        let key = format!("services.{name}.kind");
        let kind = kind.ok_or_else(|| missing_setting(&key).at(self.place(&key)))?;
        self.service_kinds.get(kind).ok_or_else(|| {
            let own = self.service_kinds.keys().map(String::as_str);
            let mut known: Vec<_> = own.chain(crate::preset::service_kinds()).collect();
            known.sort_unstable();
            known.dedup();
            let hint = closest(kind, &known).map_or_else(
                || format!("known kinds: {}; add others under [service-kinds]", known.join(", ")),
                |name| format!("did you mean `{name}`?"),
            );
            self.error(&key, format!("unknown kind of service `{kind}`")).hint(hint)
        })
    }

    fn container(&self, kind: &spec::ServiceKind, version: Option<&String>, names: &Names<'_>) -> Result<model::Service> {
        let name = names.host;
        let key = |field: &str| format!("services.{name}: {field}");
        let words = |words: &Option<Vec<String>>| -> Vec<String> {
            words.iter().flatten().map(|word| flat(&fill(word, names), "")).collect()
        };
        let image = need(kind.image.as_ref(), &key("image"))?;
        let run_as = need(kind.run_as.as_ref(), &key("run-as"))?;
        let (uid, gid) = run_as.split_once(':').unwrap_or((&run_as, &run_as));
        let environment = kind.environment.iter().flatten();
        Ok(model::Service {
            name: name.to_owned(),
            image: self.mirrored(&format!("{image}:{}", need(version, &key("version"))?)),
            port: names.port,
            environment: environment.map(|(name, text)| (name.clone(), fill(text, names))).collect(),
            command: words(&kind.command),
            health: words(&kind.health),
            data: kind.data.clone(),
            scratch: kind.scratch.clone().unwrap_or_default(),
            uid: uid.to_owned(),
            gid: gid.to_owned(),
        })
    }
}

/// A part of an address, from the placeholders.
fn pattern(part: Part) -> &'static str {
    match part {
        Part::Url => "{url}",
        Part::Host => "{host}",
        Part::Port => "{port}",
        Part::User => "{user}",
        Part::Password => "{password}",
        Part::Database => "{database}",
    }
}

/// Variables of `.env`: the password of a service that Compose starts, or the address of an external one.
fn variables(
    name: &str,
    container: Option<&model::Service>,
    address: &BTreeMap<String, Interpolated>,
    names: &Names<'_>,
) -> Vec<Variable> {
    match container {
        Some(container) if container.environment.values().any(is_secret) => vec![Variable {
            name: names.password.clone(),
            description: format!("Password of {name}; use only letters and digits: it becomes part of a URL"),
            required: true,
            secret: true,
            value: String::new(),
        }],
        Some(_) => Vec::new(),
        None => address
            .iter()
            .map(|(variable, text)| Variable {
                name: variable.clone(),
                description: format!("Address of {name}"),
                required: true,
                secret: is_secret(text),
                value: flat(text, "change-me"),
            })
            .collect(),
    }
}

/// Placeholders in a kind's strings.
const NAMES: [&str; 5] = ["host", "port", "user", "database", "password"];

/// Fills in the placeholders of a kind's string; other braces are text.
fn fill(text: &str, names: &Names<'_>) -> Interpolated {
    let mut filled = Interpolated::new();
    for part in braced(text, |name| NAMES.contains(&name)) {
        let literal = match part {
            Braced::Name("password") => {
                filled.push(Segment::Variable(names.password.clone()));
                continue;
            }
            Braced::Name("host") => names.host.to_owned(),
            Braced::Name("port") => names.port.to_string(),
            Braced::Name("user") => names.user.clone(),
            Braced::Name(_) => names.database.clone(),
            Braced::Literal(text) => text.to_owned(),
        };
        match filled.last_mut() {
            Some(Segment::Literal(before)) => before.push_str(&literal),
            _ if literal.is_empty() => {}
            _ => filled.push(Segment::Literal(literal)),
        }
    }
    filled
}
