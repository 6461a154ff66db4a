//! The questions, behind one gate: dockgen asks only where somebody can answer.

use std::io::{IsTerminal as _, stderr, stdin};

use dialoguer::Confirm;

use crate::error::{Error, Result};

/// A question with yes and no; no where nobody can be asked.
///
/// # Errors
/// A terminal that goes away while it is asked.
pub(crate) fn confirm(question: &str) -> Result<bool> {
    if !(stdin().is_terminal() && stderr().is_terminal()) {
        return Ok(false);
    }
    let answer = Confirm::new().with_prompt(question).default(false).interact();
    answer.map_err(|error| Error::new(format!("cannot ask: {error}")).hint("--force answers yes"))
}
