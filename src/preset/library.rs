//! Where presets are taken from: built in, user-wide folders, paths, and git by way of the lock and a cache.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::address::{Address, Git, PRESET_FILE};
use super::tree::Tree;
use super::{PRESETS, disk, names, repository};
use etcetera::BaseStrategy as _;

use crate::cache;
use crate::error::{Error, Result, Source};
use crate::knowledge::embedded;
use crate::lock::{Lock, Locked};
use crate::paths;
use crate::suggest::closest;

/// Folders of presets for all projects, with the system's separator between them.
const SEARCH_VARIABLE: &str = "DOCKGEN_PRESET_PATH";

/// What a preset is locked as: a git address without the path in its repository.
///
/// # Errors
/// An address that is none.
pub(crate) fn source(name: &str) -> Result<String> {
    Ok(match Address::parse(name)? {
        Address::Git(git) => git.repository(),
        Address::Name(name) | Address::Path(name) => name,
    })
}

/// Where a preset lies, and so where the paths in its `extends` start.
#[derive(Debug, Clone)]
pub(crate) enum Home {
    /// A folder on this disk.
    Disk {
        /// The folder.
        folder: PathBuf,
        /// Whether it is outside the project's work tree.
        outside: bool,
    },
    /// A folder of what came from elsewhere.
    Tree {
        /// Everything that came.
        tree: Arc<Tree>,
        /// What it is called.
        from: From,
        /// The folder, empty for the top one.
        folder: String,
    },
}

impl Home {
    /// A folder of the project.
    pub(super) fn of_project(folder: &Path) -> Self {
        Self::Disk { folder: folder.to_path_buf(), outside: false }
    }
}

/// Where a tree came from.
#[derive(Debug, Clone)]
pub(crate) enum From {
    /// A repository.
    Git(Git),
    /// A user-wide preset of this name.
    Folder(String),
}

impl From {
    /// What it is locked as.
    fn locked(&self) -> String {
        match self {
            Self::Git(git) => git.repository(),
            Self::Folder(name) => name.clone(),
        }
    }

    /// How something in it is called.
    fn at(&self, path: &str) -> String {
        match self {
            Self::Git(git) => git.at(path),
            Self::Folder(name) => format!("{name}/{path}"),
        }
    }
}

/// The text of a preset and what belongs to it.
pub(super) struct Found {
    /// Tells presets apart: two spellings of one path are one preset.
    pub(super) identity: String,
    pub(super) source: Source,
    pub(super) home: Home,
    pub(super) templates: BTreeMap<String, String>,
    /// Built in, and so checked by the tests.
    pub(super) built_in: bool,
    /// What it is locked as, where it comes from elsewhere.
    pub(super) locked: Option<String>,
}

/// Which sources are looked up anew instead of being taken as the lock says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Moving {
    /// None.
    #[default]
    Nothing,
    /// None, and what is gone is taken from the cache: what an update starts from.
    Backward,
    /// All.
    Everything,
    /// Those of these names, and the repositories of these addresses.
    Only(Vec<String>),
}

/// What is told the host that is waited for.
type Waiting = Box<dyn Fn(&str)>;

/// The presets that there are, as far as somebody asks for them.
#[derive(Default)]
pub struct Library {
    before: Lock,
    moving: Moving,
    used: BTreeMap<String, Locked>,
    trees: BTreeMap<String, Arc<Tree>>,
    /// Told the host that is waited for.
    waiting: Option<Waiting>,
}

impl Library {
    /// The same, with someone who is told the host that is waited for.
    #[must_use]
    pub fn told(mut self, waiting: impl Fn(&str) + 'static) -> Self {
        self.waiting = Some(Box::new(waiting));
        self
    }

    /// What the lock says holds, but for what is to be moved.
    #[must_use]
    pub fn new(lock: Lock, moving: Moving) -> Self {
        Self { before: lock, moving, ..Self::default() }
    }

    /// The lock as it was read.
    #[must_use]
    pub fn before(&self) -> &Lock {
        &self.before
    }

    /// What was used of what has to be locked.
    #[must_use]
    pub fn used(&self) -> &BTreeMap<String, Locked> {
        &self.used
    }

    /// Sources that were never used here before.
    pub fn first_uses(&self) -> impl Iterator<Item = (&String, &Locked)> {
        self.used.iter().filter(|(name, _)| !self.before.presets.contains_key(*name))
    }

    /// Sources whose content is not what it was, with what it was.
    pub fn moved(&self) -> impl Iterator<Item = (&String, &Locked, &Locked)> {
        let before = |name: &String| self.before.presets.get(name);
        self.used.iter().filter_map(move |(name, now)| Some((name, before(name)?, now))).filter(|(_, before, now)| before != now)
    }

    pub(super) fn find(&mut self, name: &str, home: &Home) -> Result<Found> {
        match (Address::parse(name)?, home) {
            (Address::Name(name), home) => self.named(&name, home),
            (Address::Path(path), Home::Disk { folder, outside }) => disk::find(&path, folder, *outside),
            (Address::Path(path), Home::Tree { tree, from, folder }) => in_tree(&inside(folder, &path)?, tree, from),
            (Address::Git(git), home) => self.in_repository(&git, home),
        }
    }

    fn named(&mut self, name: &str, home: &Home) -> Result<Found> {
        let found = built_in(name, home);
        let other = search(name);
        if let (Some(_), Some(path)) = (&found, &other) {
            return Err(Error::new(format!("`{}` has the same name as a built-in preset", path.display()))
                .hint("rename the file: built-in names mean the same everywhere"));
        }
        if let Some(found) = found {
            return Ok(found);
        }
        let path = other.ok_or_else(|| unknown(name))?;
        if matches!(home, Home::Tree { .. }) {
            return Err(Error::new(format!("a remote preset extends {name:?}, which exists only on this machine"))
                .hint("in `extends`, use built-in presets, paths in the same repository, or git+https addresses"));
        }
        // what was shown is what is used, although the folder may change meanwhile
        let tree = match self.trees.get(name) {
            Some(tree) => Arc::clone(tree),
            None => match self.replaced(name) {
                Some(tree) => tree,
                None => self.locked(name, None, Tree::on_disk(&path)?)?,
            },
        };
        // what the lock says may have been a file, and be a folder by now
        let file = if tree.get(PRESET_FILE).is_some() { PRESET_FILE.to_owned() } else { format!("{name}.toml") };
        in_tree(&file, &tree, &From::Folder(name.to_owned()))
    }

    /// What the lock says of a user-wide preset, although it may be another one by now.
    fn replaced(&mut self, name: &str) -> Option<Arc<Tree>> {
        let locked = self.before.presets.get(name).filter(|_| self.moving == Moving::Backward)?.clone();
        let tree = Arc::new(Tree::kept(&locked.sha256)?);
        self.used.insert(name.to_owned(), locked);
        self.trees.insert(name.to_owned(), Arc::clone(&tree));
        Some(tree)
    }

    fn in_repository(&mut self, address: &Git, home: &Home) -> Result<Found> {
        let local = |url: &str| url.starts_with("file:");
        if let Home::Tree { from, .. } = home
            && local(&address.url)
            && !matches!(from, From::Git(git) if local(&git.url))
        {
            return Err(Error::new("a remote preset extends a local repository"));
        }
        let tree = self.repository(address)?;
        let from = From::Git(address.clone());
        in_tree(&address.path, &tree, &from)
    }

    /// A repository's presets: as locked, from the cache or by its commit; else what the reference says now.
    fn repository(&mut self, address: &Git) -> Result<Arc<Tree>> {
        let name = address.repository();
        if let Some(tree) = self.trees.get(&name) {
            return Ok(Arc::clone(tree));
        }
        let locked = self.before.presets.get(&name).filter(|_| !self.moves(&name)).cloned();
        let revision = locked.as_ref().and_then(|locked| locked.revision.clone());
        if locked.is_some() && revision.is_none() {
            return Err(Error::new(format!("dockgen.lock contains no commit for {name}")).hint(format!(
                "restore dockgen.lock from version control, or accept the current commit: dockgen presets update {name}"
            )));
        }
        if let Some((tree, locked)) = locked.and_then(|locked| Some((self.kept(&name, &locked)?, locked))) {
            let tree = Arc::new(tree);
            self.used.insert(name.clone(), locked);
            self.trees.insert(name, Arc::clone(&tree));
            return Ok(tree);
        }
        let fetched = repository::fetch(address, revision.as_deref(), &|host| {
            if let Some(waiting) = &self.waiting {
                waiting(host);
            }
        })?;
        let tree = self.locked(&name, Some(fetched.revision.clone()), fetched.tree)?;
        Tree::keep_revision(&name, &fetched.revision, &tree.hash());
        Ok(tree)
    }

    /// What an earlier run kept, where it is known to be the content of that commit.
    fn kept(&self, name: &str, locked: &Locked) -> Option<Tree> {
        let known = locked.revision.as_ref().is_some_and(|revision| Tree::is_of_revision(name, revision, &locked.sha256));
        // what an update starts from may be gone from its server
        if known || self.moving == Moving::Backward { Tree::kept(&locked.sha256) } else { None }
    }

    fn moves(&self, name: &str) -> bool {
        match &self.moving {
            Moving::Nothing | Moving::Backward => false,
            Moving::Everything => true,
            Moving::Only(names) => names.iter().any(|wanted| wanted == name),
        }
    }

    /// Holds content against the lock, and keeps it for other runs.
    fn locked(&mut self, name: &str, revision: Option<String>, tree: Tree) -> Result<Arc<Tree>> {
        let sha256 = tree.hash();
        let before = self.before.presets.get(name).filter(|_| !self.moves(name));
        if let Some(before) = before.filter(|before| before.sha256 != sha256) {
            return Err(Error::new(format!("preset {name:?} doesn't match the hash in dockgen.lock")).hint(format!(
                "locked {}, found {}; to review and accept the change: dockgen presets update {name}",
                &before.sha256[..12],
                &sha256[..12]
            )));
        }
        tree.keep(&sha256);
        let tree = Arc::new(tree);
        self.used.insert(name.to_owned(), Locked { revision, sha256 });
        self.trees.insert(name.to_owned(), Arc::clone(&tree));
        Ok(tree)
    }
}

pub(super) fn built_in(name: &str, home: &Home) -> Option<Found> {
    let text = embedded(&PRESETS, &format!("{name}.toml"))?;
    let source = Source { name: format!("preset {name}"), text: text.to_owned() };
    Some(Found {
        identity: name.to_owned(),
        source,
        home: home.clone(),
        templates: BTreeMap::new(),
        built_in: true,
        locked: None,
    })
}

/// The folders of user-wide presets, those of the variable first.
fn folders() -> Vec<PathBuf> {
    let listed = std::env::var_os(SEARCH_VARIABLE).unwrap_or_default();
    let listed = std::env::split_paths(&listed).filter(|folder| !folder.as_os_str().is_empty()).collect::<Vec<_>>();
    let own = cache::base_folders().map(|folders| folders.config_dir().join("dockgen/presets"));
    listed.into_iter().chain(own).collect()
}

/// A user-wide preset: `NAME.toml`, or a folder NAME.
fn search(name: &str) -> Option<PathBuf> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(letter) {
        return None;
    }
    folders().into_iter().filter(|folder| folder.is_dir()).find_map(|folder| {
        let file = folder.join(format!("{name}.toml"));
        let own = folder.join(name);
        if file.is_file() { Some(file) } else { own.join(PRESET_FILE).is_file().then_some(own) }
    })
}

/// The user-wide presets, by name.
pub(crate) fn user_wide() -> Vec<String> {
    let entries = folders().into_iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
    let name = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_str()?.to_owned();
        let name = name.strip_suffix(".toml").map_or(name.clone(), str::to_owned);
        search(&name).map(|_| name)
    };
    let mut names: Vec<String> = entries.filter_map(name).collect();
    names.sort();
    names.dedup();
    names
}

fn unknown(name: &str) -> Error {
    let own = user_wide();
    let known: Vec<&str> = names().into_iter().chain(own.iter().map(String::as_str)).collect();
    // as git itself takes it, or as a browser shows it
    if name.contains("://") || name.contains('@') {
        return Error::new(format!("unknown preset {name:?}"))
            .hint("for a git repository, write git+https://HOST/REPOSITORY.git//FOLDER#REF or git+ssh://…");
    }
    let begins = known.iter().copied().find(|known| !name.is_empty() && known.starts_with(name));
    let hint = begins.or_else(|| closest(name, &known)).map_or_else(
        || format!("use one of {}, or a path such as ./presets/team.toml", known.join(", ")),
        |name| format!("did you mean `{name}`?"),
    );
    Error::new(format!("unknown preset {name:?}")).hint(hint)
}

/// A path that starts in a folder of a tree, as one that starts at its top.
fn inside(folder: &str, path: &str) -> Result<String> {
    let outside = || {
        Error::new(format!("{path:?} is outside the preset's repository"))
            .hint("in a remote preset, use paths inside its repository, built-in presets, or git+https addresses")
    };
    if path.starts_with('/') { Err(outside()) } else { paths::relative(folder, path).ok_or_else(outside) }
}

fn in_tree(path: &str, tree: &Arc<Tree>, from: &From) -> Result<Found> {
    let in_folder = if path.is_empty() { PRESET_FILE.to_owned() } else { format!("{path}/{PRESET_FILE}") };
    let is_file = tree.get(path).is_some();
    let file = if is_file { path.to_owned() } else { in_folder };
    let text = tree.get(&file).ok_or_else(|| {
        let presets: Vec<String> = tree
            .files()
            .filter_map(|(path, _)| path.strip_suffix(PRESET_FILE))
            .map(|folder| from.at(folder.trim_end_matches('/')))
            .collect();
        let hint = if presets.is_empty() {
            format!("use a folder with a {PRESET_FILE}, or the path of a TOML file")
        } else {
            format!("these are there: {}", presets.join(", "))
        };
        Error::new(format!("no preset at {}", from.at(path))).hint(hint)
    })?;
    let folder = paths::parent(&file).to_owned();
    let whole = paths::name(&file) == PRESET_FILE;
    let templates = if whole { tree.templates(&folder) } else { BTreeMap::new() };
    let shown = from.at(if whole { &folder } else { &file });
    let source = Source { name: shown.clone(), text: text.to_owned() };
    let locked = Some(from.locked());
    let home = Home::Tree { tree: Arc::clone(tree), from: from.clone(), folder };
    Ok(Found { identity: shown, source, home, templates, built_in: false, locked })
}
