//! Finding, reading and composing presets, up to the merged layers of a project.

pub(crate) mod address;
mod ask;
pub mod differences;
mod disk;
pub mod effects;
pub(crate) mod library;
mod project;
mod read;
mod refused;
mod repository;
pub mod shown;
mod tree;

use std::collections::BTreeMap;
use std::mem::take;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};

use crate::detect::Facts;
use crate::error::{Error, Place, Result, Source};
use crate::knowledge::InstallerRow;
use crate::layers::{Node, Origin};
use crate::redact;
use crate::resolve::team;

pub use ask::{Ask, Kind};
pub use library::{Library, Moving};
pub use project::project;

use effects::EffectsBySource;
use library::{Found, Home};

/// The built-in presets, `default.toml` among them.
static PRESETS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/presets");

/// The weakest layer of every project.
const DEFAULT: &str = "default";

/// How deep presets may extend each other.
const DEEPEST: usize = 16;

/// Whether a value is one of dockgen's own defaults.
pub(crate) fn is_default(origin: &Origin) -> bool {
    origin.place.source.name == "preset default"
}

/// A named layer: a spec, with what is weaker and what is stronger than the project's own.
pub struct Preset {
    /// As it was asked for.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Its text.
    pub source: Arc<Source>,
    identity: String,
    extends: Vec<String>,
    spec: Node,
    defaults: Node,
    enforce: Node,
    asks: Vec<Ask>,
    templates: BTreeMap<String, String>,
    locked: Option<String>,
}

impl Preset {
    /// Whether it says something at a key, for itself.
    pub(crate) fn says(&self, key: &str) -> bool {
        [&self.spec, &self.enforce].into_iter().any(|layer| layer.get(key).is_some())
    }
}

/// All layers of a project in one, and the templates that presets bring.
pub struct Merged {
    /// The merged layers.
    pub layers: Node,
    /// Templates, of weaker presets first.
    pub templates: Vec<TemplateSet>,
    /// What presets from elsewhere do, by what they are locked as.
    pub effects: EffectsBySource,
    /// What the presets ask, in their order.
    pub asks: Vec<Ask>,
}

/// The templates of a preset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateSet {
    /// What the preset is called.
    pub preset: String,
    /// Their texts, by the path below `templates`.
    pub files: BTreeMap<String, String>,
}

/// The built-in presets that say how the web process is run.
pub(crate) fn frameworks() -> Vec<&'static str> {
    saying("processes.web")
}

/// The built-in presets that say how dependencies are installed.
pub(crate) fn installers() -> Vec<&'static str> {
    saying("install.with")
}

fn saying(key: &str) -> Vec<&'static str> {
    let says = |name: &&str| built_in(name).is_ok_and(|preset| preset.says(key));
    names().into_iter().filter(says).collect()
}

/// What `dockgen presets new` writes.
pub(crate) fn skeleton() -> &'static Dir<'static> {
    /// Its folder among the presets, which a test proves to be there.
    const SKELETON: &str = "skeleton";
    PRESETS.get_dir(SKELETON).unwrap_or(&PRESETS)
}

/// What a project asks for, before any preset is read.
#[derive(Default)]
pub struct Request {
    /// The project's spec, where it has one.
    pub spec: Option<Arc<Source>>,
    /// `--preset`, stronger than those that the spec names.
    pub presets: Vec<String>,
    /// `--set KEY=VALUE`.
    pub sets: Vec<String>,
    /// The folder that relative preset paths start from.
    pub directory: PathBuf,
}

/// The names of the built-in presets, sorted; without `default`.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> =
        PRESETS.files().filter_map(|file| file.path().file_stem()?.to_str()).filter(|name| *name != DEFAULT).collect();
    names.sort_unstable();
    names
}

/// The kinds of backing service that are built in, sorted: each a preset below all others, `services/KIND`.
pub fn service_kinds() -> Vec<&'static str> {
    let files = PRESETS.get_dir("services").into_iter().flat_map(Dir::files);
    let mut kinds: Vec<_> = files.filter_map(|file| file.path().file_stem()?.to_str()).collect();
    kinds.sort_unstable();
    kinds
}

/// Reads a preset by the name that it would have in a dockgen.toml of this folder.
///
/// # Errors
/// Where there is none, or its text is not a preset.
pub fn load(name: &str, directory: &Path, library: &mut Library) -> Result<Preset> {
    let found = library.find(name, &Home::of_project(directory))?;
    read_preset(name, found)
}

/// Reads a built-in preset.
///
/// # Errors
/// Where there is none of this name.
pub fn built_in(name: &str) -> Result<Preset> {
    let found = library::built_in(name, &Home::of_project(Path::new("")));
    read_preset(name, found.ok_or_else(|| Error::new(format!("unknown built-in preset {name:?}")))?)
}

fn read_preset(name: &str, found: Found) -> Result<Preset> {
    let Found { identity, source, templates, built_in, locked, .. } = found;
    let check: read::Check = if built_in { |_, _| Ok(()) } else { read::against_schema };
    let read::Text { source, description, extends, spec, defaults, enforce, asks } = read::preset(source, check)?;
    let name = name.to_owned();
    Ok(Preset { name, description, source, identity, extends, spec, defaults, enforce, asks, templates, locked })
}

/// Whether a preset, or one that it extends, says something at a key.
pub(crate) fn brings(name: &str, directory: &Path, library: &mut Library, key: &str) -> bool {
    let mut presets = Vec::new();
    let home = Home::of_project(directory);
    let found = collect(name, &home, library, &mut Vec::new(), &mut presets).is_ok();
    found && presets.iter().any(|preset| preset.says(key))
}

/// Merges all layers of a project: the table of the design, read from the weakest to the strongest.
///
/// # Errors
/// A layer that cannot be read, a cycle of presets, a value that contradicts an enforced one, facts that contradict each other.
pub fn merge(request: &Request, project: Node, mut facts: Facts, library: &mut Library) -> Result<Merged> {
    let mut presets = collected(request, &project, library)?;
    // The installer is a preset too: where only a lock file names it, it comes in below the others.
    if let Some(installer) = installer(&presets, &facts.layer, &project) {
        facts.install_with(&installer);
        let is_preset = InstallerRow::named(&installer).is_none_or(InstallerRow::installs);
        if is_preset && presets.iter().all(|preset| preset.name != installer) {
            presets.insert(0, built_in(&installer)?);
        }
    }
    // a doubt counts only where nobody stronger than the facts decided
    let decided = |key: &str| {
        let stronger = presets.iter().flat_map(|preset| [&preset.spec, &preset.enforce]).chain([&project]);
        stronger.into_iter().any(|layer| layer.get(key).is_some())
    };
    if let Some((_, doubt)) = facts.doubts.into_iter().find(|(key, _)| !decided(key)) {
        return Err(doubt);
    }
    facts.layer = facts.layer.as_facts();
    let effects = effects::of(&presets);
    let python = facts.layer.get("python.version").map(|node| node.origin().clone());
    let templates = presets.iter_mut().filter(|preset| !preset.templates.is_empty());
    let templates =
        templates.map(|preset| TemplateSet { preset: preset.source.name.clone(), files: take(&mut preset.templates) });
    let templates = templates.collect();
    let asks = ask::combined(presets.iter_mut().flat_map(|preset| take(&mut preset.asks)))?;
    let mut layers = stack(presets, facts.layer, project)?;
    team::choose_python(&mut layers, python.as_ref(), &facts.pythons);
    if !asks.is_empty() {
        layers = ask::with_defaults(layers, &asks);
    }
    Ok(Merged { effects, templates, asks, layers: with_service_kinds(layers)? })
}

/// What the presets of a project do, before anything is made of it.
///
/// # Errors
/// A preset that cannot be read.
pub fn effects_of(request: &Request, library: &mut Library) -> Result<EffectsBySource> {
    Ok(effects::of(&collected(request, &project(request)?, library)?))
}

/// The presets that a project names, each after those that it extends.
fn collected(request: &Request, project: &Node, library: &mut Library) -> Result<Vec<Preset>> {
    let wanted = wanted(request, project);
    wanted.iter().try_for_each(|(name, _, place)| address::without_credential(name, || place.clone()))?;
    let mut presets = Vec::new();
    for (name, folder, place) in wanted {
        let home = Home::of_project(folder);
        collect(&name, &home, library, &mut Vec::new(), &mut presets).map_err(|error| error.at(place))?;
    }
    Ok(presets)
}

/// `install.with`, as the strongest layer says it.
fn installer(presets: &[Preset], facts: &Node, project: &Node) -> Option<String> {
    let enforced = presets.iter().rev().map(|preset| &preset.enforce);
    let chosen = presets.iter().rev().map(|preset| &preset.spec);
    let defaults = presets.iter().rev().map(|preset| &preset.defaults);
    let layers = enforced.chain([project]).chain(chosen).chain([facts]).chain(defaults);
    layers.into_iter().find_map(|layer| text(layer, "install.with")).map(str::to_owned)
}

/// The text at a key of a layer.
fn text<'a>(layer: &'a Node, key: &str) -> Option<&'a str> {
    match layer.get(key) {
        Some(Node::Leaf(value, _)) => value.as_str(),
        _ => None,
    }
}

/// Lays the layers over what dockgen knows of the backing services that they name.
fn with_service_kinds(merged: Node) -> Result<Node> {
    let Some(Node::Table { children: services, .. }) = merged.get("services") else { return Ok(merged) };
    let mut kinds: Vec<&str> = services.values().filter_map(|service| text(service, "kind")).collect();
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

/// A preset that somebody asked for: its name, the folder that its path starts from, and where it was asked for.
type Wanted<'a> = (String, &'a Path, Option<Place>);

fn wanted<'a>(request: &'a Request, project: &Node) -> Vec<Wanted<'a>> {
    let from_spec: Vec<Wanted<'a>> = match project.get("presets") {
        Some(Node::Leaf(toml::Value::Array(items), origin)) => {
            let names = items.iter().filter_map(|item| item.as_str());
            names.map(|name| (name.to_owned(), request.directory.as_path(), Some(origin.place.clone()))).collect()
        }
        _ => Vec::new(),
    };
    let flag = |name: &String| {
        let source = Arc::new(Source { name: format!("--preset {}", redact::address(name)), text: String::new() });
        // what is typed starts from where it is typed
        (name.clone(), Path::new("."), Some(Place { source, span: 0..0 }))
    };
    from_spec.into_iter().chain(request.presets.iter().map(flag)).collect()
}

/// The preset after those that it extends, each once.
fn collect(
    name: &str,
    home: &Home,
    library: &mut Library,
    above: &mut Vec<(String, String)>,
    presets: &mut Vec<Preset>,
) -> Result<()> {
    let found = library.find(name, home)?;
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
    let home = found.home.clone();
    let preset = read_preset(name, found)?;
    above.push((preset.identity.clone(), name.to_owned()));
    for other in &preset.extends {
        let place = read::place_of(other, &preset.source);
        collect(other, &home, library, above, presets).map_err(|error| error.at(place))?;
    }
    above.pop();
    presets.push(preset);
    Ok(())
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
    enforce(&enforced, &project)?;
    merged.merge(project);
    enforced.into_iter().for_each(|(_, enforce)| merged.merge(enforce));
    Ok(merged)
}

/// Refuses a project, or a later preset, that contradicts what a preset enforces.
fn enforce(presets: &[(Arc<Source>, Node)], project: &Node) -> Result<()> {
    let mut said: Option<Node> = None;
    for (source, enforced) in presets {
        let leaves = enforced.leaves();
        if leaves.is_empty() {
            continue;
        }
        let said = said.get_or_insert_with(|| project.clone());
        for (key, value, origin) in leaves {
            contradiction(said, &key, value).map_or(Ok(()), |place| {
                Err(Error::new(format!("`{key}` must be {value}, enforced by {}", source.name))
                    .at(Some(place))
                    .note(Some(origin.place.clone()), &because("enforced here", origin))
                    .hint(format!("remove `{key}`, or ask the owners of the preset")))
            })?;
        }
        said.merge(enforced.clone());
    }
    Ok(())
}

/// Words about a place, with the reason that its preset gives.
pub(crate) fn because(words: &str, origin: &Origin) -> String {
    if origin.note.is_empty() { words.to_owned() } else { format!("{words}: {}", origin.note) }
}

/// Where the project says something else about a key.
fn contradiction(project: &Node, key: &str, value: &toml::Value) -> Option<Place> {
    let ends = key.match_indices('.').map(|(at, _)| at).chain([key.len()]);
    let said = ends.filter_map(|end| project.get(&key[..end])).find(|node| {
        !matches!(node, Node::Table { off: None, .. }) || project.get(key).is_some_and(|found| std::ptr::eq(found, *node))
    })?;
    let same = said.leaves().into_iter().all(|(_, found, _)| found == value);
    (!same).then(|| said.origin().place.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `include_dir` does not notice files that come or go: this does.
    #[test]
    fn every_preset_on_disk_is_built_in_and_fits_the_schema() {
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
            // as a file: what is built in is not held against the schema when dockgen runs
            let mut library = Library::default();
            let preset = load(file.to_str().unwrap(), Path::new("."), &mut library).map_err(|error| error.message).unwrap();
            assert!(!preset.description.is_empty(), "{name}");
            // nor are the defaults held against the rules
            assert!(name != DEFAULT || crate::rules::check(&crate::resolve::with_references(preset.spec)).is_ok());
        }
    }
}
