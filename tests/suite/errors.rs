//! Bad input: each case of `tests/bad` on record with its whole error message.
//!
//! A case is the command, the files that make it bad (on top of a project that is fine), and `exit` with standard error. Instead of
//! a file's path, `absent PATH` takes one away, `link PATH` is a symbolic link, and `latin-1 PATH` is written in that encoding.

use crate::recorded::{FINE, check, without_preset_lines};

#[test]
fn bad_input_is_refused_with_the_message_on_record() {
    assert!(check("tests/bad", &FINE) >= 60);
}

#[test]
fn recorded_errors_do_not_depend_on_the_lines_of_presets() {
    let error = "error: x\n --> preset default:9:2\n  |\n9 | port = 1\n  |\n";
    let moved = "error: x\n  --> preset default:10:2\n   |\n10 | port = 1\n   |\n";
    assert_eq!(without_preset_lines(error), without_preset_lines(moved));
    let of_a_project = error.replace("preset default", "dockgen.toml");
    assert_eq!(without_preset_lines(&of_a_project), of_a_project);
}
