//! How long dockgen waits for others: for servers, for git, for a pipe.

use std::time::Duration;

use crate::error::{Error, Result};

/// Seconds instead of every limit below, for slow networks.
pub(crate) const VARIABLE: &str = "DOCKGEN_TIMEOUT";

/// A fetch altogether: a repository of presets is far smaller than what the slowest usual line carries in this time.
const FETCH: Duration = Duration::from_mins(2);

/// A fetch in a terminal, where git may ask for a password: people may have to look for it.
const FETCH_WITH_QUESTIONS: Duration = Duration::from_mins(10);

/// Reading the history of one file, which is all local.
const HISTORY: Duration = Duration::from_secs(30);

/// A pipe as `--spec`: another program writes it.
const PIPE: Duration = Duration::from_mins(1);

/// How long a fetch may take.
pub(crate) fn fetch(may_ask: bool) -> Duration {
    limit(if may_ask { FETCH_WITH_QUESTIONS } else { FETCH })
}

/// How long reading a file's history may take.
pub(crate) fn history() -> Duration {
    limit(HISTORY)
}

/// How long a pipe may take to end.
pub(crate) fn pipe() -> Duration {
    limit(PIPE)
}

/// Checks what the environment says about limits.
///
/// # Errors
/// It is no number of seconds.
pub(crate) fn check() -> Result<()> {
    match std::env::var_os(VARIABLE) {
        Some(text) if seconds().is_none() => {
            Err(Error::new(format!("`{VARIABLE}` is `{}`, not a whole number of seconds", text.display()))
                .hint(format!("set it to a number such as {VARIABLE}=300, or unset it")))
        }
        _ => Ok(()),
    }
}

fn limit(default: Duration) -> Duration {
    seconds().map_or(default, |seconds| Duration::from_secs(seconds.into()))
}

fn seconds() -> Option<u32> {
    std::env::var(VARIABLE).ok()?.parse().ok().filter(|seconds| *seconds > 0)
}
