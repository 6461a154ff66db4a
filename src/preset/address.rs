//! Parses preset names: a built-in or user-wide preset, a path, or an address in a git repository.

use std::sync::Arc;

use crate::error::{Error, Place, Result, SourceKind};
use crate::redact;
use crate::url::Url;

/// The TOML file of a preset that is a folder.
pub(crate) const PRESET_FILE: &str = "preset.toml";

/// The allowed URL schemes. Each protects data in transit, or never leaves this machine.
const SCHEMES: [&str; 3] = ["https", "ssh", "file"];

/// A parsed preset name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// A built-in or user-wide preset.
    Name(String),
    /// A file or folder, relative to the file that contains the name.
    Path(String),
    Git(Git),
}

/// `git+URL//PATH#REF`
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Git {
    /// Passed to git unchanged.
    pub(crate) url: String,
    /// A preset's folder or file in the repository. Empty for the top folder.
    pub(crate) path: String,
    /// A branch, a tag or a commit. `None` for the repository's default branch.
    pub(crate) reference: Option<String>,
}

impl Git {
    /// The address without its path: the key in `dockgen.lock`.
    pub(crate) fn repository(&self) -> String {
        format_address(&self.url, "", self.reference.as_deref())
    }

    /// The host name for messages.
    pub(crate) fn host(&self) -> &str {
        let host = Url::parse(&self.url).map_or("", |url| url.host_and_port());
        if host.is_empty() { "this machine" } else { host }
    }

    /// The address of another path in the same repository and reference.
    pub(crate) fn with_path(&self, path: &str) -> String {
        format_address(&self.url, path, self.reference.as_deref())
    }
}

fn format_address(url: &str, path: &str, reference: Option<&str>) -> String {
    let path = if path.is_empty() { String::new() } else { format!("//{path}") };
    format!("git+{url}{path}{}", reference.map(|reference| format!("#{reference}")).unwrap_or_default())
}

impl Address {
    /// # Errors
    /// An address that contains a credential, or one that is unsafe to pass to git.
    pub(crate) fn parse(name: &str) -> Result<Self> {
        reject_credential(name, || None)?;
        if let Some(rest) = name.strip_prefix("git+") {
            return parse_git(rest).map(Self::Git).map_err(|reason| {
                Error::new(format!("preset {name:?} {reason}")).hint(
                    "write git+https://HOST/REPOSITORY//FOLDER#REF, or the same with ssh or file; //FOLDER and #REF are optional",
                )
            });
        }
        Ok(if name.starts_with(['.', '/']) { Self::Path(name.to_owned()) } else { Self::Name(name.to_owned()) })
    }
}

/// # Errors
/// A credential in the address. The error never shows the line that contains it.
pub(crate) fn reject_credential(name: &str, place: impl FnOnce() -> Option<Place>) -> Result<()> {
    if !redact::has_credential(name) {
        return Ok(());
    }
    let place = place().map(|place| {
        let shown = match &place.source.kind {
            // the name of this source contains the value, which is the address
            SourceKind::Set(key) => format!("--set {key}"),
            _ => place.to_string(),
        };
        Place { source: Arc::new(place.source.shown_as(shown, "")), span: 0..0 }
    });
    Err(credential_error(name).at(place))
}

/// A credential would be visible in `dockgen.lock`, error messages and CI logs.
fn credential_error(name: &str) -> Error {
    let shown = redact::address(name);
    let without = shown.replace(&format!("{}@", redact::HIDDEN), "").replace(&format!("?{}", redact::HIDDEN), "");
    let plain = match without.strip_prefix("git+").map(parse_git) {
        Some(Ok(_)) if !redact::has_credential(&without) => without,
        _ => "git+https://HOST/REPOSITORY.git".to_owned(),
    };
    Error::new(format!("preset {shown:?} has a credential in its address")).hint(format!(
        "write {plain}: for https, git asks your credential helper (`git help credentials`); or git+ssh://git@HOST/REPOSITORY.git, \
         with an SSH key; revoke the token or password if the address was ever committed or logged"
    ))
}

/// Parses an address without its `git+` prefix. An error completes the sentence "preset X …".
fn parse_git(rest: &str) -> std::result::Result<Git, &'static str> {
    let Url { scheme, location: after, fragment: reference, .. } = Url::parse(rest).ok_or("has no https, ssh or file URL")?;
    if !SCHEMES.contains(&scheme) {
        return Err("is reached in a way that is not safe: only https, ssh and file are");
    }
    // skip the first character: the path of a file URL may start with a slash
    let path_at = after.char_indices().skip(1).find(|(at, _)| after[*at..].starts_with("//")).map_or(after.len(), |(at, _)| at);
    let path = after[path_at..].trim_matches('/');
    let url = format!("{scheme}://{}", &after[..path_at]);
    check_host(scheme, &after[..path_at])?;
    if path.split('/').any(|part| matches!(part, "." | ".." | ".git"))
        || (!path.is_empty() && !path.split('/').all(is_path_segment))
    {
        return Err("contains a path that leaves the repository, or an unexpected character");
    }
    if reference.is_some_and(|reference| !is_reference(reference)) {
        return Err("contains an invalid branch, tag or commit");
    }
    Ok(Git { url, path: path.to_owned(), reference: reference.map(str::to_owned) })
}

/// Checks the part between the scheme and the path in the repository.
fn check_host(scheme: &str, rest: &str) -> std::result::Result<(), &'static str> {
    // https://git-scm.com/docs/git-clone#_git_urls, without quotes and spaces, which could only mislead
    if !rest.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-~+:@%[]".contains(letter)) {
        return Err("contains an unexpected character");
    }
    let url = Url::of(scheme, rest);
    if !is_safely_encoded(url.below()) {
        return Err("has a percent-encoded character that no path needs");
    }
    let is_valid = |text: &str| !text.is_empty() && !text.starts_with('-');
    match scheme {
        "file" if !rest.starts_with('/') => Err("has no absolute path"),
        "file" => Ok(()),
        _ if !is_valid(url.host_and_port()) || url.login().is_some_and(|user| user.starts_with('-')) => Err("has no host"),
        _ if !url.below().trim_matches('/').starts_with(|letter: char| letter != '-') => Err("has no repository path"),
        _ => Ok(()),
    }
}

/// Whether percent-encoded characters are all valid in names, so that none acts as a delimiter.
fn is_safely_encoded(path: &str) -> bool {
    path.split('%').skip(1).all(|rest| {
        let code = rest.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        code.is_some_and(|code| !code.is_ascii() || code.is_ascii_alphanumeric() || b" ._-~+()!',&".contains(&code))
    })
}

fn is_path_segment(part: &str) -> bool {
    !part.is_empty() && part.chars().all(|letter| letter.is_alphanumeric() || "._-+@".contains(letter))
}

/// Follows the rules of `git check-ref-format`, and refuses anything that git could parse as an option.
fn is_reference(reference: &str) -> bool {
    let letter = |letter: char| letter.is_alphanumeric() || "._-/+@".contains(letter);
    !reference.is_empty()
        && reference.chars().all(letter)
        && !reference.contains("..")
        && !reference.contains("@{")
        && reference.split('/').all(|part| !part.is_empty() && !part.starts_with(['-', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(name: &str) -> (String, String, Option<String>) {
        let Ok(Address::Git(git)) = Address::parse(name) else { panic!("{name}") };
        (git.url, git.path, git.reference)
    }

    #[test]
    fn parses_git_addresses() {
        let some = |text: &str| Some(text.to_owned());
        let expected = |url: &str, path: &str, reference| (url.to_owned(), path.to_owned(), reference);
        let https = "https://git.example.com/platform/presets.git";
        assert_eq!(parts(&format!("git+{https}")), expected(https, "", None));
        assert_eq!(parts(&format!("git+{https}//python/web#v1.2")), expected(https, "python/web", some("v1.2")));
        assert_eq!(parts("git+ssh://git@example.com:22/a/b#main"), expected("ssh://git@example.com:22/a/b", "", some("main")));
        assert_eq!(parts("git+file:///srv/presets.git//web.toml"), expected("file:///srv/presets.git", "web.toml", None));
    }

    #[test]
    fn refuses_addresses_that_are_unsafe_to_pass_to_git() {
        for name in [
            "git+ext::sh -c id",
            "git+http://example.com/a",
            "git+git://example.com/a",
            "git+https://example.com",
            "git+https:///a",
            "git+ssh://-oProxyCommand=id/a",
            "git+ssh://-oProxyCommand=id@example.com/a",
            "git+ssh://example.com/-a",
            "git+https://user:password@example.com/a",
            "git+https://example.com/a b",
            "git+https://example.com/a'b",
            "git+file://relative/a",
            "git+https://example.com/a//../b",
            "git+https://example.com/a//.git/hooks",
            "git+https://example.com/a#--upload-pack=id",
            "git+https://example.com/a#",
            "git+https://example.com/a#a..b",
            "git+https://example.com/a#refs/heads/-x",
            "git+https://example.com/a#a:refs/heads/b",
            "git+https://example.com/a#a\nb",
        ] {
            assert!(Address::parse(name).is_err(), "{name}");
        }
    }
}
