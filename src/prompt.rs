//! Prompts. dockgen asks only if stdin and stderr are terminals.
//!
//! Uses ASCII only, so that every terminal shows it. No line is wider than the terminal, because a wrapped one could
//! not be drawn again.

use std::fmt;
use std::io::{ErrorKind, IsTerminal as _, stderr, stdin};

use console::Term;
use dialoguer::theme::Theme;
use dialoguer::{Confirm, Input, MultiSelect, Select};

use crate::error::{Error, Result};
use crate::hidden::printable;
use crate::interrupt;

/// Width to assume for narrower terminals, in columns.
const NARROWEST: usize = 20;

/// An ASCII theme, with a colon after prompts that aren't questions.
struct Plain;

impl Theme for Plain {
    fn format_prompt(&self, out: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        write!(out, "{prompt}{}", colon(prompt))
    }

    fn format_input_prompt(&self, out: &mut dyn fmt::Write, prompt: &str, default: Option<&str>) -> fmt::Result {
        match default {
            Some(default) => write!(out, "{prompt} [{default}]: "),
            None => write!(out, "{prompt}{} ", colon(prompt)),
        }
    }

    fn format_input_prompt_selection(&self, out: &mut dyn fmt::Write, prompt: &str, chosen: &str) -> fmt::Result {
        write!(out, "{prompt}{} {chosen}", colon(prompt))
    }
}

fn colon(prompt: &str) -> &'static str {
    if prompt.ends_with('?') { "" } else { ":" }
}

/// Whether a user can answer.
pub(crate) fn can_ask() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// Asks yes or no. Without a default, the user must type one of them. None if the user presses Escape.
///
/// # Errors
/// The terminal is closed during the question.
pub(crate) fn yes_or_no(question: &str, default: Option<bool>) -> Result<Option<bool>> {
    let confirm = Confirm::with_theme(&Plain).with_prompt(asked(question, "")?);
    let confirm = if let Some(default) = default { confirm.default(default) } else { confirm };
    answered(|| confirm.interact_opt())
}

/// Asks to choose one of several; `first` is preselected. None if the user presses Escape.
pub(crate) fn choose(question: &str, items: &[String], first: usize) -> Result<Option<usize>> {
    let items: Vec<String> = items.iter().map(|item| fit(item)).collect();
    let select = Select::with_theme(&Plain).with_prompt(asked(question, "")?).items(&items).default(first);
    answered(|| select.interact_opt())
}

/// Asks to choose any of several; those with `true` are preselected.
pub(crate) fn choose_any(question: &str, items: &[(String, bool)]) -> Result<Option<Vec<usize>>> {
    let items: Vec<(String, bool)> = items.iter().map(|(item, on)| (fit(item), *on)).collect();
    let select = MultiSelect::with_theme(&Plain).with_prompt(fit(question)).items_checked(items);
    answered(|| select.interact_opt())
}

/// Asks for a line of text, which may be empty.
pub(crate) fn text(question: &str, default: &str) -> Result<String> {
    let input = Input::with_theme(&Plain).with_prompt(asked(question, default)?).allow_empty(true);
    let input = if default.is_empty() { input } else { input.default(default.to_owned()) };
    answered(|| input.interact_text())
}

/// Asks for a line of text until `wrong` finds nothing wrong with it.
pub(crate) fn checked_text(question: &str, default: &str, mut wrong: impl FnMut(&str) -> Option<String>) -> Result<String> {
    loop {
        let answer = text(question, default)?;
        let Some(why) = wrong(&answer) else { return Ok(answer) };
        say(&why)?;
    }
}

/// Prints a text below a question, such as why its answer can't be used.
pub(crate) fn say(text: &str) -> Result<()> {
    text.lines().try_for_each(lines)
}

/// Shortens a question to one line; prints a longer one above the prompt.
fn asked(question: &str, default: &str) -> Result<String> {
    let question = printable(question);
    let line = format!("{question}{default}");
    if fit(&line) == line {
        return Ok(question);
    }
    lines(&question)?;
    Ok("Answer".to_owned())
}

/// Prints a text, wrapped at spaces.
fn lines(text: &str) -> Result<()> {
    let terminal = Term::stderr();
    let width = usize::from(terminal.size().1).max(NARROWEST) - 1;
    let mut line = String::new();
    for word in printable(text).split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            terminal.write_line(&line)?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    Ok(terminal.write_line(&line)?)
}

/// Cuts the text to one line of the terminal, with control characters escaped.
fn fit(text: &str) -> String {
    let text = printable(text);
    let width = usize::from(Term::stderr().size().1).max(NARROWEST) - 8;
    if text.chars().count() <= width { text } else { text.chars().take(width - 3).collect::<String>() + "..." }
}

/// The answer to a question; Ctrl-C ends the run with a message.
fn answered<T>(ask: impl FnOnce() -> dialoguer::Result<T>) -> Result<T> {
    let _asking = interrupt::PromptGuard::new();
    ask().map_err(|dialoguer::Error::IO(error)| {
        if error.kind() == ErrorKind::Interrupted {
            interrupt::end();
        }
        Error::new(format!("cannot ask: {error}")).hint("use --yes to skip questions, and --set KEY=VALUE to answer them")
    })
}
