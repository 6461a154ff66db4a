//! The modules that a file names: in import statements, calls and settings.

use std::collections::BTreeSet;
use std::ops::Range;

use super::ImportTime;
use crate::python::module::{Expression, Module};
use crate::python::names::is_importable;
use crate::python::regions::RegionKind;

/// How deep the values of settings are looked through.
const DEEPEST: usize = 8;

/// Functions that import a module by its name, or hand the name to something that does.
const IMPORTERS: [&str; 7] =
    ["import_module", "__import__", "import_string", "include", "autodiscover_tasks", "config_from_object", "from_object"];

/// The modules of an application that Django, and Celery with it, import by themselves.
const DJANGO_MODULES: [&str; 5] = ["apps", "models", "admin", "signals", "tasks"];

/// A module that a file uses.
#[derive(Debug, Clone)]
pub(crate) struct ModuleUse {
    /// The module with its dots, without those in front.
    pub(crate) module: String,
    /// How many dots are in front.
    pub(crate) level: usize,
    /// What is taken from the module: a name in it, or a module below it.
    pub(crate) item: Option<String>,
    pub(crate) time: ImportTime,
}

/// Every module that a file uses, without those of type checkers; `called` are functions that others call while importing it.
pub(super) fn uses(module: &Module, called: Option<&BTreeSet<String>>) -> Vec<ModuleUse> {
    let waiting = module.waiting(called);
    let time = |at: usize| match waiting.kind_at(at) {
        None => Some(ImportTime::Start),
        Some(RegionKind::Guarded) => Some(ImportTime::Guarded),
        Some(RegionKind::Function | RegionKind::Program) => Some(ImportTime::Later),
        Some(RegionKind::Typing) => None,
    };
    let mut uses = Vec::new();
    for import in &module.imports {
        if let Some(time) = time(import.span.start) {
            let (module, item) = (import.module.clone(), import.item.clone());
            uses.push(ModuleUse { module, item, level: import.level, time });
        }
    }
    for (value, span) in named_values(module) {
        let Some(time) = time(span.start) else { continue };
        let alone = matches!(value, Expression::Text(text) if !text.contains('.'));
        texts(value, DEEPEST, &mut |text| uses.extend((is_importable(text) && !alone).then(|| named(text, time))));
    }
    uses.extend(django_modules(module));
    uses
}

/// The modules that Django imports from each application of the project.
fn django_modules(module: &Module) -> Vec<ModuleUse> {
    let mut uses = Vec::new();
    for binding in module.bindings.iter().filter(|binding| binding.name.ends_with("_APPS")) {
        texts(&binding.value, DEEPEST, &mut |text| {
            let modules = DJANGO_MODULES.iter().filter(|_| is_importable(text));
            uses.extend(modules.map(|name| named(&format!("{text}.{name}"), ImportTime::Start)));
        });
    }
    uses
}

/// The values that may name modules: arguments of calls that import them, and settings.
fn named_values(module: &Module) -> Vec<(&Expression, &Range<usize>)> {
    let mut values = Vec::new();
    for call in &module.calls {
        let arguments: Vec<&Expression> = match call.method() {
            name if IMPORTERS.contains(&name) => call.arguments.iter().collect(),
            "setdefault" if call.first_text() == Some("DJANGO_SETTINGS_MODULE") => call.arguments.iter().skip(1).collect(),
            "Celery" => ["include", "imports"].iter().filter_map(|name| call.named(name)).collect(),
            _ => continue,
        };
        values.extend(arguments.into_iter().map(|value| (value, &call.span)));
    }
    let settings = module.bindings.iter().filter(|binding| is_setting(&binding.name));
    values.extend(settings.map(|binding| (&binding.value, &binding.span)));
    let fields = module.classes.iter().flat_map(|class| &class.fields).filter(|field| is_setting(&field.name));
    values.extend(fields.filter_map(|field| Some((field.value.as_ref()?, &field.span))));
    values
}

/// Whether a name is one of settings, as in Django: `INSTALLED_APPS`.
fn is_setting(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase()) && !name.contains(|letter: char| letter.is_ascii_lowercase())
}

/// The texts in a value.
fn texts(value: &Expression, steps: usize, add: &mut dyn FnMut(&str)) {
    let Some(steps) = steps.checked_sub(1) else { return };
    match value {
        Expression::Text(text) => add(text),
        Expression::List(values) | Expression::Parts(values) => values.iter().for_each(|value| texts(value, steps, add)),
        Expression::Dict(pairs) => pairs.iter().for_each(|(_, value)| texts(value, steps, add)),
        Expression::Call(call) => call.arguments.iter().for_each(|value| texts(value, steps, add)),
        _ => {}
    }
}

/// A text as a module, or as a name in one.
fn named(text: &str, time: ImportTime) -> ModuleUse {
    let (module, item) = text.rsplit_once('.').map_or((text, None), |(module, item)| (module, Some(item.to_owned())));
    ModuleUse { module: module.to_owned(), level: 0, item, time }
}
