//! The Procfile's processes besides `web`.

use std::sync::Arc;

use super::processes::{Process, ProcessEvidence};
use crate::error::Source;
use crate::paths::name as name_of;
use crate::python::codebase::Codebase;

/// Whether a process is only for development, such as one that compiles style sheets, a dashboard, or a step that ends.
fn is_helper(name: &str, words: &[String]) -> bool {
    const HELPERS: [&str; 13] = [
        "make",
        "npm",
        "npx",
        "yarn",
        "pnpm",
        "node",
        "livereload",
        "watchmedo",
        "tailwindcss",
        "sass",
        "webpack",
        "vite",
        "flower",
    ];
    let program = words.first().map(|first| name_of(first)).unwrap_or_default();
    // a step that ends is no process
    let is_step = |word: &String| ["alembic", "migrate", "collectstatic"].contains(&word.as_str());
    HELPERS.contains(&program)
        || name != "release" && words.iter().any(is_step)
        || ["livereload", "flower", "tailwind"].iter().any(|helper| words.iter().any(|word| word == helper))
        || ["watch", "livereload", "flower", "assets", "css", "js"].contains(&name)
}

/// The processes of a Procfile that don't need a shell.
pub(super) fn processes(codebase: &Codebase<'_>) -> Vec<Process> {
    let Some(text) = codebase.text("Procfile") else { return Vec::new() };
    let source = Arc::new(Source::file("Procfile", text.to_string()));
    let mut found = Vec::new();
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let span = start..start + line.trim_end().len();
        start += line.len();
        let Some((name, command)) = line.trim().split_once(':') else { continue };
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        let plain = !words.is_empty()
            && words.iter().all(|word| word.chars().all(|letter| letter.is_ascii_alphanumeric() || "._/:=,@+-".contains(letter)));
        let named = name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-');
        let program = words.first().is_some_and(|first| {
            !first.contains('=')
                && !first.starts_with('-')
                && !["bash", "sh", "bin/start", "node", "npm"].contains(&first.as_str())
        });
        if plain
            && !is_helper(name, &words)
            && named
            && program
            && name != "web"
            && name.len() <= 40
            && name.starts_with(|first: char| first.is_ascii_lowercase())
        {
            let singleton = words.iter().any(|word| word == "beat" || word == "clock" || word == "scheduler");
            found.push(Process {
                name: name.to_owned(),
                command: words,
                singleton,
                source: Arc::clone(&source),
                span,
                evidence: ProcessEvidence::Procfile,
            });
        }
    }
    found
}
