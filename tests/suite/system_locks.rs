//! Debian packages follow from every kind of lockfile and manifest, read as its installer reads it.

use crate::system::{PYPROJECT, dockerfile, has, hints, project, stage};

#[test]
fn requirements_are_read_as_pip_reads_them() {
    let files = [
        ("requirements.txt", REQUIREMENTS),
        ("requirements/base.txt", "-c pins.txt\n-r more.txt\npyzbar\n"),
        ("requirements/more.txt", "Python_Magic\n"),
        ("requirements/pins.txt", "psycopg2==2.9\n"),
        ("lib/pyproject.toml", "[project]\nname = \"lib\"\ndependencies = [\"wand\"]\noptional-dependencies.x = [\"pyusb\"]\n"),
    ];
    let names: Vec<_> = files[..4].iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let project = project("pip", &format!("[install]\nfiles = [{}]\n", names.join(", ")), &files);
    let text = dockerfile(&project);
    let build = stage(&text, "build");
    assert_eq!(
        build.comments,
        [
            "lxml is compiled with gcc, libc6-dev, libxml2-dev, libxslt1-dev, zlib1g-dev",
            "pillow is compiled with gcc, libc6-dev, libfreetype-dev, libjpeg62-turbo-dev, liblcms2-dev, libopenjp2-7-dev, libtiff-dev, libwebp-dev,",
            "shop-core is compiled with g++, gcc, libc6-dev",
            "shop-core is fetched with ca-certificates, git",
            "shop-extra is compiled with g++, gcc, libc6-dev",
            "shop-extra is fetched with ca-certificates, mercurial",
        ]
    );
    let comments = stage(&text, "runtime").comments;
    let who: Vec<_> = comments.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(who, ["lxml", "pillow", "psycopg", "python-magic", "pyusb", "pyzbar", "uwsgi", "wand"]);
}

const REQUIREMENTS: &str = "\
# psycopg2 is only spoken of
--index-url https://example.com/simple
--no-binary lxml
-r requirements/base.txt
-e ./lib[x]
lxml==5.0 \\
    --hash=sha256:0000 \\
    --hash=sha256:1111
    # via psycopg2
psycopg \\
  ==3.2 ; python_version >= \"3.8\"  # plain
mysqlclient ; sys_platform == 'win32'
pyaudio ; python_version < \"3.9\"
git+https://git@example.com/team/shop_core.git@v1#egg=shop_core&subdirectory=x
shop-extra @ hg+https://example.com/extra ; os_name == 'posix'
https://example.com/pillow-11.0.tar.gz
./wheels/uwsgi-2.0-cp313-cp313-manylinux_2_28_x86_64.whl
";

const UV: &str = "\
version = 1
revision = 3
requires-python = \">=3.13\"

[[package]]
name = \"lxml\"
version = \"5.0\"
source = { registry = \"https://pypi.org/simple\" }
sdist = { url = \"https://example.com/lxml-5.0.tar.gz\", hash = \"sha256:00\" }
wheels = [
    { url = \"https://example.com/lxml-5.0-cp312-cp312-manylinux_2_28_x86_64.whl\", hash = \"sha256:00\" },
    { url = \"https://example.com/lxml-5.0-cp313-cp313-win_amd64.whl\", hash = \"sha256:00\" },
]

[[package]]
name = \"odd\"
version = \"7.0\"
source = { registry = \"https://pypi.org/simple\" }
wheels = [
    { url = \"https://example.com/odd-7.0-cp39-cp39-manylinux_2_28_x86_64.whl\", hash = \"sha256:00\" },
]

[[package]]
name = \"psycopg\"
version = \"3.2\"
source = { registry = \"https://pypi.org/simple\" }
wheels = [
    { url = \"https://example.com/psycopg-3.2-py3-none-any.whl\", hash = \"sha256:00\" },
]

[package.optional-dependencies]
c = [
    { name = \"psycopg-c\" },
]

[[package]]
name = \"psycopg-c\"
version = \"3.2\"
source = { registry = \"https://pypi.org/simple\" }
sdist = { url = \"https://example.com/psycopg_c-3.2.tar.gz\", hash = \"sha256:00\" }

[[package]]
name = \"pyaudio\"
version = \"1.0\"
source = { registry = \"https://pypi.org/simple\" }

[[package]]
name = \"pyzbar\"
version = \"1.0\"
source = { git = \"https://example.com/pyzbar?rev=v1#00\" }

[[package]]
name = \"shop\"
version = \"1.0\"
source = { editable = \".\" }
dependencies = [
    { name = \"odd\" },
    { name = \"pyaudio\", marker = \"sys_platform == 'darwin'\" },
    { name = \"shop-lib\" },
]

[package.optional-dependencies]
db = [
    { name = \"psycopg\", extra = [\"c\"] },
]

[package.dev-dependencies]
dev = [
    { name = \"wand\" },
]
scan = [
    { name = \"pyzbar\" },
]

[[package]]
name = \"shop-lib\"
version = \"1.0\"
source = { editable = \"lib\" }
dependencies = [
    { name = \"lxml\" },
]

[[package]]
name = \"wand\"
version = \"1.0\"
source = { registry = \"https://pypi.org/simple\" }
";

#[test]
fn uv_installs_what_the_project_leads_to() {
    let files = [("pyproject.toml", PYPROJECT), ("uv.lock", UV)];
    let plain = project("uv", "", &files);
    has(&plain, &["g++", "gcc", "libc6-dev", "libxml2-dev", "libxslt1-dev", "zlib1g-dev"], &["libxml2", "libxslt1.1"]);
    let ran = plain.run(&["generate"]).ok();
    let said = "odd 7.0 has no wheel for Python 3.13 on Linux (uv.lock:16), so it may be compiled";
    assert!(hints(&ran).iter().any(|hint| hint.starts_with(said)), "{}", ran.stderr);
    let chosen = dockerfile(&project("uv", "[install]\nextras = [\"db\"]\ngroups = [\"scan\"]\n", &files));
    assert!(chosen.contains("# psycopg-c is compiled with gcc, libc6-dev, libpq-dev\n"), "{chosen}");
    assert!(chosen.contains("# pyzbar is fetched with ca-certificates, git\n"), "{chosen}");
    assert_eq!(stage(&chosen, "runtime").packages, ["libpq5", "libxml2", "libxslt1.1", "libzbar0t64"]);
}

/// A package of poetry.lock; `more` are lines of its own.
fn poetry_package(name: &str, more: &str, below: &str) -> String {
    format!(
        "[[package]]\nname = \"{name}\"\nversion = \"1.0\"\ndescription = \"A package\"\noptional = false\n{more}files = [\n    \
         {{file = \"{name}-1.0.tar.gz\", hash = \"sha256:00\"}},\n]\n{below}\n"
    )
}

const POETRY: &str = "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\npython = \"^3.12\"\nshop-lib = \"*\"\n\
    [tool.poetry.group.scan.dependencies]\npyzbar = \"*\"\n[tool.poetry.group.dev.dependencies]\nwand = \"*\"\n";

#[test]
fn poetry_exports_its_main_group_and_the_chosen_ones() {
    let old = [
        poetry_package(
            "Shop-Lib",
            "",
            "\n[package.dependencies]\nmysqlclient = {version = \"*\", markers = \"os_name == 'posix'\"}\n",
        ),
        poetry_package("mysqlclient", "", ""),
        poetry_package("pyzbar", "", ""),
        poetry_package("wand", "", ""),
        "[metadata]\nlock-version = \"2.0\"\n".to_owned(),
    ]
    .concat();
    let new = [
        poetry_package("mysqlclient", "groups = [\"main\", \"dev\"]\n", ""),
        poetry_package("pyaudio", "groups = [\"main\"]\nmarkers = \"sys_platform == 'win32'\"\n", ""),
        poetry_package("pyzbar", "groups = [\"scan\"]\n", ""),
        poetry_package("wand", "groups = [\"dev\"]\n", ""),
        "[metadata]\nlock-version = \"2.1\"\n".to_owned(),
    ]
    .concat();
    let oldest = "[[package]]\nname = \"mysqlclient\"\nversion = \"1.0\"\ncategory = \"main\"\noptional = false\n\n\
        [[package]]\nname = \"pyzbar\"\nversion = \"1.0\"\ncategory = \"main\"\noptional = false\n\n\
        [[package]]\nname = \"wand\"\nversion = \"1.0\"\ncategory = \"dev\"\noptional = false\n\n\
        [metadata]\nlock-version = \"1.1\"\n\n[metadata.files]\n\
        mysqlclient = [\n    {file = \"mysqlclient-1.0-cp313-cp313-manylinux_2_28_x86_64.whl\", hash = \"sha256:00\"},\n]\npyzbar = []\n";
    // nothing is known of shop-lib, and its lockfile lists no wheel: it may need a compiler
    let with_lib = ["default-libmysqlclient-dev", "g++", "gcc", "libc6-dev", "pkg-config"];
    let build = ["default-libmysqlclient-dev", "gcc", "libc6-dev", "pkg-config"];
    let scan = "[install]\ngroups = [\"scan\"]\n";
    for (lock, build) in [(&old, &with_lib[..]), (&new, &build)] {
        let files = [("pyproject.toml", POETRY), ("poetry.lock", lock)];
        has(&project("poetry", "", &files), build, &["libmariadb3"]);
        has(&project("poetry", scan, &files), build, &["libmariadb3", "libzbar0t64"]);
    }
    let plain = "[tool.poetry]\nname = \"shop\"\n";
    has(&project("poetry", "", &[("pyproject.toml", plain), ("poetry.lock", oldest)]), &[], &["libmariadb3", "libzbar0t64"]);
}

#[test]
fn poetry_installs_an_optional_package_with_its_extra() {
    let manifest = "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\nmysqlclient = { version = \"*\", optional = true }\n\
        [tool.poetry.extras]\ndb = [\"mysqlclient\"]\n";
    let package = poetry_package("mysqlclient", "groups = [\"main\"]\n", "").replace("optional = false", "optional = true");
    let lock = package + "[extras]\ndb = [\"mysqlclient\"]\n\n[metadata]\nlock-version = \"2.1\"\n";
    let files = [("pyproject.toml", manifest), ("poetry.lock", lock.as_str())];
    has(&project("poetry", "", &files), &[], &[]);
    let build = ["default-libmysqlclient-dev", "gcc", "libc6-dev", "pkg-config"];
    has(&project("poetry", "[install]\nextras = [\"db\"]\n", &files), &build, &["libmariadb3"]);
}

#[test]
fn pdm_exports_its_default_group_and_the_chosen_ones() {
    let package = |name: &str, more: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsummary = \"\"\n{more}files = [\n    {{file = \"{name}-1.0.tar.gz\", hash = \"\"}},\n]\n\n"
        )
    };
    let grouped = [
        "[metadata]\ngroups = [\"default\", \"scan\"]\nstrategy = [\"inherit_metadata\"]\nlock_version = \"4.5.0\"\n\n[[metadata.targets]]\nrequires_python = \">=3.13\"\n\n",
        &package("psycopg2", "groups = [\"default\"]\n"),
        &package("pyzbar", "groups = [\"scan\"]\n"),
        &package("pyaudio", "groups = [\"default\"]\nmarker = \"sys_platform == \\\"win32\\\"\"\n"),
    ]
    .concat();
    let plain = [
        "[metadata]\nstrategy = [\"inherit_metadata\"]\nlock_version = \"4.4\"\n\n",
        &package("lib", "dependencies = [\n    \"psycopg2>=1; os_name == 'posix'\",\n    \"pyaudio; os_name == 'nt'\",\n]\n"),
        &package("psycopg2", ""),
        &package("pyaudio", ""),
        &package("pyzbar", ""),
    ]
    .concat();
    let manifest = "[project]\nname = \"shop\"\ndependencies = [\"lib\"]\n[dependency-groups]\nscan = [\"pyzbar\"]\n";
    // nothing is known of lib, and its lockfile lists no wheel: it may need a C++ compiler too
    let build = ["g++", "gcc", "libc6-dev", "libpq-dev"];
    for (lock, build) in [(&grouped, &build[1..]), (&plain, &build)] {
        let files = [("pyproject.toml", manifest), ("pdm.lock", lock)];
        has(&project("pdm", "", &files), build, &["libpq5"]);
        let scan = project("pdm", "[install]\ngroups = [\"scan\"]\n", &files);
        has(&scan, build, &["libpq5", "libzbar0t64"]);
    }
}

#[test]
fn pipenv_installs_its_default_packages_and_the_chosen_categories() {
    let lock = r#"{"_meta": {"hash": {"sha256": "00"}},
        "default": {
            "mysqlclient": {"hashes": ["sha256:00"], "version": "==2.2"},
            "psycopg": {"extras": ["binary"], "version": "==3.2"},
            "pyaudio": {"markers": "sys_platform == 'win32'", "version": "==1.0"},
            "shop-core": {"git": "https://example.com/core.git", "ref": "00"}},
        "develop": {"wand": {"version": "==1.0"}},
        "scan": {"pyzbar": {"version": "==1.0"}}}"#;
    let files = [("Pipfile", "[packages]\nmysqlclient = \"*\"\n"), ("Pipfile.lock", lock)];
    let build = ["ca-certificates", "default-libmysqlclient-dev", "g++", "gcc", "git", "libc6-dev", "pkg-config"];
    has(&project("pipenv", "", &files), &build, &["libmariadb3"]);
    has(&project("pipenv", "[install]\ngroups = [\"scan\"]\n", &files), &build, &["libmariadb3", "libzbar0t64"]);
}

#[test]
fn a_manifest_speaks_where_no_lock_does() {
    let setup = "[metadata]\nname = shop\n[options]\ninstall_requires =\n    python-magic>=0.4  # files\n    pyaudio; os_name == 'nt'\npackages = find:\n\
        [options.extras_require]\nx = wand\n";
    has(&project("pip", "", &[("requirements.txt", ".\n"), ("setup.cfg", setup)]), &[], &["libmagic1t64"]);
    let pipfile = "[packages]\nwand = \"*\"\npyaudio = { version = \"*\", sys_platform = \"== 'win32'\" }\n[dev-packages]\npyzbar = \"*\"\n";
    has(&project("pip", "", &[("requirements.txt", "-e .\n"), ("Pipfile", pipfile)]), &[], &["libmagickwand-7.q16-10"]);
    let poetry = "[tool.poetry.dependencies]\npython = \"*\"\nwand = [{ version = \"*\", markers = \"os_name == 'nt'\" }, { version = \"*\" }]\n";
    has(&project("pip", "", &[("requirements.txt", ".\n"), ("pyproject.toml", poetry)]), &[], &["libmagickwand-7.q16-10"]);
}

#[test]
fn a_broken_lock_file_is_an_error_with_its_line() {
    let cut = &UV[..UV.find("wheels = [").unwrap() + 30];
    let cases = [
        ("uv", "uv.lock", cut, "uv.lock:11:"),
        ("uv", "uv.lock", "version = 1\n<<<<<<< ours\n", "uv.lock:2:"),
        ("uv", "uv.lock", "[[package]]\nversion = \"1\"\n", "a package in `uv.lock` has no name"),
        ("poetry", "poetry.lock", "[[package]]\nname = \"a\"\nname = \"b\"\n", "poetry.lock:3:"),
        ("pdm", "pdm.lock", "[[package]]\nname = \"a\"\nversion = \"\u{0}\"\n", "pdm.lock:3:"),
        ("pipenv", "Pipfile.lock", "{\n  \"default\": {,\n}", "Pipfile.lock:2:"),
    ];
    for (installer, name, text, said) in cases {
        let project = project(installer, "", &[("pyproject.toml", PYPROJECT), ("Pipfile", ""), (name, text)]);
        let ran = project.run(&["generate"]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains(said) && !ran.stderr.contains("panicked"), "{name}: {}", ran.stderr);
    }
}

#[test]
fn a_lock_file_of_another_installer_is_not_read() {
    let files = [("requirements.txt", "fastapi\n"), ("uv.lock", "<<<<<<< ours\n"), ("poetry.lock", "\u{0}")];
    has(&project("pip", "", &files), &[], &[]);
}

#[test]
fn a_huge_lock_file_is_refused_by_name() {
    let project = project("uv", "", &[("pyproject.toml", PYPROJECT), ("uv.lock", "")]);
    let file = std::fs::File::create(project.0.path().join("uv.lock")).unwrap();
    file.set_len(17 << 20).unwrap();
    let ran = project.run(&["generate"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("`uv.lock` is larger than 16 MiB"), "{}", ran.stderr);
}
