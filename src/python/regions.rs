//! Code of a module that does not run, or that may fail, while the module is imported.

use std::collections::BTreeSet;
use std::ops::Range;

use tree_sitter::Node;

use super::module::Module;
use super::parser::ModuleReader;

/// How many calls are followed from one function to the next.
const STEPS: usize = 6;

/// The most regions of a file that are kept.
const MOST: usize = 5000;

/// Part of a file.
#[derive(Debug, Clone)]
pub(crate) struct Region {
    pub(crate) kind: RegionKind,
    /// The name of a function; of a method with its class, as in `Settings.__init__`.
    pub(crate) name: String,
    pub(crate) span: Range<usize>,
}

/// Why a region differs from the rest of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RegionKind {
    /// Runs, and an `ImportError` in it is handled.
    Guarded,
    /// Runs when the function is called.
    Function,
    /// Runs under `if __name__ == "__main__"`.
    Program,
    /// Never runs: `if TYPE_CHECKING`.
    Typing,
}

impl ModuleReader<'_> {
    pub(super) fn region(&mut self, kind: RegionKind, name: &str, node: Option<Node<'_>>) {
        if let Some(node) = node.filter(|_| self.module.regions.len() < MOST) {
            self.module.regions.push(Region { kind, name: name.to_owned(), span: node.byte_range() });
        }
    }

    /// What an `if` that is known before the program runs encloses.
    pub(super) fn kind_of_if(&self, node: Node<'_>) -> Option<RegionKind> {
        let condition = self.of(node.child_by_field_name("condition")?).replace('\'', "\"");
        if condition.contains("__name__") && condition.contains("\"__main__\"") && condition.contains("==") {
            return Some(RegionKind::Program);
        }
        (condition.rsplit('.').next() == Some("TYPE_CHECKING")).then_some(RegionKind::Typing)
    }

    /// Whether a `try` or `with` handles an `ImportError`.
    pub(super) fn may_fail(&self, node: Node<'_>) -> bool {
        let handles =
            |text: &str| ["ImportError", "ModuleNotFoundError", "except:", "Exception"].iter().any(|name| text.contains(name));
        let mut cursor = node.walk();
        let mut children = node.named_children(&mut cursor);
        children.any(|child| match child.kind() {
            "except_clause" => handles(self.of(child).lines().next().unwrap_or_default()),
            "with_clause" => self.of(child).contains("suppress") && handles(self.of(child)),
            _ => false,
        })
    }
}

impl Module {
    /// The regions that remain when functions called during the import count as part of it; `called` are those that others call.
    pub(crate) fn waiting<'a>(&'a self, called: &[&'a str]) -> Vec<&'a Region> {
        let mut names: BTreeSet<&str> = called.iter().copied().collect();
        let mut waiting: Vec<&Region> = self.regions.iter().collect();
        for _ in 0..STEPS {
            let known = names.len();
            let runs = |at: usize| kind_at(&waiting, at).is_none_or(|kind| kind == RegionKind::Guarded);
            names.extend(self.calls.iter().filter(|call| runs(call.span.start)).map(|call| call.function.as_str()));
            let starts = |region: &Region| {
                region.kind == RegionKind::Function
                    && names.contains(region.name.strip_suffix(".__init__").unwrap_or(&region.name))
            };
            waiting.retain(|region| !starts(region));
            if names.len() == known {
                break;
            }
        }
        waiting
    }
}

/// What keeps the code at a place from simply running.
pub(crate) fn kind_at(regions: &[&Region], at: usize) -> Option<RegionKind> {
    regions.iter().filter(|region| region.span.contains(&at)).map(|region| region.kind).max()
}
