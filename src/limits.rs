//! Time limits for servers, git and pipes.

use std::time::Duration;

use crate::error::{Error, Result};

/// Replaces all limits below, in seconds. For slow networks.
pub(crate) const VARIABLE: &str = "DOCKGEN_TIMEOUT";

/// The time for a whole fetch: enough for a preset repository on a slow connection.
const FETCH: Duration = Duration::from_mins(2);

/// The time for a fetch in a terminal, where git may ask for a password that users may have to look up.
const FETCH_WITH_QUESTIONS: Duration = Duration::from_mins(10);

/// The time to read git history for all files of a run. Needs no network.
const HISTORY: Duration = Duration::from_secs(15);

/// The time to read stdin or a pipe as `--spec`.
const PIPE: Duration = Duration::from_mins(1);

/// # Errors
/// The value of [`VARIABLE`] isn't a number of seconds.
pub(crate) fn fetch_timeout(may_prompt: bool) -> Result<Duration> {
    timeout(if may_prompt { FETCH_WITH_QUESTIONS } else { FETCH })
}

/// # Errors
/// See [`fetch_timeout`].
pub(crate) fn history_timeout() -> Result<Duration> {
    timeout(HISTORY)
}

/// # Errors
/// See [`fetch_timeout`].
pub(crate) fn pipe_timeout() -> Result<Duration> {
    timeout(PIPE)
}

/// The limit in the environment, or the default. An empty variable counts as unset.
fn timeout(default: Duration) -> Result<Duration> {
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
