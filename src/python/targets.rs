//! What the value of a call is given to: a variable, an argument, a key, a type.

use tree_sitter::Node;

use super::module::Target;
use super::parser::ModuleReader;

/// How many expressions may be around a call.
const STEPS: usize = 12;

/// Functions whose result is the same text.
const SAME: [&str; 8] = ["Field", "b64decode", "bytes", "cast", "field", "str", "Some", "typing.cast"];

/// Arguments that are the value itself.
const DEFAULTS: [&str; 3] = ["default", "default_factory", "value"];

impl ModuleReader<'_> {
    /// Everything that the value of a call is given to, innermost first.
    pub(super) fn targets(&self, call: Node<'_>) -> Vec<Target> {
        let mut targets = Vec::new();
        let (mut node, mut steps) = (call, STEPS);
        while let Some(outer) = node.parent().filter(|_| steps > 0) {
            if !self.add_targets(outer, node, &mut targets) {
                break;
            }
            (node, steps) = (outer, steps - 1);
        }
        targets
    }

    /// Adds what an expression around a value gives it to; whether its own value is still the same.
    fn add_targets(&self, outer: Node<'_>, inner: Node<'_>, targets: &mut Vec<Target>) -> bool {
        let field = |name: &str| outer.child_by_field_name(name).map(|node| self.of(node).to_owned());
        match outer.kind() {
            "parenthesized_expression"
            | "boolean_operator"
            | "conditional_expression"
            | "attribute"
            | "lambda"
            | "list"
            | "tuple"
            | "set"
            | "argument_list"
            | "await" => true,
            "call" => {
                let function = field("function").unwrap_or_default();
                // a method of the value: `os.getenv("X").strip()`
                let method = outer.child_by_field_name("function") == Some(inner);
                let same = method || SAME.contains(&function.as_str());
                targets.extend((!method).then_some(Target::Function(function)));
                same || is_wrapper(targets)
            }
            "keyword_argument" | "default_parameter" | "typed_default_parameter" | "named_expression" => {
                targets.extend(field("type").map(Target::Type));
                let name = field("name").unwrap_or_default();
                let same = DEFAULTS.contains(&name.as_str());
                targets.push(Target::Name(name));
                same
            }
            "pair" => {
                targets.extend(field("key").map(Target::Name));
                false
            }
            "assignment" => {
                targets.extend(field("type").map(Target::Type));
                targets.extend(field("left").map(Target::Name));
                true
            }
            _ => false,
        }
    }
}

/// Whether the innermost function is a type, which keeps the text.
fn is_wrapper(targets: &[Target]) -> bool {
    let Some(Target::Function(function)) = targets.last() else { return false };
    function.rsplit('.').next().is_some_and(|last| last.starts_with(|first: char| first.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::super::module::{Module, Target};

    #[test]
    fn a_call_is_given_to_names_functions_and_types() {
        let name = |name: &str| Target::Name(name.to_owned());
        let (function, kind) = (|name: &str| Target::Function(name.to_owned()), |kind: &str| Target::Type(kind.to_owned()));
        for (text, expected) in [
            ("app.secret_key = read('X')", vec![name("app.secret_key")]),
            ("FOO: SecretStr = read('X').strip()", vec![kind("SecretStr"), name("FOO")]),
            ("connect(password=read('X') or 'y')", vec![name("password")]),
            ("D = {'PASSWORD': read('X')}", vec![name("'PASSWORD'")]),
            ("f = Fernet(read('X').encode())", vec![function("Fernet"), name("f")]),
            ("n = length(read('X'))", vec![function("length")]),
            ("def f(token: str = read('X')): pass", vec![kind("str"), name("token")]),
        ] {
            let module = Module::parse(text);
            let call = module.calls.iter().find(|call| call.function == "read").unwrap();
            assert_eq!(call.targets, expected, "{text}");
        }
    }
}
