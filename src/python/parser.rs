//! Python files as modules, read with a real parser.
//!
//! Nothing is run. The readable parts of a file with mistakes, or of Python 2, still count.

use std::ops::Range;

use tree_sitter::{Node, Parser};

use super::module::{Binding, Class, Expression, Field, Function, Import, Module};
use super::regions::RegionKind;

/// Maximum depth of expressions and blocks, so that hostile files can't overflow the stack.
pub(super) const DEEPEST: usize = 150;

/// Maximum number of calls, items, imports and names of a file.
const MOST: usize = 5000;

/// The line of the first thing in a text that is no Python.
pub(crate) fn syntax_error(text: &str) -> Option<usize> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).ok()?;
    let tree = parser.parse(text, None)?;
    let mut node = tree.root_node();
    if !node.has_error() {
        return None;
    }
    while let Some(inner) = node.children(&mut node.walk()).find(|inner| inner.has_error() || inner.is_missing()) {
        node = inner;
    }
    Some(node.start_position().row + 1)
}

impl Module {
    /// Reads a file.
    pub(crate) fn parse(text: &str) -> Self {
        let mut parser = Parser::new();
        let mut module = Self::default();
        if parser.set_language(&tree_sitter_python::LANGUAGE.into()).is_ok()
            && let Some(tree) = parser.parse(text, None)
        {
            let mut reader = ModuleReader { text, module: &mut module, class: String::new() };
            reader.block(tree.root_node(), Scope::Module, 0);
        }
        module
    }
}

/// Where a statement is.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Module,
    Program,
    Inside,
}

/// Reads the statements of a file; expressions are read in `expressions.rs`.
pub(super) struct ModuleReader<'a> {
    text: &'a str,
    pub(super) module: &'a mut Module,
    /// The class whose body is read.
    class: String,
}

impl ModuleReader<'_> {
    pub(super) fn of(&self, node: Node<'_>) -> &str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    pub(super) fn text_at(&self, span: &Range<usize>) -> &str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// The statements of a block, and of what is in them.
    fn block(&mut self, node: Node<'_>, scope: Scope, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.statement(child, scope, depth + 1);
        }
    }

    fn statement(&mut self, node: Node<'_>, scope: Scope, depth: usize) {
        if ["if_statement", "assert_statement"].contains(&node.kind()) && self.module.guards.len() < MOST {
            self.guard(node);
        }
        match node.kind() {
            "import_statement" | "import_from_statement" => self.import(node, scope == Scope::Module),
            "function_definition" => self.function(node, scope, depth),
            "class_definition" => {
                let class = self.class(node, depth);
                let class_name = class.name.clone();
                if scope == Scope::Module {
                    self.module.classes.push(class);
                }
                let outer = std::mem::replace(&mut self.class, class_name);
                self.calls_in_body(node, depth);
                self.class = outer;
            }
            "decorated_definition" => {
                let mut cursor = node.walk();
                for child in node.named_children(&mut cursor) {
                    if child.kind() == "decorator" {
                        self.expressions(child, depth);
                    } else {
                        self.statement(child, scope, depth + 1);
                    }
                }
            }
            "if_statement" if let Some(kind) = self.kind_of_if(node) => self.known_if(kind, node, scope, depth),
            "if_statement" | "elif_clause" | "else_clause" | "try_statement" | "except_clause" | "finally_clause"
            | "with_statement" | "for_statement" | "while_statement" | "block" | "match_statement" | "case_clause" => {
                let guarded = ["try_statement", "with_statement"].contains(&node.kind()) && self.may_fail(node);
                self.region(RegionKind::Guarded, "", guarded.then_some(node));
                self.block(node, scope, depth);
            }
            // `type T = SecretStr`
            "type_alias_statement" if scope == Scope::Module && self.module.bindings.len() < MOST => {
                let bindings = self.bindings(node, depth);
                self.module.bindings.extend(bindings);
            }
            "expression_statement" => {
                let mut cursor = node.walk();
                for child in node.named_children(&mut cursor) {
                    if child.kind() == "assignment" && scope == Scope::Module && self.module.bindings.len() < MOST {
                        let bindings = self.bindings(child, depth);
                        self.module.bindings.extend(bindings);
                    }
                    self.expressions(child, depth);
                }
            }
            _ => self.expressions(node, depth),
        }
    }

    /// An `if` whose outcome is known: only its body is part of the program, or of type checking.
    fn known_if(&mut self, kind: RegionKind, node: Node<'_>, scope: Scope, depth: usize) {
        self.module.program |= kind == RegionKind::Program;
        let then = node.child_by_field_name("consequence");
        self.region(kind, "", then);
        let then = then.map(|then| then.id()).filter(|_| kind == RegionKind::Program);
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            let inside = Some(child.id()) == then && scope == Scope::Module;
            self.statement(child, if inside { Scope::Program } else { scope }, depth + 1);
        }
    }

    fn import(&mut self, node: Node<'_>, top: bool) {
        let from = node.child_by_field_name("module_name");
        let span = node.byte_range();
        let (level, module) = from.map_or((0, String::new()), |from| {
            let text: String = self.of(from).split_whitespace().collect();
            let name = text.trim_start_matches('.');
            (text.len() - name.len(), name.to_owned())
        });
        if self.module.imports.len() > MOST {
            return;
        }
        let mut cursor = node.walk();
        let mut names: Vec<Node<'_>> = node.children_by_field_name("name", &mut cursor).collect();
        names.retain(|name| Some(name.id()) != from.map(|from| from.id()));
        for name in names {
            let original = self.of(name.child_by_field_name("name").unwrap_or(name)).to_owned();
            let alias = name.child_by_field_name("alias").map(|alias| self.of(alias).to_owned());
            let import = if from.is_some() {
                Import {
                    name: alias.unwrap_or_else(|| original.clone()),
                    module: module.clone(),
                    level,
                    item: Some(original),
                    top,
                    span: span.clone(),
                }
            } else if let Some(alias) = alias {
                Import { name: alias, module: original, level, item: None, top, span: span.clone() }
            } else {
                // `import a.b` binds `a`
                let first = original.split('.').next().unwrap_or_default().to_owned();
                let whole = Import { name: String::new(), module: original, level, item: None, top, span: span.clone() };
                self.module.imports.push(whole);
                Import { name: first.clone(), module: first, level, item: None, top, span: span.clone() }
            };
            self.module.imports.push(import);
        }
        let mut cursor = node.walk();
        if node.named_children(&mut cursor).any(|child| child.kind() == "wildcard_import") {
            self.module.imports.push(Import { name: "*".to_owned(), module, level, item: Some("*".to_owned()), top, span });
        }
    }

    fn function(&mut self, node: Node<'_>, scope: Scope, depth: usize) {
        let name = node.child_by_field_name("name").unwrap_or(node);
        let mut function = Function {
            name: self.of(name).to_owned(),
            required: self.required(node),
            asynchronous: self.of(node).starts_with("async"),
            bindings: Vec::new(),
            returns: Vec::new(),
            span: name.byte_range(),
        };
        if let Some(body) = node.child_by_field_name("body") {
            let name = if self.class.is_empty() { function.name.clone() } else { format!("{}.{}", self.class, function.name) };
            self.region(RegionKind::Function, &name, Some(body));
            self.body(body, &mut function, depth + 1);
        }
        if scope == Scope::Module {
            self.module.functions.push(function);
        }
        self.calls_in_body(node, depth);
    }

    fn required(&self, node: Node<'_>) -> usize {
        let Some(parameters) = node.child_by_field_name("parameters") else { return 0 };
        let mut cursor = parameters.walk();
        let required = parameters.named_children(&mut cursor).filter(|parameter| {
            let typed = parameter.kind() == "typed_parameter" && !self.of(*parameter).starts_with('*');
            parameter.kind() == "identifier" || typed
        });
        required.count()
    }

    /// What a function binds and returns, without what functions in it do.
    fn body(&mut self, node: Node<'_>, function: &mut Function, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "function_definition" | "class_definition" | "decorated_definition" => {}
                "return_statement" => {
                    let value = child.named_child(0).map(|value| self.expression(value, depth));
                    function.returns.extend(value);
                }
                "assignment" => function.bindings.extend(self.bindings(child, depth)),
                _ => self.body(child, function, depth + 1),
            }
        }
    }

    fn class(&mut self, node: Node<'_>, depth: usize) -> Class {
        let mut class = Class {
            name: self.of(node.child_by_field_name("name").unwrap_or(node)).to_owned(),
            bases: Vec::new(),
            fields: Vec::new(),
            inner: Vec::new(),
        };
        if let Some(bases) = node.child_by_field_name("superclasses") {
            let mut cursor = bases.walk();
            let named = bases.named_children(&mut cursor).filter(|base| base.kind() != "keyword_argument");
            class.bases = named.map(|base| self.of(base).split('[').next().unwrap_or_default().to_owned()).collect();
        }
        let Some(body) = node.child_by_field_name("body").filter(|_| depth < DEEPEST) else { return class };
        let mut cursor = body.walk();
        for child in body.named_children(&mut cursor) {
            if child.kind() == "class_definition" {
                class.inner.push(self.class(child, depth + 1));
            }
            let Some(assignment) = child.named_child(0).filter(|node| node.kind() == "assignment") else { continue };
            let Some(left) = assignment.child_by_field_name("left").filter(|left| left.kind() == "identifier") else { continue };
            class.fields.push(Field {
                name: self.of(left).to_owned(),
                kind: assignment.child_by_field_name("type").map(|kind| self.of(kind).to_owned()).unwrap_or_default(),
                value: assignment.child_by_field_name("right").map(|right| self.expression(right, depth)),
                span: assignment.byte_range(),
            });
        }
        class
    }

    /// `a = value`, `a: type = value`, `a = b = value`.
    fn bindings(&mut self, node: Node<'_>, depth: usize) -> Vec<Binding> {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return Vec::new();
        };
        let mut bindings = Vec::new();
        let value = if right.kind() == "assignment" {
            bindings = if depth > DEEPEST { Vec::new() } else { self.bindings(right, depth + 1) };
            bindings.first().map_or(Expression::Other, |binding| binding.value.clone())
        } else {
            self.expression(right, depth)
        };
        if ["identifier", "attribute", "subscript", "type"].contains(&left.kind()) {
            bindings.push(Binding { name: self.of(left).to_owned(), value, span: node.byte_range() });
        } else {
            let mut cursor = left.walk();
            let names = left.named_children(&mut cursor).filter(|name| name.kind() == "identifier");
            bindings.extend(names.map(|name| Binding {
                name: self.of(name).to_owned(),
                value: Expression::Other,
                span: node.byte_range(),
            }));
        }
        bindings
    }

    /// The statements of a function or a class, for the calls in them.
    fn calls_in_body(&mut self, node: Node<'_>, depth: usize) {
        if let Some(parameters) = node.child_by_field_name("parameters") {
            self.expressions(parameters, depth + 1);
        }
        if let Some(body) = node.child_by_field_name("body") {
            self.block(body, Scope::Inside, depth + 1);
        }
    }

    /// Collects the calls and items of an expression, whatever it is.
    fn expressions(&mut self, node: Node<'_>, depth: usize) {
        if depth > DEEPEST || self.module.calls.len() > MOST || self.module.items.len() > MOST {
            return;
        }
        match node.kind() {
            "call" => {
                if let Expression::Call(mut call) = self.expression(node, depth) {
                    call.targets = self.targets(node);
                    self.module.calls.push(*call);
                }
            }
            // `os.environ["X"] = …` and `del os.environ["X"]` read nothing
            "assignment" => {
                if let Some(right) = node.child_by_field_name("right") {
                    self.expressions(right, depth + 1);
                }
                return;
            }
            "delete_statement" => return,
            "subscript" => {
                if let Expression::Item(value, key) = self.expression(node, depth)
                    && let (Expression::Name(value), Expression::Text(key)) = (*value, *key)
                {
                    self.module.items.push((value, key, node.byte_range()));
                }
            }
            _ => {}
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.expressions(child, depth + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_imports_bindings_and_factories() {
        let module = Module::parse(
            "from fastapi import FastAPI as F\nfrom . import x\nimport a.b\nif DEBUG:\n    app: F = F(title='x', debug=True)\n\
             def create(x, y=1, *args, **more):\n    made = F()\n    return made\nif __name__ == '__main__':\n    run(app)\n",
        );
        assert_eq!(module.full_name("F"), "fastapi.FastAPI");
        assert_eq!(module.bindings[0].name, "app");
        assert_eq!(module.bindings[0].value.call().unwrap().named("title").unwrap().text(), Some("x"));
        assert_eq!(module.functions[0].required, 1);
        assert_eq!(module.functions[0].bindings[0].name, "made");
        assert!(module.program && module.binds("x") && module.binds("a") && !module.binds("y"));
    }

    #[test]
    fn survives_what_is_not_python() {
        for text in
            ["print 'x'\nexec 'y' in z\napp = Flask(__name__)\n".to_owned(), "(".repeat(100_000), "[".repeat(5000) + "\u{0}"]
        {
            Module::parse(&text);
        }
        assert_eq!(Module::parse("print 'x'\napp = Flask(__name__)\n").bindings[0].name, "app");
    }
}
