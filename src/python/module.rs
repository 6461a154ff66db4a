//! What a Python file says: imports, what names are bound to, functions, classes and calls.

use std::ops::Range;

use super::regions::Region;

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
    /// Where it stands.
    pub(crate) span: Range<usize>,
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
    /// Whether calling it gives a coroutine.
    pub(crate) asynchronous: bool,
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
    /// Code that doesn't run, or may fail, while the module is imported.
    pub(crate) regions: Vec<Region>,
}

impl Module {
    /// Whether the module itself makes what a name stands for.
    pub(crate) fn makes(&self, name: &str) -> bool {
        self.bindings.iter().any(|binding| binding.name == name)
            || self.functions.iter().any(|function| function.name == name)
            || self.classes.iter().any(|class| class.name == name)
    }

    /// Whether a name can be asked of the module, as far as one can see from the outside.
    pub(crate) fn binds(&self, name: &str) -> bool {
        self.makes(name) || self.imports.iter().any(|import| import.top && import.name == name)
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
