//! The Debian packages that distributions need: to be compiled, and while they run.
//!
//! What is known is in `knowledge/system-packages.toml`.

use std::collections::{BTreeMap, BTreeSet};

use super::install::{self, LockState};
use super::requirements;
use crate::error::Result;
use crate::knowledge::{PackageRow, Wheel, When, system_package};
use crate::layers::Origin;
use crate::model::{Addition, InstallChoice};
use crate::project::Folder;
use crate::python::dependencies::{self, Dependency, dependencies};
use crate::python::support::{self, has_wheel};
use crate::python::versions::minor_number;
use crate::python::wheels;

/// The Debian releases in the table. The first one is also used for unknown releases.
const RELEASES: [&str; 2] = ["trixie", "bookworm"];

/// What compiles a distribution of which nothing more is known.
const COMPILER: [&str; 3] = ["g++", "gcc", "libc6-dev"];

/// So many distributions without a wheel are named one by one.
const MOST_UNKNOWN: usize = 20;

/// What one distribution asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The Debian package.
    pub package: String,
    /// The distribution, as PEP 503 writes it.
    pub distribution: String,
    /// Where the distribution is named.
    pub origin: Origin,
    /// What it does with the package.
    pub why: Why,
}

/// What a distribution does with a Debian package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It is fetched from version control.
    Fetched,
    /// It has no wheel that fits.
    Compiled,
    /// It loads the library, or reads the files, of the package, and was compiled here.
    LoadsCompiled,
    /// It loads the library, or reads the files, of the package.
    Loads,
    /// It starts the program of the package.
    Calls,
}

impl Why {
    /// The words between the distribution and its packages.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Fetched => "is fetched with",
            Self::Compiled => "is compiled with",
            Self::LoadsCompiled | Self::Loads => "loads",
            Self::Calls => "calls",
        }
    }
}

/// Something that dockgen cannot settle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What it says.
    pub text: String,
    /// With one of these Debian packages in the image, it is settled.
    pub settled_by: Vec<String>,
}

/// What all distributions ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// In the stage that compiles.
    pub build: Vec<Need>,
    /// In the final image.
    pub run: Vec<Need>,
    /// What is left to people.
    pub hints: Vec<Hint>,
    /// How many distributions are compiled that the table does not know.
    unknown: usize,
    /// What the installer can do with its lockfile.
    pub lock: LockState,
    /// Folders and files of the project that its requirements install.
    pub local: Vec<String>,
    /// Everything that will be installed, as far as the project names it, with the version where there can be only one.
    pub installed: BTreeMap<String, Option<String>>,
}

/// Distributions with extras that install a server.
const SERVER_EXTRAS: [(&str, &[&str], &str); 3] = [
    ("litestar", &["standard", "full"], "uvicorn"),
    ("fastapi", &["standard", "all", "standard-no-fastapi-cloud-cli"], "uvicorn"),
    ("fastapi-cli", &["standard"], "uvicorn"),
];

/// Options with a value that a server knows only since a version: its changelog says so.
pub const OPTIONS: [(&str, &str, &str); 1] = [("uvicorn", "--timeout-graceful-shutdown", "0.22.0")];

/// What versions before another need beside them.
pub const ADDITIONS: [(&str, &str, Addition); 1] = [(
    "gunicorn",
    "20.1.1",
    Addition {
        requirement: "setuptools<82",
        why: "gunicorn before 21 imports pkg_resources, which setuptools has no longer since 82.",
    },
)];

/// The packages that the dependencies of a project need.
///
/// # Errors
/// A lock file that cannot be read.
pub fn of_project(directory: &Folder, install: &InstallChoice, python: &str, debian: &str) -> Result<Needs> {
    let found = dependencies(directory, install, python)?;
    let mut needs = needs(&found, python, debian);
    needs.lock = install::lock_state(directory, install);
    let stale = dependencies::stale(directory, install, python);
    let (local, outside) = requirements::local(directory, install);
    needs.local = local;
    let texts = needs.lock.hint.clone().into_iter().chain(stale).chain(outside).chain(support::hint(&found, python));
    needs.hints.extend(texts.map(|text| Hint { text, settled_by: Vec::new() }));
    Ok(needs)
}

/// The packages that these distributions need, with a Python such as `3.13` on a Debian such as `trixie`.
#[must_use]
pub fn needs(dependencies: &[Dependency], python: &str, debian: &str) -> Needs {
    let target = Platform { python: minor_number(python), debian };
    let installed: BTreeSet<&str> = dependencies.iter().map(|dependency| dependency.name.as_str()).collect();
    let mut needs = Needs::default();
    for dependency in dependencies {
        let rows = rows_of(dependency);
        needs.fetched(dependency);
        if rows.is_empty() && target.is_compiled(dependency, None) {
            needs.unknown(dependency, python);
        }
        rows.iter().for_each(|row| needs.row(dependency, row, &target, &installed));
    }
    let server_of = |dependency: &Dependency| {
        let row = SERVER_EXTRAS.iter().find(|(name, extras, _)| {
            dependency.name == *name && dependency.extras.iter().any(|extra| extras.contains(&extra.as_str()))
        });
        row.map(|(.., server)| ((*server).to_owned(), None))
    };
    if needs.unknown > MOST_UNKNOWN {
        let text = format!("{} more distributions have no wheel for Python {python} on Linux", needs.unknown - MOST_UNKNOWN);
        needs.hints.push(Hint { text, settled_by: Vec::new() });
    }
    needs.installed.extend(dependencies.iter().filter_map(server_of));
    needs.installed.extend(dependencies.iter().map(|dependency| (dependency.name.clone(), dependency.version.clone())));
    let nothing = needs.build.is_empty() && needs.run.is_empty();
    if !nothing && !RELEASES.contains(&debian) {
        let text = format!("the names of Debian packages are those of {}: on {debian} some may be others", RELEASES[0]);
        needs.hints.push(Hint { text, settled_by: Vec::new() });
    }
    needs
}

/// Where it will be installed.
struct Platform<'a> {
    python: u32,
    debian: &'a str,
}

impl Platform<'_> {
    fn is_bookworm(&self) -> bool {
        self.debian == "bookworm"
    }

    /// The list for this release.
    fn list<'t>(&self, list: &'t [String], on_bookworm: Option<&'t Vec<String>>) -> &'t [String] {
        on_bookworm.filter(|_| self.is_bookworm()).map_or(list, Vec::as_slice)
    }

    /// Whether no wheel fits, by the lockfile, or else by the tables.
    fn is_compiled(&self, dependency: &Dependency, row: Option<&PackageRow>) -> bool {
        let pure = row.is_some_and(|row| row.wheel == Wheel::Pure);
        match (&dependency.wheels, row.map(|row| row.wheel)) {
            (Some(wheels), _) => !pure && !wheels.iter().any(|wheel| wheels::fits(wheel, self.python, self.debian)),
            (None, Some(Wheel::None | Wheel::Partial)) => true,
            (None, Some(Wheel::Binary) | None) => !has_wheel(dependency, &format!("3.{}", self.python)),
            (None, Some(Wheel::Pure)) => false,
        }
    }
}

/// The rows of the extras that are asked for; where they have none, the one of the name.
fn rows_of(dependency: &Dependency) -> Vec<&'static PackageRow> {
    let extras = dependency.extras.iter().filter_map(|extra| system_package(&format!("{}[{extra}]", dependency.name)));
    let extras: Vec<_> = extras.collect();
    if extras.is_empty() { system_package(&dependency.name).into_iter().collect() } else { extras }
}

impl Needs {
    fn row(&mut self, dependency: &Dependency, row: &PackageRow, target: &Platform<'_>, installed: &BTreeSet<&str>) {
        let compiled = target.is_compiled(dependency, Some(row));
        if compiled {
            let build = target.list(&row.build, row.build_bookworm.as_ref());
            self.build.extend(build.iter().map(|package| need(dependency, package, Why::Compiled)));
        }
        if row.unless.iter().any(|other| installed.contains(other.as_str())) {
            return;
        }
        let loads = match (row.tool, compiled) {
            (true, _) => Why::Calls,
            (false, true) => Why::LoadsCompiled,
            (false, false) => Why::Loads,
        };
        if row.when == When::Always || row.when == When::FromSource && compiled {
            let run = target.list(&row.run, row.run_bookworm.as_ref());
            self.run.extend(run.iter().map(|package| need(dependency, package, loads)));
        }
        if compiled {
            let run = target.list(&row.run_source, row.run_source_bookworm.as_ref());
            self.run.extend(run.iter().map(|package| need(dependency, package, loads)));
        }
        if row.when != When::FromSource || compiled {
            let here = if target.is_bookworm() { &row.hint_bookworm } else { &row.hint_trixie };
            self.hint([&row.hint, here].map(String::as_str), &row.settled_by);
        }
    }

    fn hint(&mut self, texts: [&str; 2], settled_by: &[String]) {
        for text in texts.into_iter().filter(|text| !text.is_empty()) {
            if self.hints.iter().all(|hint| hint.text != text) {
                self.hints.push(Hint { text: text.to_owned(), settled_by: settled_by.to_vec() });
            }
        }
    }

    fn fetched(&mut self, dependency: &Dependency) {
        if let Some(tool) = dependency.fetched_with {
            self.build.extend([tool, "ca-certificates"].map(|package| need(dependency, package, Why::Fetched)));
        }
    }

    /// A distribution without a wheel that fits and without a row: it gets a compiler, and a hint for what else it may need.
    fn unknown(&mut self, dependency: &Dependency, python: &str) {
        self.build.extend(COMPILER.map(|package| need(dependency, package, Why::Compiled)));
        if dependency.fetched_with.is_some() {
            return;
        }
        self.unknown += 1;
        if self.unknown > MOST_UNKNOWN {
            return;
        }
        let Dependency { name, origin, .. } = dependency;
        let version = dependency.version.as_ref().map_or_else(String::new, |version| format!(" {version}"));
        let text = format!(
            "{name}{version} has no wheel for Python {python} on Linux ({origin}), so it may be compiled; \
             if it needs more than a C compiler, add Debian packages to system.build, and libraries it loads to system.run"
        );
        self.hints.push(Hint { text, settled_by: Vec::new() });
    }
}

fn need(dependency: &Dependency, package: &str, why: Why) -> Need {
    let Dependency { name, origin, .. } = dependency;
    Need { package: package.to_owned(), distribution: name.clone(), origin: origin.clone(), why }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::error::{Place, Source};

    fn dependency(name: &str, extras: &[&str], wheels: Option<&[&str]>) -> Dependency {
        let source = Arc::new(Source::file("uv.lock", ""));
        Dependency {
            name: name.to_owned(),
            version: Some("1.0".to_owned()),
            extras: extras.iter().map(|extra| (*extra).to_owned()).collect(),
            wheels: wheels.map(|wheels| wheels.iter().map(|wheel| (*wheel).to_owned()).collect()),
            fetched_with: None,
            origin: Origin::new(Place { source, span: 0..0 }, ""),
        }
    }

    fn names(needs: &[Need]) -> Vec<&str> {
        needs.iter().map(|need| need.package.as_str()).collect()
    }

    fn is_nothing(needs: &Needs) -> bool {
        needs.build.is_empty() && needs.run.is_empty() && needs.hints.is_empty()
    }

    #[test]
    fn only_what_is_compiled_brings_a_compiler() {
        let wheel = ["x-1.0-cp313-cp313-manylinux_2_28_x86_64.whl"];
        let old = ["x-1.0-cp39-cp39-manylinux_2_28_x86_64.whl"];
        let of = |name, wheels| needs(&[dependency(name, &[], wheels)], "3.13", "trixie");
        assert!(is_nothing(&of("lxml", Some(&wheel[..]))));
        assert_eq!(names(&of("lxml", Some(&old[..])).run), ["libxml2", "libxslt1.1"]);
        assert_eq!(names(&of("lxml", Some(&[])).build), ["gcc", "libc6-dev", "libxml2-dev", "libxslt1-dev", "zlib1g-dev"]);
        // the table says that psycopg2 has none, the lock file that it has
        assert_eq!(names(&of("psycopg2", None).build), ["gcc", "libc6-dev", "libpq-dev"]);
        assert_eq!(names(&of("psycopg2", Some(&wheel[..])).build), [""; 0]);
        // an unknown one may be compiled if its lockfile lists only wheels for others, or none; without a lockfile, it has a wheel
        for wheels in [&old[..], &[]] {
            let unknown = of("unheard-of", Some(wheels));
            assert_eq!(names(&unknown.build), ["g++", "gcc", "libc6-dev"]);
            assert!(unknown.hints[0].text.starts_with("unheard-of 1.0 has no wheel for Python 3.13 on Linux (uv.lock)"));
        }
        assert!(is_nothing(&of("unheard-of", None)));
    }

    #[test]
    fn a_version_older_than_its_first_wheel_is_compiled() {
        let of = |version: &str, python| {
            let pinned = Dependency { version: Some(version.to_owned()), ..dependency("psycopg2-binary", &[], None) };
            let needs = needs(&[pinned], python, "trixie");
            (names(&needs.build).len(), names(&needs.run).len())
        };
        assert_eq!(of("2.9.3", "3.11"), (3, 1));
        assert_eq!(of("2.9.5", "3.11"), (0, 0));
        assert_eq!(of("2.9.3", "3.10"), (0, 0));
    }

    #[test]
    fn psycopg_finds_its_library_in_an_extra_or_in_debian() {
        let of = |name, extras: &[&str]| needs(&[dependency(name, extras, None)], "3.13", "trixie");
        assert_eq!(names(&of("psycopg", &[]).run), ["libpq5"]);
        assert_eq!(names(&of("psycopg", &["pool"]).run), ["libpq5"]);
        assert!(is_nothing(&of("psycopg", &["binary", "pool"])));
        let compiled = of("psycopg", &["c"]);
        assert_eq!((names(&compiled.build), names(&compiled.run)), (vec!["gcc", "libc6-dev", "libpq-dev"], vec!["libpq5"]));
        let pure = ["psycopg-3.2-py3-none-any.whl"];
        let both = [dependency("psycopg", &[], Some(&pure)), dependency("psycopg-binary", &[], Some(&pure))];
        let found = needs(&both, "3.13", "trixie");
        assert!(is_nothing(&found), "{found:?}");
    }

    #[test]
    fn a_release_has_its_own_names_and_an_unknown_one_those_of_trixie() {
        let magic = [dependency("python-magic", &[], None)];
        assert_eq!(names(&needs(&magic, "3.13", "bookworm").run), ["libmagic1"]);
        let forky = needs(&magic, "3.13", "forky");
        assert_eq!(names(&forky.run), ["libmagic1t64"]);
        assert!(forky.hints[0].text.contains("on forky"), "{forky:?}");
        assert!(is_nothing(&needs(&[dependency("flask", &[], None)], "3.13", "forky")));
    }

    #[test]
    fn a_feature_is_only_a_hint() {
        let found = needs(&[dependency("yt-dlp", &[], None)], "3.13", "trixie");
        assert!(found.build.is_empty() && found.run.is_empty());
        assert_eq!(found.hints[0].settled_by, ["ffmpeg"]);
    }
}
