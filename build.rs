//! Links smaller, which starts faster: the addresses that the loader must adjust take a few kilobytes instead of a few hundred,
//! and the tables for unwinding are left out, for a release aborts where it panics and has no names to show.

use std::env::var;
use std::path::Path;
use std::process::Command;

fn main() {
    // built in by include_dir, which Cargo does not watch
    for path in ["build.rs", "presets", "templates"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let is = |name: &str, value: &str| var(name).is_ok_and(|found| found == value);
    // whoever chose a linker, or flags for it, may have one that does not know these
    let chosen = ["RUSTC_LINKER", "CARGO_ENCODED_RUSTFLAGS"].iter().any(|name| var(name).is_ok_and(|value| !value.is_empty()));
    if chosen || !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    if var("HOST") == var("TARGET") && loader_packs() {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    if is("PROFILE", "release") {
        leave_out_unwinding();
    }
}

/// Whether the loader of this machine knows packed addresses: that of glibc 2.36 was the first, and others refuse the program.
fn loader_packs() -> bool {
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let version = said.strip_prefix("glibc 2.").and_then(|minor| minor.split('.').next()?.parse::<u32>().ok());
    version.is_some_and(|minor| minor >= 36)
}

/// A sixteenth of the program is tables that say how to unwind its functions.
fn leave_out_unwinding() {
    let script = Path::new(&var("OUT_DIR").unwrap_or_default()).join("no-unwinding.ld");
    if std::fs::write(&script, "SECTIONS { /DISCARD/ : { *(.eh_frame) } } INSERT AFTER .text;\n").is_ok() {
        println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr,-T,{}", script.display());
        // what is left of unwinding is smaller than a shared library that would have to be found and mapped
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}
