//! What a Python file says, read with a real parser: imports, what names are bound to, functions, classes and calls.
//!
//! Nothing is run. A file with mistakes, or of Python 2, still says what its readable parts say.

use std::ops::Range;

use tree_sitter::{Node, Parser};

/// How deep expressions and blocks are followed: nobody's application is nested deeper, and a hostile one may not end us.
const DEEPEST: usize = 150;

/// How many calls, items, imports and names of a file are kept: nobody's settings hold more.
const MOST: usize = 5000;

/// An expression, as far as facts need it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// A string without holes.
    Text(String),
    /// A whole number.
    Number(i64),
    /// `True`, `False` or `None`, as it is written.
    Constant(&'static str),
    /// A name, or names with dots between.
    Name(String),
    /// A call.
    Call(Box<Call>),
    /// A list, a tuple or a set.
    List(Vec<Expression>),
    /// A dictionary.
    Dict(Vec<(Expression, Expression)>),
    /// `value[key]`.
    Item(Box<Expression>, Box<Expression>),
    /// `one + other`, `one or other`: what it is made of.
    Parts(Vec<Expression>),
    /// `...`.
    Ellipsis,
    /// Anything else.
    Other,
}

impl Expression {
    /// The text, where it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The call, where it is one.
    pub(crate) fn call(&self) -> Option<&Call> {
        match self {
            Self::Call(call) => Some(call),
            _ => None,
        }
    }
}

/// A call of something that has a name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    /// The name with its dots; `().x` for a method of what a call gave, with the name of that call before it.
    pub(crate) function: String,
    /// The arguments without names.
    pub(crate) arguments: Vec<Expression>,
    /// The arguments with names.
    pub(crate) named: Vec<(String, Expression)>,
    /// Where it stands.
    pub(crate) span: Range<usize>,
}

impl Call {
    /// The argument of a name.
    pub(crate) fn named(&self, name: &str) -> Option<&Expression> {
        self.named.iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// The first argument, where it is a text.
    pub(crate) fn first_text(&self) -> Option<&str> {
        self.arguments.first().and_then(Expression::text)
    }

    /// The last part of the function's name.
    pub(crate) fn method(&self) -> &str {
        self.function.rsplit('.').next().unwrap_or_default()
    }
}

/// `import a.b as c`, or `from ..a import b as c`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Import {
    /// The name that is bound; `*` for everything.
    pub(crate) name: String,
    /// The module with its dots, without those in front.
    pub(crate) module: String,
    /// How many dots are in front.
    pub(crate) level: usize,
    /// What is taken from the module.
    pub(crate) item: Option<String>,
    /// Whether it stands at the top of the module, so that its name can be asked of it.
    pub(crate) top: bool,
}

/// A name that gets a value.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    /// The name.
    pub(crate) name: String,
    /// The value.
    pub(crate) value: Expression,
    /// Where it stands.
    pub(crate) span: Range<usize>,
}

/// A function.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    /// Its name.
    pub(crate) name: String,
    /// How many arguments a caller must give.
    pub(crate) required: usize,
    /// What names are bound to in it.
    pub(crate) bindings: Vec<Binding>,
    /// What it returns.
    pub(crate) returns: Vec<Expression>,
    /// Where its name stands.
    pub(crate) span: Range<usize>,
}

/// A class with what stands in it.
#[derive(Debug, Clone)]
pub(crate) struct Class {
    /// Its name.
    pub(crate) name: String,
    /// What it is derived from.
    pub(crate) bases: Vec<String>,
    /// Its fields: the name, whether it has a type, the value, and where it stands.
    pub(crate) fields: Vec<Field>,
    /// Classes and assignments inside, such as `Config` of pydantic.
    pub(crate) inner: Vec<Class>,
}

/// A field of a class.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: String,
    /// Its type, as it is written; empty without one.
    pub(crate) kind: String,
    /// Its value.
    pub(crate) value: Option<Expression>,
    /// Where it stands.
    pub(crate) span: Range<usize>,
}

/// A Python file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Module {
    /// What it imports, wherever that stands.
    pub(crate) imports: Vec<Import>,
    /// What its names are bound to, in `if`, `try` and `with` too, but not where it is run as a program.
    pub(crate) bindings: Vec<Binding>,
    /// Its functions.
    pub(crate) functions: Vec<Function>,
    /// Its classes.
    pub(crate) classes: Vec<Class>,
    /// Every call in it, the calls of decorators too.
    pub(crate) calls: Vec<Call>,
    /// Every `value[key]` that is read, with a text as its key, and where it stands.
    pub(crate) items: Vec<(String, String, Range<usize>)>,
    /// Whether it can be run as a program.
    pub(crate) program: bool,
}

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
            let mut reader = Reader { text, module: &mut module };
            reader.block(tree.root_node(), Place::Module, 0);
        }
        module
    }

    /// Whether a name can be asked of the module, as far as one can see from the outside.
    pub(crate) fn binds(&self, name: &str) -> bool {
        self.bindings.iter().any(|binding| binding.name == name)
            || self.functions.iter().any(|function| function.name == name)
            || self.classes.iter().any(|class| class.name == name)
            || self.imports.iter().any(|import| import.top && import.name == name)
    }

    /// The last value that a name is bound to.
    pub(crate) fn value(&self, name: &str) -> Option<&Binding> {
        self.bindings.iter().rev().find(|binding| binding.name == name)
    }

    /// The full name of what a name with dots means here, imports followed: `FastAPI` is `fastapi.FastAPI`.
    pub(crate) fn full_name(&self, name: &str) -> String {
        let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
        let Some(import) = self.imports.iter().find(|import| import.level == 0 && import.name == first) else {
            return name.to_owned();
        };
        let parts = [Some(import.module.as_str()), import.item.as_deref(), rest];
        parts.into_iter().flatten().collect::<Vec<_>>().join(".")
    }
}

/// Where a statement stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Module,
    Program,
    Inside,
}

struct Reader<'a> {
    text: &'a str,
    module: &'a mut Module,
}

impl Reader<'_> {
    fn of(&self, node: Node<'_>) -> &str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// The statements of a block, and of what is in them.
    fn block(&mut self, node: Node<'_>, place: Place, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.statement(child, place, depth + 1);
        }
    }

    fn statement(&mut self, node: Node<'_>, place: Place, depth: usize) {
        match node.kind() {
            "import_statement" | "import_from_statement" => self.import(node, place == Place::Module),
            "function_definition" => self.function(node, place, depth),
            "class_definition" => {
                let class = self.class(node, depth);
                if place == Place::Module {
                    self.module.classes.push(class);
                }
                self.calls_in_body(node, depth);
            }
            "decorated_definition" => {
                let mut cursor = node.walk();
                for child in node.named_children(&mut cursor) {
                    if child.kind() == "decorator" {
                        self.expressions(child, depth);
                    } else {
                        self.statement(child, place, depth + 1);
                    }
                }
            }
            "if_statement"
                if is_program_test(&self.of(node.child_by_field_name("condition").unwrap_or(node)).replace('\'', "\"")) =>
            {
                self.module.program = true;
                let then = node.child_by_field_name("consequence").map(|then| then.id());
                let mut cursor = node.walk();
                for child in node.named_children(&mut cursor) {
                    let inside = Some(child.id()) == then && place == Place::Module;
                    self.statement(child, if inside { Place::Program } else { place }, depth + 1);
                }
            }
            "if_statement" | "elif_clause" | "else_clause" | "try_statement" | "except_clause" | "finally_clause"
            | "with_statement" | "for_statement" | "while_statement" | "block" | "match_statement" | "case_clause" => {
                self.block(node, place, depth);
            }
            "expression_statement" => {
                let mut cursor = node.walk();
                for child in node.named_children(&mut cursor) {
                    if child.kind() == "assignment" && place == Place::Module && self.module.bindings.len() < MOST {
                        let bindings = self.bindings(child, depth);
                        self.module.bindings.extend(bindings);
                    }
                    self.expressions(child, depth);
                }
            }
            _ => self.expressions(node, depth),
        }
    }

    fn import(&mut self, node: Node<'_>, top: bool) {
        let from = node.child_by_field_name("module_name");
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
                }
            } else if let Some(alias) = alias {
                Import { name: alias, module: original, level, item: None, top }
            } else {
                // `import a.b` binds `a`
                let first = original.split('.').next().unwrap_or_default().to_owned();
                self.module.imports.push(Import { name: String::new(), module: original, level, item: None, top });
                Import { name: first.clone(), module: first, level, item: None, top }
            };
            self.module.imports.push(import);
        }
        let mut cursor = node.walk();
        if node.named_children(&mut cursor).any(|child| child.kind() == "wildcard_import") {
            self.module.imports.push(Import { name: "*".to_owned(), module, level, item: Some("*".to_owned()), top });
        }
    }

    fn function(&mut self, node: Node<'_>, place: Place, depth: usize) {
        let name = node.child_by_field_name("name").unwrap_or(node);
        let mut function = Function {
            name: self.of(name).to_owned(),
            required: self.required(node),
            bindings: Vec::new(),
            returns: Vec::new(),
            span: name.byte_range(),
        };
        if let Some(body) = node.child_by_field_name("body") {
            self.body(body, &mut function, depth + 1);
        }
        if place == Place::Module {
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
        if ["identifier", "attribute", "subscript"].contains(&left.kind()) {
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
            self.block(body, Place::Inside, depth + 1);
        }
    }

    /// Collects the calls and items of an expression, whatever it is.
    fn expressions(&mut self, node: Node<'_>, depth: usize) {
        if depth > DEEPEST || self.module.calls.len() > MOST || self.module.items.len() > MOST {
            return;
        }
        match node.kind() {
            "call" => {
                if let Expression::Call(call) = self.expression(node, depth) {
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

    fn expression(&self, node: Node<'_>, depth: usize) -> Expression {
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
            "list" | "tuple" | "set" | "expression_list" => Expression::List(items(node)),
            "parenthesized_expression" | "await" => items(node).into_iter().next().unwrap_or(Expression::Other),
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
        let mut call = Call { function, arguments: Vec::new(), named: Vec::new(), span: node.byte_range() };
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

/// `__name__ == "__main__"`, in any order.
fn is_program_test(condition: &str) -> bool {
    condition.contains("__name__") && condition.contains("\"__main__\"") && condition.contains("==")
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
