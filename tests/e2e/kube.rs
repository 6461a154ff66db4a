//! Runs manifests with the script `DOCKGEN_KUBE` (see pods.rs).

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use assert_fs::TempDir;

use crate::docker::{Ran, must, note, run};

/// Pods started from manifests. Stopped in reverse order when dropped.
pub(crate) struct Pods {
    script: OsString,
    folder: TempDir,
    /// Files of the manifests, in the order in which they were started.
    started: Vec<PathBuf>,
}

impl Pods {
    pub(crate) fn new() -> Self {
        let script = std::env::var_os("DOCKGEN_KUBE");
        let script =
            script.expect("DOCKGEN_KUBE names a script that runs Kubernetes manifests: see the head of tests/e2e/pods.rs");
        Self { script, folder: TempDir::new().unwrap(), started: Vec::new() }
    }

    /// Starts the pods of a manifest; does nothing if it is empty.
    pub(crate) fn start(&mut self, manifest: &str) {
        if manifest.is_empty() {
            return;
        }
        let file = self.folder.path().join(format!("{}.yaml", self.started.len()));
        std::fs::write(&file, manifest).unwrap();
        self.started.push(file.clone());
        must(self.script().arg("up").arg(file));
    }

    /// The name of the pod and the full name of a container.
    pub(crate) fn container(&self, application: &str, name: &str) -> (String, String) {
        let found = self
            .list()
            .into_iter()
            .find(|[pod, container, _]| pod.starts_with(application) && container.ends_with(&format!("-{name}")));
        let [pod, container, _] =
            found.unwrap_or_else(|| panic!("{application} has a container named {name}: {:?}", self.list()));
        (pod, container)
    }

    /// The status of a container, such as `Up …` or `Exited (0) …`; empty if it doesn't exist.
    pub(crate) fn status(&self, container: &str) -> String {
        self.list().into_iter().find(|[_, name, _]| name == container).map_or_else(String::new, |[_, _, status]| status)
    }

    /// Whether a GET request returns 200.
    pub(crate) fn returns_ok(&self, pod: &str, port: u16, path: &str) -> bool {
        run(self.script().args(["ask", pod, &port.to_string(), path])).out.trim() == "200"
    }

    pub(crate) fn exec(&self, container: &str, arguments: &[&str]) -> Ran {
        run(self.script().arg("exec").arg(container).args(arguments))
    }

    /// Stdout and stderr of a container.
    pub(crate) fn logs(&self, container: &str) -> String {
        let ran = run(self.script().arg("logs").arg(container));
        ran.out + &ran.err
    }

    fn script(&self) -> Command {
        Command::new(&self.script)
    }

    /// Pod, container and status of every container.
    fn list(&self) -> Vec<[String; 3]> {
        let listed = run(self.script().arg("ps")).out;
        let row = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>().try_into().ok();
        listed.lines().filter_map(row).collect()
    }
}

impl Drop for Pods {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let print = |[_, name, status]: [String; 3]| note(&format!("--- {name}: {status}\n{}", self.logs(&name)));
            self.list().into_iter().for_each(print);
        }
        run(self.script().arg("down").args(self.started.iter().rev()));
    }
}
