//! Which files are written, and where.

use crate::detect;
use crate::error::{Error, Result};
use crate::layers::Node;
use crate::plan::is_reserved;
use crate::spec::{Layout, OutputPath, Spec};

/// One file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its key in `[output]`: what `--only` and `--stdout` take.
    pub key: &'static str,
    /// Its template.
    pub template: &'static str,
    /// Its path, relative to the project.
    pub path: String,
}

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
            outputs.extend(KUSTOMIZE.map(|(template, file)| Output { key, template, path: format!("{folder}/{file}") }));
        } else {
            outputs.push(Output { key, template, path });
        }
    }
    check(&outputs, layers)?;
    Ok(outputs)
}

fn path(spec: &Spec, key: &str) -> Option<String> {
    let output = spec.output.clone().unwrap_or_default();
    let given = |path: Option<OutputPath>| match path {
        Some(OutputPath::Path(path)) => Some(detect::normal(&path)),
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
        let place = layers.place(&format!("output.{}", output.key));
        if let Some(other) = outputs[..index].iter().find(|other| meet(&other.path, &output.path)) {
            let message = format!("`output.{}` and `output.{}` meet at `{}`", other.key, output.key, output.path);
            return Err(Error::new(message).at(place).note(layers.place(&format!("output.{}", other.key)), "the other one"));
        }
        if output.path.split('/').any(is_reserved) {
            return Err(Error::new(format!("`output.{}` must not be `{}`", output.key, output.path)).at(place));
        }
    }
    Ok(())
}
