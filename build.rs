//! `include_dir` embeds these folders, and Cargo doesn't watch them.

fn main() {
    for path in ["presets", "templates"] {
        println!("cargo::rerun-if-changed={path}");
    }
}
