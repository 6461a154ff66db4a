//! The contents of a Python file: imports, assignments, functions, classes and calls.

use std::ops::Range;

use super::guards::Guard;
use super::regions::Region;

/// An expression, as far as facts need it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// A string without placeholders.
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
    /// The operands of `one + other` or `one or other`.
    Parts(Vec<Expression>),
    /// `...`.
    Ellipsis,
    /// Anything else.
    Other,
}

impl Expression {
    /// The text of a string.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The call, if the expression is one.
    pub(crate) fn call(&self) -> Option<&Call> {
        match self {
            Self::Call(call) => Some(call),
            _ => None,
        }
    }
}

/// A call of a named function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    /// The dotted name; a method of a call's result is `NAME().x`.
    pub(crate) function: String,
    /// Positional arguments.
    pub(crate) arguments: Vec<Expression>,
    /// Keyword arguments.
    pub(crate) named: Vec<(String, Expression)>,
    /// What its value is given to, innermost first; only in [`Module::calls`].
    pub(crate) targets: Vec<Target>,
    /// Where it stands.
    pub(crate) span: Range<usize>,
}

/// What a value is given to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    /// A variable, an argument or a key, as it is written.
    Name(String),
    /// What a variable or a parameter is declared as.
    Type(String),
    /// A function that is called with it.
    Function(String),
}

impl Call {
    /// The keyword argument of this name.
    pub(crate) fn named(&self, name: &str) -> Option<&Expression> {
        self.named.iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// The first argument, if it is a string.
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
    /// The name that is bound, or `*`.
    pub(crate) name: String,
    /// The dotted module name, without leading dots.
    pub(crate) module: String,
    /// Number of leading dots.
    pub(crate) level: usize,
    /// The name that is imported from the module.
    pub(crate) item: Option<String>,
    /// Whether it is at the top level, so that the module has the name.
    pub(crate) top: bool,
    /// Where it stands.
    pub(crate) span: Range<usize>,
}

/// An assignment.
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
    /// Number of required arguments.
    pub(crate) required: usize,
    /// Whether calling it gives a coroutine.
    pub(crate) asynchronous: bool,
    /// The assignments in its body.
    pub(crate) bindings: Vec<Binding>,
    /// The values that it returns.
    pub(crate) returns: Vec<Expression>,
    /// Where its name stands.
    pub(crate) span: Range<usize>,
}

/// A class with its body.
#[derive(Debug, Clone)]
pub(crate) struct Class {
    /// Its name.
    pub(crate) name: String,
    /// Its base classes.
    pub(crate) bases: Vec<String>,
    /// Its fields, with annotations and default values.
    pub(crate) fields: Vec<Field>,
    /// Classes and assignments inside, such as `Config` of pydantic.
    pub(crate) inner: Vec<Class>,
}

/// A field of a class.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: String,
    /// Its annotation as text; empty without one.
    pub(crate) kind: String,
    /// Its value.
    pub(crate) value: Option<Expression>,
    /// Where it stands.
    pub(crate) span: Range<usize>,
}

/// A Python file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Module {
    /// All imports, at any level.
    pub(crate) imports: Vec<Import>,
    /// Assignments, including those in `if`, `try` and `with`, but not those under `if __name__ == "__main__"`.
    pub(crate) bindings: Vec<Binding>,
    /// Its functions.
    pub(crate) functions: Vec<Function>,
    /// Its classes.
    pub(crate) classes: Vec<Class>,
    /// All calls, including those of decorators.
    pub(crate) calls: Vec<Call>,
    /// Every `value[key]` that is read with a string as its key.
    pub(crate) items: Vec<(String, String, Range<usize>)>,
    /// Whether it has `if __name__ == "__main__"`.
    pub(crate) program: bool,
    /// Code that doesn't run, or may fail, while the module is imported.
    pub(crate) regions: Vec<Region>,
    /// Checks that stop the program.
    pub(crate) guards: Vec<Guard>,
}

impl Module {
    /// Whether the module itself defines a name.
    pub(crate) fn makes(&self, name: &str) -> bool {
        self.bindings.iter().any(|binding| binding.name == name)
            || self.functions.iter().any(|function| function.name == name)
            || self.classes.iter().any(|class| class.name == name)
    }

    /// Whether the module has a name, as far as static analysis shows.
    pub(crate) fn binds(&self, name: &str) -> bool {
        self.makes(name) || self.imports.iter().any(|import| import.top && import.name == name)
    }

    /// The last value that is assigned to a name.
    pub(crate) fn value(&self, name: &str) -> Option<&Binding> {
        self.bindings.iter().rev().find(|binding| binding.name == name)
    }

    /// The full name behind a dotted name, with imports resolved: `FastAPI` is `fastapi.FastAPI`.
    pub(crate) fn full_name(&self, name: &str) -> String {
        let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
        let Some(import) = self.imports.iter().find(|import| import.level == 0 && import.name == first) else {
            return name.to_owned();
        };
        let parts = [Some(import.module.as_str()), import.item.as_deref(), rest];
        parts.into_iter().flatten().collect::<Vec<_>>().join(".")
    }
}
