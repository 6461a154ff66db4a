//! The `dockgen` program: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(dockgen::run(std::env::args_os()) as u8)
}
