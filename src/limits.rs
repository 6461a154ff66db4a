//! How long dockgen waits for others: for servers, for git, for a pipe.

use std::time::Duration;

use crate::error::{Error, Result};

/// Seconds instead of every limit below, for slow networks.
pub(crate) const VARIABLE: &str = "DOCKGEN_TIMEOUT";

/// A fetch altogether: a repository of presets is far smaller than what the slowest usual line carries in this time.
const FETCH: Duration = Duration::from_mins(2);

/// A fetch in a terminal, where git may ask for a password: people may have to look for it.
const FETCH_WITH_QUESTIONS: Duration = Duration::from_mins(10);

/// Reading the history of all files of a run, which is all local.
const HISTORY: Duration = Duration::from_secs(15);

/// A pipe as `--spec`: another program writes it.
const PIPE: Duration = Duration::from_mins(1);

/// How long a fetch may take.
///
/// # Errors
/// The environment names a limit that is no number of seconds.
pub(crate) fn fetch(may_ask: bool) -> Result<Duration> {
    limit(if may_ask { FETCH_WITH_QUESTIONS } else { FETCH })
}

/// How long reading history may take, for all files of a run.
///
/// # Errors
/// As of [`fetch`].
pub(crate) fn history() -> Result<Duration> {
    limit(HISTORY)
}

/// How long a pipe may take to end.
///
/// # Errors
/// As of [`fetch`].
pub(crate) fn pipe() -> Result<Duration> {
    limit(PIPE)
}

/// The limit that the environment sets, or the default. An empty variable is unset.
fn limit(default: Duration) -> Result<Duration> {
    let set = std::env::var_os(VARIABLE).unwrap_or_default();
    let text = set.to_string_lossy();
    match text.trim() {
        "" => Ok(default),
        text => {
            text.parse().ok().filter(|seconds| *seconds > 0).map(|seconds: u32| Duration::from_secs(seconds.into())).ok_or_else(
                || {
                    Error::new(format!("`{VARIABLE}` is `{text}`, not a whole number of seconds"))
                        .hint(format!("set it to a number such as {VARIABLE}=300, or unset it"))
                },
            )
        }
    }
}
