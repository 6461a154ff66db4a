//! Names in braces inside a text: `{host}`.

/// A part of a text with names in braces.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Braced<'t> {
    Literal(&'t str),
    /// A name, without its braces.
    Name(&'t str),
}

/// Splits a text at the names in its braces; braces around anything else are text.
pub(crate) fn braced(text: &str, is_name: impl Fn(&str) -> bool) -> Vec<Braced<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(open) = text[at..].find('{').map(|found| at + found) {
        at = open + 1;
        if let Some((name, _)) = text[at..].split_once('}').filter(|(name, _)| is_name(name)) {
            parts.extend([Braced::Literal(&text[start..open]), Braced::Name(name)]);
            at += name.len() + 1;
            start = at;
        }
    }
    parts.push(Braced::Literal(&text[start..]));
    parts.retain(|part| *part != Braced::Literal(""));
    parts
}

#[cfg(test)]
mod tests {
    use super::Braced::{Literal, Name};
    use super::braced;

    #[test]
    fn braces_around_anything_but_a_name_are_text() {
        let parts = braced("a{{host}:{port}{x}{", |name| ["host", "port"].contains(&name));
        assert_eq!(parts, [Literal("a{"), Name("host"), Literal(":"), Name("port"), Literal("{x}{")]);
    }
}
