//! Relative paths as text, with `/` between their parts.

use std::path::{Component, Path, PathBuf};

/// A relative path without `.` parts: `./app/` is `app`, and an empty path is `.`.
pub(crate) fn normal(path: &str) -> String {
    let parts: PathBuf = Path::new(path).components().filter(|part| !matches!(part, Component::CurDir)).collect();
    let text = parts.to_string_lossy().into_owned();
    if text.is_empty() { ".".to_owned() } else { text }
}

/// A path without `.` and `..`, seen from a folder; none for one that leaves the top.
pub(crate) fn relative(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

/// Whether a path is below a folder.
pub(crate) fn within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The folder of a path; empty for the top.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last part of a path.
pub(crate) fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// A path below a folder; the empty folder is the top.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Whether a path ends in one of these extensions.
pub(crate) fn has_extension(path: &str, extensions: &[&str]) -> bool {
    Path::new(path).extension().and_then(|extension| extension.to_str()).is_some_and(|extension| extensions.contains(&extension))
}

/// Whether no output may have this name, at any depth: dockgen reads it, it contains secrets, or git runs it.
pub(crate) fn is_reserved(name: &str) -> bool {
    // some disks take `.git.` for `.git`
    let name = name.trim_end_matches('.').to_lowercase();
    let own = name.starts_with("dockgen.") && [".toml", ".lock"].iter().any(|end| name.ends_with(end));
    own || name == ".env" || name == ".git"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_stays_below_the_top() {
        assert_eq!(normal("./app/"), "app");
        assert_eq!(normal(""), ".");
        assert_eq!(relative("a/b", "../c/./d"), Some("a/c/d".to_owned()));
        assert_eq!(relative("a", "../../c"), None);
        assert!(within("app/main.py", "app"));
        assert!(!within("apple/main.py", "app") && !within("app", "app"));
    }
}
