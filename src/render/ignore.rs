//! The end of every ignore file, whatever template made the rest: the rules for credentials.

use crate::credentials::{BY_NAME, NEVER};
use crate::model::Context;

/// Whether Docker, or another builder, reads a file of this path as patterns.
pub(super) fn is_ignore_file(path: &str) -> bool {
    path.ends_with(".dockerignore") || path.ends_with(".containerignore")
}

/// The rules for credentials, and the files that the spec lets in by their exact path.
pub(super) fn credentials(context: &Context) -> String {
    // a folder in the place of a file stays out
    let dumps = lines("Dumps of databases, by their size", &context.dumps, |path| format!("/{path}\n"));
    let modules = lines("Python packages of such a name: their modules", &context.modules, |folder| {
        format!("!{folder}/*.py\n/{folder}/*.py/**\n")
    });
    let named = lines("context.keep: these files", &context.named, |path| format!("!{path}\n/{path}/**\n"));
    format!(
        "\n# Credentials come last: the last pattern that matches wins, so nothing above lets one in.\n\
         # If the application needs one of these files in its image, name it by its exact path in context.keep.\n\n\
         {BY_NAME}{dumps}{modules}{named}\n\
         # No image needs these: a container gets them when it starts.\n\n{NEVER}"
    )
}

fn lines(title: &str, paths: &[String], line: impl Fn(&String) -> String) -> String {
    let lines: String = paths.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\n# {title}\n{lines}") }
}
