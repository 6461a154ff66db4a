//! Reads `k8s.yaml`, and writes what a cluster must provide: the Secret and the backing services.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::docker::{PATIENCE, wait_for};
use crate::kube::Pods;

/// Password of the test database.
pub(crate) const PASSWORD: &str = "only-in-this-test";

/// Backing services and secrets that an application needs from its cluster.
#[derive(Default)]
pub(crate) struct Backing<'a> {
    /// User and database of a PostgreSQL server named `db`.
    pub(crate) database: Option<(&'a str, &'a str)>,
    /// Whether there is a redis server named `redis`.
    pub(crate) redis: bool,
    /// Secrets that need a specific value, such as an address; all others get a placeholder.
    pub(crate) secrets: &'a [(&'a str, &'a str)],
}

impl Backing<'_> {
    /// Waits until the services accept connections.
    pub(crate) fn wait(&self, pods: &Pods) {
        if let Some((user, name)) = self.database {
            let ask = ["pg_isready", "--host=127.0.0.1", "--username", user, "--dbname", name];
            wait_for("db answers", PATIENCE, || pods.exec("db-db", &ask).success.then_some(()));
        }
        if self.redis {
            wait_for("redis answers", PATIENCE, || pods.exec("redis-redis", &["redis-cli", "ping"]).success.then_some(()));
        }
    }

    fn pods(&self) -> Vec<Value> {
        let database = self.database.map(|(user, name)| {
            let set = |name: &str, value: &str| json!({"name": name, "value": value});
            let environment = [set("POSTGRES_USER", user), set("POSTGRES_DB", name), set("POSTGRES_PASSWORD", PASSWORD)];
            pod("db", "postgres:18", &json!({"env": environment}))
        });
        let redis = ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no"];
        let redis = self.redis.then(|| pod("redis", "redis:8", &json!({"args": redis})));
        database.into_iter().chain(redis).collect()
    }
}

/// Reads the committed `k8s.yaml` of an example.
pub(crate) fn read_committed(example: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example).join("k8s.yaml");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Writes a manifest of the required Secrets and the backing services of an application.
pub(crate) fn prerequisites(manifest: &str, backing: &Backing) -> String {
    let mut names: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for [secret, key] in documents(manifest).iter().flat_map(required_secrets) {
        let known = backing.secrets.iter().find(|(name, _)| *name == key);
        let value = known.map_or("some-text-that-is-long-enough-to-be-a-key-of-fifty-characters", |(_, value)| *value);
        names.entry(secret).or_default().insert(key, value.to_owned());
    }
    let secret = |(name, data)| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data});
    // write `image: "…"` on its own line as in generated files, so that the script can find it
    let text = |value: Value| serde_json::to_string_pretty(&value).unwrap().replace("\"image\":", "image:");
    names.into_iter().map(secret).chain(backing.pods()).map(text).collect::<Vec<_>>().join("\n---\n")
}

/// The documents of one kind.
pub(crate) fn documents_of_kind(manifest: &str, kind: &str) -> Vec<Value> {
    documents(manifest).into_iter().filter(|document| document["kind"] == kind).collect()
}

/// The name and path of each probe of the web container.
pub(crate) fn probes(manifest: &str) -> Vec<(String, String)> {
    let web = &documents_of_kind(manifest, "Deployment")[0]["spec"]["template"]["spec"]["containers"][0];
    let probe = |name: &str| {
        let path = web[name]["httpGet"]["path"].as_str();
        (name.to_owned(), path.unwrap_or_else(|| panic!("k8s.yaml has a {name} over HTTP: {web:#}")).to_owned())
    };
    ["startupProbe", "livenessProbe", "readinessProbe"].map(probe).into()
}

fn documents(manifest: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(manifest).unwrap_or_else(|error| panic!("k8s.yaml: {error}"))
}

/// The name and key of each Secret that isn't optional.
fn required_secrets(value: &Value) -> Vec<[String; 2]> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    match value {
        Value::Array(items) => items.iter().flat_map(required_secrets).collect(),
        Value::Object(fields) => match fields.get("secretKeyRef") {
            Some(reference) if reference["optional"] != true => vec![[text(&reference["name"]), text(&reference["key"])]],
            _ => fields.values().flat_map(required_secrets).collect(),
        },
        _ => Vec::new(),
    }
}

fn pod(name: &str, image: &str, more: &Value) -> Value {
    let mut container = json!({"name": name, "image": image});
    container.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [container]}})
}
