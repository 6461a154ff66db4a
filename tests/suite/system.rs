//! Debian packages that come by themselves: from every lock file, in the right stage, and with a reason.

use crate::common::{Project, Ran};

/// A spec for an installer.
fn spec(installer: &str, more: &str) -> String {
    format!(
        "presets = [\"fastapi-uvicorn\", \"{installer}\"]\n[project]\nname = \"shop\"\n[python]\nversion = \"3.13\"\n\
         [app]\nentry = \"main:app\"\n{more}"
    )
}

fn project(installer: &str, more: &str, files: &[(&str, &str)]) -> Project {
    let spec = spec(installer, more);
    Project::new(&[&[("main.py", "app = None\n"), ("dockgen.toml", spec.as_str())], files].concat())
}

/// A project with one requirements file.
fn pip(requirements: &str) -> Project {
    project("pip", "", &[("requirements.txt", requirements)])
}

/// The packages of a stage, and the comments above them that name distributions.
#[derive(Debug, Default, PartialEq, Eq)]
struct Stage {
    packages: Vec<String>,
    comments: Vec<String>,
}

fn dockerfile(project: &Project) -> String {
    project.run(&["generate", "--stdout", "dockerfile"]).ok().stdout
}

fn stage(text: &str, name: &str) -> Stage {
    let stage =
        text.split("\nFROM ").find(|stage| stage.lines().next().is_some_and(|line| line.ends_with(&format!(" AS {name}"))));
    let lines: Vec<_> = stage.unwrap().lines().collect();
    let Some(first) = lines.iter().position(|line| line.contains("apt-get install")) else { return Stage::default() };
    let packages = lines[first + 1..].iter().take_while(|line| line.starts_with("      "));
    let verbs = [" loads ", " calls ", " is compiled with ", " is fetched with "];
    let comments = lines[..first].iter().filter(|line| line.starts_with("# ") && verbs.iter().any(|verb| line.contains(verb)));
    Stage {
        packages: packages.map(|line| line.trim_matches([' ', '\\', '&']).to_owned()).collect(),
        comments: comments.map(|line| line.trim_start_matches("# ").to_owned()).collect(),
    }
}

#[track_caller]
fn has(project: &Project, build: &[&str], run: &[&str]) {
    let text = dockerfile(project);
    assert_eq!(stage(&text, "build").packages, build, "{text}");
    assert_eq!(stage(&text, "runtime").packages, run, "{text}");
}

fn hints(ran: &Ran) -> Vec<&str> {
    ran.stderr.lines().filter_map(|line| line.strip_prefix("hint: ")).collect()
}

#[test]
fn the_dockerfile_says_who_asks_for_what() {
    let text = dockerfile(&pip("python-magic\nPsycopg2==2.9\npydub\n"));
    let build = stage(&text, "build");
    assert_eq!(build.packages, ["gcc", "libc6-dev", "libpq-dev"]);
    assert_eq!(build.comments, ["psycopg2 is compiled with gcc, libc6-dev, libpq-dev"]);
    let run = stage(&text, "runtime");
    assert_eq!(run.packages, ["ffmpeg", "libmagic1t64", "libpq5"]);
    assert_eq!(run.comments, ["psycopg2 loads libpq5", "pydub calls ffmpeg", "python-magic loads libmagic1t64"]);
}

#[test]
fn a_long_list_of_packages_is_a_comment_to_its_end() {
    let text = dockerfile(&pip("playwright\n"));
    let start = text.find("# playwright loads ").unwrap();
    let comment: Vec<_> = text[start..].lines().take_while(|line| line.starts_with('#')).collect();
    assert!(comment.len() == 3 && comment.iter().all(|line| line.len() < 140), "{comment:?}");
    assert!(comment.concat().ends_with("libxrandr2"), "{comment:?}");
}

#[test]
fn nothing_is_added_for_what_needs_nothing() {
    has(&pip("fastapi\nlxml\npsycopg[binary,pool]\nopencv-python-headless\n"), &[], &[]);
}

#[test]
fn the_spec_adds_to_it_and_takes_out_of_it() {
    let more = "[system]\nbuild = [\"make\"]\nrun = [\"tini\", \"git\"]\nwithout = [\"git\", \"libc6-dev\"]\n";
    let project = project("pip", more, &[("requirements.txt", "gitpython\npsycopg2\n")]);
    has(&project, &["gcc", "libpq-dev", "make"], &["libpq5", "tini"]);
    let text = dockerfile(&project);
    assert!(text.contains("# psycopg2 is compiled with gcc, libpq-dev\n") && !text.contains("gitpython"), "{text}");
}

#[test]
fn a_debian_release_has_its_own_names() {
    let more = "[image]\ndebian = \"bookworm\"\n";
    has(&project("pip", more, &[("requirements.txt", "python-magic\npdfkit")]), &[], &["libmagic1", "wkhtmltopdf"]);
    let forky = project("pip", "[image]\ndebian = \"forky\"\n", &[("requirements.txt", "python-magic\n")]);
    has(&forky, &[], &["libmagic1t64"]);
    let ran = forky.run(&["generate"]).ok();
    assert!(
        hints(&ran).contains(&"the names of Debian packages are those of trixie: on forky some may be others"),
        "{}",
        ran.stderr
    );
}

#[test]
fn generate_hints_at_what_is_better_or_not_known() {
    let ran = pip("opencv-python\nyt-dlp\n").run(&["generate"]).ok();
    let said = hints(&ran);
    assert!(said.iter().any(|hint| hint.contains("opencv-python-headless needs none of them")), "{said:?}");
    assert!(said.iter().any(|hint| hint.contains("system.run = [\"ffmpeg\"]")), "{said:?}");
    let settled = project("pip", "[system]\nrun = [\"ffmpeg\"]\n", &[("requirements.txt", "yt-dlp\n")]).run(&["generate"]).ok();
    assert!(!settled.stderr.contains("ffmpeg"), "{}", settled.stderr);
}

/// A build step imports the application, and with it the libraries that the dependencies load.
#[test]
fn build_steps_find_the_libraries_that_they_load() {
    let more = "[build]\nsteps = [\"python -m shop.assets\"]\n";
    let files = [("requirements.txt", "psycopg\npydub\nmysqlclient\n")];
    let mysql = ["default-libmysqlclient-dev", "gcc", "libc6-dev"];
    has(&project("pip", more, &files), &[&mysql[..], &["libpq5", "pkg-config"]].concat(), &["ffmpeg", "libmariadb3", "libpq5"]);
    let wheels = dockerfile(&project("wheels", more, &files));
    assert_eq!(stage(&wheels, "wheels").packages, [&mysql[..], &["pkg-config"]].concat());
    assert_eq!(stage(&wheels, "build").packages, ["libmariadb3", "libpq5"]);
}

#[test]
fn the_stage_that_compiles_gets_the_compiler() {
    let wheels = dockerfile(&project("wheels", "", &[("requirements.txt", "psycopg2\n")]));
    assert_eq!(stage(&wheels, "wheels").packages, ["gcc", "libc6-dev", "libpq-dev"]);
    assert_eq!(stage(&wheels, "build").packages, [""; 0]);
}

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
            "shop-core is fetched with ca-certificates, git",
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

const PYPROJECT: &str = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = []\n";

#[test]
fn uv_installs_what_the_project_leads_to() {
    let files = [("pyproject.toml", PYPROJECT), ("uv.lock", UV)];
    let plain = project("uv", "", &files);
    has(&plain, &["g++", "gcc", "libc6-dev", "libxml2-dev", "libxslt1-dev", "zlib1g-dev"], &["libxml2", "libxslt1.1"]);
    let ran = plain.run(&["generate"]).ok();
    let said = "odd 7.0 has no wheel for Python 3.13 on Linux (uv.lock:16), so it is compiled";
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
    let build = ["default-libmysqlclient-dev", "gcc", "libc6-dev", "pkg-config"];
    let scan = "[install]\ngroups = [\"scan\"]\n";
    for lock in [&old, &new] {
        let files = [("pyproject.toml", POETRY), ("poetry.lock", lock)];
        has(&project("poetry", "", &files), &build, &["libmariadb3"]);
        has(&project("poetry", scan, &files), &build, &["libmariadb3", "libzbar0t64"]);
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
    for lock in [&grouped, &plain] {
        let files = [("pyproject.toml", manifest), ("pdm.lock", lock)];
        has(&project("pdm", "", &files), &["gcc", "libc6-dev", "libpq-dev"], &["libpq5"]);
        let scan = project("pdm", "[install]\ngroups = [\"scan\"]\n", &files);
        has(&scan, &["gcc", "libc6-dev", "libpq-dev"], &["libpq5", "libzbar0t64"]);
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
    let build = ["ca-certificates", "default-libmysqlclient-dev", "gcc", "git", "libc6-dev", "pkg-config"];
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
        ("uv", "uv.lock", "[[package]]\nversion = \"1\"\n", "a package of `uv.lock` has no name"),
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

/// Names come from files that nobody checked: none of them ends the comment that it stands in.
#[test]
fn no_name_breaks_out_of_its_comment() {
    let lock = "[[package]]\nname = \"odd\\nRUN id\"\nversion = \"1\"\nsource = { git = \"https://example.com/x\" }\n";
    let ran = project("uv", "", &[("pyproject.toml", PYPROJECT), ("uv.lock", lock)]).run(&["generate"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let text = dockerfile(&pip("git+https://example.com/a%0aRUN%20id.git\ngit+https://example.com/x.git#egg=a\\\nRUN id\n"));
    assert!(!text.contains("RUN id") && !text.contains("%0a"), "{text}");
}

/// Nothing is read that no output asks for.
#[test]
fn only_the_dockerfile_needs_the_lock() {
    let project = project("uv", "", &[("pyproject.toml", PYPROJECT), ("uv.lock", "<<<<<<< ours\n")]);
    project.run(&["generate", "--only", "compose"]).ok();
}

#[test]
fn old_versions_are_given_what_they_lack() {
    let text = dockerfile(&pip("fastapi\nuvicorn==0.21.1\n"));
    assert!(
        !text.contains("--timeout-graceful-shutdown") && text.contains("\"--timeout-keep-alive\", \"75\", \"main:app\"]"),
        "{text}"
    );
    assert!(dockerfile(&pip("fastapi\nuvicorn==0.22.0\n")).contains("--timeout-graceful-shutdown"));
    let flask = |requirements: &str| {
        let spec = spec("pip", "").replace("fastapi-uvicorn", "flask-gunicorn");
        dockerfile(&Project::new(&[("main.py", "app = None\n"), ("dockgen.toml", &spec), ("requirements.txt", requirements)]))
    };
    let addition = "pip --python /opt/venv/bin/python install --disable-pip-version-check --no-compile 'setuptools<82'\n";
    assert!(flask("flask\ngunicorn==20.1.0\n").contains(addition));
    for fine in ["flask\ngunicorn==21.2.0\n", "flask\ngunicorn==20.1.0\nsetuptools==70.0.0\n"] {
        assert!(!flask(fine).contains(addition), "{fine}");
    }
}

#[test]
fn a_manifest_without_a_lock_is_installed_from_in_its_own_way() {
    let more = "[install]\nfiles = [\"pyproject.toml\"]\n";
    let manifest = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"fastapi\", \"uvicorn\"]\n";
    let text = dockerfile(&project("pip", more, &[("pyproject.toml", manifest)]));
    assert!(
        text.contains("      pyproject.toml > /tmp/requirements.txt && \\\n") && !text.contains("-r pyproject.toml"),
        "{text}"
    );
    let more = "[install]\nfiles = [\"setup.py\"]\n";
    let text = dockerfile(&project("pip", more, &[("setup.py", "from setuptools import setup\nsetup(name='shop')\n")]));
    assert!(text.contains("install --disable-pip-version-check /source\n") && !text.contains("-r setup.py"), "{text}");
    let ran = project("wheels", more, &[("setup.py", "")]).run(&["generate"]);
    assert!(
        ran.code == 2 && ran.stderr.contains("`wheels` needs a requirements file, but `setup.py` isn't one"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_lock_that_pdm_cannot_verify_any_more_is_not_verified() {
    let lock = |version: &str| {
        format!("[metadata]\nstrategy = [\"inherit_metadata\"]\nlock_version = \"{version}\"\ncontent_hash = \"sha256:0\"\n")
    };
    let manifest = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = []\n";
    let text = |version| dockerfile(&project("pdm", "", &[("pyproject.toml", manifest), ("pdm.lock", &lock(version))]));
    assert!(text("4.5.0").contains("pdm lock --check"));
    let old = text("4.4.1");
    assert!(!old.contains("pdm lock --check") && old.contains("# PDM before 2.17 wrote this lockfile"), "{old}");
    let lock = lock("4.0").replace("\"inherit_metadata\"", "");
    let ran = project("pdm", "", &[("pyproject.toml", manifest), ("pdm.lock", &lock)]).run(&["generate"]);
    assert!(ran.code == 2 && ran.stderr.contains("`pdm.lock` lacks what PDM needs"), "{}", ran.stderr);
    assert!(ran.stderr.contains("run `pdm lock --update-reuse --strategy inherit_metadata`"), "{}", ran.stderr);
}

#[test]
fn a_projects_own_gunicorn_file_does_not_move_the_port() {
    let spec = spec("pip", "").replace("fastapi-uvicorn", "flask-gunicorn");
    let own = ("gunicorn.conf.py", "bind = 'unix:shop.sock'\ndaemon = True\n");
    let files = [("main.py", "app = None\n"), ("dockgen.toml", spec.as_str()), ("requirements.txt", "flask\ngunicorn\n"), own];
    let project = Project::new(&files);
    assert!(dockerfile(&project).contains("CMD [\"gunicorn\", \"--bind\", \"0.0.0.0:8000\", \"main:app\"]\n"));
    let ran = project.run(&["generate"]).ok();
    assert!(hints(&ran).iter().any(|hint| hint.contains("gunicorn.conf.py sets `daemon`")), "{}", ran.stderr);
    assert_eq!(project.read("gunicorn.conf.py"), own.1);
}

#[test]
fn pip_installs_from_a_pylock() {
    let lock = "lock-version = \"1.0\"\ncreated-by = \"pip\"\n\n[[packages]]\nname = \"psycopg2\"\nversion = \"2.9.11\"\n\
                sdist = { name = \"psycopg2-2.9.11.tar.gz\" }\n\n[[packages]]\nname = \"lxml\"\nversion = \"6.0\"\n\
                wheels = [{ name = \"lxml-6.0-cp313-cp313-manylinux_2_28_x86_64.whl\" }]\n";
    let main = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    let project = Project::new(&[main, ("pylock.toml", lock), (".python-version", "3.13\n")]);
    project.run(&["init", "--yes"]).ok();
    let text = project.read("Dockerfile");
    assert!(text.contains("      -r pylock.toml\n"), "{text}");
    assert_eq!(stage(&text, "build").packages, ["gcc", "libc6-dev", "libpq-dev"], "{text}");
}
