//! Which files are written, and where.

use super::settings::Settings;
use crate::error::{Error, Result};
use crate::layers::Node;
use crate::layers::references::missing_setting;
use crate::output::{EXTRA, OutputFile, OutputKind};
use crate::paths::{self, is_reserved};
use crate::spec::{self, Layout, OutputPath};
use crate::suggest::closest;

/// The files of `kubernetes.layout = "kustomize"`, inside the folder that `output.kubernetes` names.
const KUSTOMIZE: [(&str, &str); 4] = [
    ("k8s.yaml.j2", "base/app.yaml"),
    ("kustomize/base.yaml.j2", "base/kustomization.yaml"),
    ("kustomize/staging.yaml.j2", "overlays/staging/kustomization.yaml"),
    ("kustomize/production.yaml.j2", "overlays/production/kustomization.yaml"),
];

impl Settings<'_> {
    /// The files that this spec asks for.
    pub(super) fn outputs(&self) -> Result<Vec<OutputFile>> {
        let mut outputs: Vec<OutputFile> = OutputKind::ALL.into_iter().flat_map(|kind| self.files_of(kind)).collect();
        outputs.extend(self.extra_outputs()?);
        check(&outputs, self.layers)?;
        Ok(outputs)
    }

    /// The files of a kind: none if it is turned off, several for kustomize.
    fn files_of(&self, kind: OutputKind) -> Vec<OutputFile> {
        let Some(path) = self.output_path(kind) else { return Vec::new() };
        if kind == OutputKind::Kubernetes && self.kubernetes.layout == Some(Layout::Kustomize) {
            let folder = path.strip_suffix(".yaml").unwrap_or(&path);
            return KUSTOMIZE.map(|(template, file)| OutputFile::built_in(kind, template, format!("{folder}/{file}"))).into();
        }
        vec![OutputFile::built_in(kind, kind.template(), path)]
    }

    fn output_path(&self, kind: OutputKind) -> Option<String> {
        let output = &self.output;
        match kind {
            OutputKind::Dockerfile => set(output.dockerfile.as_ref()),
            OutputKind::Dockerignore => output.dockerignore.unwrap_or_default().then(|| ignore_file(output)),
            OutputKind::Compose => set(output.compose.as_ref()),
            OutputKind::Kubernetes => set(output.kubernetes.as_ref()),
            OutputKind::Gunicorn => set(output.gunicorn.as_ref()),
            OutputKind::EnvExample => set(output.env_example.as_ref()).map(|path| beside_compose(path, output)),
        }
    }

    /// The files that presets have templates for.
    fn extra_outputs(&self) -> Result<Vec<OutputFile>> {
        let extra = self.output.extra.iter().flatten();
        let on = extra.filter_map(|(name, extra)| match extra {
            spec::Toggle::On(extra) => Some((name, extra)),
            spec::Toggle::Off => None,
        });
        on.map(|(name, extra)| self.extra_output(name, extra)).collect()
    }

    fn extra_output(&self, name: &str, extra: &spec::Extra) -> Result<OutputFile> {
        let key = format!("{EXTRA}{name}");
        let unknown = |part: &str| missing_setting(&format!("output.{key}.{part}")).at(self.place(&format!("output.{key}")));
        let path = extra.path.as_ref().ok_or_else(|| unknown("path"))?;
        let template = extra.template.clone().ok_or_else(|| unknown("template"))?;
        let place = self.place(&format!("output.{key}.template"));
        Ok(OutputFile { kind: None, path: paths::normal(path), template: template.into(), place, key: key.into() })
    }
}

/// A path that is set.
fn set(path: Option<&OutputPath>) -> Option<String> {
    match path {
        Some(OutputPath::Path(path)) => Some(paths::normal(path)),
        Some(OutputPath::Off) | None => None,
    }
}

/// The ignore file that Docker reads for the Dockerfile.
fn ignore_file(output: &spec::Output) -> String {
    match set(output.dockerfile.as_ref()) {
        Some(path) if path != "Dockerfile" => format!("{path}.dockerignore"),
        Some(_) | None => ".dockerignore".to_owned(),
    }
}

/// A bare name next to the compose file, where Compose looks for `.env`.
fn beside_compose(path: String, output: &spec::Output) -> String {
    let compose = set(output.compose.as_ref()).unwrap_or_default();
    if path.contains('/') { path } else { paths::join(paths::parent(&compose), &path) }
}

/// Refuses what was asked for by a key that is no output's, or that of one that is turned off.
///
/// # Errors
/// There is such a key.
pub fn asked_for(wanted: &[&str], outputs: &[OutputFile], layers: &Node) -> Result<()> {
    let Some(key) = wanted.iter().find(|key| outputs.iter().all(|output| output.key != **key)) else { return Ok(()) };
    let extra = match layers.get("output.extra") {
        Some(Node::Table { children, .. }) => children.keys().map(|name| format!("{EXTRA}{name}")).collect(),
        _ => Vec::new(),
    };
    let known: Vec<&str> = OutputKind::ALL.map(OutputKind::key).into_iter().chain(extra.iter().map(String::as_str)).collect();
    if known.contains(key) {
        let error = Error::new(format!("the output `{key}` is turned off")).at(layers.place(&format!("output.{key}")));
        let off_by_default = layers.get(&format!("output.{key}")).is_some_and(|node| node.origin().is_built_in());
        return Err(error.hint(match OutputKind::of_key(key).filter(|_| off_by_default) {
            Some(kind) => format!("set `output.{key} = {:?}`", kind.template().trim_end_matches(".j2")),
            None => format!("remove `output.{key} = false`"),
        }));
    }
    let hint = closest(key, &known)
        .map_or_else(|| format!("known outputs: {}", known.join(", ")), |name| format!("did you mean `{name}`?"));
    Err(Error::new(format!("unknown output `{key}`")).hint(hint))
}

/// Whether two paths are one file, or one is a folder of the other; letters of both cases are one on some disks.
fn meet(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_lowercase() + "/", other.to_lowercase() + "/");
    one.starts_with(&other) || other.starts_with(&one)
}

fn check(outputs: &[OutputFile], layers: &Node) -> Result<()> {
    for (index, output) in outputs.iter().enumerate() {
        let place = layers.place(&output.path_key());
        if let Some(other) = outputs[..index].iter().find(|other| meet(&other.path, &output.path)) {
            let message = format!("`output.{}` and `output.{}` overlap at `{}`", other.key, output.key, output.path);
            return Err(Error::new(message).at(place).note(layers.place(&other.path_key()), "also here").hint(format!(
                "set {} or {} to another path",
                other.path_key(),
                output.path_key()
            )));
        }
        if output.path.split('/').any(is_reserved) {
            return Err(Error::new(format!("`output.{}` must not be `{}`", output.key, output.path))
                .at(place)
                .hint("choose another path, such as \"deploy/compose.yaml\""));
        }
    }
    Ok(())
}
