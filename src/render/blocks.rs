//! Finds the blocks of templates, and rejects overrides of blocks that don't exist.

use crate::error::{Error, Place, Result, Source};
use crate::suggest::closest;

/// Changes lines that only call a block, or a macro that prints whole lines: removes the indentation before the call and the newline after it,
/// so that exactly the printed lines replace the line.
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
        // with `trim_blocks`, the empty comment removes the newline after it
        if is_call(inner.trim()) { line.trim_start().replacen("}}", "}}{##}", 1) } else { line.to_owned() }
    };
    text.split_inclusive('\n').map(line).collect()
}

/// The names of macros that print whole lines: those with `endmacro` at the beginning of a line.
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

/// A `{% … %}` tag.
struct Tag<'a> {
    /// Byte offset in the template.
    at: usize,
    words: Vec<&'a str>,
}

/// The `{% … %}` tags of a template, without those in comments, expressions and raw text.
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

pub(super) fn block_names<'a>(text: &'a str) -> Vec<&'a str> {
    let block = |tag: Tag<'a>| if tag.words.first() == Some(&"block") { tag.words.get(1).copied() } else { None };
    tags(text).into_iter().filter_map(block).collect()
}

/// The template that this one extends, if its name is a string literal.
pub(super) fn parent_template(text: &str) -> Option<&str> {
    let tag = tags(text).into_iter().find(|tag| tag.words.first() == Some(&"extends"))?;
    match tag.words[1..] {
        [name] => name.strip_prefix(['"', '\'']).and_then(|name| name.strip_suffix(['"', '\''])),
        _ => None,
    }
}

/// Rejects blocks that override none of the `known` ones: nothing would ever print them.
pub(super) fn check_overrides(text: &str, shown: &str, known: &[&str]) -> Result<()> {
    let mut depth = 0;
    for tag in tags(text) {
        match tag.words[..] {
            ["block", name, ..] => {
                if depth == 0 && !known.contains(&name) {
                    return Err(unknown_block(text, shown, &tag, name, known));
                }
                depth += 1;
            }
            ["endblock", ..] => depth -= 1,
            _ => {}
        }
    }
    Ok(())
}

fn unknown_block(text: &str, shown: &str, tag: &Tag<'_>, name: &str, known: &[&str]) -> Error {
    let hint = closest(name, known)
        .map_or_else(|| format!("the blocks are {}", known.join(", ")), |name| format!("did you mean `{name}`?"));
    let source = std::sync::Arc::new(Source::file(shown, text));
    let line = text[tag.at..].lines().next().unwrap_or_default().len();
    Error::new(format!("unknown block `{name}`: the extended template has no such block"))
        .at(Some(Place { source, span: tag.at..tag.at + line }))
        .hint(hint)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The paths of all built-in templates, read from disk.
    pub(in crate::render) fn template_paths() -> Vec<String> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let (mut paths, mut folders) = (Vec::new(), vec![root.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs_err::read_dir(folder).unwrap() {
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
    fn every_block_is_documented() {
        let documentation = include_str!("../../docs/presets.md");
        let documentation = documentation.split("### Blocks").nth(1).unwrap().split("\n### ").next().unwrap();
        let mut documented: Vec<String> = Vec::new();
        for row in documentation.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 4) {
            let cells: Vec<_> = row.split('`').collect();
            documented.push(format!("{} {}", cells[1], cells[3]));
        }
        let blocks = template_paths()
            .into_iter()
            .flat_map(|path| block_names(text(&path)).into_iter().map(move |name| format!("{path} {name}")).collect::<Vec<_>>());
        let mut blocks: Vec<_> = blocks.collect();
        blocks.sort();
        documented.sort();
        assert_eq!(documented, blocks);
    }

    #[test]
    fn ignores_tags_in_comments_expressions_and_raw_text() {
        let text = "{# {% block a %} #}{{ '{% block b %}' }}{% raw %}{% block c %}{% endraw %}{%- block d -%}{% endblock %}{";
        assert_eq!(block_names(text), ["d"]);
        assert_eq!(parent_template("{% extends 'x.j2' %}"), Some("x.j2"));
        assert_eq!(parent_template("{% extends x %}"), None);
    }

    #[test]
    fn a_block_call_on_its_own_line_prints_only_the_lines_of_the_block() {
        assert_eq!(with_whole_lines("a\n  {{ super() }}\nb\n"), "a\n{{ super() }}{##}\nb\n");
        assert_eq!(with_whole_lines("a {{ super() }}\n{{ self.x }}\n"), "a {{ super() }}\n{{ self.x }}\n");
    }

    #[test]
    fn a_macro_call_on_its_own_line_prints_only_the_lines_of_the_macro() {
        let lines = "{% macro pod(a, b) %}\n{{ a }}\n{% endmacro %}\n";
        assert_eq!(
            with_whole_lines(&format!("{lines}{{{{ pod(1, 2) }}}}\nb\n")),
            format!("{lines}{{{{ pod(1, 2) }}}}{{##}}\nb\n")
        );
        let word = "{% macro word(a) %}{{ a }}{% endmacro %}\n{{ word(1) }}\n{{ range(3) }}\n";
        assert_eq!(with_whole_lines(word), word);
    }
}
