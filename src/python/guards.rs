//! Conditions under which a program stops: `if not KEY: raise …`, `assert KEY`.

use std::ops::Range;

use tree_sitter::Node;

use super::parser::ModuleReader;

/// Maximum depth of a condition, and number of branches.
const STEPS: usize = 20;

/// A check that stops the program.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    /// The names and calls that must have a value.
    pub(crate) subjects: Vec<Range<usize>>,
    /// The values that pass, if the check names them.
    pub(crate) choices: Vec<String>,
}

impl ModuleReader<'_> {
    /// Adds the checks of an `if` or `assert`.
    pub(super) fn guard(&mut self, node: Node<'_>) {
        let guard = match node.kind() {
            "assert_statement" => node.named_child(0).map(|condition| Guard {
                subjects: demanded(self, condition, STEPS),
                choices: choices(self, condition, "in").map_or_else(Vec::new, |(_, choices)| choices),
            }),
            _ => self.guard_of_if(node),
        };
        self.module.guards.extend(guard.filter(|guard| !guard.subjects.is_empty()));
    }

    fn guard_of_if(&self, node: Node<'_>) -> Option<Guard> {
        let condition = node.child_by_field_name("condition")?;
        if self.stops(node.child_by_field_name("consequence")?) {
            return match choices(self, condition, "not in") {
                Some((subject, choices)) => Some(Guard { subjects: vec![subject], choices }),
                None => Some(Guard { subjects: missing(self, condition, STEPS), choices: Vec::new() }),
            };
        }
        // if MODE == "production": … elif MODE == "development": … else: raise
        let mut cursor = node.walk();
        let branches: Vec<Node<'_>> = node.children_by_field_name("alternative", &mut cursor).take(STEPS).collect();
        let last = branches.last().filter(|last| last.kind() == "else_clause")?.child_by_field_name("body")?;
        let (subject, mut known) = one_of(self, condition).filter(|_| self.stops(last))?;
        for branch in branches.iter().filter(|branch| branch.kind() == "elif_clause") {
            let (other, more) = one_of(self, branch.child_by_field_name("condition")?)?;
            if self.text_at(&other) != self.text_at(&subject) {
                return None;
            }
            known.extend(more);
        }
        Some(Guard { subjects: vec![subject], choices: known })
    }

    /// Whether a block raises an exception or exits.
    fn stops(&self, block: Node<'_>) -> bool {
        let exits = ["sys.exit(", "exit(", "quit(", "os._exit("];
        let mut cursor = block.walk();
        block.named_children(&mut cursor).any(|child| {
            let exits = || exits.iter().any(|exit| self.of(child).starts_with(exit));
            child.kind() == "raise_statement" || child.kind() == "expression_statement" && exits()
        })
    }
}

/// What a condition finds missing: `not KEY`, `KEY is None or not NAME`.
fn missing(reader: &ModuleReader<'_>, condition: Node<'_>, steps: usize) -> Vec<Range<usize>> {
    let Some(steps) = steps.checked_sub(1) else { return Vec::new() };
    let inner = |name: &str| condition.child_by_field_name(name);
    match condition.kind() {
        "parenthesized_expression" => condition.named_child(0).map_or_else(Vec::new, |inner| missing(reader, inner, steps)),
        "not_operator" => inner("argument").map_or_else(Vec::new, |argument| demanded(reader, argument, steps)),
        "boolean_operator" if inner("operator").is_some_and(|operator| operator.kind() == "or") => {
            let sides = [inner("left"), inner("right")].into_iter().flatten();
            sides.flat_map(|side| missing(reader, side, steps)).collect()
        }
        "comparison_operator" => compared(reader, condition, &["is", "=="]).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// What a condition demands: `KEY`, `KEY and NAME`, `KEY is not None`, `all([KEY, NAME])`.
fn demanded(reader: &ModuleReader<'_>, condition: Node<'_>, steps: usize) -> Vec<Range<usize>> {
    let Some(steps) = steps.checked_sub(1) else { return Vec::new() };
    let inner = |name: &str| condition.child_by_field_name(name);
    let every = |node: Node<'_>| {
        let mut cursor = node.walk();
        node.named_children(&mut cursor).flat_map(|item| demanded(reader, item, steps)).collect()
    };
    match condition.kind() {
        "call" if inner("function").is_some_and(|function| reader.of(function) == "all") => {
            let list = inner("arguments").and_then(|arguments| arguments.named_child(0));
            list.filter(|list| ["list", "tuple", "set"].contains(&list.kind())).map_or_else(Vec::new, every)
        }
        "identifier" | "attribute" | "call" => vec![condition.byte_range()],
        "parenthesized_expression" => every(condition),
        "named_expression" => inner("value").map_or_else(Vec::new, |value| demanded(reader, value, steps)),
        "boolean_operator" if inner("operator").is_some_and(|operator| operator.kind() == "and") => every(condition),
        "comparison_operator" => {
            let found = compared(reader, condition, &["is not", "!="]);
            found.or_else(|| Some(one_of(reader, condition)?.0)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The left side of a comparison with `None` or `""`.
fn compared(reader: &ModuleReader<'_>, condition: Node<'_>, operators: &[&str]) -> Option<Range<usize>> {
    let (left, operator, right) = sides(reader, condition)?;
    (operators.contains(&operator.as_str()) && ["None", "\"\"", "''"].contains(&reader.of(right))).then(|| left.byte_range())
}

/// The values that a condition accepts: `MODE == "production"`, `MODE in ("production", "staging")`.
fn one_of(reader: &ModuleReader<'_>, condition: Node<'_>) -> Option<(Range<usize>, Vec<String>)> {
    let (left, operator, right) = sides(reader, condition)?;
    match reader.expression(right, 0).text() {
        Some(text) if operator == "==" && !text.is_empty() => Some((left.byte_range(), vec![text.to_owned()])),
        _ => choices(reader, condition, "in"),
    }
}

/// The texts of a list on the right side of `in` or `not in`.
fn choices(reader: &ModuleReader<'_>, condition: Node<'_>, operator: &str) -> Option<(Range<usize>, Vec<String>)> {
    let (left, found, right) = sides(reader, condition)?;
    let list = ["list", "tuple", "set"].contains(&right.kind()) && found == operator;
    let mut cursor = right.walk();
    let texts =
        right.named_children(&mut cursor).filter(|_| list).map(|item| reader.expression(item, 0).text().map(str::to_owned));
    let texts: Vec<String> = texts.collect::<Option<_>>()?;
    (!texts.is_empty()).then(|| (left.byte_range(), texts))
}

/// Both sides of a comparison and its operator.
fn sides<'t>(reader: &ModuleReader<'_>, condition: Node<'t>) -> Option<(Node<'t>, String, Node<'t>)> {
    let two = condition.kind() == "comparison_operator" && condition.named_child_count() == 2;
    let (left, right) = (condition.named_child(0)?, condition.named_child(1)?);
    let between = reader.text_at(&(left.end_byte()..right.start_byte()));
    let operator = between.split_whitespace().collect::<Vec<_>>().join(" ");
    (two && ["identifier", "attribute", "call"].contains(&left.kind())).then_some((left, operator, right))
}
