//! The blocks of templates: which there are, and which override nothing.

use crate::error::{Error, Place, Result, Source};
use crate::suggest::closest;

/// A line with only the call of a block, or of a macro that prints whole lines, is replaced by the lines that the call prints:
/// no indentation before them, no empty line after them.
pub(super) fn with_whole_lines(text: &str) -> String {
    let macros = line_macros(text);
    let is_call = |inner: &str| match inner.split_once('(') {
        Some(("super", ")")) => true,
        Some((name, ")")) if name.starts_with("self.") => true,
        Some((name, rest)) => macros.contains(&name) && rest.ends_with(')'),
        None => false,
    };
    let line = |line: &str| {
        let inner = line.trim().strip_prefix("{{").and_then(|call| call.strip_suffix("}}")).unwrap_or_default();
        // the empty comment removes the newline, as every tag does
        if is_call(inner.trim()) { line.trim_start().replacen("}}", "}}{##}", 1) } else { line.to_owned() }
    };
    text.split_inclusive('\n').map(line).collect()
}

/// The names of macros that end with a whole line: their `endmacro` begins its line.
fn line_macros(text: &str) -> Vec<&str> {
    let mut name = "";
    let mut names = Vec::new();
    for tag in tags(text) {
        match tag.words[..] {
            ["macro", signature, ..] => name = signature.split('(').next().unwrap_or_default(),
            ["endmacro", ..] if text[..tag.at].trim_end_matches([' ', '\t']).ends_with('\n') => names.push(name),
            _ => {}
        }
    }
    names
}

/// A tag of a template: where it begins, and its words.
struct Tag<'a> {
    at: usize,
    words: Vec<&'a str>,
}

/// The `{% … %}` of a template; comments, expressions and raw text are passed over.
fn tags(text: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('{').map(|found| at + found) {
        let end = match text.as_bytes().get(start + 1) {
            Some(b'%') => "%}",
            Some(b'#') => "#}",
            Some(b'{') => "}}",
            _ => {
                at = start + 1;
                continue;
            }
        };
        let Some(length) = text[start + 2..].find(end) else { break };
        let inside = &text[start + 2..start + 2 + length];
        at = start + 2 + length + 2;
        if end == "%}" {
            let words: Vec<_> = inside.trim_matches(['-', '+']).split_whitespace().collect();
            if words.first() == Some(&"raw") {
                at = text[at..].find("endraw").map_or(text.len(), |end| at + end);
            }
            tags.push(Tag { at: start, words });
        }
    }
    tags
}

/// The names of all blocks.
pub(super) fn names<'a>(text: &'a str) -> Vec<&'a str> {
    let block = |tag: Tag<'a>| if tag.words.first() == Some(&"block") { tag.words.get(1).copied() } else { None };
    tags(text).into_iter().filter_map(block).collect()
}

/// The template that another one extends, where its name is written out.
pub(super) fn extended(text: &str) -> Option<&str> {
    let tag = tags(text).into_iter().find(|tag| tag.words.first() == Some(&"extends"))?;
    match tag.words[1..] {
        [name] => name.strip_prefix(['"', '\'']).and_then(|name| name.strip_suffix(['"', '\''])),
        _ => None,
    }
}

/// Refuses a block that overrides none of these: nothing would ever print it.
pub(super) fn check(text: &str, shown: &str, known: &[&str]) -> Result<()> {
    let mut depth = 0;
    for tag in tags(text) {
        match tag.words[..] {
            ["block", name, ..] => {
                if depth == 0 && !known.contains(&name) {
                    return Err(unknown(text, shown, &tag, name, known));
                }
                depth += 1;
            }
            ["endblock", ..] => depth -= 1,
            _ => {}
        }
    }
    Ok(())
}

fn unknown(text: &str, shown: &str, tag: &Tag<'_>, name: &str, known: &[&str]) -> Error {
    let hint = closest(name, known)
        .map_or_else(|| format!("the blocks are {}", known.join(", ")), |name| format!("did you mean `{name}`?"));
    let source = std::sync::Arc::new(Source { name: shown.to_owned(), text: text.to_owned() });
    let line = text[tag.at..].lines().next().unwrap_or_default().len();
    Error::new(format!("unknown block `{name}`: the extended template has no such block"))
        .at(Some(Place { source, span: tag.at..tag.at + line }))
        .hint(hint)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The paths of all built-in templates, as they lie on the disk.
    pub(in crate::render) fn paths() -> Vec<String> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let (mut paths, mut folders) = (Vec::new(), vec![root.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    paths.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        paths.sort();
        paths
    }

    fn text(path: &str) -> &'static str {
        crate::knowledge::embedded(&super::super::TEMPLATES, path).unwrap()
    }

    #[test]
    fn every_block_is_in_the_documentation() {
        let documentation = include_str!("../../docs/presets.md");
        let documentation = documentation.split("### Blocks").nth(1).unwrap().split("\n### ").next().unwrap();
        let mut documented: Vec<String> = Vec::new();
        for row in documentation.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 4) {
            let cells: Vec<_> = row.split('`').collect();
            documented.push(format!("{} {}", cells[1], cells[3]));
        }
        let blocks = paths()
            .into_iter()
            .flat_map(|path| names(text(&path)).into_iter().map(move |name| format!("{path} {name}")).collect::<Vec<_>>());
        let mut blocks: Vec<_> = blocks.collect();
        blocks.sort();
        documented.sort();
        assert_eq!(documented, blocks);
    }

    #[test]
    fn tags_are_found_and_what_looks_like_one_is_not() {
        let text = "{# {% block a %} #}{{ '{% block b %}' }}{% raw %}{% block c %}{% endraw %}{%- block d -%}{% endblock %}{";
        assert_eq!(names(text), ["d"]);
        assert_eq!(extended("{% extends 'x.j2' %}"), Some("x.j2"));
        assert_eq!(extended("{% extends x %}"), None);
    }

    #[test]
    fn a_call_of_a_block_on_a_line_of_its_own_is_that_blocks_lines() {
        assert_eq!(with_whole_lines("a\n  {{ super() }}\nb\n"), "a\n{{ super() }}{##}\nb\n");
        assert_eq!(with_whole_lines("a {{ super() }}\n{{ self.x }}\n"), "a {{ super() }}\n{{ self.x }}\n");
    }

    #[test]
    fn a_call_of_a_macro_on_a_line_of_its_own_is_what_it_prints_if_that_ends_with_a_line() {
        let lines = "{% macro pod(a, b) %}\n{{ a }}\n{% endmacro %}\n";
        assert_eq!(
            with_whole_lines(&format!("{lines}{{{{ pod(1, 2) }}}}\nb\n")),
            format!("{lines}{{{{ pod(1, 2) }}}}{{##}}\nb\n")
        );
        let word = "{% macro word(a) %}{{ a }}{% endmacro %}\n{{ word(1) }}\n{{ range(3) }}\n";
        assert_eq!(with_whole_lines(word), word);
    }
}
