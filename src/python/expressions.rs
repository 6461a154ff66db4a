//! Expressions of a Python file, as far as facts need them.

use tree_sitter::Node;

use super::module::{Call, Expression};
use super::parser::{DEEPEST, ModuleReader};

impl ModuleReader<'_> {
    pub(super) fn expression(&self, node: Node<'_>, depth: usize) -> Expression {
        if depth > DEEPEST {
            return Expression::Other;
        }
        let items = |node: Node<'_>| {
            let mut cursor = node.walk();
            let children = node.named_children(&mut cursor).filter(|child| child.kind() != "comment");
            children.map(|child| self.expression(child, depth + 1)).collect::<Vec<_>>()
        };
        match node.kind() {
            "string" => self.string(node),
            "concatenated_string" => {
                let parts: Option<Vec<String>> = items(node).iter().map(|part| part.text().map(str::to_owned)).collect();
                parts.map_or(Expression::Other, |parts| Expression::Text(parts.concat()))
            }
            "integer" => self.of(node).replace('_', "").parse().map_or(Expression::Other, Expression::Number),
            "true" => Expression::Constant("True"),
            "false" => Expression::Constant("False"),
            "none" => Expression::Constant("None"),
            "ellipsis" => Expression::Ellipsis,
            "identifier" => Expression::Name(self.of(node).to_owned()),
            "attribute" => self.dotted(node, depth).map_or(Expression::Other, Expression::Name),
            "list" | "tuple" | "set" | "expression_list" | "generic_type" | "type_parameter" | "union_type" => {
                Expression::List(items(node))
            }
            "parenthesized_expression" | "await" | "type" => items(node).into_iter().next().unwrap_or(Expression::Other),
            "binary_operator" | "boolean_operator" | "conditional_expression" => Expression::Parts(items(node)),
            "dictionary" => {
                let mut cursor = node.walk();
                let pairs = node.named_children(&mut cursor).filter(|child| child.kind() == "pair");
                let part = |pair: Node<'_>, name: &str| {
                    pair.child_by_field_name(name).map_or(Expression::Other, |part| self.expression(part, depth + 1))
                };
                Expression::Dict(pairs.map(|pair| (part(pair, "key"), part(pair, "value"))).collect())
            }
            "subscript" => {
                let part = |name: &str| {
                    node.child_by_field_name(name).map_or(Expression::Other, |part| self.expression(part, depth + 1))
                };
                Expression::Item(Box::new(part("value")), Box::new(part("subscript")))
            }
            "call" => self.call(node, depth),
            _ => Expression::Other,
        }
    }

    fn call(&self, node: Node<'_>, depth: usize) -> Expression {
        let function = node.child_by_field_name("function").and_then(|function| self.dotted(function, depth + 1));
        let Some(function) = function else { return Expression::Other };
        let mut call = Call { function, arguments: Vec::new(), named: Vec::new(), targets: Vec::new(), span: node.byte_range() };
        if let Some(arguments) = node.child_by_field_name("arguments") {
            let mut cursor = arguments.walk();
            for argument in arguments.named_children(&mut cursor) {
                if argument.kind() == "keyword_argument" {
                    let name = argument.child_by_field_name("name").map(|name| self.of(name).to_owned()).unwrap_or_default();
                    let value = argument.child_by_field_name("value");
                    call.named.push((name, value.map_or(Expression::Other, |value| self.expression(value, depth + 1))));
                } else if argument.kind() != "comment" {
                    call.arguments.push(self.expression(argument, depth + 1));
                }
            }
        }
        Expression::Call(Box::new(call))
    }

    /// `a.b.c`; a call on the way is written `a().b`, and `a(__file__).b` where that is what it is given.
    fn dotted(&self, node: Node<'_>, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        match node.kind() {
            "identifier" => Some(self.of(node).to_owned()),
            "parenthesized_expression" => Some("()".to_owned()),
            "attribute" => {
                let object = self.dotted(node.child_by_field_name("object")?, depth + 1)?;
                Some(format!("{object}.{}", self.of(node.child_by_field_name("attribute")?)))
            }
            "call" => {
                let function = self.dotted(node.child_by_field_name("function")?, depth + 1)?;
                let own = node.child_by_field_name("arguments").is_some_and(|arguments| self.of(arguments) == "(__file__)");
                Some(format!("{function}{}", if own { "(__file__)" } else { "()" }))
            }
            _ => None,
        }
    }

    fn string(&self, node: Node<'_>) -> Expression {
        let mut text = String::new();
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "string_content" => text.push_str(self.of(child)),
                "string_start" if self.of(child).to_lowercase().contains('b') => return Expression::Other,
                "interpolation" => return Expression::Other,
                _ => {}
            }
        }
        Expression::Text(text)
    }
}
