//! Variables from pydantic settings classes: one per field, with the prefixes of the classes around it.

use std::cell::Cell;
use std::rc::Rc;

use super::secret_types::SecretTypes;
use super::setting::{ReadSetting, SettingEvidence};
use crate::python::codebase::{Codebase, Parsed};
use crate::python::module::{Call, Class, Expression, Field, Module};

/// Maximum number of nested classes.
const MOST: usize = 1000;

/// Maximum depth of nesting and inheritance.
const STEPS: usize = 8;

/// A variable that a field of a settings class is filled from, by name.
type FieldVariable = (String, ReadSetting);

/// A class with its file.
struct ClassInFile {
    path: String,
    parsed: Rc<Parsed>,
    class: Class,
}

/// Variables of all settings classes in a file.
pub(super) fn variables(codebase: &Codebase<'_>, path: &str, parsed: &Rc<Parsed>) -> Vec<FieldVariable> {
    let mut variables = Vec::new();
    for class in parsed.module.classes.iter().filter(|class| !class.name.starts_with("Test")) {
        let found = ClassInFile { path: path.to_owned(), parsed: Rc::clone(parsed), class: class.clone() };
        let family = family(codebase, found);
        if family.iter().any(|found| found.class.bases.iter().any(|base| base.ends_with("BaseSettings"))) {
            let option = |name: &str| family.iter().find_map(|found| option(&found.class, &found.parsed.module, name, STEPS));
            let prefix = option("env_prefix").unwrap_or_default();
            let names = VariableNames { left: Cell::new(MOST), codebase, delimiter: option("env_nested_delimiter") };
            names.fields(&family, &prefix, true, STEPS, &mut variables);
        }
    }
    variables
}

/// A class and its base classes in the project, nearest first.
fn family(codebase: &Codebase<'_>, found: ClassInFile) -> Vec<ClassInFile> {
    let mut family = vec![found];
    let mut next = 0;
    while let Some(found) = family.get(next).filter(|_| next < STEPS) {
        let bases = found.class.bases.iter().filter_map(|base| class(codebase, &found.path, &found.parsed, base, STEPS));
        let bases: Vec<ClassInFile> = bases.collect();
        let new = bases
            .into_iter()
            .filter(|base| family.iter().all(|known| known.class.name != base.class.name || known.path != base.path));
        let new: Vec<ClassInFile> = new.collect();
        family.extend(new);
        next += 1;
    }
    family
}

/// Resolves a name in a file to a class of the project.
fn class(codebase: &Codebase<'_>, path: &str, parsed: &Rc<Parsed>, name: &str, steps: usize) -> Option<ClassInFile> {
    let steps = steps.checked_sub(1)?;
    let (owner, last) = name.rsplit_once('.').map_or((None, name), |(owner, last)| (Some(owner), last));
    if owner.is_none()
        && let Some(class) = parsed.module.classes.iter().find(|class| class.name == last)
    {
        return Some(ClassInFile { path: path.to_owned(), parsed: Rc::clone(parsed), class: class.clone() });
    }
    let import = parsed.module.imports.iter().find(|import| import.name == owner.unwrap_or(last))?;
    let file = codebase.module(path, import).filter(|file| file != path)?;
    let original = if owner.is_some() { last } else { import.item.as_deref()? };
    class(codebase, &file, &codebase.read(&file)?, original, steps)
}

/// A string that `model_config` or the inner class `Config` sets.
fn option(class: &Class, module: &Module, name: &str, steps: usize) -> Option<String> {
    let inner = class.inner.iter().filter(|inner| inner.name == "Config").flat_map(|inner| &inner.fields);
    let inner = inner.filter(|field| field.name == name).find_map(|field| field.value.as_ref()?.text());
    if let Some(text) = inner {
        return Some(text.to_owned());
    }
    let config = class.fields.iter().find(|field| field.name == "model_config")?;
    in_config(config.value.as_ref()?, module, name, steps)
}

/// `SettingsConfigDict(name="…")`, a dictionary, a name for one, or several put together with `|`: the last one counts.
fn in_config(config: &Expression, module: &Module, name: &str, steps: usize) -> Option<String> {
    let steps = steps.checked_sub(1)?;
    match config {
        Expression::Call(call) => call.named(name)?.text().map(str::to_owned),
        Expression::Dict(pairs) => {
            let value = pairs.iter().find(|(key, _)| key.text() == Some(name)).map(|(_, value)| value);
            value?.text().map(str::to_owned)
        }
        Expression::Name(other) => in_config(&module.value(other)?.value, module, name, steps),
        Expression::Parts(parts) => parts.iter().rev().find_map(|part| in_config(part, module, name, steps)),
        _ => None,
    }
}

struct VariableNames<'s, 'd> {
    /// Remaining number of classes to visit, which limits nested classes that multiply.
    left: Cell<usize>,
    codebase: &'s Codebase<'d>,
    delimiter: Option<String>,
}

impl VariableNames<'_, '_> {
    /// Adds the variables of a class and its base classes.
    fn fields(&self, family: &[ClassInFile], prefix: &str, needed: bool, steps: usize, variables: &mut Vec<FieldVariable>) {
        let Some(steps) = steps.checked_sub(1) else { return };
        let mut seen = Vec::new();
        for found in family {
            for field in found.class.fields.iter().filter(|field| is_variable(field)) {
                if seen.contains(&field.name) {
                    continue;
                }
                seen.push(field.name.clone());
                let types = SecretTypes::new(self.codebase, &found.path, &found.parsed);
                let declared = Declared::of(field, &types);
                let name = declared.alias.clone().unwrap_or_else(|| format!("{prefix}{}", field.name));
                let required = needed && declared.required;
                let nested = plain_type(&field.kind)
                    .and_then(|name| class(self.codebase, &found.path, &found.parsed, name, STEPS))
                    .map(|nested| self::family(self.codebase, nested))
                    .filter(|nested| has_variables(nested));
                if let Some(nested) = nested {
                    // without a delimiter, only JSON could set it; a nested settings class reads its own variables
                    let Some(delimiter) = &self.delimiter else { continue };
                    let Some(left) = self.left.get().checked_sub(1) else { return };
                    self.left.set(left);
                    if family.iter().any(|known| nested.first().is_some_and(|nested| known.class.name == nested.class.name)) {
                        continue;
                    }
                    // a factory creates it from its own variables
                    let needed = needed && (declared.required || declared.made);
                    self.fields(&nested, &format!("{name}{delimiter}"), needed, steps, variables);
                    continue;
                }
                let setting = ReadSetting {
                    required,
                    example: declared.example.or_else(|| literal(&field.kind)),
                    composed: declared.composed,
                    secret: declared.secret || types.has(&field.kind),
                    ..ReadSetting::at(&found.parsed.source, &field.span, SettingEvidence::Field)
                };
                variables.push((name.to_uppercase(), setting));
            }
        }
    }
}

/// Whether a class has fields of its own, unlike an enumeration or a type that only checks a value: `class Dsn(PostgresDsn)`.
fn has_variables(family: &[ClassInFile]) -> bool {
    let is_enum = |found: &ClassInFile| found.class.bases.iter().any(|base| base.ends_with("Enum"));
    !family.iter().any(is_enum) && family.iter().any(|found| found.class.fields.iter().any(is_variable))
}

/// Whether the environment sets a field.
fn is_variable(field: &Field) -> bool {
    // a call of another reader names its own variable
    let read = |call: &Call| call.method() == "Field" || call.first_text().is_none();
    !field.kind.is_empty()
        && !field.kind.contains("ClassVar")
        && field.name != "model_config"
        && !field.name.starts_with('_')
        && field
            .value
            .as_ref()
            .and_then(Expression::call)
            .is_none_or(|call| read(call) || !["config", "getenv", "get", "env"].contains(&call.method()))
}

/// The right side of a field.
#[allow(clippy::struct_excessive_bools, reason = "each says something else of a setting")]
struct Declared {
    alias: Option<String>,
    required: bool,
    /// A factory makes it.
    made: bool,
    composed: bool,
    secret: bool,
    example: Option<String>,
}

impl Declared {
    fn of(field: &Field, types: &SecretTypes<'_, '_>) -> Self {
        let value = field.value.as_ref();
        let call = value.and_then(Expression::call).filter(|call| call.method() == "Field");
        let alias = call.and_then(|call| {
            ["validation_alias", "alias", "env"].iter().find_map(|key| match call.named(key)? {
                Expression::Text(text) => Some(text.clone()),
                Expression::Call(aliases) => aliases.first_text().map(str::to_owned),
                _ => None,
            })
        });
        let factory = call.and_then(|call| call.named("default_factory"));
        let default = match call {
            Some(call) => call.named("default").or(factory).or_else(|| call.arguments.first()),
            None => value,
        };
        // `SecretStr("…")`, `Path("…")` and similar calls contain the text
        let wrapped = default.and_then(Expression::call).filter(|_| factory.is_none()).and_then(|call| call.arguments.first());
        Self {
            alias,
            required: default.is_none_or(|value| *value == Expression::Ellipsis),
            made: factory.is_some() || value.and_then(Expression::call).is_some_and(|call| call.arguments.is_empty()),
            secret: default.and_then(Expression::call).is_some_and(|call| types.has(&call.function)),
            composed: matches!(default, Some(Expression::Other | Expression::Parts(_))),
            example: default.and_then(super::environment::plain).or_else(|| wrapped.and_then(super::environment::plain)),
        }
    }
}

/// The name of a type, without None: `Database`, `Database | None`, `Optional[Database]`.
fn plain_type(kind: &str) -> Option<&str> {
    let inner = kind.trim().strip_prefix("Optional[").and_then(|rest| rest.strip_suffix(']')).unwrap_or(kind);
    let name = inner.split('|').map(str::trim).find(|name| *name != "None")?.trim_matches(['"', '\'']);
    name.chars().all(|letter| letter.is_alphanumeric() || "_.".contains(letter)).then_some(name)
}

/// A value that `Literal["dev", "prod"]` allows, the one for production where its name says so.
fn literal(kind: &str) -> Option<String> {
    let (_, list) = kind.split_once("Literal[")?;
    let texts: Vec<&str> = list.split(']').next()?.split(['"', '\'']).skip(1).step_by(2).collect();
    let production = texts.iter().find(|text| text.to_lowercase().starts_with("prod"));
    production.or(texts.first()).map(|text| (*text).to_owned())
}
