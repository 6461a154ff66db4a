//! The script that runs manifests, and what it started.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use assert_fs::TempDir;

use crate::docker::{Ran, must, note, run};

/// What was played, in a folder that holds the manifests: stopped when dropped, the last first.
pub(crate) struct Pods {
    script: OsString,
    folder: TempDir,
    played: Vec<PathBuf>,
}

impl Pods {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        let script = std::env::var_os("DOCKGEN_KUBE");
        let script =
            script.expect("DOCKGEN_KUBE names a script that runs Kubernetes manifests: see the head of tests/e2e/pods.rs");
        Self { script, folder: TempDir::new().unwrap(), played: Vec::new() }
    }

    /// Starts what a manifest describes, if anything.
    pub(crate) fn play(&mut self, manifest: &str) {
        if manifest.is_empty() {
            return;
        }
        let file = self.folder.path().join(format!("{}.yaml", self.played.len()));
        std::fs::write(&file, manifest).unwrap();
        self.played.push(file.clone());
        must(self.script().arg("up").arg(file));
    }

    /// The pod and the full name of an application's container.
    pub(crate) fn container(&self, application: &str, name: &str) -> (String, String) {
        let found = self
            .list()
            .into_iter()
            .find(|[pod, container, _]| pod.starts_with(application) && container.ends_with(&format!("-{name}")));
        let [pod, container, _] =
            found.unwrap_or_else(|| panic!("{application} has a container named {name}: {:?}", self.list()));
        (pod, container)
    }

    /// Whether a container is up, and how it ended where it is not.
    pub(crate) fn status(&self, container: &str) -> String {
        self.list().into_iter().find(|[_, name, _]| name == container).map_or_else(String::new, |[_, _, status]| status)
    }

    /// Whether a path is answered with 200.
    pub(crate) fn answers(&self, pod: &str, port: u16, path: &str) -> bool {
        run(self.script().args(["ask", pod, &port.to_string(), path])).out.trim() == "200"
    }

    /// Runs a command in a container.
    pub(crate) fn exec(&self, container: &str, arguments: &[&str]) -> Ran {
        run(self.script().arg("exec").arg(container).args(arguments))
    }

    /// What a container wrote.
    pub(crate) fn logs(&self, container: &str) -> String {
        let ran = run(self.script().arg("logs").arg(container));
        ran.out + &ran.err
    }

    fn script(&self) -> Command {
        Command::new(&self.script)
    }

    /// Pod, container and status of all there is.
    fn list(&self) -> Vec<[String; 3]> {
        let listed = run(self.script().arg("ps")).out;
        let row = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>().try_into().ok();
        listed.lines().filter_map(row).collect()
    }
}

impl Drop for Pods {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let tell = |[_, name, status]: [String; 3]| note(&format!("--- {name}: {status}\n{}", self.logs(&name)));
            self.list().into_iter().for_each(tell);
        }
        run(self.script().arg("down").args(self.played.iter().rev()));
    }
}
