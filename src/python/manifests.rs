//! The dependencies that manifests declare: pyproject.toml, setup.cfg, Pipfile.

use std::collections::HashSet;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::dependencies::{Dependency, Installation, line_origin};
use super::names::{all_normalized, normalized};
use super::requirement::{Requirement, version_control};
use super::versions::exact;
use super::wheels::is_wheel;
use crate::error::{Result, Source};
use crate::layers::origin;
use crate::paths::normal;
use crate::project::tables::{get, lookup, parse, strings};

/// The dependencies of a folder's manifests, with the groups and extras of the spec.
pub(super) fn declared(installation: &Installation<'_>, folder: &str) -> Result<Vec<Dependency>> {
    of_folder(installation, folder, &installation.install.extras, &installation.install.groups)
}

/// The dependencies of a folder's manifests, with these extras and groups.
pub(super) fn of_folder(
    installation: &Installation<'_>,
    folder: &str,
    extras: &[String],
    groups: &[String],
) -> Result<Vec<Dependency>> {
    let reader = ManifestReader { installation, extras, groups };
    let path = |name: &str| normal(&format!("{folder}/{name}"));
    let mut found = Vec::new();
    if let Some(source) = installation.read(&path("pyproject.toml"))? {
        found = reader.pyproject(&source)?;
    }
    if let Some(source) = installation.read(&path("setup.cfg"))?.filter(|_| found.is_empty()) {
        found = reader.setup_cfg(&source);
    }
    if let Some(source) = installation.read(&path("Pipfile"))?.filter(|_| found.is_empty()) {
        found = reader.pipfile(&source)?;
    }
    Ok(found)
}

/// The name of the project in `pyproject.toml`.
pub(crate) fn project_name<'t, 'a>(document: Option<&'t DeTable<'a>>) -> Option<&'t Spanned<DeValue<'a>>> {
    [&["project", "name"][..], &["tool", "poetry", "name"]].into_iter().find_map(|path| lookup(document, path))
}

struct ManifestReader<'a> {
    installation: &'a Installation<'a>,
    extras: &'a [String],
    groups: &'a [String],
}

impl ManifestReader<'_> {
    fn pyproject(&self, source: &Arc<Source>) -> Result<Vec<Dependency>> {
        let document = parse(source)?;
        let at = |path: &[&str]| lookup(Some(&document), path).map(Spanned::get_ref);
        let mut found = self.list(source, at(&["project", "dependencies"]));
        let tables = [&["project", "optional-dependencies"][..], &["dependency-groups"]];
        for (path, names) in tables.into_iter().zip([self.extras, self.groups]) {
            for name in names {
                found.extend(self.list(source, table(at(path)).and_then(|all| get(all, name))));
            }
        }
        let poetry = |path: &[&str]| at(&[&["tool", "poetry"], path].concat());
        let wanted = self.poetry_extras(poetry(&["extras"]));
        found.extend(self.table(source, poetry(&["dependencies"]), &wanted));
        for group in self.groups {
            found.extend(self.table(source, poetry(&["group", group, "dependencies"]), &wanted));
            found.extend(self.list(source, at(&["tool", "pdm", "dev-dependencies", group])));
        }
        Ok(found)
    }

    /// The optional dependencies that the selected Poetry extras add.
    fn poetry_extras(&self, extras: Option<&DeValue<'_>>) -> HashSet<String> {
        let lists = self.extras.iter().filter_map(|extra| get(table(extras)?, extra)?.as_array());
        lists.flat_map(|list| all_normalized(strings(list).map(|(text, _)| text))).collect()
    }

    /// A list of requirements. Skips tables such as `{ include-group = … }`.
    fn list(&self, source: &Arc<Source>, list: Option<&DeValue<'_>>) -> Vec<Dependency> {
        let Some(list) = list.and_then(DeValue::as_array) else { return Vec::new() };
        let dependency = |(text, span)| {
            let requirement = Requirement::parse(text)?;
            let excluded = self.installation.environment.excludes(requirement.marker);
            (!excluded).then(|| requirement.into_dependency(origin(source, span, "")))
        };
        strings(list).filter_map(dependency).collect()
    }

    /// A table of Poetry or of a Pipfile: names with a range or a table. Optional ones are installed by the extras that list them.
    fn table(&self, source: &Arc<Source>, entries: Option<&DeValue<'_>>, wanted: &HashSet<String>) -> Vec<Dependency> {
        let Some(entries) = table(entries) else { return Vec::new() };
        let dependency = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
            let key: &Spanned<std::borrow::Cow<'_, str>> = key;
            let name = normalized(key.get_ref()).filter(|name| name != "python")?;
            let detail = Detail::of(value.get_ref());
            let needed = (!detail.optional || wanted.contains(&name)) && !detail.path;
            (needed && !self.installation.environment.excludes(&detail.marker)).then(|| Dependency {
                version: detail.version,
                extras: detail.extras,
                wheels: detail.fetched_with.map(|_| Vec::new()),
                fetched_with: detail.fetched_with,
                origin: origin(source, key.span(), ""),
                name,
            })
        };
        entries.iter().filter_map(dependency).collect()
    }

    fn pipfile(&self, source: &Arc<Source>) -> Result<Vec<Dependency>> {
        let document = parse(source)?;
        let names = ["packages"].into_iter().chain(self.groups.iter().map(String::as_str));
        Ok(names.flat_map(|name| self.table(source, get(&document, name), &HashSet::new())).collect())
    }

    /// `install_requires`, and the chosen ones of `[options.extras_require]`.
    fn setup_cfg(&self, source: &Arc<Source>) -> Vec<Dependency> {
        let (mut section, mut key, mut start) = ("", "", 0);
        let mut found = Vec::new();
        for line in source.text.split_inclusive('\n') {
            let begin = start;
            start += line.len();
            let text = line.split(" #").next().unwrap_or_default().trim();
            if text.is_empty() || text.starts_with(['#', ';']) {
                continue;
            }
            let mut value = text;
            if !line.starts_with([' ', '\t']) {
                if let Some(name) = text.strip_prefix('[') {
                    (section, key) = (name.trim_end_matches(']'), "");
                    continue;
                }
                let (name, rest) = text.split_once(['=', ':']).unwrap_or((text, ""));
                (key, value) = (name.trim(), rest);
            }
            let extra = section == "options.extras_require" && self.extras.iter().any(|extra| extra == key);
            if extra || section == "options" && key == "install_requires" {
                let requirement = Requirement::parse(value);
                let here = requirement.filter(|found| !self.installation.environment.excludes(found.marker));
                found.extend(here.map(|requirement| requirement.into_dependency(line_origin(source, begin))));
            }
        }
        found
    }
}

/// The value of a name in a table of dependencies.
#[derive(Default)]
pub(in crate::python) struct Detail {
    pub(super) version: Option<String>,
    pub(super) extras: Vec<String>,
    pub(super) marker: String,
    pub(super) optional: bool,
    path: bool,
    fetched_with: Option<&'static str>,
}

impl Detail {
    /// A range, a table, or a list of tables for different machines, whose first one speaks for all.
    pub(super) fn of(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::String(range) => Self { version: exact(range), ..Self::default() },
            DeValue::Array(several) => {
                let all: Vec<_> = several.iter().map(|one| Self::of(one.get_ref())).collect();
                let marker = if all.iter().any(|one| one.marker.is_empty()) {
                    String::new()
                } else {
                    all.iter().map(|one| one.marker.as_str()).collect::<Vec<_>>().join(" or ")
                };
                let extras = all.iter().flat_map(|one| one.extras.clone()).collect();
                let first = all.into_iter().next().unwrap_or_default();
                Self { marker, extras, version: None, ..first }
            }
            DeValue::Table(table) => {
                let text = |key: &str| get(table, key).and_then(DeValue::as_str);
                let markers = ["markers", "sys_platform", "platform_system", "os_name", "python_version"].into_iter();
                let marker = |key: &'static str| match (key, text(key)?) {
                    ("markers", marker) => Some(format!("({marker})")),
                    (name, condition) => Some(format!("{name} {condition}")),
                };
                let extras = get(table, "extras").and_then(DeValue::as_array);
                Self {
                    version: text("version").and_then(exact),
                    extras: extras.map(|list| all_normalized(strings(list).map(|(text, _)| text))).unwrap_or_default(),
                    marker: markers.filter_map(marker).collect::<Vec<_>>().join(" and "),
                    optional: get(table, "optional").and_then(DeValue::as_bool).unwrap_or_default(),
                    path: text("path").is_some_and(|path| !is_wheel(path)),
                    fetched_with: ["git", "hg", "svn"].into_iter().find(|key| text(key).is_some()).and_then(version_control),
                }
            }
            _ => Self::default(),
        }
    }
}

fn table<'t, 'a>(value: Option<&'t DeValue<'a>>) -> Option<&'t DeTable<'a>> {
    value.and_then(DeValue::as_table)
}
