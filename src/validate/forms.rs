//! The forms of text in a spec: names, paths, versions, amounts.

/// A test for one kind of text.
pub(super) struct Rule {
    /// Description of accepted texts.
    pub(super) wants: &'static str,
    /// Example of an accepted text.
    pub(super) example: &'static str,
    pub(super) accepts: fn(&str) -> bool,
}

pub(super) const TEXT: Rule = Rule { wants: "text", example: "text", accepts: |_| true };
pub(super) const WORD: Rule = Rule { wants: "letters", example: "ReadWriteOnce", accepts: |text| is(text, "a-zA-Z", "a-zA-Z") };
pub(super) const NAME: Rule = Rule {
    wants: "at most 40 lower-case letters, digits and hyphens, starting with a letter",
    example: "shop",
    accepts: |text| text.len() <= 40 && is(text, "a-z", "a-z0-9-") && !text.ends_with('-'),
};
pub(super) const ANSWER: Rule = Rule {
    wants: "at most 40 lower-case letters, digits and `_`, starting with a letter",
    example: "team",
    accepts: |text| text.len() <= 40 && is(text, "a-z", "a-z0-9_"),
};
pub(super) const RELEASE: Rule = Rule {
    wants: "a release of Python 3",
    example: "3.14.2",
    accepts: |text| {
        let numbers = text
            .strip_prefix("3.")
            .is_some_and(|rest| rest.split('.').count() <= 2 && rest.split('.').all(|part| is(part, "0-9", "0-9")));
        numbers && text.len() <= 8
    },
};

pub(super) const PYTHON: Rule = Rule {
    wants: "a minor version of Python 3",
    example: "3.14",
    accepts: |text| text.strip_prefix("3.").is_some_and(|minor| minor.len() <= 2 && is(minor, "0-9", "0-9")),
};
pub(super) const CODENAME: Rule =
    Rule { wants: "a Debian release in lower-case letters", example: "trixie", accepts: |text| is(text, "a-z", "a-z") };
pub(super) const REGISTRY: Rule = Rule {
    wants: "host, port and path of lower-case letters, digits and `.:/_-`",
    example: "mirror.example.com",
    accepts: |text| is(text, "a-z0-9", "a-z0-9.:/_-") && !text.ends_with('/') && !text.contains("//"),
};
pub(super) const TAG: Rule = Rule {
    wants: "at most 128 letters, digits and `._-`",
    example: "1.4.2",
    accepts: |text| text.len() <= 128 && is(text, "a-zA-Z0-9_", "a-zA-Z0-9_.-"),
};
pub(super) const IMAGE: Rule = Rule {
    wants: "an image in lower case with a tag or a digest",
    example: "registry.example.com/team/shop:1.4.2",
    accepts: |text| {
        let (name, version) = text.split_once('@').or_else(|| text.rsplit_once(':')).unwrap_or_default();
        (REGISTRY.accepts)(name) && !name.contains("..") && is(version, "a-zA-Z0-9_", "a-zA-Z0-9_.:-")
    },
};
pub(super) const USER: Rule = Rule {
    wants: "at most 32 lower-case letters, digits, `_` and `-`, and no user of Debian",
    example: "app",
    accepts: |text| text.len() <= 32 && is(text, "a-z_", "a-z0-9_-") && !DEBIAN_USERS.contains(&text),
};
pub(super) const PATH: Rule = Rule {
    wants: "a path inside the project of letters, digits and `._/+@-`",
    example: "deploy/app.yaml",
    accepts: |text| is(text, "a-zA-Z0-9._", "a-zA-Z0-9._/+@-") && text.split('/').all(|part| part != ".." && !part.is_empty()),
};
pub(super) const FOLDER: Rule = Rule {
    wants: "an absolute path of letters, digits and `._/+@-`",
    example: "/var/lib/data",
    accepts: |text| {
        let path = text.strip_prefix('/').unwrap_or_default();
        is(path, "a-zA-Z0-9._", "a-zA-Z0-9._/+@-") && path.split('/').all(|part| !["", ".", ".."].contains(&part))
    },
};
pub(super) const VOLUME: Rule = Rule {
    wants: "an absolute path that hides no part of the image",
    example: "/app/media",
    accepts: |text| (FOLDER.accepts)(text) && !hides_the_system(text),
};
pub(super) const GROUP: Rule =
    Rule { wants: "letters, digits and `._-`", example: "web", accepts: |text| is(text, "a-zA-Z0-9", "a-zA-Z0-9._-") };
pub(super) const PACKAGE: Rule = Rule {
    wants: "the name of a Debian package without a version",
    example: "libpq5",
    accepts: |text| is(text, "a-z0-9", "a-z0-9.+-"),
};
pub(super) const ENTRY: Rule = Rule {
    wants: "an import path",
    example: "package.module:application",
    accepts: |text| {
        let (module, object) = text.split_once(':').unwrap_or_default();
        (MODULE.accepts)(module) && (MODULE.accepts)(object.strip_suffix("()").unwrap_or(object))
    },
};
pub(super) const PINNED: Rule = Rule {
    wants: "a distribution with its version",
    example: "gunicorn==27.0.1",
    accepts: |text| {
        let parts = text.split_once("==");
        parts.is_some_and(|(name, version)| is(name, "a-z0-9", "a-z0-9.-") && is(version, "0-9", "a-z0-9.+"))
    },
};
pub(super) const MODULE: Rule = Rule {
    wants: "a dotted Python name",
    example: "uvicorn.workers.UvicornWorker",
    accepts: |text| text.split('.').all(|part| is(part, "a-zA-Z_", "a-zA-Z0-9_")),
};
pub(super) const URL_PATH: Rule = Rule {
    wants: "a URL path that starts with `/`",
    example: "/health",
    accepts: |text| is(text, "/", "a-zA-Z0-9._~%/?=&+:@,;-"),
};
pub(super) const HOST: Rule = Rule {
    wants: "a host name in lower-case letters",
    example: "shop.example.com",
    accepts: |text| {
        let label = |label: &str| label.len() <= 63 && is(label, "a-z0-9", "a-z0-9-") && !label.ends_with('-');
        text.len() <= 253 && text.strip_prefix("*.").unwrap_or(text).split('.').all(label)
    },
};
pub(super) const IDENTIFIER: Rule = Rule {
    wants: "at most 63 letters, digits, `_` and `-`",
    example: "shop",
    accepts: |text| text.len() <= 63 && is(text, "a-zA-Z_", "a-zA-Z0-9_-"),
};
pub(super) const IDS: Rule = Rule {
    wants: "a user ID and a group ID",
    example: "999:999",
    accepts: |text| text.split_once(':').is_some_and(|(user, group)| is(user, "1-9", "0-9") && is(group, "1-9", "0-9")),
};
pub(super) const NUMBER: Rule = Rule {
    wants: "a positive number in quotes",
    example: "1.0",
    accepts: |text| is(text, "0-9", "0-9.") && text.parse::<f64>().is_ok_and(|number| number > 0.0),
};
pub(super) const MEMORY: Rule = Rule {
    wants: "an amount of memory",
    example: "512M",
    accepts: |text| {
        is(text.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G', 'b', 'B']), "1-9", "0-9") && (1..=2).contains(&unit(text).len())
    },
};
pub(super) const QUANTITY: Rule = Rule {
    wants: "a Kubernetes quantity",
    example: "512Mi",
    accepts: |text| {
        let units = ["", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti"];
        let number = &text[..text.len() - unit(text).len()];
        is(number, "0-9", "0-9.") && number.parse::<f64>().is_ok_and(|number| number > 0.0) && units.contains(&unit(text))
    },
};
pub(super) const LABEL: Rule = Rule {
    wants: "at most 128 lower-case letters, digits and `._-/`",
    example: "com.example.team",
    accepts: |text| text.len() <= 128 && is(text, "a-z", "a-z0-9._/-"),
};
pub(super) const VARIABLE: Rule = Rule {
    wants: "at most 128 letters, digits and `_`, not starting with a digit",
    example: "LOG_LEVEL",
    accepts: |text| text.len() <= 128 && is(text, "a-zA-Z_", "a-zA-Z0-9_"),
};

/// Users and groups of a slim Debian image (`/etc/passwd`, `/etc/group`), which `useradd` can't create again.
const DEBIAN_USERS: [&str; 38] = [
    "root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data", "backup", "list",
    "irc", "_apt", "nobody", "adm", "tty", "disk", "dialout", "fax", "voice", "cdrom", "floppy", "tape", "sudo", "audio", "dip",
    "operator", "src", "shadow", "utmp", "video", "sasl", "users", "nogroup",
];

/// Folders that a volume must not hide, nor anything in them.
const SYSTEM_FOLDERS: [&str; 13] =
    ["/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/opt/venv", "/proc", "/root", "/run", "/sbin", "/sys", "/usr"];

/// Folders that a volume must not hide; it may be inside them.
const SHARED_FOLDERS: [&str; 5] = ["/app", "/home", "/opt", "/tmp", "/var"];

/// Whether a path is one of these folders, or inside a system folder.
fn hides_the_system(path: &str) -> bool {
    let inside = |folder: &&str| path.strip_prefix(*folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    SHARED_FOLDERS.contains(&path) || SYSTEM_FOLDERS.iter().any(inside)
}

fn unit(text: &str) -> &str {
    text.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.')
}

/// Whether the text is not empty, starts with a character of `first` and continues with those of `rest`; both contain ranges.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_accepted() {
        for rule in [
            TEXT, WORD, NAME, ANSWER, PYTHON, RELEASE, CODENAME, REGISTRY, TAG, IMAGE, USER, PATH, FOLDER, VOLUME, GROUP,
            PACKAGE, ENTRY, PINNED, MODULE, URL_PATH, HOST, IDENTIFIER, IDS, NUMBER, MEMORY, QUANTITY, LABEL, VARIABLE,
        ] {
            assert!((rule.accepts)(rule.example), "{}", rule.example);
        }
    }
}
