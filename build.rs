//! Rebuilds after changes in the folders that `include_dir` embeds, which Cargo doesn't watch.

fn main() {
    for path in ["presets", "templates"] {
        println!("cargo::rerun-if-changed={path}");
    }
}
