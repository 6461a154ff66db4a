//! Finds, reads and merges presets, up to the merged layers of a project.

pub(crate) mod address;
mod allowed_python;
mod ask;
pub mod differences;
mod disk;
pub mod effects;
mod enforce;
pub(crate) mod library;
pub mod listing;
mod project;
mod read;
mod reconcile;
mod refused;
mod repository;
mod tree;

use std::collections::BTreeMap;
use std::mem::take;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use crate::error::{Error, Place, Result, Source, SourceKind};
use crate::facts::Facts;
use crate::knowledge::InstallerRow;
use crate::layers::Node;
use crate::redact;

pub use ask::{AnswerKind, Ask};
pub use library::{Library, Refresh, WaitCallback};
pub use project::project;

use effects::EffectsBySource;
pub(crate) use enforce::because;
use enforce::enforce;
use library::{BaseDir, FoundPreset};
use reconcile::{drop_defaults, reconcile};

/// The built-in presets, `default.toml` among them.
static PRESETS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/presets");

/// The weakest layer of every project.
const DEFAULT: &str = "default";

/// The maximum depth of `extends`.
const DEEPEST: usize = 16;

/// A named layer: a spec, with `[defaults]` weaker and `[enforce]` stronger than the project's own spec.
pub struct Preset {
    /// As written in the spec or on the command line.
    pub name: String,
    pub description: String,
    pub source: Arc<Source>,
    identity: String,
    extends: Vec<String>,
    spec: Node,
    defaults: Node,
    enforce: Node,
    asks: Vec<Ask>,
    templates: BTreeMap<String, String>,
    /// The folder in its remote source; empty at the top, and for presets that are not remote.
    folder: String,
    lock_key: Option<String>,
}

impl Preset {
    /// Whether this preset itself sets a key, other than by `[defaults]` or `extends`.
    pub(crate) fn sets(&self, key: &str) -> bool {
        [&self.spec, &self.enforce].into_iter().any(|layer| layer.get(key).is_some())
    }
}

/// All layers of a project merged into one, with the templates, effects and questions of its presets.
pub struct MergedPresets {
    pub layers: Node,
    /// Those of weaker presets first.
    pub templates: Vec<TemplateSet>,
    /// What remote presets do.
    pub effects: EffectsBySource,
    pub asks: Vec<Ask>,
}

/// The templates of a preset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateSet {
    /// The preset's name.
    pub preset: String,
    /// Texts by their path below `templates`.
    pub files: BTreeMap<String, String>,
}

/// The built-in presets that set the command of the web process.
pub(crate) fn frameworks() -> Vec<&'static str> {
    presets_setting("processes.web")
}

/// The built-in presets that choose an installer.
pub(crate) fn installers() -> Vec<&'static str> {
    presets_setting("install.with")
}

fn presets_setting(key: &str) -> Vec<&'static str> {
    let sets = |name: &&str| built_in(name).is_ok_and(|preset| preset.sets(key));
    names().into_iter().filter(sets).collect()
}

/// The files that `dockgen presets new` writes.
pub(crate) fn skeleton() -> &'static Dir<'static> {
    /// Its folder in `presets`; a test proves that it exists.
    const SKELETON: &str = "skeleton";
    PRESETS.get_dir(SKELETON).unwrap_or(&PRESETS)
}

/// The input for a project's layers: its spec and flags.
#[derive(Default)]
pub struct Request {
    /// `None` if the project has no spec yet.
    pub spec: Option<Arc<Source>>,
    /// `--preset`; stronger than the presets in the spec.
    pub presets: Vec<String>,
    /// `--set KEY=VALUE`.
    pub sets: Vec<String>,
    /// The base of relative preset paths in the spec.
    pub directory: PathBuf,
}

/// The names of the built-in presets except `default`, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> =
        PRESETS.files().filter_map(|file| file.path().file_stem()?.to_str()).filter(|name| *name != DEFAULT).collect();
    names.sort_unstable();
    names
}

/// The built-in kinds of backing services, sorted. Each is a preset `services/KIND` that is weaker than all others.
pub fn service_kinds() -> Vec<&'static str> {
    let files = PRESETS.get_dir("services").into_iter().flat_map(Dir::files);
    let mut kinds: Vec<_> = files.filter_map(|file| file.path().file_stem()?.to_str()).collect();
    kinds.sort_unstable();
    kinds
}

/// Reads a preset by its name in a dockgen.toml of this folder.
///
/// # Errors
/// The preset doesn't exist or is invalid.
pub fn load(name: &str, directory: &Path, library: &mut Library) -> Result<Preset> {
    let found = library.find(name, &BaseDir::project(directory))?;
    read_preset(name, found)
}

/// # Errors
/// There is no built-in preset of this name.
pub fn built_in(name: &str) -> Result<Preset> {
    let found = library::built_in(name, &BaseDir::project(Path::new("")));
    read_preset(
        name,
        found.ok_or_else(|| Error::new(format!("unknown built-in preset {name:?}")).hint("list them: dockgen presets"))?,
    )
}

fn read_preset(name: &str, found: FoundPreset) -> Result<Preset> {
    let FoundPreset { identity, source, base, templates, built_in, lock_key } = found;
    let folder = match base {
        BaseDir::Tree { folder, .. } => folder,
        BaseDir::Disk { .. } => String::new(),
    };
    let read::PresetText { source, description, extends, spec, defaults, enforce, asks } = read::preset(source, built_in)?;
    let name = name.to_owned();
    Ok(Preset { name, description, source, identity, extends, spec, defaults, enforce, asks, templates, folder, lock_key })
}

/// Whether a preset, or one that it extends, sets a key. False if a preset can't be read.
pub(crate) fn sets_key(name: &str, directory: &Path, library: &mut Library, key: &str) -> bool {
    let mut presets = Vec::new();
    let base = BaseDir::project(directory);
    let found = load_with_bases(name, &base, library, &mut Vec::new(), &mut presets).is_ok();
    found && presets.iter().any(|preset| preset.sets(key))
}

/// Merges all layers of a project, from weakest to strongest: default, `[defaults]`, facts, presets, project, `[enforce]`.
///
/// # Errors
/// A layer can't be read, presets form a cycle, a value contradicts an enforced one, or facts contradict each other.
pub fn merge(request: &Request, project: Node, mut facts: Facts, library: &mut Library) -> Result<MergedPresets> {
    let mut presets = load_all(request, &project, library)?;
    // an installer is a preset: one that only facts choose is weaker than all others
    if let Some(installer) = installer(&presets, &facts.layer, &project) {
        facts.install_with(&installer);
        let is_preset = InstallerRow::named(&installer).is_none_or(InstallerRow::installs);
        if is_preset && presets.iter().all(|preset| preset.name != installer) {
            presets.insert(0, built_in(&installer)?);
        }
    }
    presets.iter_mut().for_each(|preset| drop_defaults(&mut preset.defaults, &facts.layer));
    let (weaker, stronger) = around(&presets, &project, &facts.layer);
    reconcile(&mut facts, weaker, &stronger)?;
    // a doubt matters only if no stronger layer sets the key
    let decided = |key: &str| {
        let stronger = presets.iter().flat_map(|preset| [&preset.spec, &preset.enforce]).chain([&project]);
        stronger.into_iter().any(|layer| layer.get(key).is_some())
    };
    if let Some((_, doubt)) = facts.doubts.into_iter().find(|(key, _)| !decided(key)) {
        return Err(doubt);
    }
    facts.layer = facts.layer.as_facts();
    let effects = effects::collect(&presets);
    let python = facts.layer.get("python.version").map(|node| node.origin().clone());
    let templates = presets.iter_mut().filter(|preset| !preset.templates.is_empty());
    let templates =
        templates.map(|preset| TemplateSet { preset: preset.source.name.clone(), files: take(&mut preset.templates) });
    let templates = templates.collect();
    let asks = ask::combine(presets.iter_mut().flat_map(|preset| take(&mut preset.asks)))?;
    let mut layers = stack(presets, facts.layer, project)?;
    allowed_python::choose(&mut layers, python.as_ref(), &facts.pythons);
    if !asks.is_empty() {
        layers = ask::add_defaults(layers, &asks);
    }
    Ok(MergedPresets { effects, templates, asks, layers: with_service_kinds(layers)? })
}

/// Loads the effects of a project's remote presets without merging its layers.
///
/// # Errors
/// A preset can't be read.
pub fn load_effects(request: &Request, library: &mut Library) -> Result<EffectsBySource> {
    Ok(effects::collect(&load_all(request, &project(request)?, library)?))
}

/// Loads the presets of a project, each after the presets that it extends.
fn load_all(request: &Request, project: &Node, library: &mut Library) -> Result<Vec<Preset>> {
    let requested = requested(request, project);
    requested.iter().try_for_each(|(name, _, place)| address::reject_credential(name, || place.clone()))?;
    if let Some((_, _, place)) = requested.iter().find(|(name, ..)| name == DEFAULT) {
        let error = Error::new(format!("the preset `{DEFAULT}` is below all others already")).at(place.clone());
        return Err(error.hint(format!("remove `{DEFAULT}` from the presets")));
    }
    let mut presets = Vec::new();
    for (name, folder, place) in requested {
        let base = BaseDir::project(folder);
        load_with_bases(&name, &base, library, &mut Vec::new(), &mut presets).map_err(|error| error.at(place))?;
    }
    Ok(presets)
}

/// `install.with` of the strongest layer that sets it.
fn installer(presets: &[Preset], facts: &Node, project: &Node) -> Option<String> {
    let enforced = presets.iter().rev().map(|preset| &preset.enforce);
    let chosen = presets.iter().rev().map(|preset| &preset.spec);
    let defaults = presets.iter().rev().map(|preset| &preset.defaults);
    let layers = enforced.chain([project]).chain(chosen).chain([facts]).chain(defaults);
    layers.into_iter().find_map(|layer| layer.text("install.with")).map(str::to_owned)
}

/// Adds the presets of all used backing services below the other layers.
fn with_service_kinds(merged: Node) -> Result<Node> {
    let mut kinds: Vec<&str> = merged.entries("services").filter_map(|(_, service)| service.text("kind")).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let known = service_kinds();
    let kinds = kinds.into_iter().filter(|kind| known.contains(kind));
    let layers = kinds.map(|kind| Ok(built_in(&format!("services/{kind}"))?.spec)).collect::<Result<Vec<_>>>()?;
    Ok(layers.into_iter().fold(merged, |merged, mut weaker| {
        weaker.merge(merged);
        weaker
    }))
}

/// The name of a preset, the folder that a path is relative to, and the place that requests it.
type RequestedPreset<'a> = (String, &'a Path, Option<Place>);

fn requested<'a>(request: &'a Request, project: &Node) -> Vec<RequestedPreset<'a>> {
    let from_spec: Vec<RequestedPreset<'a>> = match project.get("presets") {
        Some(Node::Leaf(toml::Value::Array(items), origin)) => {
            let names = items.iter().filter_map(|item| item.as_str());
            names.map(|name| (name.to_owned(), request.directory.as_path(), Some(origin.place.clone()))).collect()
        }
        _ => Vec::new(),
    };
    let flag = |name: &String| {
        let source = Arc::new(Source::new(SourceKind::Flag, format!("--preset {}", redact::address(name)), ""));
        // paths on the command line are relative to the current directory
        (name.clone(), Path::new("."), Some(Place { source, span: 0..0 }))
    };
    from_spec.into_iter().chain(request.presets.iter().map(flag)).collect()
}

/// Loads the presets that a preset extends, then the preset itself, each once. `above` contains the identities and names of the
/// presets that extend it.
fn load_with_bases(
    name: &str,
    base: &BaseDir,
    library: &mut Library,
    above: &mut Vec<(String, String)>,
    presets: &mut Vec<Preset>,
) -> Result<()> {
    let found = library.find(name, base)?;
    if above.iter().any(|(other, _)| *other == found.identity) {
        let chain = above.iter().map(|(_, name)| name.as_str()).chain([name]).collect::<Vec<_>>().join(" → ");
        return Err(Error::new(format!("presets extend each other in a circle: {chain}")).hint("remove one name from `extends`"));
    }
    if presets.iter().any(|preset| preset.identity == found.identity) {
        return Ok(());
    }
    if above.len() == DEEPEST {
        return Err(Error::new(format!("presets extend each other more than {DEEPEST} levels deep"))
            .hint("name fewer presets in `extends`"));
    }
    let base = found.base.clone();
    let preset = read_preset(name, found)?;
    above.push((preset.identity.clone(), name.to_owned()));
    for other in &preset.extends {
        let place = read::place_of(other, &preset.source);
        load_with_bases(other, &base, library, above, presets).map_err(|error| error.at(place))?;
    }
    above.pop();
    presets.push(preset);
    Ok(())
}

/// The presets' layers below the facts, and everything above them.
fn around(presets: &[Preset], project: &Node, facts: &Node) -> (Node, Node) {
    let empty = Node::empty(&facts.origin().place.source);
    let merged = |layers: Vec<&Node>| {
        layers.into_iter().fold(empty.clone(), |mut merged, layer| {
            merged.merge(layer.clone());
            merged
        })
    };
    let enforced = presets.iter().map(|preset| &preset.enforce);
    let stronger = presets.iter().map(|preset| &preset.spec).chain([project]).chain(enforced).collect();
    (merged(presets.iter().map(|preset| &preset.defaults).collect()), merged(stronger))
}

fn stack(presets: Vec<Preset>, facts: Node, project: Node) -> Result<Node> {
    let mut merged = built_in(DEFAULT)?.spec;
    let mut chosen = Vec::new();
    let mut enforced = Vec::new();
    for preset in presets {
        merged.merge(preset.defaults);
        chosen.push(preset.spec);
        enforced.push((preset.source, preset.enforce));
    }
    merged.merge(facts);
    chosen.into_iter().for_each(|spec| merged.merge(spec));
    let own = project.clone();
    merged.merge(project);
    enforce(&enforced, &own, &merged)?;
    enforced.into_iter().for_each(|(_, enforce)| merged.merge(enforce));
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cargo doesn't rebuild if files are added to or removed from an `include_dir`: this test fails instead.
    #[test]
    fn all_presets_on_disk_are_built_in_and_valid() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("presets");
        let on_disk = |folder: &Path| {
            let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
            let mut names: Vec<_> = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
            names.retain(|name| name != DEFAULT);
            names.sort();
            names
        };
        assert_eq!(on_disk(&folder), names());
        assert_eq!(on_disk(&folder.join("services")), service_kinds());
        let kinds = service_kinds().into_iter().map(|kind| format!("services/{kind}"));
        for name in names().into_iter().chain([DEFAULT]).map(str::to_owned).chain(kinds) {
            let file = folder.join(format!("{name}.toml"));
            // load it as a file: built-in presets aren't validated at run time
            let mut library = Library::default();
            let preset = load(file.to_str().unwrap(), Path::new("."), &mut library).map_err(|error| error.message).unwrap();
            assert!(!preset.description.is_empty(), "{name}");
            // the defaults aren't validated at run time either
            assert!(name != DEFAULT || crate::validate::check(&crate::layers::references::with_references(preset.spec)).is_ok());
        }
    }
}
