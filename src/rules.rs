//! What every string, name and number of a spec may look like: one table, checked once, over the merged layers.
//!
//! This is the first of two walls. Nothing that could end a line, close a quote or hide in a diff passes here; what passes
//! is still quoted where it lands (`render.rs`). A new key of the schema needs a row here, and a test says so.

use toml::Value;

use crate::error::{Error, Result};
use crate::hidden;
use crate::layers::Node;
use crate::preset::is_default;
use crate::resolve::no_secrets;
use crate::secrets;

/// A test for one kind of text, with the words for what it wants.
struct Rule {
    wants: &'static str,
    accepts: fn(&str) -> bool,
}

/// A rule for the strings at a key; `*` stands for any one name, and a list is checked item by item.
const STRINGS: &[(&str, Rule)] = &[
    ("presets", TEXT),
    ("required-version", TEXT),
    ("answers.*", TEXT),
    ("ask.name", ANSWER),
    ("project.name", NAME),
    ("project.description", TEXT),
    ("project.source", TEXT),
    ("project.licenses", TEXT),
    ("python.version", PYTHON),
    ("python.allowed", PYTHON),
    ("image.base", IMAGE),
    ("image.debian", CODENAME),
    ("image.registry", REGISTRY),
    ("image.tag", TAG),
    ("image.labels.*", TEXT),
    ("image.required-labels", LABEL),
    ("image.user.name", USER),
    ("image.user.group", USER),
    ("install.with", NAME),
    ("install.version", TAG),
    ("install.files", PATH),
    ("install.groups", GROUP),
    ("install.extras", GROUP),
    ("install.package", GROUP),
    ("system.build", PACKAGE),
    ("system.run", PACKAGE),
    ("system.without", PACKAGE),
    ("app.interface", NAME),
    ("app.entry", ENTRY),
    ("app.root", PATH),
    ("app.workdir", PATH),
    ("health.path", URL_PATH),
    ("health.ready-path", URL_PATH),
    ("health.host", HOST),
    ("server.worker-class", MODULE),
    ("server.package", PINNED),
    ("build.steps", TEXT),
    ("release.steps", TEXT),
    ("processes.*.command", TEXT),
    ("services.*.kind", NAME),
    ("services.*.version", TAG),
    ("services.*.environment.*", NAME),
    ("services.*.database", IDENTIFIER),
    ("services.*.user", IDENTIFIER),
    ("service-kinds.*.image", REGISTRY),
    ("service-kinds.*.version", TAG),
    ("service-kinds.*.url", TEXT),
    ("service-kinds.*.database", IDENTIFIER),
    ("service-kinds.*.user", IDENTIFIER),
    ("service-kinds.*.environment.*", TEXT),
    ("service-kinds.*.command", TEXT),
    ("service-kinds.*.health", TEXT),
    ("service-kinds.*.data", FOLDER),
    ("service-kinds.*.scratch", FOLDER),
    ("service-kinds.*.run-as", IDS),
    ("environment.*.value", TEXT),
    ("environment.*.description", TEXT),
    ("environment.*.example", TEXT),
    ("secrets.*.description", TEXT),
    ("volumes.*.path", VOLUME),
    ("volumes.*.size", QUANTITY),
    ("volumes.*.access", WORD),
    ("volumes.*.files", PATH),
    ("context.ignore", TEXT),
    ("context.keep", TEXT),
    ("compose.networks", NAME),
    ("compose.restart", NAME),
    ("compose.limits.cpus", NUMBER),
    ("compose.limits.memory", MEMORY),
    ("compose.reservations.cpus", NUMBER),
    ("compose.reservations.memory", MEMORY),
    ("kubernetes.layout", NAME),
    ("kubernetes.namespace", NAME),
    ("kubernetes.image", IMAGE),
    ("kubernetes.secret", NAME),
    ("kubernetes.resources.*.*", QUANTITY),
    ("kubernetes.ingress.kind", NAME),
    ("kubernetes.ingress.host", HOST),
    ("kubernetes.ingress.class", NAME),
    ("kubernetes.ingress.tls-secret", NAME),
    ("kubernetes.ingress.gateway", NAME),
    ("output.*", PATH),
];

/// A rule for the names that people give inside a table.
const NAMES: &[(&str, Rule)] = &[
    ("answers", ANSWER),
    ("image.labels", LABEL),
    ("processes", NAME),
    ("services", NAME),
    ("services.*.environment", VARIABLE),
    ("service-kinds", NAME),
    ("service-kinds.*.environment", VARIABLE),
    ("environment", VARIABLE),
    ("secrets", VARIABLE),
    ("volumes", NAME),
    ("output.extra", NAME),
];

/// The least and the most of the numbers at a key.
const NUMBERS: &[(&str, i64, i64, &str)] = &[
    ("app.port", 1024, 65535, "a process without capabilities cannot listen below 1024"),
    ("image.user.uid", 1000, 65_533, "0 is root, and what is below 1000 belongs to Debian"),
    ("image.user.gid", 1000, 65_533, "0 is root, and what is below 1000 belongs to Debian"),
    ("health.*", 1, 86_400, ""),
    ("server.workers", 1, 1024, ""),
    ("server.threads", 1, 1024, ""),
    ("server.timeout", 1, 86_400, ""),
    ("server.graceful-timeout", 1, 86_400, ""),
    ("server.keep-alive", 1, 86_400, ""),
    ("server.max-requests", 0, 1_000_000_000, ""),
    ("release.timeout", 1, 86_400, ""),
    ("processes.*.replicas", 1, 1000, ""),
    ("processes.*.stop-timeout", 1, 86_400, ""),
    ("service-kinds.*.port", 1, 65535, ""),
    ("compose.*.pids", 1, 4_194_304, ""),
    ("kubernetes.replicas", 1, 1000, ""),
    ("kubernetes.egress-ports", 1, 65535, ""),
    ("kubernetes.pre-stop", 1, 3600, ""),
    ("kubernetes.autoscaling.max-replicas", 1, 1000, ""),
    ("kubernetes.autoscaling.cpu-percent", 1, 100, ""),
];

const TEXT: Rule = Rule { wants: "text", accepts: |_| true };
const WORD: Rule = Rule { wants: "a word of letters", accepts: |text| is(text, "a-zA-Z", "a-zA-Z") };
const NAME: Rule = Rule {
    wants: "a name of at most 40 lower-case letters, digits and hyphens that starts with a letter (it names images and Kubernetes objects)",
    accepts: |text| text.len() <= 40 && is(text, "a-z", "a-z0-9-") && !text.ends_with('-'),
};
const ANSWER: Rule = Rule {
    wants: "a name of at most 40 lower-case letters, digits and `_` that starts with a letter (values and templates call it answers.NAME)",
    accepts: |text| text.len() <= 40 && is(text, "a-z", "a-z0-9_"),
};
const PYTHON: Rule = Rule {
    wants: "a minor version of Python 3, such as \"3.14\"",
    accepts: |text| text.strip_prefix("3.").is_some_and(|minor| minor.len() <= 2 && is(minor, "0-9", "0-9")),
};
const CODENAME: Rule = Rule { wants: "a Debian release in lower-case letters", accepts: |text| is(text, "a-z", "a-z") };
const REGISTRY: Rule = Rule {
    wants: "host, port and path of lower-case letters, digits and `.:/_-`",
    accepts: |text| is(text, "a-z0-9", "a-z0-9.:/_-") && !text.ends_with('/') && !text.contains("//"),
};
const TAG: Rule = Rule {
    wants: "a version of at most 128 letters, digits and `._-`",
    accepts: |text| text.len() <= 128 && is(text, "a-zA-Z0-9_", "a-zA-Z0-9_.-"),
};
const IMAGE: Rule = Rule {
    wants: "an image with a tag or a digest, such as \"registry.example.com/team/shop:1.4.2\"",
    accepts: |text| {
        let (name, version) = text.split_once('@').or_else(|| text.rsplit_once(':')).unwrap_or_default();
        (REGISTRY.accepts)(name) && !name.contains("..") && is(version, "a-zA-Z0-9_", "a-zA-Z0-9_.:-")
    },
};
const USER: Rule = Rule {
    wants: "a user name of at most 32 lower-case letters, digits, `_` and `-` that Debian does not use itself",
    accepts: |text| text.len() <= 32 && is(text, "a-z_", "a-z0-9_-") && !DEBIAN_USERS.contains(&text),
};
const PATH: Rule = Rule {
    wants: "a path inside the project of letters, digits and `._/+@-`",
    accepts: |text| is(text, "a-zA-Z0-9._", "a-zA-Z0-9._/+@-") && text.split('/').all(|part| part != ".." && !part.is_empty()),
};
const FOLDER: Rule = Rule {
    wants: "an absolute path of letters, digits and `._/+@-`",
    accepts: |text| {
        let path = text.strip_prefix('/').unwrap_or_default();
        is(path, "a-zA-Z0-9._", "a-zA-Z0-9._/+@-") && path.split('/').all(|part| !["", ".", ".."].contains(&part))
    },
};
const VOLUME: Rule = Rule {
    wants: "an absolute path that hides nothing of the image, such as \"/app/media\"",
    accepts: |text| (FOLDER.accepts)(text) && !hides_the_system(text),
};
const GROUP: Rule = Rule { wants: "a name of letters, digits and `._-`", accepts: |text| is(text, "a-zA-Z0-9", "a-zA-Z0-9._-") };
const PACKAGE: Rule = Rule {
    wants: "the name of a Debian package, without a version (Debian removes old ones)",
    accepts: |text| is(text, "a-z0-9", "a-z0-9.+-"),
};
const ENTRY: Rule = Rule {
    wants: "an import path such as \"package.module:application\" or \"package:create_app()\"",
    accepts: |text| {
        let (module, object) = text.split_once(':').unwrap_or_default();
        (MODULE.accepts)(module) && (MODULE.accepts)(object.strip_suffix("()").unwrap_or(object))
    },
};
const PINNED: Rule = Rule {
    wants: "a distribution with its version, such as \"gunicorn==27.0.1\"",
    accepts: |text| {
        let parts = text.split_once("==");
        parts.is_some_and(|(name, version)| is(name, "a-z0-9", "a-z0-9.-") && is(version, "0-9", "a-z0-9.+"))
    },
};
const MODULE: Rule =
    Rule { wants: "a dotted Python name", accepts: |text| text.split('.').all(|part| is(part, "a-zA-Z_", "a-zA-Z0-9_")) };
const URL_PATH: Rule =
    Rule { wants: "the path of a URL, such as \"/health/\"", accepts: |text| is(text, "/", "a-zA-Z0-9._~%/?=&+:@,;-") };
const HOST: Rule = Rule {
    wants: "a host name in lower-case letters, such as \"shop.example.com\"",
    accepts: |text| {
        let label = |label: &str| label.len() <= 63 && is(label, "a-z0-9", "a-z0-9-") && !label.ends_with('-');
        text.len() <= 253 && text.strip_prefix("*.").unwrap_or(text).split('.').all(label)
    },
};
const IDENTIFIER: Rule = Rule {
    wants: "a name of at most 63 letters, digits, `_` and `-`",
    accepts: |text| text.len() <= 63 && is(text, "a-zA-Z_", "a-zA-Z0-9_-"),
};
const IDS: Rule = Rule {
    wants: "two numbers, such as \"999:999\"",
    accepts: |text| text.split_once(':').is_some_and(|(user, group)| is(user, "1-9", "0-9") && is(group, "1-9", "0-9")),
};
const NUMBER: Rule = Rule {
    wants: "a number such as \"1.0\"",
    accepts: |text| is(text, "0-9", "0-9.") && text.parse::<f64>().is_ok_and(|number| number > 0.0),
};
const MEMORY: Rule = Rule {
    wants: "an amount of memory such as \"512M\" or \"1G\"",
    accepts: |text| {
        is(text.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G', 'b', 'B']), "1-9", "0-9") && (1..=2).contains(&unit(text).len())
    },
};
const QUANTITY: Rule = Rule {
    wants: "a Kubernetes quantity such as \"500m\" or \"512Mi\"",
    accepts: |text| {
        let units = ["", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti"];
        let number = &text[..text.len() - unit(text).len()];
        is(number, "0-9", "0-9.") && number.parse::<f64>().is_ok_and(|number| number > 0.0) && units.contains(&unit(text))
    },
};
const LABEL: Rule = Rule {
    wants: "a label of at most 128 lower-case letters, digits and `._-/`",
    accepts: |text| text.len() <= 128 && is(text, "a-z", "a-z0-9._/-"),
};
const VARIABLE: Rule = Rule {
    wants: "the name of an environment variable: at most 128 letters, digits and `_`",
    accepts: |text| text.len() <= 128 && is(text, "a-zA-Z_", "a-zA-Z0-9_"),
};

/// How many characters are shown on both sides of one that cannot be seen.
const AROUND: usize = 30;

/// Users and groups of a slim Debian image (`/etc/passwd`, `/etc/group`): `useradd` refuses to make them again.
const DEBIAN_USERS: [&str; 38] = [
    "root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data", "backup", "list",
    "irc", "_apt", "nobody", "adm", "tty", "disk", "dialout", "fax", "voice", "cdrom", "floppy", "tape", "sudo", "audio", "dip",
    "operator", "src", "shadow", "utmp", "video", "sasl", "users", "nogroup",
];

/// Folders that a volume must not hide, nor anything in them.
const SYSTEM_FOLDERS: [&str; 13] =
    ["/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/opt/venv", "/proc", "/root", "/run", "/sbin", "/sys", "/usr"];

/// Folders that a volume must not hide; it may lie in them.
const SHARED_FOLDERS: [&str; 5] = ["/app", "/home", "/opt", "/tmp", "/var"];

/// Whether a path is one of the folders above, or lies where the system lives.
fn hides_the_system(path: &str) -> bool {
    let inside = |folder: &&str| path.strip_prefix(*folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    SHARED_FOLDERS.contains(&path) || SYSTEM_FOLDERS.iter().any(inside)
}

fn unit(text: &str) -> &str {
    text.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.')
}

/// Whether the text is not empty, starts with a character of `first` and goes on with `rest`; both hold characters and ranges.
fn is(text: &str, first: &str, rest: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|character| within(character, first)) && characters.all(|character| within(character, rest))
}

fn within(character: char, set: &str) -> bool {
    let set = set.as_bytes();
    let mut at = 0;
    while at < set.len() {
        let range = at + 2 < set.len() && set[at + 1] == b'-';
        let last = if range { set[at + 2] } else { set[at] };
        if (set[at] as char..=last as char).contains(&character) {
            return true;
        }
        at += if range { 3 } else { 1 };
    }
    false
}

/// Checks every value and every name of the merged layers.
///
/// # Errors
/// The first one that breaks its rule, with its key and its place.
pub(crate) fn check(layers: &Node) -> Result<()> {
    walk(layers, &mut String::new())
}

/// Checks a table that is no part of the spec, as if it stood at a key.
///
/// # Errors
/// The first value that breaks its rule.
pub(crate) fn check_below(table: &Node, key: &str) -> Result<()> {
    walk(table, &mut key.to_owned())
}

fn walk(node: &Node, path: &mut String) -> Result<()> {
    match node {
        // dockgen's own defaults name no other values, and the tests have checked them
        Node::Leaf(_, origin) if is_default(origin) => Ok(()),
        Node::Leaf(value, _) => leaf(node, path, value),
        Node::Table { children, .. } => {
            let rule = NAMES.iter().find(|(pattern, _)| matches(pattern, path)).map(|(_, rule)| rule);
            children.iter().try_for_each(|(name, child)| {
                if let Some(rule) = rule.filter(|rule| !(rule.accepts)(name)) {
                    let error = Error::new(format!("{} in `{path}` is not {}", shown(name), rule.wants));
                    return Err(error.at(Some(child.origin().place.clone())));
                }
                let above = path.len();
                path.extend([if path.is_empty() { "" } else { "." }, name]);
                walk(child, path)?;
                path.truncate(above);
                Ok(())
            })
        }
    }
}

fn leaf(node: &Node, path: &str, value: &Value) -> Result<()> {
    let broken = match value {
        Value::Array(items) => return items.iter().try_for_each(|item| leaf(node, path, item)),
        Value::String(text) => string(path, text),
        Value::Integer(number) => number_at(path, *number),
        _ => None,
    };
    let place = node.origin().place.clone();
    let place = if secrets::is_private(path) { no_secrets::hidden(&place) } else { place };
    broken.map_or(Ok(()), |error| Err(error.at(Some(place))))
}

fn string(path: &str, text: &str) -> Option<Error> {
    // a description is written as people write
    let prose = path.rsplit('.').next() == Some("description");
    if let Some(at) = if prose { hidden::find_in_prose(text) } else { hidden::find(text) } {
        return Some(invisible(path, text, at));
    }
    let (_, rule) = STRINGS.iter().find(|(pattern, _)| matches(pattern, path))?;
    let is = if secrets::is_private(path) { "is".to_owned() } else { format!("is {},", shown(text)) };
    (!(rule.accepts)(text)).then(|| Error::new(format!("`{path}` {is} not {}", rule.wants)))
}

/// Names the character that cannot be seen, and shows what is around it.
fn invisible(path: &str, text: &str, at: usize) -> Error {
    let letter = text[at..].chars().next().map_or(0, u32::from);
    let start = text[..at].char_indices().rev().nth(AROUND).map_or(0, |(start, _)| start);
    let around: String = text[start..].chars().take(2 * AROUND).collect();
    let shown = if secrets::is_private(path) { String::new() } else { format!(": \"{}\"", hidden::printable(&around)) };
    let message = format!("`{path}` contains U+{letter:04X}, a character that cannot be seen{shown}");
    Error::new(message)
        .hint("write it on one line, without control characters, invisible ones and marks that change the direction of the text")
}

fn number_at(path: &str, number: i64) -> Option<Error> {
    let (_, least, most, why) = NUMBERS.iter().find(|(pattern, ..)| matches(pattern, path))?;
    let error = Error::new(format!("`{path}` is {number}, not a number from {least} to {most}"));
    (number < *least || number > *most).then(|| if why.is_empty() { error } else { error.hint(*why) })
}

/// The text in quotes, shortened, with nothing that could upset a terminal.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("{short:?}{dots}")
}

/// Whether a dotted key has the form of a pattern, in which `*` stands for one name.
///
/// Byte by byte, as it is asked thousands of times, and most answers lie in the first one. The names that people give may hold
/// dots: a `*` at the end takes the rest.
#[inline]
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    pattern.as_bytes().first() == path.as_bytes().first() && goes_on_like(pattern, path)
}

fn goes_on_like(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.as_bytes(), path.as_bytes());
    loop {
        match (pattern, path) {
            ([], []) => return true,
            ([b'*'], rest) => return !rest.is_empty(),
            ([b'*', pattern_rest @ ..], _) => {
                let end = path.iter().position(|byte| *byte == b'.').unwrap_or(path.len());
                (pattern, path) = (pattern_rest, &path[end..]);
            }
            ([one, pattern_rest @ ..], [other, path_rest @ ..]) if one == other => (pattern, path) = (pattern_rest, path_rest),
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::SHORT_FORMS;

    #[test]
    fn a_star_stands_for_one_name() {
        for (pattern, path, expected) in [
            ("app.port", "app.port", true),
            ("app.port", "app.por", false),
            ("app.por", "app.port", false),
            ("processes.*.command", "processes.web.command", true),
            ("processes.*.command", "processes.web.replicas", false),
            ("image.labels.*", "image.labels.com.example.team", true),
            ("kubernetes.resources.*.*", "kubernetes.resources.limits.cpu", true),
            ("output.*", "output", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    /// Every string, and every number that is not free, has a row: a new key cannot be forgotten.
    #[test]
    fn every_key_of_the_schema_has_a_rule() {
        let schema = serde_json::to_value(schemars::schema_for!(crate::spec::Spec)).unwrap_or_default();
        let mut missing = Vec::new();
        visit(&schema, &schema, "", &mut missing);
        assert_eq!(missing, Vec::<String>::new());
    }

    fn visit(schema: &serde_json::Value, root: &serde_json::Value, path: &str, missing: &mut Vec<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            return visit(&root["$defs"][reference.trim_start_matches("#/$defs/")], root, path, missing);
        }
        for form in schema["anyOf"].as_array().into_iter().flatten() {
            visit(form, root, path, missing);
        }
        if !schema["items"].is_null() {
            visit(&schema["items"], root, path, missing);
        }
        for (name, child) in schema["properties"].as_object().into_iter().flatten() {
            visit(child, root, format!("{path}.{name}").trim_start_matches('.'), missing);
        }
        if schema["additionalProperties"].is_object() {
            if !NAMES.iter().any(|(pattern, _)| matches(pattern, path)) {
                missing.push(format!("a name in {path}"));
            }
            visit(&schema["additionalProperties"], root, &format!("{path}.x"), missing);
        }
        let kinds = schema["type"].to_string();
        // short forms are tables by the time that rules are checked
        let is_short = SHORT_FORMS.iter().any(|(table, ..)| path.split('.').next() == Some(table));
        let text = kinds.contains("\"string\"") && !is_short;
        if (text || path.matches('.').count() > 1 && kinds.contains("\"string\""))
            && !STRINGS.iter().any(|(pattern, _)| matches(pattern, path))
        {
            missing.push(path.to_owned());
        }
        if kinds.contains("\"integer\"") && !NUMBERS.iter().any(|(pattern, ..)| matches(pattern, path)) {
            missing.push(path.to_owned());
        }
    }
}
