//! Names of distributions and of modules.

/// A normalized name (PEP 503); none if it contains a character that names can't have.
pub(crate) fn normalized(name: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if !name.chars().all(allowed) {
        return None;
    }
    let words: Vec<_> = name.split(['-', '_', '.']).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join("-").to_ascii_lowercase())
}

/// Normalized names (PEP 503), without invalid ones.
pub(crate) fn all_normalized<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    names.into_iter().filter_map(|name| normalized(name.trim())).collect()
}

/// The files that a module may be, below a folder on the import path.
pub(crate) fn module_files(module: &str) -> [String; 2] {
    let path = module.replace('.', "/");
    [format!("{path}.py"), format!("{path}/__init__.py")]
}

/// Whether Python can import a module of this name.
pub(crate) fn is_importable(module: &str) -> bool {
    !module.is_empty() && module.split('.').all(is_identifier)
}

/// Whether a text is a name in Python; only ASCII letters count.
pub(crate) fn is_identifier(name: &str) -> bool {
    let start = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    start && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_one_way_and_hold_nothing_strange() {
        assert_eq!(normalized("Zope.Interface__X-"), Some("zope-interface-x".to_owned()));
        for name in ["", "-", "a b", "a\nRUN id", "é", "a$b"] {
            assert_eq!(normalized(name), None, "{name:?}");
        }
    }
}
