//! Links smaller: the addresses that the loader must adjust take a few kilobytes instead of a few hundred, and less time.

fn main() {
    // built in by include_dir, which Cargo does not watch
    for path in ["build.rs", "presets", "templates"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let target = |name: &str| std::env::var(name).unwrap_or_default();
    if target("CARGO_CFG_TARGET_OS") == "linux" && target("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
