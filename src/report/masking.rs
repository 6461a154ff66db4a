//! The lines of a file that people wrote, as a difference shows them: their structure, with `***` for every value that may be a secret.

use std::collections::HashSet;

use super::entries::{Entries, is_silent, keys_of};
use super::instructions::shown_place;
use crate::merge::is_marker;
use crate::seal::HASH_MARK;
use crate::secrets::{by_name, by_value, is_harmless, is_named, is_random, masked_lines};

const HIDDEN: &str = "***";

/// Instructions of a Dockerfile whose arguments are no settings, and the others.
const PLACES: [&str; 7] = ["COPY", "EXPOSE", "FROM", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"];
const COMMANDS: [&str; 9] = ["ADD", "ARG", "CMD", "ENTRYPOINT", "HEALTHCHECK", "LABEL", "ONBUILD", "RUN", "SHELL"];

/// Keys of YAML whose values are names.
const NAMES: [&str; 9] = ["apiVersion", "container_name", "dockerfile", "image", "kind", "name", "namespace", "restart", "type"];

/// A line without its secrets, and its position.
struct Line<'a> {
    text: &'a str,
    /// The line with stars for what is known to be a secret.
    masked: &'a str,
    is_in_secret: bool,
    number: usize,
    entries: &'a Entries<'a>,
}

/// The lines of a text: those that dockgen writes as they are, and the others masked.
pub(super) fn masked_file(text: &str, rendered: &HashSet<&str>) -> Vec<String> {
    let masked = masked_lines(text);
    let (mut masked, mut before, mut in_key, mut block) = (masked.lines(), "", false, None);
    let (in_secrets, entries) = (in_secrets(text), Entries::read(text));
    let mut shown = Vec::new();
    for (number, (text, is_in_secret)) in text.lines().zip(in_secrets).enumerate() {
        let line = Line { text, masked: masked.next().unwrap_or(HIDDEN), is_in_secret, number, entries: &entries };
        let is_key = in_key || text.contains("-----BEGIN");
        in_key = is_key && !text.contains("-----END");
        block = block.filter(|outer| text.trim().is_empty() || indent(text) > *outer);
        let is_written = rendered.contains(text) && !line.is_of_a_secret();
        shown.push(if is_key {
            HIDDEN.to_owned()
        } else if is_written || text.starts_with(HASH_MARK) || is_marker(text) {
            text.to_owned()
        } else if block.is_some() || before.ends_with('\\') && !is_silent(text) {
            with_indent(text, HIDDEN)
        } else {
            line.shown()
        });
        block = block.or_else(|| opens_block(text).then(|| indent(text)));
        // an instruction goes on behind comments and empty lines
        before = if is_silent(text) { before } else { text.trim() };
    }
    shown
}

/// Whether each line is one of a Kubernetes Secret.
fn in_secrets(text: &str) -> Vec<bool> {
    let is_kind =
        |line: &&str| line.trim().strip_prefix("kind:").is_some_and(|kind| kind.trim().trim_matches(['"', '\'']) == "Secret");
    let lines: Vec<&str> = text.lines().collect();
    let documents = lines.split_inclusive(|line| line.starts_with("---"));
    documents.flat_map(|document| vec![document.iter().any(is_kind); document.len()]).collect()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn with_indent(line: &str, shown: &str) -> String {
    let shown = if line.trim().is_empty() { "" } else { shown };
    format!("{}{shown}", &line[..indent(line)])
}

/// Whether the lines below are a text of YAML: `key: |`.
fn opens_block(line: &str) -> bool {
    let mark = line.trim_end().trim_end_matches(|letter: char| letter.is_ascii_digit() || "+-".contains(letter));
    [" |", " >"].iter().any(|end| mark.ends_with(end))
}

impl Line<'_> {
    fn shown(&self) -> String {
        let rest = keys_of(self.text);
        let start = &self.text[..self.text.len() - rest.len()];
        if !rest.contains(|letter: char| letter.is_alphanumeric()) {
            return self.text.to_owned();
        }
        if rest.starts_with('#') {
            return with_indent(self.text, "# ***");
        }
        let instruction = rest.split(' ').next().unwrap_or(rest);
        if PLACES.contains(&instruction) {
            return shown_place(self.masked);
        }
        if is_pattern(self.text) {
            return self.masked.to_owned();
        }
        match assignment(rest) {
            Some((key, value)) => format!("{start}{}", self.assigned(rest, key, value)),
            None if instruction == "ENV" || instruction == "ARG" => format!("{start}{}", old_setting(rest)),
            None if COMMANDS.contains(&instruction) => format!("{start}{instruction} {HIDDEN}"),
            None => format!("{start}{HIDDEN}"),
        }
    }

    /// A key with its value where that is harmless, by all names that say what it is.
    fn assigned(&self, rest: &str, key: &str, value: &str) -> String {
        let mark = &rest[..rest.len() - value.len()];
        let spaced = mark.trim_end_matches(['"', '\'']);
        let bare = value.trim().trim_end_matches(',').trim_matches(['"', '\'']);
        // a Secret may call its values anything but these
        let is_safe_place = !self.is_in_secret || ["apiVersion", "kind"].contains(&key);
        let is_name = NAMES.contains(&key) && self.masked == self.text && is_safe_place && !value.contains(['{', ',']);
        let is_open = !value.contains(|letter: char| letter.is_alphanumeric());
        let names = self.entries.names_of(self.number, key);
        let is_plain = || !names.is_empty() && names.iter().all(|name| !is_named(name, bare));
        let is_shown = || is_plain() && names.first().is_some_and(|name| is_harmless(name, bare));
        if is_open || is_name || !self.is_in_secret && is_shown() {
            return rest.to_owned();
        }
        format!("{spaced}{HIDDEN}")
    }

    /// Whether the line is the value of an entry that another line calls a secret.
    fn is_of_a_secret(&self) -> bool {
        let value = assignment(keys_of(self.text)).filter(|(key, _)| Entries::is_value(key));
        value.is_some_and(|(key, _)| self.entries.names_of(self.number, key).iter().any(|name| by_name(name)))
    }
}

/// `ENV DB_PASSWORD hunter2`, as Dockerfiles once had it.
fn old_setting(rest: &str) -> String {
    let mut words = rest.split_whitespace();
    let (instruction, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if words.next().is_none() { rest.to_owned() } else { format!("{instruction} {name} {HIDDEN}") }
}

/// One pattern of an ignore file: `**/*.pyc`, `/build`, `.git`.
fn is_pattern(line: &str) -> bool {
    line.starts_with(['*', '!', '/', '.']) && !line.contains([' ', '=', ':'])
}

/// The key and the value of `KEY=value`, `key: value`, `"key": "value"` and `ENV KEY=value`.
pub(super) fn assignment(rest: &str) -> Option<(&str, &str)> {
    let setting = ["ENV ", "ARG ", "export "].iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
    let inner = setting.trim_start_matches(['"', '\'', '{', ' ']);
    let end = inner.find(|letter: char| !letter.is_ascii_alphanumeric() && !"_-./<".contains(letter))?;
    let (key, after) = inner.split_at(end);
    let after = after.trim_start_matches(['"', '\'', ' ']);
    let value = after.strip_prefix([':', '='])?;
    let is_yaml = after.starts_with(':') && (value.is_empty() || value.starts_with(' '));
    // the end of base64 looks like an assignment of nothing
    let is_setting = after.starts_with('=') && !value.starts_with('=') && (!value.trim().is_empty() || key.to_uppercase() == key);
    let is_plain = !key.is_empty() && !key.starts_with('-') && by_value(key).is_none() && !is_random(key);
    (is_plain && (is_yaml || is_setting)).then(|| (key, value.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_harmless_is_shown_of_the_lines_that_people_wrote() {
        for (text, expected) in [
            ("- name: DB_PASSWORD\n  value: 1234", "- name: DB_PASSWORD\n  value: ***"),
            ("- name: PORT\n  value: \"8000\"", "- name: PORT\n  value: \"8000\""),
            ("pass: |-\n  hunter2\n  a: 1\nport: 80", "pass: |-\n  ***\n  ***\nport: 80"),
            ("stringData:\n  pin: 1234\nkind: Secret\n---\npin: x", "stringData:\n  pin: ***\nkind: Secret\n---\npin: ***"),
            ("kind: Secret\nstringData:\n  name: hunter2", "kind: Secret\nstringData:\n  name: ***"),
            ("env: {name: DB_PASSWORD, value: hunter2}", "env: ***"),
            ("password:\n  hunter2", "password:\n  ***"),
            ("test: [\"mysqladmin\",\"-phunter2\"]", "test: ***"),
            ("proxy: u:hunter2@host", "proxy: ***"),
            ("u:hunter2@host", "***"),
            ("machine h login u password hunter2", "***"),
            ("RUN x --password \\\n  hunter2", "RUN ***\n  ***"),
            ("ENV DB_PASSWORD hunter2", "ENV DB_PASSWORD ***"),
            ("ENV A=b TOKEN=hunter2", "ENV A=***"),
            ("  - --password\n  - hunter2", "  - ***\n  - ***"),
            ("  - \"API_TOKEN=hunter2\"", "  - \"API_TOKEN=***"),
            ("aHVudGVyMg==", "***"),
            ("- name: PIN\n\n  # why\n  value: 8443", "- name: PIN\n\n  # ***\n  value: ***"),
            ("- value: 8443\n  name: PIN\n- value: 1\n  name: A", "- value: ***\n  name: PIN\n- value: 1\n  name: A"),
            ("- key: PIN\n  scope: 1\n  value: 8443", "- key: ***\n  scope: 1\n  value: ***"),
            ("PIN:\n  scope: 1\n\n  default: 8443", "PIN:\n  scope: 1\n\n  default: ***"),
            ("[[env]]\nname = \"PIN\"\n\nvalue = \"8443\"", "***\nname = \"PIN\"\n\nvalue = ***"),
            ("{\n  \"name\": \"PIN\",\n  \"value\": \"8443\"\n}", "{\n  \"name\": \"PIN\",\n  \"value\": ***\n}"),
            ("{\n  \"name\": \"PORT\",\n  \"value\": \"8443\"\n}", "{\n  \"name\": \"PORT\",\n  \"value\": \"8443\"\n}"),
            ("value: 8443", "value: ***"),
            ("RUN x --pin \\\n  # why\n\n  a=8443", "RUN ***\n  # ***\n\n  ***"),
            ("USER u:hunter2", "USER u:***"),
            ("USER 1000:1000\nUSER app:app\nUSER root", "USER 1000:1000\nUSER app:app\nUSER root"),
            ("WORKDIR u:hunter2\nEXPOSE u:hunter2", "WORKDIR u:***\nEXPOSE u:***"),
            ("COPY --chown=u:hunter2 a b", "COPY --chown=u:*** a b"),
            ("COPY --chown=app:app --from=python:3.14-slim a b", "COPY --chown=app:app --from=python:3.14-slim a b"),
            ("FROM u:hunter2\nFROM python:3.14-slim AS build", "FROM u:***\nFROM python:3.14-slim AS build"),
            ("VOLUME [\"/data\", \"u:hunter2\"]", "VOLUME [\"/data\", \"u:***\"]"),
            ("# the password is hunter2", "# ***"),
            ("FROM python:3.13\nWORKDIR /srv\nDEBUG=true", "FROM python:3.13\nWORKDIR /srv\nDEBUG=true"),
            ("image: \"nginx:1.29\"\n**/*.pyc\n]", "image: \"nginx:1.29\"\n**/*.pyc\n]"),
        ] {
            assert_eq!(masked_file(text, &HashSet::new()).join("\n"), expected);
        }
        assert_eq!(masked_file("a hunter2", &HashSet::from(["a hunter2"])), ["a hunter2"]);
        // what is harmless elsewhere is none where a line above calls it a secret
        let pin = masked_file("- name: PIN\n  value: \"8000\"", &HashSet::from(["  value: \"8000\""]));
        assert_eq!(pin, ["- name: PIN", "  value: ***"]);
    }
}
