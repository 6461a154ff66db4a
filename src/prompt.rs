//! The questions, behind one gate: dockgen asks only where somebody can answer.
//!
//! Plain letters only, so that every terminal shows them; no line is longer than the terminal is wide, as a wrapped one could
//! not be drawn again.

use std::io::{IsTerminal as _, stderr, stdin};

use console::Term;
use dialoguer::theme::SimpleTheme;
use dialoguer::{Confirm, Input, MultiSelect, Select};

use crate::error::{Error, Result};

/// The narrowest terminal that is written for, in columns.
const NARROWEST: usize = 20;

/// Whether somebody can be asked.
pub(crate) fn can_ask() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// Leaves the terminal as it was when Ctrl-C is pressed: a question hides the cursor. Nothing was written yet.
pub(crate) fn keep_terminal() {
    let handler = ctrlc::set_handler(|| {
        let _ = Term::stderr().show_cursor();
        let _ = Term::stderr().write_line("");
        #[expect(clippy::exit, reason = "a signal handler has nothing to return to; 130 is what a shell reports for Ctrl-C")]
        std::process::exit(130);
    });
    // without a handler the signal ends us all the same
    drop(handler);
}

/// A question with yes and no.
///
/// # Errors
/// A terminal that goes away while it is asked.
pub(crate) fn yes_or_no(question: &str, default: bool) -> Result<bool> {
    Confirm::with_theme(&SimpleTheme).with_prompt(fit(question)).default(default).interact().map_err(|error| gone(&error))
}

/// One of several; the first is the default. None where the question is left with Escape.
pub(crate) fn choose(question: &str, items: &[String]) -> Result<Option<usize>> {
    let items: Vec<String> = items.iter().map(|item| fit(item)).collect();
    let select = Select::with_theme(&SimpleTheme).with_prompt(fit(question)).items(&items).default(0);
    select.interact_opt().map_err(|error| gone(&error))
}

/// Any of several, those with `true` at first.
pub(crate) fn choose_any(question: &str, items: &[(String, bool)]) -> Result<Option<Vec<usize>>> {
    let items: Vec<(String, bool)> = items.iter().map(|(item, on)| (fit(item), *on)).collect();
    let select = MultiSelect::with_theme(&SimpleTheme).with_prompt(fit(question)).items_checked(items);
    select.interact_opt().map_err(|error| gone(&error))
}

/// A line of text, which may stay empty.
pub(crate) fn text(question: &str, default: &str) -> Result<String> {
    let input = Input::with_theme(&SimpleTheme).with_prompt(fit(question)).allow_empty(true);
    let input = if default.is_empty() { input } else { input.default(default.to_owned()) };
    input.interact_text().map_err(|error| gone(&error))
}

/// The text as far as the terminal has room for it on one line.
fn fit(text: &str) -> String {
    let width = usize::from(Term::stderr().size().1).max(NARROWEST) - 8;
    if text.chars().count() <= width { text.to_owned() } else { text.chars().take(width - 3).collect::<String>() + "..." }
}

fn gone(error: &dialoguer::Error) -> Error {
    Error::new(format!("cannot ask: {error}")).hint("--yes asks nothing, and --set answers each question")
}
