//! Compares `dockgen generate` for the largest example with `cp -r` of its outputs, alternating in one run.
//!
//! `cargo bench` prints medians of the wall times of processes, and peak memory if GNU time is installed.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark may panic, and prints its results")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 200;

/// The files that one run writes.
const OUTPUTS: [&str; 7] = [
    "Dockerfile.prod",
    "Dockerfile.prod.dockerignore",
    "compose.yaml",
    "k8s.yaml",
    "gunicorn.conf.py",
    ".env.example",
    "dockgen.lock",
];

const DOCKGEN: &str = env!("CARGO_BIN_EXE_dockgen");

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    copy(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/jewelry-shop")), &path("project"));
    std::fs::create_dir(path("outputs")).unwrap();
    let outputs: Vec<String> = OUTPUTS.map(str::to_owned).to_vec();
    for output in &outputs {
        std::fs::copy(path("project").join(output), path("outputs").join(output)).unwrap();
    }
    // copy the binary as `cargo install` does: files written sequentially are mapped faster than those written by a linker
    let dockgen = path("dockgen");
    std::fs::copy(DOCKGEN, &dockgen).unwrap();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for output in &outputs {
            std::fs::remove_file(path("project").join(output)).unwrap();
        }
        ours.push(time(Command::new(&dockgen).args(["generate", "-q"]).current_dir(path("project"))));
        theirs.push(time(Command::new("cp").args(["-r", "outputs", "copy"]).current_dir(folder.path())));
        std::fs::remove_dir_all(path("copy")).unwrap();
    }
    let ratio = median(ours.iter().zip(&theirs).map(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64()).collect());
    println!("dockgen generate  {:7.2} ms", milliseconds(&ours));
    println!("cp -r             {:7.2} ms", milliseconds(&theirs));
    println!("ratio             {ratio:7.2}    (median of {ROUNDS} pairs; at most 2.5)");
    println!(
        "binary            {:7.2} MiB  (at most 8)",
        f64::from(u32::try_from(std::fs::metadata(DOCKGEN).unwrap().len()).unwrap()) / 1_048_576.0
    );
    match peak_memory(&path("project")) {
        Some(kibibytes) => println!("peak memory       {:7.2} MiB  (at most 15)", kibibytes / 1024.0),
        None => println!("peak memory       not measured: GNU time is not installed"),
    }
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
}

fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    assert!(command.stdin(Stdio::null()).status().unwrap().success());
    start.elapsed()
}

fn milliseconds(times: &[Duration]) -> f64 {
    median(times.iter().map(|time| time.as_secs_f64() * 1000.0).collect())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Peak resident memory in KiB, from GNU time.
fn peak_memory(project: &Path) -> Option<f64> {
    let mut command = Command::new("/usr/bin/time");
    let output = command.args(["-f", "%M", DOCKGEN, "generate", "-q", "--force"]).current_dir(project).output().ok()?;
    String::from_utf8_lossy(&output.stderr).trim().parse().ok()
}
