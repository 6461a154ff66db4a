//! Whether a type, or the place that a value is given to, makes a secret of it, with imports and aliases resolved.

use std::rc::Rc;

use crate::python::codebase::{Codebase, Parsed};
use crate::python::module::{Call, Expression, Target};
use crate::secrets;

/// How many names are looked up for a type.
const MOST: usize = 64;

/// Functions that sign or encrypt with what they are given.
const SEALERS: [&str; 11] = [
    "AESGCM",
    "ChaCha20Poly1305",
    "Fernet",
    "JSONWebSignatureSerializer",
    "Signer",
    "TimedJSONWebSignatureSerializer",
    "TimestampSigner",
    "URLSafeSerializer",
    "URLSafeTimedSerializer",
    "hmac.new",
    "set_password",
];

/// The names of a file, as its types use them.
pub(super) struct SecretTypes<'c, 'd> {
    codebase: &'c Codebase<'d>,
    path: &'c str,
    parsed: &'c Rc<Parsed>,
}

impl<'c, 'd> SecretTypes<'c, 'd> {
    pub(super) fn new(codebase: &'c Codebase<'d>, path: &'c str, parsed: &'c Rc<Parsed>) -> Self {
        Self { codebase, path, parsed }
    }

    /// Whether a type, as it is written, says that its values are secrets.
    pub(super) fn has(&self, kind: &str) -> bool {
        if kind.contains("Literal[") {
            return false;
        }
        // `Annotated[str, Field(description="…")]` is its first type
        let names = kind.split('(').next().unwrap_or(kind).split(|letter: char| !is_name(letter) && letter != '.');
        let mut lookup = Lookup { codebase: self.codebase, seen: Vec::new() };
        is_secret_type(kind) || names.filter(|name| !name.is_empty()).any(|name| lookup.is_secret(self.path, self.parsed, name))
    }

    /// Whether an expression is such a type, or a call of one.
    pub(super) fn is_one(&self, value: &Expression) -> bool {
        match value {
            Expression::Name(name) => self.has(name),
            Expression::Call(call) => self.has(&call.function),
            _ => false,
        }
    }

    /// Whether what a call gives is used as a secret: `app.secret_key = …`, `connect(password=…)`, `Fernet(…)`.
    pub(super) fn are_targets(&self, call: &Call, example: Option<&str>) -> bool {
        call.targets.iter().any(|target| match target {
            Target::Name(name) => {
                let bare = name.trim_end_matches(']').trim_matches(['"', '\'']);
                let last = bare.rsplit(['.', '"', '\'']).next().unwrap_or(bare);
                let generic = ["auth", "cookie", "key", "keys"].contains(&last);
                !generic && secrets::is_certain(last) && example.is_none_or(|example| secrets::is_named(last, example))
            }
            Target::Type(kind) => self.has(kind),
            Target::Function(function) => {
                let full = self.parsed.module.full_name(function);
                let last = full.rsplit('.').next().unwrap_or(&full);
                SEALERS.contains(&full.as_str())
                    || SEALERS.contains(&last)
                    || last.starts_with(|first: char| first.is_ascii_uppercase()) && self.has(function)
            }
        })
    }
}

/// Whether a type says that its values are secrets: `SecretStr | None`, `Secret[str]`, `PostgresDsn`, `RSAPrivateKey`.
fn is_secret_type(kind: &str) -> bool {
    let names = kind.split(|letter: char| !is_name(letter));
    let names = names.map(|name| name.trim_end_matches("Bytes").trim_end_matches("Str").trim_end_matches("Type"));
    !kind.contains("Literal[") && names.into_iter().any(secrets::is_certain)
}

fn is_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Follows a name through imports, aliases and base classes.
struct Lookup<'c, 'd> {
    codebase: &'c Codebase<'d>,
    seen: Vec<(String, String)>,
}

impl Lookup<'_, '_> {
    fn is_secret(&mut self, path: &str, parsed: &Parsed, name: &str) -> bool {
        let place = (path.to_owned(), name.to_owned());
        if self.seen.len() >= MOST || self.seen.contains(&place) {
            return false;
        }
        self.seen.push(place);
        let module = &parsed.module;
        let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
        let own = module.bindings.iter().filter(|binding| binding.name == name).flat_map(|binding| types(&binding.value));
        let bases = module.classes.iter().filter(|class| class.name == name).flat_map(|class| class.bases.clone());
        let others: Vec<String> = own.chain(bases).collect();
        if others.iter().any(|other| is_secret_type(other) || self.is_secret(path, parsed, other)) {
            return true;
        }
        module.imports.iter().filter(|import| import.name == first || import.name == "*").any(|import| {
            let item = import.item.as_deref().filter(|item| *item != "*");
            let Some(original) = rest.or(item).or((import.name == "*").then_some(first)) else { return false };
            let file = || self.codebase.module(path, import).filter(|file| file != path);
            is_secret_type(original)
                || file()
                    .is_some_and(|file| self.codebase.read(&file).is_some_and(|parsed| self.is_secret(&file, &parsed, original)))
        })
    }
}

/// The names of types in an alias: `Annotated[SecretStr, 1]`, `SecretStr | None`, `NewType("T", SecretStr)`.
fn types(alias: &Expression) -> Vec<String> {
    match alias {
        Expression::Name(name) => vec![name.clone()],
        Expression::Text(text) if text.chars().all(|letter| is_name(letter) || letter == '.') => vec![text.clone()],
        Expression::List(items) | Expression::Parts(items) => items.iter().flat_map(types).collect(),
        Expression::Item(value, inner) => {
            let name = types(value);
            let literal = name.iter().any(|name| name.ends_with("Literal"));
            if literal { Vec::new() } else { name.into_iter().chain(types(inner)).collect() }
        }
        Expression::Call(call) if call.method() == "NewType" => call.arguments.iter().skip(1).flat_map(types).collect(),
        Expression::Call(call) if call.method() == "TypeAliasType" => call.arguments.iter().skip(1).flat_map(types).collect(),
        _ => Vec::new(),
    }
}
