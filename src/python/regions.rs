//! Code of a module that does not run, or that may fail, while the module is imported.

use std::collections::BTreeSet;
use std::ops::Range;

use tree_sitter::Node;

use super::module::{Call, Expression, Module};
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
    /// The place of the region around it, in the list of its module.
    parent: Option<usize>,
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
    /// Adds a region; they are read in the order in which they start.
    pub(super) fn region(&mut self, kind: RegionKind, name: &str, node: Option<Node<'_>>) {
        let regions = &mut self.module.regions;
        if let Some(node) = node.filter(|_| regions.len() < MOST) {
            let span = node.byte_range();
            let parent = regions.len().checked_sub(1).and_then(|last| around(regions, last, span.start).next());
            regions.push(Region { kind, name: name.to_owned(), span, parent });
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

/// The regions of a module, less the functions that are called while it is imported.
pub(crate) struct Waiting<'a> {
    regions: &'a [Region],
    started: Vec<bool>,
}

impl Waiting<'_> {
    /// What keeps the code at a place from simply running.
    pub(crate) fn kind_at(&self, at: usize) -> Option<RegionKind> {
        let last = self.regions.partition_point(|region| region.span.start <= at).checked_sub(1)?;
        let regions = around(self.regions, last, at).filter(|index| !self.started.get(*index).is_some_and(|started| *started));
        regions.filter_map(|index| self.regions.get(index)).map(|region| region.kind).max()
    }

    /// Whether the code at a place runs while its module is imported.
    pub(crate) fn runs(&self, at: usize) -> bool {
        self.kind_at(at).is_none_or(|kind| kind == RegionKind::Guarded)
    }
}

impl Module {
    /// The regions that remain when functions called during the import count as part of it; `called` are those that others call.
    pub(crate) fn waiting(&self, called: Option<&BTreeSet<String>>) -> Waiting<'_> {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let mut waiting = Waiting { regions: &self.regions, started: vec![false; self.regions.len()] };
        for _ in 0..STEPS {
            let known = names.len();
            let calls = self.calls.iter().filter(|call| waiting.runs(call.span.start));
            names.extend(calls.flat_map(|call| [Some(call.function.as_str()), handler(call)]).flatten());
            waiting.started = self.regions.iter().map(|region| region.is_started(&names, called)).collect();
            if names.len() == known {
                break;
            }
        }
        waiting
    }
}

impl Region {
    /// Whether it is a function of these names; a class calls its `__init__`, and Django the `ready` of each application.
    fn is_started(&self, names: &BTreeSet<&str>, called: Option<&BTreeSet<String>>) -> bool {
        let name = self.name.strip_suffix(".__init__").unwrap_or(&self.name);
        let is_called = names.contains(name) || called.is_some_and(|called| called.contains(name));
        self.kind == RegionKind::Function && (is_called || name.rsplit_once('.').is_some_and(|(_, method)| method == "ready"))
    }
}

/// The regions around a place, from the innermost; `last` is the last one that starts before it.
fn around(regions: &[Region], last: usize, at: usize) -> impl Iterator<Item = usize> {
    let up = |index: &usize| regions.get(*index)?.parent;
    std::iter::successors(Some(last), up).filter(move |index| regions.get(*index).is_some_and(|region| region.span.contains(&at)))
}

/// A function that a framework calls when it starts: `FastAPI(lifespan=…)`.
fn handler(call: &Call) -> Option<&str> {
    match call.named("lifespan")? {
        Expression::Name(name) => Some(name),
        _ => None,
    }
}
