//! The end of every ignore file, whatever template made the rest: the rules for credentials.

use crate::credentials::{BY_NAME, NEVER, SQL, in_any_case};
use crate::model::Context;

/// Whether Docker, or another builder, reads a file of this path as patterns.
pub(super) fn is_ignore_file(path: &str) -> bool {
    path.ends_with(".dockerignore") || path.ends_with(".containerignore")
}

/// The rules for credentials, and the files that are let in all the same.
pub(super) fn credentials(context: &Context) -> String {
    // a folder in the place of a file stays out
    let queries = lines("Files of SQL in the repository", &context.queries, |path| format!("!{path}\n/{path}/**\n"));
    let modules = |folder: &String| format!("!{folder}/*.py\n/{folder}/*.py/**\n");
    let key_modules = |folder: &String| format!("!{folder}/[a-zA-Z_]*.py\n/{folder}/*.py/**\n");
    let packages = lines("Python packages of such a name: their modules", &context.modules, modules);
    let key_packages = lines("Python packages named like a key file: their modules", &context.key_modules, key_modules);
    let named = lines("Let in by their exact path", &context.named, |path| format!("!{path}\n/{path}/**\n"));
    let (sql, by_name, never) = (in_any_case(SQL), in_any_case(BY_NAME), in_any_case(NEVER));
    format!(
        "\n# Credentials come last: the last pattern that matches wins, so nothing above lets one in.\n\
         # If the application needs one of these files in its image, name it by its exact path in context.keep.\n\
         # Docker tells upper case from lower case: [pP][eE][mM] is pem in any case.\n\n\
         # Dumps, unless named below\n{sql}{queries}\n{by_name}{packages}{named}\n\
         # No image needs these: mount them at run time.\n\n{never}{key_packages}"
    )
}

fn lines(title: &str, paths: &[String], line: impl Fn(&String) -> String) -> String {
    let lines: String = paths.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\n# {title}\n{lines}") }
}
