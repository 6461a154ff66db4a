//! Debian packages that come by themselves: from every lock file, in the right stage, and with a reason.

use crate::common::{Project, Ran};

pub(crate) const PYPROJECT: &str = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = []\n";

/// A spec for an installer.
fn spec(installer: &str, more: &str) -> String {
    format!(
        "presets = [\"fastapi-uvicorn\", \"{installer}\"]\n[project]\nname = \"shop\"\n[python]\nversion = \"3.13\"\n\
         [app]\nentry = \"main:app\"\n{more}"
    )
}

pub(crate) fn project(installer: &str, more: &str, files: &[(&str, &str)]) -> Project {
    let spec = spec(installer, more);
    Project::new(&[&[("main.py", "app = None\n"), ("dockgen.toml", spec.as_str())], files].concat())
}

/// A project with one requirements file.
fn pip(requirements: &str) -> Project {
    project("pip", "", &[("requirements.txt", requirements)])
}

/// The packages of a stage, and the comments above them that name distributions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Stage {
    pub(crate) packages: Vec<String>,
    pub(crate) comments: Vec<String>,
}

pub(crate) fn dockerfile(project: &Project) -> String {
    project.run(&["generate", "--stdout", "dockerfile"]).ok().stdout
}

pub(crate) fn stage(text: &str, name: &str) -> Stage {
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
pub(crate) fn has(project: &Project, build: &[&str], run: &[&str]) {
    let text = dockerfile(project);
    assert_eq!(stage(&text, "build").packages, build, "{text}");
    assert_eq!(stage(&text, "runtime").packages, run, "{text}");
}

pub(crate) fn hints(ran: &Ran) -> Vec<&str> {
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
    assert!(said.iter().any(|hint| hint.contains("opencv-python-headless works without them")), "{said:?}");
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

/// Names come from files that no one checked: none of them can end the comment that contains it.
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
    let project = project("pdm", "", &[("pyproject.toml", manifest), ("pdm.lock", &lock)]);
    let ran = project.run(&["generate"]).ok();
    assert!(ran.stderr.contains("run `pdm lock --update-reuse --strategy inherit_metadata`"), "{}", ran.stderr);
    let text = project.read("Dockerfile");
    let command = "    cp pdm.lock /tmp/pdm.lock && \\\n    \
                   pdm lock --lockfile=/tmp/pdm.lock --update-reuse --strategy=inherit_metadata && \\\n    \
                   pdm export --lockfile=/tmp/pdm.lock --format=requirements";
    assert!(text.contains(command) && !text.contains("--network=none"), "{text}");
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
