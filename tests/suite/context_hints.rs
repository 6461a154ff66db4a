//! What stays out of the build context although the application may need it is told, with the line that lets it in.

use crate::common::{FASTAPI, Project};
use crate::ignore::Ignore;

#[test]
fn hints_name_each_file_once_with_the_line_that_lets_it_in() {
    let project = Project::new(&[
        ("main.py", "open('a/ca.pem')\nopen('b/words.sqlite3')\nopen('a/ca.pem')\napp = None\n"),
        ("requirements.txt", "fastapi\n"),
        ("dockgen.toml", FASTAPI),
        ("a/ca.pem", "x"),
        ("b/words.sqlite3", "x"),
        ("c/auth.json", "x"),
        ("id_rsa.py", ""),
        ("shop/settings.py", ""),
        ("shop/local_settings.py", ""),
        ("site/settings.py", ""),
        ("site/local_settings.py", ""),
        (".gitignore", "/shop/local_settings.py\n"),
    ]);
    let said = project.run(&["generate", "--set", "context.keep=[\"docs\"]"]).ok().stderr;
    for line in [
        "reads a/ca.pem, which stays out of the image as a credential file; if it may be public, set context.keep = [\"docs\", \"a/ca.pem\"]\n",
        "set context.keep = [\"docs\", \"b/words.sqlite3\"]; the application can't write to it there\n",
        "set context.keep = [\"docs\", \"c/auth.json\"]\n",
        "id_rsa.py is a Python module, and stays out of the image by its name: rename the file\n",
        "shop/local_settings.py is ignored by git and stays out of the image: set its values under [environment] and [secrets]\n",
    ] {
        assert!(said.matches(line).count() == 1, "{line}: {said}");
    }
    let ignore = Ignore::read(&project.read(".dockerignore"));
    assert!(ignore.leaves_out("shop/local_settings.py") && !ignore.leaves_out("site/local_settings.py"));
    assert!(ignore.leaves_out("id_rsa.py") && !said.contains("site/"), "{said}");
}

#[test]
fn files_of_the_application_that_stay_out_are_told_with_the_line_that_lets_them_in() {
    let project = Project::new(&[
        ("src/shop/main.py", "app = None\n"),
        ("src/shop/__init__.py", ""),
        ("requirements.txt", "fastapi\n"),
        ("dockgen.toml", &FASTAPI.replace("entry = \"main:app\"", "root = \"src\"\nentry = \"shop.main:app\"")),
        ("src/shop/config/auth.json", "{}"),
        ("src/shop/secrets/__init__.py", ""),
        ("src/shop/secrets/mail.dat", "x"),
        ("src/shop/left.pem", "x"),
        ("src/shop/.env", "x"),
        ("src/shop/notes.txt~", "x"),
        ("notebooks/words.db", "x"),
    ]);
    let set = ["generate", "--set", "context.keep=[\"docs\"]", "--set", "context.ignore=[\"**/left.pem\"]"];
    let said = project.run(&set).ok().stderr;
    let keep = "context.keep = [\"docs\", \"src/shop/config/auth.json\", \"src/shop/secrets/mail.dat\"]";
    assert!(said.contains(keep), "{said}");
    assert!(!["left.pem", "words.db", ".env,", "notes.txt"].iter().any(|name| said.contains(name)), "{said}");
    let many: Vec<_> = (0..30).map(|at| format!("src/shop/data/{at}/auth.json")).collect();
    for path in &many {
        std::fs::create_dir_all(project.0.path().join(path).parent().unwrap()).unwrap();
        std::fs::write(project.0.path().join(path), "{}").unwrap();
    }
    let said = project.run(&["generate"]).ok().stderr;
    assert!(said.contains("more") && said.matches("auth.json").count() < 30, "{said}");
}

/// podman and buildah prefer these.
#[test]
fn other_ignore_files_that_win_are_refused_and_none_at_all_is_told() {
    for other in [".containerignore", "Dockerfile.containerignore", "Dockerfile.dockerignore"] {
        let project = Project::fastapi();
        std::fs::write(project.0.path().join(other), "docs\n").unwrap();
        let ran = project.run(&["generate"]);
        assert!(ran.code == 2 && ran.stderr.contains(&format!("`{other}`")) && ran.stderr.contains("help: "), "{}", ran.stderr);
        let ran = project.run(&["generate", "--set", "output.dockerignore=false"]).ok();
        assert!(ran.stderr.contains("output.dockerignore = false"), "{}", ran.stderr);
    }
}

/// What a module does with a file that stays out, and the file.
const READS: [(&str, &str); 14] = [
    ("open('certs/ca.pem')", "certs/ca.pem"),
    ("open(\"./certs/ca.pem\").read()", "certs/ca.pem"),
    ("from pathlib import Path\nCA = Path('certs/ca.pem').read_text()", "certs/ca.pem"),
    ("from pathlib import Path\nBASE = Path(__file__).parent\nCA = (BASE / 'certs' / 'ca.pem').read_text()", "certs/ca.pem"),
    ("from pathlib import Path\nCA = Path(__file__).parent / 'certs/ca.pem'", "certs/ca.pem"),
    ("import os\nCA = os.path.join(os.path.dirname(__file__), 'certs', 'ca.pem')", "certs/ca.pem"),
    ("import ssl\nCONTEXT = ssl.create_default_context(cafile='certs/ca.pem')", "certs/ca.pem"),
    ("def load():\n    with open('conf/credentials.json') as file:\n        return file.read()", "conf/credentials.json"),
    ("class Settings:\n    key_file: str = 'keys/jwt.pem'", "keys/jwt.pem"),
    ("OPTIONS = {'keys': ['keys/jwt.pem']}", "keys/jwt.pem"),
    ("from django.core.management import call_command\ncall_command('loaddata', 'fixtures/dump.sql')", "fixtures/dump.sql"),
    ("import sqlite3\nDB = sqlite3.connect('file:data/words.db?mode=ro', uri=True)\nNAME = 'data/words.db'", "data/words.db"),
    ("import yaml\nRULES = yaml.safe_load(open('rules/secrets.yaml'))", "rules/secrets.yaml"),
    ("app = None\nSEED = 'sqlite:///seed.sqlite'", "seed.sqlite"),
];

#[test]
fn a_credential_file_that_the_code_reads_is_told_with_the_line_that_lets_it_in() {
    for (code, path) in READS {
        let main = format!("{code}\napp = None\n");
        let files = [("main.py", main.as_str()), ("requirements.txt", "fastapi\n"), ("dockgen.toml", FASTAPI), (path, "x")];
        let project = Project::new(&files);
        let said = project.run(&["generate"]).ok().stderr;
        let keep = format!("context.keep = [\"{path}\"]");
        assert!(said.contains("main.py:") && said.contains(&format!("reads {path}")) && said.contains(&keep), "{code}: {said}");
        assert!(Ignore::read(&project.read(".dockerignore")).leaves_out(path), "{path}");
        let said = project.run(&["generate", "--set", &keep.replace(" = ", "=")]).ok().stderr;
        assert!(!said.contains(&format!("reads {path}")), "{code}: {said}");
        assert!(!Ignore::read(&project.read(".dockerignore")).leaves_out(path), "{path}");
    }
}

#[test]
fn what_commands_read_and_what_never_goes_in_is_told_too() {
    let spec = format!("{FASTAPI}[release]\nsteps = [\"python manage.py loaddata fixtures/dump.sql\"]\n");
    let main = "open('deploy_rsa')\nopen('unrelated.txt')\napp = None\n";
    let files = [("main.py", main), ("requirements.txt", "fastapi\n"), ("dockgen.toml", spec.as_str())];
    let planted = [("fixtures/dump.sql", "x"), ("deploy_rsa", "x"), ("unread.pem", "x"), ("x.ovpn/__init__.py", "")];
    let project = Project::new(&[&files[..], &planted[..]].concat());
    let said = project.run(&["generate"]).ok().stderr;
    assert!(
        said.contains("release.steps reads fixtures/dump.sql") && said.contains("context.keep = [\"fixtures/dump.sql\"]"),
        "{said}"
    );
    assert!(said.contains("main.py:1 reads deploy_rsa") && said.contains("mount it"), "{said}");
    assert!(said.contains("x.ovpn has Python modules, and stays out") && said.contains("rename the folder"), "{said}");
}

#[test]
fn a_folder_is_no_exact_path_and_a_second_ignore_file_is_refused() {
    let project = Project::fastapi();
    std::fs::create_dir_all(project.0.path().join("config/secrets")).unwrap();
    let ran = project.run(&["generate", "--set", "context.keep=[\"config/secrets\"]"]);
    assert!(ran.code == 2 && ran.stderr.contains("names the folder `config/secrets`"), "{}", ran.stderr);
    let spec = "volumes.data={path=\"/data\",files=[\"db.sqlite3\"]}";
    let ran = project.run(&["generate", "--set", spec, "--set", "context.keep=[\"db.sqlite3\"]"]);
    assert!(ran.code == 2 && ran.stderr.contains("but a volume also contains a file of that name"), "{}", ran.stderr);
    std::fs::write(project.0.path().join("Dockerfile.dockerignore"), "docs\n").unwrap();
    let ran = project.run(&["generate"]);
    assert!(ran.code == 2 && ran.stderr.contains("`Dockerfile.dockerignore`") && ran.stderr.contains("help: "), "{}", ran.stderr);
    project.run(&["generate", "--set", "output.dockerignore=false"]).ok();
}
