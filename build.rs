//! Links smaller, which starts faster: the addresses that the loader must adjust take a few kilobytes instead of a few hundred,
//! and the index for unwinding is left out, for a release aborts where it panics and has no names to show.

fn main() {
    // built in by include_dir, which Cargo does not watch
    for path in ["build.rs", "presets", "templates"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let target = |name: &str| std::env::var(name).unwrap_or_default();
    if target("CARGO_CFG_TARGET_OS") == "linux" && target("CARGO_CFG_TARGET_ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        if target("PROFILE") == "release" {
            println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
            // what is left of unwinding is smaller than a shared library that would have to be found and mapped
            println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
        }
    }
}
