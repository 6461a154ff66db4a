//! Addresses of services that the code contains, so that no variable changes them.

use std::ops::Range;
use std::sync::Arc;

use super::Facts;
use super::service_settings::has_scheme;
use super::services::FoundService;
use crate::error::Source;
use crate::knowledge::ServiceRow;
use crate::layers::origin;
use crate::paths;
use crate::python::codebase::Codebase;

/// Hosts that are the application's own container.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// What precedes a quoted host.
const HOST_KEYS: [&str; 4] = ["host=", "host\": ", "host': ", "hostname="];

/// Number of lines around a host that belong to the same call or dictionary.
const NEAR: usize = 6;

/// An address in the code.
struct FixedAddress {
    host: String,
    user: Option<String>,
    database: Option<String>,
    /// Whether the code contains the password too.
    has_password: bool,
    source: Arc<Source>,
    span: Range<usize>,
}

/// Names services after the hosts that the code connects to, and reports those whose address nothing tells the application.
/// `decided` are names and kinds of services in the spec.
pub(super) fn apply(codebase: &Codebase<'_>, services: &mut [FoundService], decided: &[String], facts: &mut Facts) {
    let unaddressed = services.iter_mut().filter(|service| service.settings.is_empty());
    for service in unaddressed.filter(|service| ![&service.name, &service.kind.id].iter().any(|name| decided.contains(name))) {
        let found = addresses(codebase, service.kind);
        let is_reachable = |found: &&FixedAddress| is_compose_service(codebase, service.kind, &found.host);
        if let Some(found) = found.iter().find(is_reachable) {
            name_after(service, found, facts);
        } else if let Some(found) = found.iter().find(|found| LOOPBACK.contains(&found.host.as_str())) {
            let place = origin(&found.source, found.span.clone(), "").place;
            let (kind, host, url) = (&service.kind.id, &found.host, first_url(service.kind));
            facts.hints.push(format!(
                "{place} connects to {kind} at {host}, which is the container itself: read the address from a variable such as {url}"
            ));
        } else {
            facts.hints.push(unaddressed_hint(service));
        }
    }
}

/// Gives a service the name that the code connects to.
fn name_after(service: &mut FoundService, found: &FixedAddress, facts: &mut Facts) {
    service.name.clone_from(&found.host);
    let key = format!("services.{}", service.name);
    for (field, value) in [("user", &found.user), ("database", &found.database)] {
        if let Some(value) = value {
            facts.say(&format!("{key}.{field}"), value.as_str(), &found.source, &found.span, "the address in the code");
        }
    }
    if found.has_password {
        let place = origin(&found.source, found.span.clone(), "").place;
        let variable = format!("{}_PASSWORD", service.name.to_uppercase().replace('-', "_"));
        facts.hints.push(format!(
            "{place} contains the password of {}: set {variable} in .env to the same value, or read the address from {}",
            service.name,
            first_url(service.kind)
        ));
    }
}

fn unaddressed_hint(service: &FoundService) -> String {
    let place = origin(&service.source, service.span.clone(), "").place;
    let (name, why, url) = (&service.name, &service.evidence, first_url(service.kind));
    format!(
        "{place} {why}, but no known variable contains the address of services.{name}: if the application reads one, such as {url}, add \
         `environment = {{ {url} = \"url\" }}` to [services.{name}]; if it doesn't use the service, set `services.{name} = false`"
    )
}

fn first_url(kind: &ServiceRow) -> &str {
    kind.urls.first().map_or("", String::as_str)
}

/// All addresses of a kind in the application's files.
fn addresses(codebase: &Codebase<'_>, kind: &ServiceRow) -> Vec<FixedAddress> {
    let mut found = Vec::new();
    let aside = |path: &str| ["test", "dev", "local", "example", "ci."].iter().any(|word| paths::name(path).contains(word));
    for path in codebase.settings().filter(|path| !aside(path)) {
        let Some(text) = codebase.text(path).filter(|text| mentions(kind, &text.to_lowercase())) else { continue };
        let source = Arc::new(Source::file(path, text.to_string()));
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let mut start = 0;
        for (at, line) in lines.iter().enumerate() {
            let span = start..start + line.trim_end().len();
            start += line.len();
            if !line.trim_start().starts_with('#') {
                let near = lines.get(at.saturating_sub(NEAR)..(at + NEAR).min(lines.len())).unwrap_or_default().concat();
                found.extend(in_url(kind, line, (&source, &span)).or_else(|| in_call(kind, line, &near, (&source, &span))));
            }
        }
    }
    found
}

/// Whether a text is about a kind of service.
fn mentions(kind: &ServiceRow, lower: &str) -> bool {
    let words = kind.schemes.iter().chain(&kind.distributions).chain([&kind.id]);
    words.into_iter().any(|word| lower.contains(word.as_str()))
}

/// `redis://user:password@host:6379/0` in quotes.
fn in_url(kind: &ServiceRow, line: &str, (source, span): (&Arc<Source>, &Range<usize>)) -> Option<FixedAddress> {
    let url = line.split(['"', '\'']).skip(1).step_by(2).find(|text| text.contains("://"))?;
    let (_, rest) = url.split_once("://").filter(|(scheme, _)| has_scheme(kind, scheme))?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (account, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = account.split_once(':').unwrap_or((account, ""));
    let host = host.split(':').next().filter(|host| is_host(host))?;
    let database = path.split('?').next().filter(|name| kind.is_database() && is_word(name));
    Some(FixedAddress {
        host: host.to_owned(),
        user: Some(user).filter(|user| is_word(user)).map(str::to_owned),
        database: database.map(str::to_owned),
        has_password: !password.is_empty(),
        source: Arc::clone(source),
        span: span.clone(),
    })
}

/// `Redis(host="redis")`, `"HOST": "db"`.
fn in_call(kind: &ServiceRow, line: &str, near: &str, (source, span): (&Arc<Source>, &Range<usize>)) -> Option<FixedAddress> {
    let host = quoted(line, &HOST_KEYS).filter(|host| is_host(host))?;
    if !mentions(kind, &near.to_lowercase()) || line.contains(".run(") {
        return None;
    }
    let user = quoted(near, &["user=", "user\": ", "user': ", "username="]);
    let database = quoted(near, &["database=", "dbname=", "db=", "name\": ", "name': "]).filter(|_| kind.is_database());
    Some(FixedAddress {
        host: host.to_owned(),
        user: user.filter(|user| is_word(user)).map(str::to_owned),
        database: database.filter(|name| is_word(name)).map(str::to_owned),
        has_password: quoted(near, &["password=", "password\": ", "password': "]).is_some_and(|password| !password.is_empty()),
        source: Arc::clone(source),
        span: span.clone(),
    })
}

/// The quoted text after one of these keys, in any case.
fn quoted<'t>(text: &'t str, keys: &[&str]) -> Option<&'t str> {
    let lower = text.to_ascii_lowercase();
    let rest = keys.iter().find_map(|key| text.get(lower.find(key)? + key.len()..))?;
    let mark = rest.chars().next().filter(|mark| ['"', '\''].contains(mark))?;
    rest.get(1..)?.split(mark).next()
}

fn is_host(host: &str) -> bool {
    !host.is_empty() && host.chars().all(|letter| letter.is_ascii_alphanumeric() || "-.".contains(letter))
}

/// Whether a text can be the name of a user or a database.
fn is_word(text: &str) -> bool {
    text.len() < 64
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter))
}

/// Whether a host is the name of a service in a compose file, or of the kind itself.
fn is_compose_service(codebase: &Codebase<'_>, kind: &ServiceRow, host: &str) -> bool {
    let is_name = host.starts_with(|first: char| first.is_ascii_lowercase())
        && host.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
        && !LOOPBACK.contains(&host);
    let named = |text: &str| {
        text.lines().any(|line| line.starts_with([' ', '\t']) && line.trim_end().strip_suffix(':').map(str::trim) == Some(host))
    };
    let mut composes = codebase.tree.paths.iter().filter(|path| paths::name(path).contains("compose"));
    is_name
        && (host == kind.id || host == kind.name || composes.any(|path| codebase.evidence(path).is_some_and(|text| named(&text))))
}
