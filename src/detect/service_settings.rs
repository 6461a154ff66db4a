//! Parts of a service's address in settings: by their names, and by the schemes of their default values.

use super::setting::ReadSetting;
use crate::knowledge::{ServiceRow, service_kinds};

/// Words in the names of settings that don't refer to the application's own service.
const OTHER: [&str; 12] =
    ["TEST", "TESTS", "TESTING", "REPLICA", "READONLY", "LEGACY", "OLD", "V1", "DUMP", "EXTERNAL", "SOURCE", "REMOTE"];

/// The part of a service's address that a setting contains. The scheme of its default counts more than its name.
pub(super) fn part(kind: &ServiceRow, name: &str, setting: &ReadSetting) -> Option<&'static str> {
    match scheme(setting) {
        Some(_) if name.split('_').any(|word| OTHER.contains(&word)) => None,
        Some(scheme) if has_scheme(kind, scheme) => Some("url"),
        Some(scheme) if service_kinds().iter().any(|other| has_scheme(other, scheme)) => None,
        _ => named_part(kind, name),
    }
}

/// Whether the default of a setting is a URL of this kind of service.
pub(super) fn is_default_of(kind: &ServiceRow, name: &str, setting: &ReadSetting) -> bool {
    scheme(setting).is_some_and(|scheme| has_scheme(kind, scheme)) && part(kind, name, setting) == Some("url")
}

/// The scheme of a URL in a setting's default.
fn scheme(setting: &ReadSetting) -> Option<&str> {
    // `postgresql+asyncpg://` alone is only the first part of a URL
    let (scheme, rest) = setting.example.as_deref()?.split_once("://")?;
    (!rest.is_empty()).then_some(scheme)
}

/// Whether URLs of a kind have a scheme, with or without a driver: `postgresql+asyncpg`.
pub(super) fn has_scheme(kind: &ServiceRow, scheme: &str) -> bool {
    let plain = scheme.split('+').next().unwrap_or_default();
    kind.schemes.iter().any(|known| known == plain || known == scheme)
}

/// Whether a setting is the address of this kind of service and of no other.
pub(super) fn own_setting(kind: &ServiceRow, name: &str) -> bool {
    let stem = kind.id.to_uppercase();
    name.starts_with(&stem) && matches!(named_part(kind, name), Some("url" | "host")) && !kind.is_database()
}

/// The value of a setting such as `DB_ENGINE` that selects this kind: a word that its file compares it with, or one like its
/// default.
pub(super) fn engine(kind: &ServiceRow, name: &str, setting: &ReadSetting) -> Option<(String, String)> {
    const CHOOSE: [&str; 8] = ["ENGINE", "TYPE", "BACKEND", "KIND", "DRIVER", "VENDOR", "DIALECT", "ADAPTER"];
    let rest = kind.prefixes.iter().find_map(|prefix| name.strip_prefix(prefix.as_str()))?;
    if !rest.is_empty() && !CHOOSE.contains(&rest.trim_start_matches('_')) {
        return None;
    }
    let default = setting.example.as_deref().unwrap_or_default();
    if kind.engines.iter().any(|engine| engine == default) {
        return None;
    }
    let like_default = |engine: &&String| {
        let package = |name: &str| name.rsplit_once('.').map_or(String::new(), |(package, _)| package.to_owned());
        !default.is_empty() && package(engine) == package(default)
    };
    let compared = |engine: &&String| {
        let text = &setting.source.text;
        !engine.contains('.') && ['"', '\''].iter().any(|quote| text.contains(&format!("{quote}{engine}{quote}")))
    };
    let found = kind.engines.iter().find(|engine| if default.contains('.') { like_default(engine) } else { compared(engine) })?;
    Some((name.to_owned(), found.clone()))
}

/// The same from the name alone.
pub(super) fn named_part(kind: &ServiceRow, name: &str) -> Option<&'static str> {
    // the project's own prefix may come first: SHOP_DATABASE_URL
    let words: Vec<&str> = name.split('_').collect();
    (0..words.len().min(3)).filter(|start| !words[..*start].iter().any(|word| OTHER.contains(word) || word.is_empty())).find_map(
        |start| {
            let rest = words[start..].join("_");
            let found = exact_part(kind, &rest)?;
            // a prefix before DB_HOST often refers to something else, so the name must contain a database or service
            (start == 0 || found == "url" || rest.matches('_').count() <= 1).then_some(found)
        },
    )
}

/// The same for a setting without the project's own prefix.
fn exact_part(kind: &ServiceRow, name: &str) -> Option<&'static str> {
    if kind.urls.iter().any(|url| url == name) {
        return Some("url");
    }
    let name = name.replace("__", "_");
    // PGHOST, MYSQLHOST and DBNAME have no underscore
    let joined = |prefix: &String| name.strip_prefix(prefix.as_str()).filter(|rest| exact_word(kind, rest).is_some());
    let parted = |prefix: &String| name.strip_prefix(prefix.as_str())?.strip_prefix('_');
    let rest = kind.prefixes.iter().find_map(parted).or_else(|| kind.prefixes.iter().find_map(joined))?;
    // REDIS_CACHE_HOST and REDIS_QUEUE_HOST refer to the same Redis
    if let Some((use_for, last)) = rest.rsplit_once('_')
        && !use_for.split('_').any(|word| ["TEST", "TESTS", "TESTING", "EXTERNAL", "PUBLIC", "ADMIN", "REPLICA"].contains(&word))
    {
        match last {
            "HOST" => return Some("host"),
            "PORT" => return Some("port"),
            "URL" | "URI" | "DSN" => return Some("url"),
            _ => {}
        }
    }
    exact_word(kind, rest)
}

/// The part that the last words of a name refer to.
fn exact_word(kind: &ServiceRow, rest: &str) -> Option<&'static str> {
    Some(match rest {
        "URL" | "URI" | "DSN" | "CONNECTION_STRING" => "url",
        "HOST" | "SERVER" | "HOSTNAME" | "ADDRESS" => "host",
        "PORT" => "port",
        "USER" | "USERNAME" => "user",
        "PASSWORD" | "PASS" | "PASSWD" | "PWD" => "password",
        "DB" | "NAME" | "DATABASE" | "DATABASE_NAME" | "DB_NAME" if kind.is_database() || kind.databases => "database",
        _ => return None,
    })
}

/// Whether a setting is the URL of a database.
pub(crate) fn is_database_url(name: &str) -> bool {
    service_kinds().iter().any(|kind| kind.is_database() && named_part(kind, name) == Some("url"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_parts_of_an_address() {
        let kind = |name: &str| service_kinds().iter().find(|kind| kind.id == name).unwrap();
        assert_eq!(named_part(kind("postgres"), "DB_HOST"), Some("host"));
        assert_eq!(named_part(kind("postgres"), "POSTGRES_DB"), Some("database"));
        assert_eq!(named_part(kind("postgres"), "DATABASE_URL"), Some("url"));
        assert_eq!(named_part(kind("redis"), "DATABASE_URL"), None);
    }

    #[test]
    fn knows_names_without_underscores() {
        let kind = |name: &str| service_kinds().iter().find(|kind| kind.id == name).unwrap();
        let parts = ["PGHOST", "PGUSER", "PGDATABASE", "PGPASSWORD", "DBHOST", "DBNAME", "SHOP_DBHOST"];
        let expected = ["host", "user", "database", "password", "host", "database", "host"].map(Some);
        assert_eq!(parts.map(|name| named_part(kind("postgres"), name)), expected);
        assert_eq!(named_part(kind("mysql"), "MYSQLHOST"), Some("host"));
        assert_eq!(named_part(kind("redis"), "REDISHOST"), Some("host"));
        assert_eq!(named_part(kind("postgres"), "PGSSLMODE"), None);
    }
}
