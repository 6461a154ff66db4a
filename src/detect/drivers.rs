//! The driver in a database URL, where SQLAlchemy reads it.

use std::ops::Range;
use std::sync::Arc;

use super::{DetectScope, Facts};
use crate::error::Source;
use crate::project::Folder;
use crate::python::mentions::Mentions;

/// Drivers for services of the spec.
pub(super) fn add_for_named(directory: &Folder, scope: &DetectScope, files: &[Arc<Source>], facts: &mut Facts) {
    let known = ["postgres", "mysql", "mariadb"];
    let kinds: Vec<&String> = scope.kinds.iter().filter(|kind| !scope.services && known.contains(&kind.as_str())).collect();
    if kinds.is_empty() || !Mentions::mention(files, &["sqlalchemy", "SQLAlchemy", "sqlmodel", "alembic", "databases"]) {
        return;
    }
    let manifests = Mentions::of(directory);
    for kind in kinds {
        let driver = ["asyncpg", "psycopg", "psycopg2", "psycopg2-binary", "aiomysql", "asyncmy", "pymysql"]
            .iter()
            .find_map(|name| manifests.find(name));
        if let Some((_, source, span)) = driver {
            add(kind, (&source, &span), &manifests, facts);
        }
    }
}

/// Sets the URL scheme to the driver that SQLAlchemy uses.
pub(super) fn add(kind: &str, place: (&Arc<Source>, &Range<usize>), manifests: &Mentions, facts: &mut Facts) {
    let reads = ["sqlalchemy", "sqlmodel", "flask-sqlalchemy", "alembic", "databases"].iter().any(|name| manifests.has(name));
    let url = match kind {
        _ if !reads || manifests.has("django") => return,
        // SQLAlchemy 2.1 uses psycopg if a URL names no driver
        "postgres" if ["psycopg2", "psycopg2-binary"].iter().any(|name| manifests.has(name)) => "postgresql+psycopg2",
        "postgres" if manifests.has("asyncpg") => "postgresql+asyncpg",
        "postgres" if ["psycopg", "psycopg-binary"].iter().any(|name| manifests.has(name)) => "postgresql+psycopg",
        "mysql" | "mariadb" if ["mysqlclient", "mysql-python"].iter().any(|name| manifests.has(name)) => return,
        "mysql" | "mariadb" if manifests.has("aiomysql") => "mysql+aiomysql",
        "mysql" | "mariadb" if manifests.has("asyncmy") => "mysql+asyncmy",
        "mysql" | "mariadb" if manifests.has("pymysql") => "mysql+pymysql",
        _ => return,
    };
    let value = format!("{url}://{{user}}:{{password}}@{{host}}:{{port}}/{{database}}");
    facts.say(&format!("service-kinds.{kind}.url"), value, place.0, place.1, "the driver for SQLAlchemy");
}
