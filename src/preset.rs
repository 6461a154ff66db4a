//! Finding, reading and composing presets, up to the merged layers of a project.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use crate::detect::Facts;
use crate::error::{Error, Place, Result, Source};
use crate::layers::{Node, Origin};
use crate::render::embedded;
use crate::spec::Spec;

/// The built-in presets, `default.toml` among them.
static PRESETS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/presets");

/// The weakest layer of every project.
const DEFAULT: &str = "default";

/// Whether a value is one of dockgen's own defaults.
pub(crate) fn is_default(origin: &Origin) -> bool {
    origin.place.source.name == "preset default"
}

/// The largest preset, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A named layer: a spec, with what is weaker and what is stronger than the project's own.
pub struct Preset {
    /// A built-in's name, or the path of a file.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Its text.
    pub source: Arc<Source>,
    identity: PathBuf,
    extends: Vec<String>,
    spec: Node,
    defaults: Node,
    enforce: Node,
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

/// Reads a preset: a built-in by its name, a file by a path that starts with `./`, `../` or `/`.
///
/// # Errors
/// Where there is none, or its text is not a preset.
pub fn load(name: &str, directory: &Path) -> Result<Preset> {
    let is_path = name.starts_with(['.', '/']);
    // an error shows the line it is about: of other files than presets, none is shown
    if is_path && Path::new(name).extension().is_none_or(|extension| extension != "toml") {
        return Err(Error::new(format!("preset {name:?} is no TOML file"))
            .hint("a preset file ends in .toml, such as ./presets/team.toml"));
    }
    let text = if is_path {
        read(&directory.join(name)).map_err(|reason| {
            Error::new(format!("cannot read preset {name:?}: {reason}"))
                .hint("a path starts from the folder of the file that names it")
        })?
    } else {
        embedded(&PRESETS, &format!("{name}.toml")).ok_or_else(|| unknown_preset(name))?.to_owned()
    };
    let shown = if is_path { name.to_owned() } else { format!("preset {name}") };
    let check: Check = if is_path { against_schema } else { |_, _| Ok(()) };
    parse(name, identity(name, directory), Source { name: shown, text }, check)
}

/// How a layer is checked before it is merged; what is built in was checked by the tests, and is not checked in every run.
type Check = fn(Table<'_>, &Arc<Source>) -> Result<()>;

fn against_schema(table: Table<'_>, source: &Arc<Source>) -> Result<()> {
    Spec::deserialize(Deserializer::from(table)).map(drop).map_err(|error| toml_error(&error, source))
}

/// Whether a preset, or one that it extends, says how the web process is run.
pub(crate) fn runs_a_process(name: &str, directory: &Path) -> bool {
    let mut presets = Vec::new();
    let found = collect(name, directory, &mut Vec::new(), &mut presets).is_ok();
    found && presets.iter().any(|preset| preset.spec.get("processes.web").is_some())
}

/// The text of a regular file of a reasonable size.
fn read(path: &Path) -> std::result::Result<String, String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(format!("it is not a file of at most {} KiB", LARGEST >> 10));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// What tells presets apart: two spellings of one path are one preset, and one spelling in two folders is two.
fn identity(name: &str, directory: &Path) -> PathBuf {
    let path = directory.join(name);
    if name.starts_with(['.', '/']) { fs_err::canonicalize(&path).unwrap_or(path) } else { PathBuf::from(name) }
}

fn unknown_preset(name: &str) -> Error {
    let begins = names().into_iter().find(|known| !name.is_empty() && known.starts_with(name));
    let hint = begins.or_else(|| closest(name, &names())).map_or_else(
        || format!("the built-in presets are {}; a file is named by a path such as ./presets/team.toml", names().join(", ")),
        |name| format!("did you mean `{name}`?"),
    );
    Error::new(format!("there is no preset {name:?}")).hint(hint)
}

fn parse(name: &str, identity: PathBuf, source: Source, check: Check) -> Result<Preset> {
    let source = Arc::new(source);
    let mut table = parse_toml(&source)?;
    let defaults = take_table(&mut table, "defaults", &source, check)?;
    let enforce = take_table(&mut table, "enforce", &source, check)?;
    let description = take::<String>(&mut table, "description", &source)?.unwrap_or_default();
    let extends = take::<Vec<String>>(&mut table, "extends", &source)?.unwrap_or_default();
    let spec = layer(table, &source, check)?;
    for node in [&spec, &defaults, &enforce] {
        if let Some(place) = node.get("presets").map(|node| node.origin().place.clone()) {
            return Err(Error::new("a preset names the presets it builds on in `extends`")
                .at(Some(place))
                .hint("write `extends = [\"…\"]`"));
        }
    }
    Ok(Preset { name: name.to_owned(), description, source, identity, extends, spec, defaults, enforce })
}

type Table<'a> = Spanned<DeTable<'a>>;

fn parse_toml(source: &Arc<Source>) -> Result<Table<'_>> {
    DeTable::parse(&source.text).map_err(|error| toml_error(&error, source))
}

/// Checks a TOML table and keeps it with its origins.
fn layer(table: Table<'_>, source: &Arc<Source>, check: Check) -> Result<Node> {
    let node = Node::from_table(&table, source);
    check(table, source)?;
    Ok(node)
}

fn take_value<'a>(table: &mut Table<'a>, key: &str) -> Option<Spanned<DeValue<'a>>> {
    let found = table.get_ref().keys().find(|found| found.get_ref() == key)?.clone();
    table.get_mut().remove(&found)
}

fn take_table(table: &mut Table<'_>, key: &str, source: &Arc<Source>, check: Check) -> Result<Node> {
    let Some(value) = take_value(table, key) else { return Ok(Node::empty(source)) };
    let span = value.span();
    let DeValue::Table(inner) = value.into_inner() else {
        return Err(Error::new(format!("`{key}` is not a table")).at(Some(Place { source: Arc::clone(source), span })));
    };
    layer(Spanned::new(span, inner), source, check)
}

fn take<T: serde::de::DeserializeOwned>(table: &mut Table<'_>, key: &str, source: &Arc<Source>) -> Result<Option<T>> {
    let Some(value) = take_value(table, key) else { return Ok(None) };
    let span = value.span();
    let value = T::deserialize(crate::layers::plain(value.get_ref()));
    value
        .map(Some)
        .map_err(|error| Error::new(format!("`{key}`: {}", error.message())).at(Some(Place { source: Arc::clone(source), span })))
}

/// Merges all layers of a project: the table of the design, read from the weakest to the strongest.
///
/// # Errors
/// A layer that cannot be read, a cycle of presets, a value that contradicts an enforced one, facts that contradict each other.
pub fn merge(request: &Request, project: Node, mut facts: Facts) -> Result<Node> {
    let mut presets = Vec::new();
    for (name, folder, place) in wanted(request, &project) {
        collect(&name, folder, &mut Vec::new(), &mut presets).map_err(|error| error.at(place))?;
    }
    // The installer is a preset too: where only a lock file names it, it comes in below the others.
    if let Some(installer) = installer(&presets, &facts.layer, &project) {
        facts.install_with(&installer);
        if presets.iter().all(|preset| preset.name != installer) {
            presets.insert(0, load(&installer, &request.directory)?);
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
    with_service_kinds(stack(presets, facts.layer, project)?)
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
    let layers = kinds.map(|kind| Ok(load(&format!("services/{kind}"), Path::new("."))?.spec)).collect::<Result<Vec<_>>>()?;
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
        let source = Arc::new(Source { name: format!("--preset {name}"), text: String::new() });
        // what is typed starts from where it is typed
        (name.clone(), Path::new("."), Some(Place { source, span: 0..0 }))
    };
    from_spec.into_iter().chain(request.presets.iter().map(flag)).collect()
}

/// The preset after those that it extends, each once.
fn collect(name: &str, directory: &Path, above: &mut Vec<(PathBuf, String)>, presets: &mut Vec<Preset>) -> Result<()> {
    let identity = identity(name, directory);
    if above.iter().any(|(other, _)| *other == identity) {
        let chain = above.iter().map(|(_, name)| name.as_str()).chain([name]).collect::<Vec<_>>().join(" → ");
        return Err(Error::new(format!("presets extend each other in a circle: {chain}")).hint("take one name out of `extends`"));
    }
    if presets.iter().any(|preset| preset.identity == identity) {
        return Ok(());
    }
    let preset = load(name, directory)?;
    let folder = if name.starts_with(['.', '/']) { directory.join(name).parent().map(Path::to_path_buf) } else { None };
    above.push((identity, name.to_owned()));
    for other in &preset.extends {
        let place = preset
            .source
            .text
            .find(&format!("\"{other}\""))
            .map(|start| Place { source: Arc::clone(&preset.source), span: start..start + other.len() + 2 });
        collect(other, folder.as_deref().unwrap_or(directory), above, presets).map_err(|error| error.at(place))?;
    }
    above.pop();
    presets.push(preset);
    Ok(())
}

fn stack(presets: Vec<Preset>, facts: Node, project: Node) -> Result<Node> {
    let mut merged = load(DEFAULT, Path::new("."))?.spec;
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
                Err(Error::new(format!("`{key}` is enforced by {}: it must be {value}", source.name))
                    .at(Some(place))
                    .note(Some(origin.place.clone()), "enforced here")
                    .hint(format!("take `{key}` out, or ask the owners of the preset")))
            })?;
        }
        said.merge(enforced.clone());
    }
    Ok(())
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

/// What the project says: its spec, with the flags over it.
///
/// # Errors
/// A spec or a flag that the schema does not accept.
pub fn project(request: &Request) -> Result<Node> {
    let flags = Arc::new(Source { name: "flags".to_owned(), text: String::new() });
    let mut node = match &request.spec {
        Some(source) => layer(parse_toml(source)?, source, against_schema).map_err(misplaced)?,
        None => Node::empty(&flags),
    };
    for set in &request.sets {
        node.merge(flag_layer(set)?);
    }
    Ok(node)
}

/// `[enforce]`, `[defaults]`, `extends` and `description` belong in presets.
fn misplaced(error: Error) -> Error {
    let found =
        ["enforce", "defaults", "extends", "description"].into_iter().find(|key| error.message == format!("unknown key `{key}`"));
    let hint = found.map(|key| format!("`{key}` belongs in a preset; a project names presets in `presets = [\"…\"]`"));
    Error { hint: hint.or(error.hint), ..error }
}

/// `--set KEY=VALUE`: the value is TOML, or else plain text.
fn flag_layer(set: &str) -> Result<Node> {
    let (key, value) = set.split_once('=').ok_or_else(|| {
        Error::new(format!("`--set {set}` has no value")).hint("write --set KEY=VALUE, such as --set app.port=8080")
    })?;
    let (key, value) = (key.trim(), value.trim());
    let name = format!("--set {key}={value}");
    let read = |text: String| {
        let source = Arc::new(Source { name: name.clone(), text });
        let table = parse_toml(&source)?;
        if table.get_ref().len() != 1 || source.text.contains('\n') {
            return Err(Error::new(format!("`--set {key}` sets more than one key")).hint("repeat --set for each key"));
        }
        let node = layer(table, &source, against_schema)?;
        Ok(node.renamed(&Arc::new(Source { name: name.clone(), text: String::new() })))
    };
    let text = format!("{key} = {}", toml::Value::String(value.to_owned()));
    // 3.14 is a number in TOML and a version here: what the schema does not take as TOML, it may take as text
    read(format!("{key} = {value}")).or_else(|error| {
        read(text).map_err(|text_error| {
            let error = if value.starts_with(['[', '{', '"', '\'']) || text_error.message.contains("unknown key") {
                error
            } else {
                text_error
            };
            Error { message: format!("--set {key}: {}", error.message), place: None, ..error }
        })
    })
}

/// A TOML error in our words, with the key that was probably meant.
fn toml_error(error: &toml::de::Error, source: &Arc<Source>) -> Error {
    let place = error.span().map(|span| Place { source: Arc::clone(source), span });
    let message = error.message().trim().trim_end_matches('.');
    let mut quoted = message.split('`').skip(1).step_by(2);
    let kind = ["unknown field", "unknown variant"].into_iter().find(|kind| message.starts_with(kind));
    let (Some(kind), Some(found)) = (kind, quoted.next()) else {
        let version = message.contains("floating point") && message.contains("expected a string");
        // Rust's names of types mean nothing to a reader of TOML
        let message = message.replace('\n', ", ").replace("expected u16", "expected a whole number up to 65535");
        let message =
            message.replace("type: map", "type: table").replace("a sequence", "a list").replace("type: sequence", "type: list");
        let error = Error::new(message.replace("expected u32", "expected a whole number")).at(place);
        return if version { error.hint("put the version in quotes: 3.10 and 3.1 are one number") } else { error };
    };
    let known: Vec<_> = quoted.collect();
    let word = if kind == "unknown field" { "key" } else { "value" };
    let hint = closest(found, &known)
        .map_or_else(|| format!("known here: {}", known.join(", ")), |name| format!("did you mean `{name}`?"));
    Error::new(format!("unknown {word} `{found}`")).at(place).hint(hint)
}

/// The word that was probably meant: at most two typing mistakes away, or a third of its letters.
pub(crate) fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |other: &&str| strsim::damerau_levenshtein(word, other);
    let best = known.iter().copied().min_by_key(|other| distance(other))?;
    (distance(&best) <= (word.len() / 3).clamp(1, 3)).then_some(best)
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
            let preset = load(file.to_str().unwrap(), Path::new(".")).map_err(|error| error.message).unwrap();
            assert!(!preset.description.is_empty(), "{name}");
            // nor are the defaults held against the rules
            assert!(name != DEFAULT || crate::rules::check(&preset.spec).is_ok());
        }
    }
}
