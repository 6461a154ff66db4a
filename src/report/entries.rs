//! Names on other lines: which names say what the value on a line is.

use super::masking::assignment;

/// Keys whose value names the entry that they belong to, and keys whose value is the entry's.
const NAMING: [&str; 6] = ["env", "id", "key", "name", "var", "variable"];
const VALUES: [&str; 8] = ["content", "data", "default", "defaultValue", "example", "text", "val", "value"];

/// A file as nested blocks of entries: by the columns of YAML and JSON, by the headers of TOML.
pub(super) struct Entries<'a> {
    blocks: Vec<Block<'a>>,
    /// The block of each line.
    lines: Vec<usize>,
}

#[derive(Default)]
struct Block<'a> {
    /// The column at which its keys begin; 0 for what is below a header too.
    column: usize,
    parent: Option<usize>,
    /// The key in the parent, or the header.
    key: &'a str,
    /// The key that was read last: that of a block which begins now.
    last: &'a str,
    /// What its naming keys say.
    names: Vec<&'a str>,
}

/// Whether a line says nothing: it is empty or a comment.
pub(super) fn is_silent(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

impl<'a> Entries<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        let mut entries = Self { blocks: vec![Block::default()], lines: Vec::new() };
        let mut open = 0;
        for line in text.lines() {
            if !is_silent(line) {
                open = entries.block_of(line, open);
                entries.note(line, open);
            }
            entries.lines.push(open);
        }
        entries
    }

    /// The block of a line, which may end the ones that are open, or begin another.
    fn block_of(&mut self, line: &'a str, mut open: usize) -> usize {
        if let Some(key) = header(line) {
            return self.push(Block { key, ..Block::default() });
        }
        let rest = keys_of(line);
        let (column, outer) = (line.len() - rest.len(), line.len() - line.trim_start().len());
        // an item of a list begins at its dash, and is a block of its own
        let (is_item, edge) = if outer < column { (true, outer) } else { (false, column) };
        while let Some(parent) = self.blocks[open].parent.filter(|_| self.blocks[open].column > edge) {
            open = parent;
        }
        if is_item || self.blocks[open].column < column {
            let key = self.blocks[open].last;
            return self.push(Block { column, parent: Some(open), key, ..Block::default() });
        }
        open
    }

    fn push(&mut self, block: Block<'a>) -> usize {
        self.blocks.push(block);
        self.blocks.len() - 1
    }

    fn note(&mut self, line: &'a str, block: usize) {
        let Some((key, value)) = assignment(keys_of(line)) else { return };
        let value = value.split(" #").next().unwrap_or(value).trim_matches(|mark: char| " \"',".contains(mark));
        self.blocks[block].last = key;
        if NAMING.contains(&key) && !value.is_empty() {
            self.blocks[block].names.push(value);
        }
    }

    /// The names that say what the value of a key is; none where no line says it.
    pub(super) fn names_of(&self, line: usize, key: &'a str) -> Vec<String> {
        /// The most blocks around a line that are looked at.
        const DEPTH: usize = 32;
        let own = self.lines.get(line).and_then(|block| self.blocks.get(*block));
        let around = std::iter::successors(own, |block| self.blocks.get(block.parent?)).take(DEPTH);
        let around: Vec<&str> = around.map(|block| block.key).filter(|key| !key.is_empty()).collect();
        if !VALUES.contains(&key) {
            let around = around.into_iter().map(|outer| format!("{outer}_{key}"));
            return std::iter::once(key.to_owned()).chain(around).collect();
        }
        own.map(|block| &block.names).into_iter().flatten().copied().chain(around).map(str::to_owned).collect()
    }

    /// Whether a line is the value of an entry whose name is on another line.
    pub(super) fn is_value(key: &str) -> bool {
        VALUES.contains(&key)
    }
}

/// A line from its first key on: without the dashes of lists and the braces of JSON.
pub(super) fn keys_of(line: &str) -> &str {
    let mut rest = line.trim_start();
    while let Some(item) = rest.strip_prefix("- ").or_else(|| rest.strip_prefix("{ ")) {
        rest = item.trim_start();
    }
    rest
}

/// The name in `[name]` and `[[name]]`.
fn header(line: &str) -> Option<&str> {
    let name = line.split(" #").next()?.trim().strip_prefix('[')?.strip_suffix(']')?.trim_matches(['[', ']']);
    let letter = |letter: char| letter.is_alphanumeric() || "_-. \"'".contains(letter);
    (!name.is_empty() && name.chars().all(letter)).then_some(name)
}
