//! Versions of dockgen that can use a spec.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use crate::error::{Error, Place, Result};

/// The version of this dockgen.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Checks `required-version`.
///
/// # Errors
/// This dockgen is outside the range, or the text isn't a version range.
pub(crate) fn check(wanted: &str, place: Option<Place>) -> Result<()> {
    let range = VersionSpecifiers::from_str(wanted).map_err(|error| {
        let reason = error.to_string().lines().next().unwrap_or_default().to_owned();
        Error::new(format!("`required-version` is not a version range: {reason}")).at(place.clone()).hint("write it as \">=0.1\"")
    })?;
    let fits = Version::from_str(VERSION).is_ok_and(|version| range.contains(&version));
    if fits {
        return Ok(());
    }
    let text = place.as_ref().map_or("dockgen.toml", |place| place.source.name.as_str());
    let text = if text.starts_with("--") { "the spec" } else { text };
    Err(Error::new(format!("{text} requires dockgen {wanted}, but this is {VERSION}"))
        .at(place)
        .hint("install a matching version of dockgen, or change required-version"))
}
