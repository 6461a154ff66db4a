//! The files behind an import, as Python looks for them in one folder of its import path.

use super::ModuleUse;
use crate::paths::{join, parent, within};
use crate::python::codebase::Codebase;

/// The files that an import runs, the outermost package first; none if it doesn't reach a file of the project.
pub(super) fn files(codebase: &Codebase<'_>, root: &str, from: &str, found: &ModuleUse) -> Option<Vec<String>> {
    let base = if found.level > 0 { base(root, from, found.level)? } else { root.to_owned() };
    let mut place = ModulePlace { codebase, files: Vec::new(), folder: base, last: LastPart::Namespace };
    if found.level > 0 {
        let init = join(&place.folder, "__init__.py");
        if codebase.tree.has(&init) {
            place.last = LastPart::Package;
            place.files.push(init);
        }
    }
    for part in found.module.split('.').filter(|part| !part.is_empty()) {
        place.enter(part)?;
    }
    match found.item.as_deref() {
        None | Some("*") => (place.last != LastPart::Namespace).then_some(place.files),
        Some(item) => place.item(item),
    }
}

/// The package that a relative import starts from; none where it leaves the outermost package below `root`.
pub(super) fn base(root: &str, from: &str, level: usize) -> Option<String> {
    let base = (1..level).try_fold(parent(from), |folder, _| (!folder.is_empty()).then(|| parent(folder)))?;
    (base != root && (root.is_empty() || within(base, root))).then(|| base.to_owned())
}

/// What the last part of a module's name is.
#[derive(PartialEq)]
enum LastPart {
    Package,
    Module,
    /// A folder without `__init__.py`: nothing can be taken from it but modules.
    Namespace,
}

struct ModulePlace<'s, 'd> {
    codebase: &'s Codebase<'d>,
    files: Vec<String>,
    folder: String,
    last: LastPart,
}

impl ModulePlace<'_, '_> {
    /// Goes on to a part of a module's name, in Python's order: package, module, namespace.
    fn enter(&mut self, part: &str) -> Option<()> {
        if self.last == LastPart::Module {
            return None;
        }
        self.folder = join(&self.folder, part);
        let tree = &self.codebase.tree;
        let (init, module) = (join(&self.folder, "__init__.py"), format!("{}.py", self.folder));
        self.last = if tree.has(&init) {
            self.files.push(init);
            LastPart::Package
        } else if tree.has(&module) {
            self.files.push(module);
            LastPart::Module
        } else {
            tree.has_folder(&self.folder).then_some(LastPart::Namespace)?
        };
        Some(())
    }

    /// The files with what is taken from the module: a module below it, or a name that its text has.
    fn item(mut self, item: &str) -> Option<Vec<String>> {
        let (init, module) = (join(&join(&self.folder, item), "__init__.py"), format!("{}.py", join(&self.folder, item)));
        let below = [init, module].into_iter().find(|path| self.last != LastPart::Module && self.codebase.tree.has(path));
        if let Some(below) = below {
            self.files.push(below);
            return Some(self.files);
        }
        let text = self.codebase.text(self.files.last().filter(|_| self.last != LastPart::Namespace)?)?;
        has_name(&text, item).then_some(self.files)
    }
}

/// Whether a text has a name, or takes over or makes up names.
fn has_name(text: &str, name: &str) -> bool {
    let part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(name).any(|(at, _)| !text[..at].ends_with(part) && !text[at + name.len()..].starts_with(part))
        || ["import *", "__getattr__", "globals()"].iter().any(|word| text.contains(word))
}
