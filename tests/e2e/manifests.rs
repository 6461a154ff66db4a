//! What is read from `k8s.yaml`, and what is written beside it: the Secret and the backing services.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::docker::{PATIENCE, wait_for};
use crate::kube::Pods;

/// Of the database of these tests, which is gone after them.
pub(crate) const PASSWORD: &str = "only-in-this-test";

/// What an application finds in its cluster.
#[derive(Default)]
pub(crate) struct Backing<'a> {
    /// A PostgreSQL server named `db`: its user and its database.
    pub(crate) database: Option<(&'a str, &'a str)>,
    /// Whether there is a redis server named `redis`.
    pub(crate) redis: bool,
    /// Secrets whose value is part of an address; every other gets some text.
    pub(crate) secrets: &'a [(&'a str, &'a str)],
}

impl Backing<'_> {
    /// Waits until the services answer, as they do in a cluster where they were there before.
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

/// The committed file of an example.
pub(crate) fn committed(example: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example).join("k8s.yaml");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The Secret that a manifest refers to and the services that it needs, as a manifest.
pub(crate) fn with_secret(manifest: &str, backing: &Backing) -> String {
    let mut names: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for [secret, key] in documents(manifest).iter().flat_map(required_secrets) {
        let known = backing.secrets.iter().find(|(name, _)| *name == key);
        let value = known.map_or("some-text-that-is-long-enough-to-be-a-key-of-fifty-characters", |(_, value)| *value);
        names.entry(secret).or_default().insert(key, value.to_owned());
    }
    let secret = |(name, data)| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data});
    // one quoted image a line, as generated files have it: that is what a script can find
    let text = |value: Value| serde_json::to_string_pretty(&value).unwrap().replace("\"image\":", "image:");
    names.into_iter().map(secret).chain(backing.pods()).map(text).collect::<Vec<_>>().join("\n---\n")
}

/// The documents of one kind.
pub(crate) fn of_kind(manifest: &str, kind: &str) -> Vec<Value> {
    documents(manifest).into_iter().filter(|document| document["kind"] == kind).collect()
}

/// The name and the path of every probe of the web process.
pub(crate) fn probes(manifest: &str) -> Vec<(String, String)> {
    let web = &of_kind(manifest, "Deployment")[0]["spec"]["template"]["spec"]["containers"][0];
    let probe = |name: &str| {
        let path = web[name]["httpGet"]["path"].as_str();
        (name.to_owned(), path.unwrap_or_else(|| panic!("k8s.yaml has a {name} over HTTP: {web:#}")).to_owned())
    };
    ["startupProbe", "livenessProbe", "readinessProbe"].map(probe).into()
}

fn documents(manifest: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(manifest).unwrap_or_else(|error| panic!("k8s.yaml: {error}"))
}

/// The name and the key of every Secret that something cannot start without.
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
