//! Where a file is imported from: the folder on the import path under which most imports of the project resolve.

use std::cmp::Reverse;

use super::codebase::{Codebase, module_name};
use super::imports::{Called, ImportTime, must_fail, resolve, visit};
use crate::knowledge::is_standard;
use crate::paths::{self, join, parent, within};

/// How many files are followed from one: a wrong folder shows in the first ones.
const MOST: usize = 40;

/// How well a folder fits as the import path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct RootScore {
    /// Imports that can't succeed: fewer are better.
    failing: Reverse<usize>,
    /// Imports that run when the file is imported, and resolve.
    at_start: usize,
    /// Those that run later, or may fail.
    later: usize,
}

impl Codebase<'_> {
    /// The folder on the import path for a file, and the name of its module there.
    pub(crate) fn place(&self, path: &str) -> (String, String) {
        if let Some(place) = self.places.borrow().get(path) {
            return place.clone();
        }
        let root = self.django_root(path).unwrap_or_else(|| self.best_root(path));
        let place = (root.clone(), module_name(path, &root));
        self.places.borrow_mut().insert(path.to_owned(), place.clone());
        place
    }

    /// Whether more of what a file imports resolves in one folder than in another.
    pub(crate) fn fits_better(&self, path: &str, root: &str, other: &str) -> bool {
        let scores = self.scores(path, &[root, other]);
        let start = |at: usize| scores.get(at).map(|score| (score.failing, score.at_start));
        start(0) > start(1)
    }

    /// `manage.py` is in the folder where Django's import path starts.
    fn django_root(&self, path: &str) -> Option<String> {
        let django =
            |folder: &&str| self.text(&join(folder, "manage.py")).is_some_and(|text| text.contains("DJANGO_SETTINGS_MODULE"));
        above(path).into_iter().find(django).map(str::to_owned)
    }

    /// The folder under which most imports resolve; then the one around the outermost package, one named `src`, the outermost one.
    fn best_root(&self, path: &str) -> String {
        let folders = above(path);
        if let [only] = folders.as_slice() {
            return (*only).to_owned();
        }
        let scores = self.scores(path, &folders);
        let top = self.top_of_package(path);
        let rank = |(folder, score): &(&str, RootScore)| (*score, *folder == top, self.is_source_root(folder));
        let best = folders.into_iter().zip(scores).max_by_key(rank);
        best.map(|(folder, _)| folder.to_owned()).unwrap_or_default()
    }

    /// How well each folder fits; what resolves in none of them is not the project's own.
    fn scores(&self, path: &str, roots: &[&str]) -> Vec<RootScore> {
        let mut scores = vec![RootScore::default(); roots.len()];
        visit(self, &[path], &Called::new(), MOST, |from, found, time| {
            if found.level == 0 && is_standard(found.module.split('.').next().unwrap_or_default()) {
                return Vec::new();
            }
            let mut targets = Vec::new();
            for (root, score) in roots.iter().zip(&mut scores).filter(|(root, _)| root.is_empty() || within(from, root)) {
                let files = resolve(self, root, from, found);
                let module = self.read(from);
                let fails = module.is_some_and(|parsed| must_fail(root, from, &parsed.module, found, files.as_deref()));
                if fails {
                    score.failing.0 += usize::from(time == ImportTime::Start);
                } else if let Some(files) = files {
                    let counted = if time == ImportTime::Start { &mut score.at_start } else { &mut score.later };
                    *counted += usize::from(found.level == 0);
                    targets.extend(files.into_iter().filter(|file| file != from));
                }
            }
            targets
        });
        scores
    }

    /// The folder that holds the outermost package around a file; for a file in no package, the project's own folder.
    fn top_of_package(&self, path: &str) -> String {
        let mut folder = parent(path);
        while !folder.is_empty() && self.tree.has(&join(folder, "__init__.py")) {
            folder = parent(folder);
        }
        if folder == parent(path) { String::new() } else { folder.to_owned() }
    }

    fn is_source_root(&self, folder: &str) -> bool {
        ["src", "lib"].contains(&paths::name(folder)) && !self.tree.has(&join(folder, "__init__.py"))
    }
}

/// The folders that a file lies in, the nearest first, down to the project's own.
fn above(path: &str) -> Vec<&str> {
    std::iter::successors(Some(parent(path)), |folder| (!folder.is_empty()).then(|| parent(folder))).collect()
}
