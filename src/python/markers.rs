//! Environment markers: which requirements are for a machine other than a Linux container with CPython.
//!
//! A marker is read as PEP 508 defines it and evaluated for every environment that a container may have:
//! <https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers>.

mod tokens;

use std::collections::HashMap;
use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};
use tokens::{Token, tokens};

/// What every container has in common, by the marker's name; the old names are those of setuptools.
const FIXED: [(&str, &[&str]); 9] = [
    ("sys_platform", &["linux"]),
    ("sys.platform", &["linux"]),
    ("platform_system", &["Linux"]),
    ("os_name", &["posix"]),
    ("os.name", &["posix"]),
    ("platform_python_implementation", &["CPython"]),
    ("python_implementation", &["CPython"]),
    ("implementation_name", &["cpython"]),
    ("platform_machine", &["x86_64", "aarch64"]),
];

/// Markers whose values are versions.
const VERSIONS: [&str; 3] = ["python_version", "python_full_version", "implementation_version"];

/// More patch releases than any Python has.
const PATCHES: u32 = 40;

/// How deep parentheses may nest.
const DEEPEST: usize = 50;

/// The values that markers may have in a container.
pub(super) struct Environment {
    values: HashMap<&'static str, Vec<String>>,
}

impl Environment {
    /// An environment with a Python such as `3.13`, whose patch release is unknown.
    pub(super) fn new(python: &str) -> Self {
        let fixed = FIXED.iter().map(|(name, values)| (*name, values.iter().map(|value| (*value).to_owned()).collect()));
        let releases: Vec<_> = (0..PATCHES).map(|patch| format!("{python}.{patch}")).collect();
        let pythons = [
            ("python_version", vec![python.to_owned()]),
            ("implementation_version", releases.clone()),
            ("python_full_version", releases),
        ];
        Self { values: fixed.chain(pythons).collect() }
    }

    /// Whether a marker is false in every container. A marker that can't be read, and one whose value is unknown, excludes nothing.
    pub(super) fn excludes(&self, marker: &str) -> bool {
        let Some(tokens) = tokens(marker) else { return false };
        let mut parser = Parser { environment: self, tokens: &tokens, depth: 0 };
        let truth = parser.alternatives();
        parser.tokens.is_empty() && truth == Some(Truth::False)
    }

    /// What a comparison is for all values that its sides may have.
    fn compare(&self, left: &Token<'_>, operator: &str, right: &Token<'_>) -> Option<Truth> {
        let (lefts, rights) = (self.values_of(left)?, self.values_of(right)?);
        let by_version = [left, right].iter().any(|side| matches!(side, Token::Name(name) if VERSIONS.contains(name)));
        if lefts.is_empty() || rights.is_empty() {
            return Some(Truth::Unknown);
        }
        let mut results = Vec::new();
        for right in rights {
            let range = by_version.then(|| VersionSpecifiers::from_str(&format!("{operator}{right}")).ok()).flatten();
            results.extend(lefts.iter().map(|left| match &range {
                Some(range) => Version::from_str(left).ok().map(|version| range.contains(&version)),
                None => text_holds(left, operator, right).filter(|_| !by_version || operator.ends_with("in")),
            }));
        }
        let first = (*results.first()?)?;
        Some(if results.iter().all(|result| *result == Some(first)) { Truth::of(first) } else { Truth::Unknown })
    }

    /// The values that one side may have, empty if unknown; none if it has no place in a comparison.
    fn values_of<'t>(&'t self, side: &Token<'t>) -> Option<Vec<&'t str>> {
        match side {
            Token::Text(text) => Some(vec![text]),
            Token::Name(name) => Some(self.values.get(name).into_iter().flatten().map(String::as_str).collect()),
            _ => None,
        }
    }
}

/// Whether a marker is true in every container, in none, or in some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    True,
    False,
    Unknown,
}

impl Truth {
    fn of(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, Self::False) => Self::False,
            _ => Self::Unknown,
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            _ => Self::Unknown,
        }
    }
}

/// Reads a marker from its first token on; each function takes what it reads and returns none at a mistake.
struct Parser<'t> {
    environment: &'t Environment,
    tokens: &'t [Token<'t>],
    depth: usize,
}

impl<'t> Parser<'t> {
    fn alternatives(&mut self) -> Option<Truth> {
        let mut truth = self.conditions()?;
        while self.takes(&Token::Name("or")) {
            truth = truth.or(self.conditions()?);
        }
        Some(truth)
    }

    fn conditions(&mut self) -> Option<Truth> {
        let mut truth = self.condition()?;
        while self.takes(&Token::Name("and")) {
            truth = truth.and(self.condition()?);
        }
        Some(truth)
    }

    fn condition(&mut self) -> Option<Truth> {
        if self.takes(&Token::Open) {
            self.depth += 1;
            let truth = (self.depth <= DEEPEST).then(|| self.alternatives())??;
            self.depth -= 1;
            return self.takes(&Token::Close).then_some(truth);
        }
        let left = self.next()?;
        let operator = self.operator()?;
        let right = self.next()?;
        self.environment.compare(left, operator, right)
    }

    fn operator(&mut self) -> Option<&'t str> {
        match self.next()? {
            Token::Operator(operator) => Some(operator),
            Token::Name("in") => Some("in"),
            Token::Name("not") => self.takes(&Token::Name("in")).then_some("not in"),
            _ => None,
        }
    }

    fn next(&mut self) -> Option<&'t Token<'t>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn takes(&mut self, token: &Token<'_>) -> bool {
        let is_next = self.tokens.first() == Some(token);
        if is_next {
            self.tokens = &self.tokens[1..];
        }
        is_next
    }
}

/// Whether `left operator right` holds for texts; none if the operator is only for versions.
fn text_holds(left: &str, operator: &str, right: &str) -> Option<bool> {
    match operator {
        "in" => Some(right.contains(left)),
        "not in" => Some(!right.contains(left)),
        "==" | "===" => Some(left == right),
        "!=" => Some(left != right),
        "<" => Some(left < right),
        "<=" => Some(left <= right),
        ">" => Some(left > right),
        ">=" => Some(left >= right),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Environment;

    /// Each marker with whether it excludes a requirement from a container with Python 3.13.
    const MARKERS: [(&str, bool); 72] = [
        // equality, with any quotes and spaces, and with the sides in any order
        ("sys_platform == 'win32'", true),
        ("sys_platform=='win32'", true),
        ("sys_platform == \"win32\"", true),
        ("\"win32\" == sys_platform", true),
        ("'linux' == sys_platform", false),
        ("'linux' != sys_platform", true),
        ("sys_platform != 'win32'", false),
        ("sys_platform === 'linux'", false),
        ("sys_platform === 'linux2'", true),
        ("  sys_platform  ==  'linux'  ", false),
        ("platform_system == 'Windows'", true),
        ("platform_system == 'Linux'", false),
        ("os_name == 'nt'", true),
        ("os_name == 'posix'", false),
        ("os.name == 'nt'", true),
        ("sys.platform == 'darwin'", true),
        ("implementation_name == 'pypy'", true),
        ("implementation_name == 'cpython'", false),
        ("platform_python_implementation != 'PyPy'", false),
        ("platform_python_implementation == 'PyPy'", true),
        ("python_implementation == 'CPython'", false),
        // `in` and `not in` are searches in a text, in both directions
        ("sys_platform in 'win32 darwin'", true),
        ("sys_platform in 'linux linux2'", false),
        ("sys_platform not in 'win32 darwin'", false),
        ("sys_platform not in 'linux, darwin'", true),
        ("'win' in sys_platform", true),
        ("'win' not in sys_platform", false),
        ("'lin' in sys_platform", false),
        ("'lin' not in sys_platform", true),
        ("'linux'in sys_platform", false),
        ("'win'   not   in sys_platform", false),
        ("python_version in '3.11 3.12'", true),
        ("python_version in '3.12, 3.13'", false),
        ("python_version not in '3.13'", true),
        ("' or ' in sys_platform", true),
        ("sys_platform == 'a and b'", true),
        // versions
        ("python_version < '3.11'", true),
        ("python_version >= '3.13'", false),
        ("python_version > '3.13'", true),
        ("python_version < '3.9'", true),
        ("'3.9' <= python_version", false),
        ("'3.14' <= python_version", true),
        ("'3.9' > python_version", true),
        ("python_version ~= '3.11'", false),
        ("python_version ~= '4.0'", true),
        ("python_version == '3.*'", false),
        ("python_version == '3.12.*'", true),
        ("python_version != '3.13.*'", true),
        ("python_full_version < '3.13.4'", false),
        ("python_full_version >= '3.13.4' and python_full_version < '3.13.9'", false),
        ("python_full_version < '3.13.0'", true),
        ("python_full_version < '3.9' or python_full_version >= '3.14'", true),
        ("python_full_version ~= '3.12.0'", true),
        ("implementation_version >= '3.14'", true),
        // machines: an image may be for either of the usual two
        ("platform_machine == 'x86_64'", false),
        ("platform_machine == 'aarch64'", false),
        ("platform_machine == 'ppc64le'", true),
        ("platform_machine not in 'x86_64 aarch64'", true),
        ("platform_machine != 'arm64'", false),
        // `and` binds tighter than `or`; parentheses
        ("sys_platform == 'darwin' or sys_platform == 'linux'", false),
        ("sys_platform == 'linux' or sys_platform == 'win32' and os_name == 'nt'", false),
        ("(sys_platform == 'linux' or sys_platform == 'win32') and os_name == 'nt'", true),
        ("(sys_platform == 'win32' or sys_platform == 'darwin') and python_version >= '3.8'", true),
        ("sys_platform == 'linux' and (os_name == 'nt' or (python_version < '3'))", true),
        ("((sys_platform == 'linux'))", false),
        ("(os_name == 'nt')or(os_name=='java')", true),
        // unknown values exclude nothing by themselves
        ("extra == 'web'", false),
        ("os_name == 'nt' and extra == 'x'", true),
        ("os_name == 'nt' or extra == 'x'", false),
        ("platform_release >= '5'", false),
        // what can't be read excludes nothing
        ("nonsense ((", false),
        ("sys_platform == 'win32' and", false),
    ];

    #[test]
    fn a_marker_excludes_a_requirement_that_no_container_needs() {
        let environment = Environment::new("3.13");
        for (marker, excluded) in MARKERS {
            assert_eq!(environment.excludes(marker), excluded, "{marker}");
        }
        assert!(!environment.excludes(""));
        assert!(!environment.excludes(&"(".repeat(100_000)));
    }
}
