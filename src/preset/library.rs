//! Finds presets: built in, in user-wide folders, at paths, and in git repositories by way of the lockfile and a cache.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use etcetera::BaseStrategy as _;

use super::address::{Address, Git, PRESET_FILE};
use super::tree::Tree;
use super::{DEFAULT, PRESETS, disk, names, repository};
use crate::cache;
use crate::error::{Error, Result, Source, SourceKind};
use crate::knowledge::embedded;
use crate::lock::{Lock, Locked};
use crate::paths;
use crate::suggest::closest;

/// Folders of user-wide presets, separated as in `PATH`.
const SEARCH_VARIABLE: &str = "DOCKGEN_PRESET_PATH";

/// The key of a preset in `dockgen.lock`: its name, or a git address without the path in the repository.
///
/// # Errors
/// An invalid address.
pub(crate) fn lock_key(name: &str) -> Result<String> {
    Ok(match Address::parse(name)? {
        Address::Git(git) => git.repository(),
        Address::Name(name) | Address::Path(name) => name,
    })
}

/// The folder of a preset: paths in its `extends` are relative to it.
#[derive(Debug, Clone)]
pub(crate) enum BaseDir {
    Disk {
        folder: PathBuf,
        /// Outside the project's work tree.
        outside: bool,
    },
    /// A folder in a remote source.
    Tree {
        tree: Arc<Tree>,
        remote: Remote,
        /// Empty for the top folder.
        folder: String,
    },
}

impl BaseDir {
    /// The base of names in a project's spec or on its command line.
    pub(super) fn project(folder: &Path) -> Self {
        Self::Disk { folder: folder.to_path_buf(), outside: false }
    }
}

/// A source of presets outside the project, pinned in `dockgen.lock`.
#[derive(Debug, Clone)]
pub(crate) enum Remote {
    Git(Git),
    /// The name of a user-wide preset.
    UserWide(String),
}

impl Remote {
    fn lock_key(&self) -> String {
        match self {
            Self::Git(git) => git.repository(),
            Self::UserWide(name) => name.clone(),
        }
    }

    /// The name of a preset at a path in this source.
    fn join(&self, path: &str) -> String {
        match self {
            Self::Git(git) => git.with_path(path),
            Self::UserWide(name) => format!("{name}/{path}"),
        }
    }
}

/// The unparsed text and the templates of a preset.
pub(super) struct FoundPreset {
    /// Equal for different spellings of the same preset.
    pub(super) identity: String,
    pub(super) source: Source,
    pub(super) base: BaseDir,
    pub(super) templates: BTreeMap<String, String>,
    /// Not validated at run time: the tests validate built-in presets.
    pub(super) built_in: bool,
    /// The key in `dockgen.lock`. `None` for built-in presets and paths on this disk.
    pub(super) lock_key: Option<String>,
}

/// Which sources are updated instead of used as locked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Refresh {
    #[default]
    None,
    /// Update none, and use cached content even if a source has changed or a server no longer has the commit. An update uses this to
    /// load the state before it.
    PreferCache,
    All,
    /// Sources with these keys in the lockfile.
    Only(Vec<String>),
}

/// Called with the host name while dockgen waits for a server.
pub type WaitCallback = Rc<dyn Fn(&str)>;

/// Loads presets on demand and records which remote sources were used.
#[derive(Default)]
pub struct Library {
    lock: Lock,
    refresh: Refresh,
    used: BTreeMap<String, Locked>,
    trees: BTreeMap<String, Arc<Tree>>,
    on_wait: Option<WaitCallback>,
}

impl Library {
    /// Calls `callback` with the host name if a fetch is slow.
    #[must_use]
    pub fn on_wait(mut self, callback: WaitCallback) -> Self {
        self.on_wait = Some(callback);
        self
    }

    /// Uses sources as locked, except for those that `refresh` selects.
    #[must_use]
    pub fn new(lock: Lock, refresh: Refresh) -> Self {
        Self { lock, refresh, ..Self::default() }
    }

    /// The lockfile as it was read, without the changes of this run.
    #[must_use]
    pub fn lock(&self) -> &Lock {
        &self.lock
    }

    /// The remote sources used in this run, as they must be locked.
    #[must_use]
    pub fn used(&self) -> &BTreeMap<String, Locked> {
        &self.used
    }

    /// Sources that the lockfile doesn't contain.
    pub fn new_sources(&self) -> impl Iterator<Item = (&String, &Locked)> {
        self.used.iter().filter(|(name, _)| !self.lock.presets.contains_key(*name))
    }

    /// Sources whose content changed: key, locked state and new state.
    pub fn changed_sources(&self) -> impl Iterator<Item = (&String, &Locked, &Locked)> {
        let before = |name: &String| self.lock.presets.get(name);
        self.used.iter().filter_map(move |(name, now)| Some((name, before(name)?, now))).filter(|(_, before, now)| before != now)
    }

    pub(super) fn find(&mut self, name: &str, base: &BaseDir) -> Result<FoundPreset> {
        match (Address::parse(name)?, base) {
            (Address::Name(name), base) => self.find_named(&name, base),
            (Address::Path(path), BaseDir::Disk { folder, outside }) => disk::find(&path, folder, *outside),
            (Address::Path(path), BaseDir::Tree { tree, remote, folder }) => {
                find_in_tree(&path_in_tree(folder, &path)?, tree, remote)
            }
            (Address::Git(git), base) => self.find_in_repository(&git, base),
        }
    }

    fn find_named(&mut self, name: &str, base: &BaseDir) -> Result<FoundPreset> {
        let found = built_in(name, base);
        let other = find_user_wide(name);
        if let (Some(_), Some(path)) = (&found, &other) {
            return Err(Error::new(format!("`{}` has the same name as a built-in preset", path.display()))
                .hint("rename the file: built-in names mean the same everywhere"));
        }
        if let Some(found) = found {
            return Ok(found);
        }
        let path = other.ok_or_else(|| unknown_preset(name))?;
        if matches!(base, BaseDir::Tree { .. }) {
            return Err(Error::new(format!("a remote preset extends {name:?}, which exists only on this machine"))
                .hint("in `extends`, use built-in presets, paths in the same repository, or git+https addresses"));
        }
        // read each folder once per run: a change between showing and using it must have no effect
        let tree = match self.trees.get(name) {
            Some(tree) => Arc::clone(tree),
            None => match self.find_cached(name) {
                Some(tree) => tree,
                None => self.pin(name, None, Tree::on_disk(&path)?)?,
            },
        };
        // a locked preset may have been a file that is a folder now
        let file = if tree.get(PRESET_FILE).is_some() { PRESET_FILE.to_owned() } else { format!("{name}.toml") };
        find_in_tree(&file, &tree, &Remote::UserWide(name.to_owned()))
    }

    /// The locked state of a user-wide preset for [`Refresh::PreferCache`], from the cache.
    fn find_cached(&mut self, name: &str) -> Option<Arc<Tree>> {
        let locked = self.lock.presets.get(name).filter(|_| self.refresh == Refresh::PreferCache)?.clone();
        let tree = Arc::new(Tree::from_cache(&locked.sha256)?);
        self.used.insert(name.to_owned(), locked);
        self.trees.insert(name.to_owned(), Arc::clone(&tree));
        Some(tree)
    }

    fn find_in_repository(&mut self, address: &Git, base: &BaseDir) -> Result<FoundPreset> {
        let is_local = |url: &str| url.starts_with("file:");
        if let BaseDir::Tree { remote, .. } = base
            && is_local(&address.url)
            && !matches!(remote, Remote::Git(git) if is_local(&git.url))
        {
            return Err(Error::new(format!("a remote preset extends the local repository {}", address.repository()))
                .hint("in `extends`, use git+https or git+ssh addresses"));
        }
        let tree = self.load_repository(address)?;
        let remote = Remote::Git(address.clone());
        find_in_tree(&address.path, &tree, &remote)
    }

    /// Loads the locked commit of a repository, from the cache if possible. If no commit is locked, fetches the reference.
    fn load_repository(&mut self, address: &Git) -> Result<Arc<Tree>> {
        let name = address.repository();
        if let Some(tree) = self.trees.get(&name) {
            return Ok(Arc::clone(tree));
        }
        let locked = self.lock.presets.get(&name).filter(|_| !self.is_refreshed(&name)).cloned();
        let revision = locked.as_ref().and_then(|locked| locked.revision.clone());
        if locked.is_some() && revision.is_none() {
            return Err(Error::new(format!("dockgen.lock contains no commit for {name}")).hint(format!(
                "restore dockgen.lock from version control, or accept the current commit: dockgen presets update {name}"
            )));
        }
        if let Some((tree, locked)) = locked.and_then(|locked| Some((self.cached(&name, &locked)?, locked))) {
            let tree = Arc::new(tree);
            self.used.insert(name.clone(), locked);
            self.trees.insert(name, Arc::clone(&tree));
            return Ok(tree);
        }
        let fetched = repository::fetch(address, revision.as_deref(), &|host| {
            if let Some(callback) = &self.on_wait {
                callback(host);
            }
        })?;
        let tree = self.pin(&name, Some(fetched.revision.clone()), fetched.tree)?;
        Tree::cache_revision(&name, &fetched.revision, &tree.hash());
        Ok(tree)
    }

    /// The cached content of a locked commit, if an earlier run verified that the commit has this content.
    fn cached(&self, name: &str, locked: &Locked) -> Option<Tree> {
        let known = locked.revision.as_ref().is_some_and(|revision| Tree::has_revision(name, revision, &locked.sha256));
        // the server may no longer have the commit
        if known || self.refresh == Refresh::PreferCache { Tree::from_cache(&locked.sha256) } else { None }
    }

    fn is_refreshed(&self, name: &str) -> bool {
        match &self.refresh {
            Refresh::None | Refresh::PreferCache => false,
            Refresh::All => true,
            Refresh::Only(names) => names.iter().any(|wanted| wanted == name),
        }
    }

    /// Compares content with the lockfile, caches it and records it as used.
    fn pin(&mut self, name: &str, revision: Option<String>, tree: Tree) -> Result<Arc<Tree>> {
        let sha256 = tree.hash();
        let before = self.lock.presets.get(name).filter(|_| !self.is_refreshed(name));
        if let Some(before) = before.filter(|before| before.sha256 != sha256) {
            return Err(Error::new(format!("preset {name:?} doesn't match the hash in dockgen.lock")).hint(format!(
                "locked {}, found {}; to review and accept the change: dockgen presets update {name}",
                &before.sha256[..12],
                &sha256[..12]
            )));
        }
        tree.cache(&sha256);
        let tree = Arc::new(tree);
        self.used.insert(name.to_owned(), Locked { revision, sha256 });
        self.trees.insert(name.to_owned(), Arc::clone(&tree));
        Ok(tree)
    }
}

pub(super) fn built_in(name: &str, base: &BaseDir) -> Option<FoundPreset> {
    let text = embedded(&PRESETS, &format!("{name}.toml"))?;
    let kind = if name == DEFAULT { SourceKind::Default } else { SourceKind::BuiltInPreset };
    let source = Source::new(kind, format!("preset {name}"), text);
    Some(FoundPreset {
        identity: name.to_owned(),
        source,
        base: base.clone(),
        templates: BTreeMap::new(),
        built_in: true,
        lock_key: None,
    })
}

/// The folders of user-wide presets, those of [`SEARCH_VARIABLE`] first.
fn search_folders() -> Vec<PathBuf> {
    let listed = std::env::var_os(SEARCH_VARIABLE).unwrap_or_default();
    let listed = std::env::split_paths(&listed).filter(|folder| !folder.as_os_str().is_empty()).collect::<Vec<_>>();
    let own = cache::base_folders().map(|folders| folders.config_dir().join("dockgen/presets"));
    listed.into_iter().chain(own).collect()
}

/// The path of a user-wide preset: `NAME.toml`, or a folder `NAME` that contains a `preset.toml`.
fn find_user_wide(name: &str) -> Option<PathBuf> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(letter) {
        return None;
    }
    search_folders().into_iter().filter(|folder| folder.is_dir()).find_map(|folder| {
        let file = folder.join(format!("{name}.toml"));
        let own = folder.join(name);
        if file.is_file() { Some(file) } else { own.join(PRESET_FILE).is_file().then_some(own) }
    })
}

/// The names of user-wide presets, sorted.
pub(crate) fn user_wide_names() -> Vec<String> {
    let entries = search_folders().into_iter().flat_map(|folder| fs_err::read_dir(folder).into_iter().flatten().flatten());
    let name = |entry: fs_err::DirEntry| {
        let name = entry.file_name().to_str()?.to_owned();
        let name = name.strip_suffix(".toml").map_or(name.clone(), str::to_owned);
        find_user_wide(&name).map(|_| name)
    };
    let mut names: Vec<String> = entries.filter_map(name).collect();
    names.sort();
    names.dedup();
    names
}

fn unknown_preset(name: &str) -> Error {
    let own = user_wide_names();
    let known: Vec<&str> = names().into_iter().chain(own.iter().map(String::as_str)).collect();
    // a repository address without the git+ prefix
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

/// Converts a path relative to a folder in a tree to one relative to the top of the tree.
fn path_in_tree(folder: &str, path: &str) -> Result<String> {
    let outside = || {
        Error::new(format!("{path:?} is outside the preset's repository"))
            .hint("in a remote preset, use paths inside its repository, built-in presets, or git+https addresses")
    };
    if path.starts_with('/') { Err(outside()) } else { paths::relative(folder, path).ok_or_else(outside) }
}

fn find_in_tree(path: &str, tree: &Arc<Tree>, remote: &Remote) -> Result<FoundPreset> {
    let in_folder = if path.is_empty() { PRESET_FILE.to_owned() } else { format!("{path}/{PRESET_FILE}") };
    let is_file = tree.get(path).is_some();
    let file = if is_file { path.to_owned() } else { in_folder };
    let text = tree.get(&file).ok_or_else(|| {
        let presets: Vec<String> = tree
            .files()
            .filter_map(|(path, _)| path.strip_suffix(PRESET_FILE))
            .map(|folder| remote.join(folder.trim_end_matches('/')))
            .collect();
        let hint = if presets.is_empty() {
            format!("use a folder with a {PRESET_FILE}, or the path of a TOML file")
        } else {
            format!("found in this repository: {}", presets.join(", "))
        };
        Error::new(format!("no preset at {}", remote.join(path))).hint(hint)
    })?;
    let folder = paths::parent(&file).to_owned();
    let whole = paths::name(&file) == PRESET_FILE;
    let templates = if whole { tree.templates(&folder) } else { BTreeMap::new() };
    let shown = remote.join(if whole { &folder } else { &file });
    let source = Source::file(shown.clone(), text);
    let lock_key = Some(remote.lock_key());
    let base = BaseDir::Tree { tree: Arc::clone(tree), remote: remote.clone(), folder };
    Ok(FoundPreset { identity: shown, source, base, templates, built_in: false, lock_key })
}
