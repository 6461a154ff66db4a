//! The name of the project.

use std::sync::Arc;

use toml::Value;

use super::Files;
use crate::error::{Source, SourceKind};
use crate::layers::{Origin, origin};
use crate::python::manifests::project_name;

/// Maximum length, with room for suffixes in Kubernetes names.
const LONGEST: usize = 40;

pub(super) fn name(files: &Files<'_>) -> (Value, Origin) {
    let named = project_name(files.document).and_then(|value| Some((slug(value.get_ref().as_str()?)?, value.span())));
    if let (Some((name, span)), Some(source)) = (named, files.pyproject) {
        return (Value::String(name), origin(source, span, "name"));
    }
    let folder = fs_err::canonicalize(files.directory).ok();
    let name = folder.as_deref().and_then(|path| slug(&path.file_name()?.to_string_lossy()));
    let source = Arc::new(Source::new(SourceKind::Folder, "the folder's name", ""));
    (Value::String(name.unwrap_or_else(|| "app".to_owned())), origin(&source, 0..0, ""))
}

/// Converts a text to a valid name for images and Kubernetes objects.
pub(super) fn slug(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    let words: Vec<_> = lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let slug = words.join("-");
    let slug = slug.trim_start_matches(|letter: char| !letter.is_ascii_lowercase());
    let slug: String = slug.chars().take(LONGEST).collect();
    let slug = slug.trim_end_matches('-');
    (!slug.is_empty()).then(|| slug.to_owned())
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn makes_names_that_images_can_have() {
        assert_eq!(slug("My_App.web"), Some("my-app-web".to_owned()));
        assert_eq!(slug("2048-game"), Some("game".to_owned()));
        assert_eq!(slug("日本"), None);
        assert_eq!(slug(&"long-".repeat(20)), Some("long-long-long-long-long-long-long-long".to_owned()));
    }
}
