//! Links smaller, which starts faster: the addresses that the loader must adjust take a few kilobytes instead of a few hundred,
//! and the index for unwinding is left out, for a release aborts where it panics and has no names to show.

fn main() {
    // built in by include_dir, which Cargo does not watch
    for path in ["build.rs", "presets", "templates"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let target = |name: &str| std::env::var(name).unwrap_or_default();
    if target("CARGO_CFG_TARGET_OS") == "linux" && target("CARGO_CFG_TARGET_ENV") == "gnu" {
        if target("HOST") == target("TARGET") && loader_packs() {
            println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
        }
        if target("PROFILE") == "release" {
            println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
            // what is left of unwinding is smaller than a shared library that would have to be found and mapped
            println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
        }
    }
}

/// Whether the loader of this machine knows packed addresses: that of glibc 2.36 was the first, and others refuse the program.
fn loader_packs() -> bool {
    let said = std::process::Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let version = said.strip_prefix("glibc 2.").and_then(|minor| minor.split('.').next()?.parse::<u32>().ok());
    version.is_some_and(|minor| minor >= 36)
}
