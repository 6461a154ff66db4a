//! The driver in a database URL, where SQLAlchemy reads it.

use super::services::FoundService;
use super::setting::ReadSettings;
use super::{Fact, Facts};
use crate::layers::origin;
use crate::python::mentions::Mentions;

/// Why a URL names its driver.
const WHY: &str = "the driver for SQLAlchemy";

/// The kinds of databases whose URL names a driver.
const KINDS: [&str; 3] = ["postgres", "mysql", "mariadb"];

/// What may be installed to reach them.
const DRIVERS: [&str; 7] = ["asyncpg", "psycopg", "psycopg2", "psycopg2-binary", "aiomysql", "asyncmy", "pymysql"];

/// The drivers for services that are not detected: a spec or a preset may name one.
pub(super) fn add_undetected(manifests: &Mentions, facts: &mut Facts) {
    let Some((_, source, span)) = DRIVERS.iter().find_map(|name| manifests.find(name)) else { return };
    let key = |kind: &&str| format!("service-kinds.{kind}.url");
    let undetected = KINDS.iter().filter(|kind| facts.layer.get(&key(kind)).is_none());
    let fact = |kind: &&str| {
        let value = url(kind, manifests)?.into();
        Some(Fact { key: key(kind), value, origin: origin(&source, span.clone(), WHY) })
    };
    facts.drivers = undetected.filter_map(fact).collect();
}

/// The driver for a detected service: the one that a default in the code names, or an installed one.
pub(super) fn add(service: &FoundService, settings: &ReadSettings, manifests: &Mentions, facts: &mut Facts) {
    let kind = service.kind.id.as_str();
    let named = service.settings.iter().filter(|(_, part)| *part == "url").find_map(|(name, _)| {
        let (scheme, _) = settings.get(name)?.example.as_deref()?.split_once("://")?;
        scheme.contains('+').then(|| address(scheme))
    });
    if let Some(url) = named.filter(|_| KINDS.contains(&kind)).or_else(|| url(kind, manifests)) {
        facts.say(&format!("service-kinds.{kind}.url"), url, &service.source, &service.span, WHY);
    }
}

/// The URL with a scheme.
fn address(scheme: &str) -> String {
    format!("{scheme}://{{user}}:{{password}}@{{host}}:{{port}}/{{database}}")
}

/// The URL to write, whose scheme names the driver for SQLAlchemy.
fn url(kind: &str, manifests: &Mentions) -> Option<String> {
    let reads = ["sqlalchemy", "sqlmodel", "flask-sqlalchemy", "alembic", "databases"].iter().any(|name| manifests.has(name));
    let scheme = match kind {
        _ if !reads || manifests.has("django") => return None,
        // SQLAlchemy 2.1 uses psycopg if a URL names no driver
        "postgres" if ["psycopg2", "psycopg2-binary"].iter().any(|name| manifests.has(name)) => "postgresql+psycopg2",
        "postgres" if manifests.has("asyncpg") => "postgresql+asyncpg",
        "postgres" if ["psycopg", "psycopg-binary"].iter().any(|name| manifests.has(name)) => "postgresql+psycopg",
        "mysql" | "mariadb" if ["mysqlclient", "mysql-python"].iter().any(|name| manifests.has(name)) => return None,
        "mysql" | "mariadb" if manifests.has("aiomysql") => "mysql+aiomysql",
        "mysql" | "mariadb" if manifests.has("asyncmy") => "mysql+asyncmy",
        "mysql" | "mariadb" if manifests.has("pymysql") => "mysql+pymysql",
        _ => return None,
    };
    Some(address(scheme))
}
