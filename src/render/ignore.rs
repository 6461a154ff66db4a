//! The rules for credentials at the end of every ignore file, which no template can change.

use crate::credentials::{BY_NAME, CAPITALS, NEVER};
use crate::model::Context;

/// Whether Docker, or another builder, reads a file of this path as patterns.
pub(super) fn is_ignore_file(path: &str) -> bool {
    path.ends_with(".dockerignore") || path.ends_with(".containerignore")
}

/// The rules for credentials, and the files that are let in all the same.
pub(super) fn credentials(context: &Context) -> String {
    // a folder in the place of a file stays out
    let file = |path: &String| format!("!{path}\n/{path}/**\n{}", dumps_beside(path));
    let modules = |folder: &String| format!("!{folder}/[a-zA-Z_]*.py\n/{folder}/*.py/**\n");
    let files = lines("Files of the application that look like these", &context.files, file);
    let other_case =
        lines("The same in another case: files found in the project", &context.other_case, |path| format!("/{path}\n"));
    let named = lines("Files that context.keep or install.files names", &context.named, file);
    let packages = lines("Python packages with such a name: their modules", &context.modules, modules);
    format!(
        "\n# Credentials come last: the last pattern that matches wins, so no pattern above can include one.\n\
         # If the application needs one of these files, add its exact path to context.keep.\n\n\
         {BY_NAME}\n{CAPITALS}{other_case}{files}{named}\n\
         # The image needs none of these: mount them at run time.\n\n{NEVER}{packages}"
    )
}

/// The dumps that a pattern such as `db/[0-9]*.sql` must not let in.
fn dumps_beside(path: &str) -> String {
    match path.strip_suffix("/[0-9]*.sql") {
        Some(folder) => ["backup", "dump"].map(|name| format!("/{folder}/*{name}.sql\n")).concat(),
        None => String::new(),
    }
}

fn lines(title: &str, paths: &[String], line: impl Fn(&String) -> String) -> String {
    let lines: String = paths.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\n# {title}\n{lines}") }
}
