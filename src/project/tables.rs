//! Parses TOML files of the project, keeping the place of every value.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::error::{Error, Place, Result, Source};
use crate::knowledge::InstallerRow;
use crate::paths::{self, has_extension};

pub(crate) fn parse(source: &Arc<Source>) -> Result<DeTable<'_>> {
    DeTable::parse(&source.text).map(Spanned::into_inner).map_err(|error| {
        let span = error.span().unwrap_or_default();
        let message = format!("`{}` is not TOML: {}", source.name, error.message().replace('\n', ", "));
        let error = Error::new(message).at(Some(Place { source: Arc::clone(source), span }));
        if has_extension(&source.name, &["lock"]) { error.hint(lock_again(source)) } else { error }
    })
}

/// How to fix a broken lockfile.
pub(crate) fn lock_again(lock: &Source) -> String {
    let row = InstallerRow::of_lockfile(paths::name(&lock.name));
    row.map_or_else(|| "write it again with the tool that wrote it".to_owned(), |row| format!("run `{} lock`", row.name))
}

/// The value at a path of keys.
pub(crate) fn lookup<'t, 'a>(table: Option<&'t DeTable<'a>>, path: &[impl AsRef<str>]) -> Option<&'t Spanned<DeValue<'a>>> {
    let (last, tables) = path.split_last()?;
    let get = |table: &'t DeTable<'a>, name: &str| table.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value);
    get(tables.iter().try_fold(table?, |table, name| get(table, name.as_ref())?.get_ref().as_table())?, last.as_ref())
}

pub(crate) fn get<'t, 'a>(table: &'t DeTable<'a>, name: &str) -> Option<&'t DeValue<'a>> {
    table.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value.get_ref())
}

/// The strings of a list, with their spans.
pub(crate) fn strings<'t>(list: &'t DeArray<'_>) -> impl Iterator<Item = (&'t str, Range<usize>)> {
    list.iter().filter_map(|item| Some((item.get_ref().as_str()?, item.span())))
}
