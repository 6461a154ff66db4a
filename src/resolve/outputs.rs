//! Which files are written, and where.

use std::borrow::Cow;

use super::{entries, words};
use crate::error::{Error, Place, Result};
use crate::layers::Node;
use crate::paths::{self, is_reserved};
use crate::spec::{Layout, OutputPath, Spec};
use crate::suggest::closest;

/// One file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its key in `[output]`: what `--only` and `--stdout` take.
    pub key: Cow<'static, str>,
    /// Its template.
    pub template: Cow<'static, str>,
    /// Its path, relative to the project.
    pub path: String,
    /// Where its template is named, for those that presets bring.
    pub place: Option<Place>,
}

impl Output {
    fn built_in(key: &'static str, template: &'static str, path: String) -> Self {
        Self { key: key.into(), template: template.into(), path, place: None }
    }

    /// Whether it is made from a template that only a preset can bring.
    #[must_use]
    pub fn is_extra(&self) -> bool {
        self.key.starts_with(EXTRA)
    }

    /// The key that holds its path.
    fn path_key(&self) -> String {
        format!("output.{}{}", self.key, if self.is_extra() { ".path" } else { "" })
    }
}

/// How the keys of outputs begin that presets bring.
const EXTRA: &str = "extra.";

/// Every output with its template, in the order in which they are written and reported.
const OUTPUTS: [(&str, &str); 6] = [
    ("dockerfile", "Dockerfile.j2"),
    ("dockerignore", "dockerignore.j2"),
    ("compose", "compose.yaml.j2"),
    ("kubernetes", "k8s.yaml.j2"),
    ("gunicorn", "gunicorn.conf.py.j2"),
    ("env-example", "env.example.j2"),
];

/// The files of `kubernetes.layout = "kustomize"`, inside the folder that `output.kubernetes` names.
const KUSTOMIZE: [(&str, &str); 4] = [
    ("k8s.yaml.j2", "base/app.yaml"),
    ("kustomize/base.yaml.j2", "base/kustomization.yaml"),
    ("kustomize/staging.yaml.j2", "overlays/staging/kustomization.yaml"),
    ("kustomize/production.yaml.j2", "overlays/production/kustomization.yaml"),
];

/// The keys of all outputs.
pub fn known() -> Vec<&'static str> {
    OUTPUTS.iter().map(|(key, _)| *key).collect()
}

/// The files that this spec asks for.
pub(super) fn outputs(spec: &Spec, layers: &Node) -> Result<Vec<Output>> {
    let mut outputs = Vec::new();
    for (key, template) in OUTPUTS {
        let Some(path) = path(spec, key) else { continue };
        let kustomize = spec.kubernetes.as_ref().and_then(|kubernetes| kubernetes.layout) == Some(Layout::Kustomize);
        if key == "kubernetes" && kustomize {
            let folder = path.strip_suffix(".yaml").unwrap_or(&path).to_owned();
            outputs.extend(KUSTOMIZE.map(|(template, file)| Output::built_in(key, template, format!("{folder}/{file}"))));
        } else {
            outputs.push(Output::built_in(key, template, path));
        }
    }
    outputs.extend(extra(spec, layers)?);
    check(&outputs, layers)?;
    Ok(outputs)
}

/// The files that presets bring templates for.
fn extra(spec: &Spec, layers: &Node) -> Result<Vec<Output>> {
    let extra = spec.output.as_ref().and_then(|output| output.extra.as_ref());
    let output = |(name, table): (String, crate::spec::Extra)| {
        let key = format!("{EXTRA}{name}");
        let unknown = |part: &str| words::unknown(&format!("output.{key}.{part}")).at(layers.place(&format!("output.{key}")));
        let path = table.path.ok_or_else(|| unknown("path"))?;
        let template = table.template.ok_or_else(|| unknown("template"))?;
        let place = layers.place(&format!("output.{key}.template"));
        Ok(Output { path: paths::normal(&path), template: template.into(), place, key: key.into() })
    };
    entries(extra).into_iter().map(output).collect()
}

/// Refuses what was asked for by a key that is no output's, or that of one that is turned off.
///
/// # Errors
/// There is such a key.
pub fn asked_for(wanted: &[&str], outputs: &[Output], layers: &Node) -> Result<()> {
    let Some(key) = wanted.iter().find(|key| outputs.iter().all(|output| output.key != **key)) else { return Ok(()) };
    let extra = match layers.get("output.extra") {
        Some(Node::Table { children, .. }) => children.keys().map(|name| format!("{EXTRA}{name}")).collect(),
        _ => Vec::new(),
    };
    let known: Vec<&str> = known().into_iter().chain(extra.iter().map(String::as_str)).collect();
    if known.contains(key) {
        return Err(Error::new(format!("the output `{key}` is turned off"))
            .at(layers.place(&format!("output.{key}")))
            .hint(format!("remove `output.{key} = false`")));
    }
    let hint = closest(key, &known)
        .map_or_else(|| format!("known outputs: {}", known.join(", ")), |name| format!("did you mean `{name}`?"));
    Err(Error::new(format!("unknown output `{key}`")).hint(hint))
}

fn path(spec: &Spec, key: &str) -> Option<String> {
    let output = spec.output.clone().unwrap_or_default();
    let given = |path: Option<OutputPath>| match path {
        Some(OutputPath::Path(path)) => Some(paths::normal(&path)),
        _ => None,
    };
    match key {
        "dockerfile" => given(output.dockerfile),
        "compose" => given(output.compose),
        "kubernetes" => given(output.kubernetes),
        "gunicorn" => given(output.gunicorn),
        "env-example" => {
            let compose = given(output.compose.clone()).unwrap_or_default();
            let folder = compose.rsplit_once('/').map_or("", |(folder, _)| folder);
            // Compose looks for .env beside its file
            given(output.env_example)
                .map(|path| if path.contains('/') || folder.is_empty() { path } else { format!("{folder}/{path}") })
        }
        _ => output.dockerignore.unwrap_or_default().then(|| match given(output.dockerfile) {
            Some(path) if path != "Dockerfile" => format!("{path}.dockerignore"),
            _ => ".dockerignore".to_owned(),
        }),
    }
}

/// Whether two paths are one file, or one is a folder of the other; letters of both cases are one on some disks.
fn meet(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_lowercase() + "/", other.to_lowercase() + "/");
    one.starts_with(&other) || other.starts_with(&one)
}

fn check(outputs: &[Output], layers: &Node) -> Result<()> {
    for (index, output) in outputs.iter().enumerate() {
        let place = layers.place(&output.path_key());
        if let Some(other) = outputs[..index].iter().find(|other| meet(&other.path, &output.path)) {
            let message = format!("`output.{}` and `output.{}` overlap at `{}`", other.key, output.key, output.path);
            return Err(Error::new(message)
                .at(place)
                .note(layers.place(&other.path_key()), "also here")
                .hint("set one of them to another path"));
        }
        if output.path.split('/').any(is_reserved) {
            return Err(Error::new(format!("`output.{}` must not be `{}`", output.key, output.path))
                .at(place)
                .hint("choose another path, such as \"deploy/compose.yaml\""));
        }
    }
    Ok(())
}
