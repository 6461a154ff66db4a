//! Another language needs no Rust: a preset says what runs, and its templates install it.

use crate::common::Project;

const SPEC: &str = include_str!("../fixtures/node-app/dockgen.toml");
const PRESET: &str = include_str!("../fixtures/node-app/node/preset.toml");

/// Files of the application.
const APPLICATION: [(&str, &str); 3] = [
    ("package.json", include_str!("../fixtures/node-app/package.json")),
    ("package-lock.json", include_str!("../fixtures/node-app/package-lock.json")),
    ("server.js", include_str!("../fixtures/node-app/server.js")),
];

/// Templates of the preset.
const TEMPLATES: [(&str, &str); 2] = [
    ("node/templates/Dockerfile.j2", include_str!("../fixtures/node-app/node/templates/Dockerfile.j2")),
    ("node/templates/npm.j2", include_str!("../fixtures/node-app/node/templates/npm.j2")),
];

/// Words that only a Python project needs.
const PYTHON: [&str; 5] = ["python", "/opt/venv", "pip ", "pip-", "wheel"];

/// A Node.js project with this spec and preset.
fn node(spec: &[(&str, &str)], preset: &str, templates: &[(&str, &str)]) -> Project {
    Project::new(&[spec, &[("node/preset.toml", preset)], templates, &APPLICATION].concat())
}

fn assert_no_python(project: &Project) {
    for file in ["Dockerfile", "compose.yaml", "k8s.yaml", ".env.example"] {
        let text = project.read(file).to_lowercase();
        let found: Vec<_> = PYTHON.into_iter().filter(|word| text.contains(word)).collect();
        assert!(found.is_empty(), "{file}: {found:?}\n{text}");
    }
}

#[test]
fn a_preset_with_templates_builds_another_language() {
    let project = node(&[("dockgen.toml", SPEC)], PRESET, &TEMPLATES);
    let ran = project.run(&["generate"]).ok();
    assert!(!ran.stderr.contains("Python"), "{}", ran.stderr);
    let dockerfile = project.read("Dockerfile");
    for line in [
        "FROM node:22-trixie-slim AS base",
        "    --mount=type=bind,source=package-lock.json,target=package-lock.json \\",
        "    npm ci --omit=dev",
        "COPY --link --from=build /app /app",
        "    PORT=3000 \\",
        "    NODE_ENV=\"production\"",
        "USER 10001:10001",
        "CMD [\"node\", \"server.js\"]",
    ] {
        assert!(dockerfile.lines().any(|found| found == line), "no line {line:?} in\n{dockerfile}");
    }
    assert!(dockerfile.contains("HEALTHCHECK --interval=30s") && dockerfile.contains("\"/health\"]"), "{dockerfile}");
    assert_no_python(&project);
    project.run(&["generate", "--check"]).ok();
    project.run(&["presets", "check", "node"]).ok();
}

#[test]
fn without_templates_nothing_is_installed_or_checked() {
    let project = node(&[("dockgen.toml", SPEC)], PRESET, &[]);
    project.run(&["generate"]).ok();
    let dockerfile = project.read("Dockerfile");
    assert!(dockerfile.contains("COPY . .") && dockerfile.contains("HEALTHCHECK NONE"), "{dockerfile}");
    assert_no_python(&project);
}

#[test]
fn no_file_is_needed_and_any_base_image_will_do() {
    let preset = PRESET.replace("[\"package.json\", \"package-lock.json\"]", "[]").replace("22-trixie-slim", "22-alpine");
    let project = node(&[("dockgen.toml", SPEC)], &preset, &[]);
    project.run(&["generate"]).ok();
    assert!(project.read("Dockerfile").contains("FROM node:22-alpine AS base"));
}

#[test]
fn init_needs_no_python_application() {
    let project = node(&[], PRESET, &TEMPLATES);
    project.run(&["init", "--yes", "--preset", "./node"]).ok();
    assert!(project.read("Dockerfile").contains("npm ci"), "{}", project.read("Dockerfile"));
    assert_no_python(&project);
}

#[test]
fn groups_and_missing_files_are_errors() {
    let groups = PRESET.replace("[install]", "[install]\ngroups = [\"web\"]");
    let ran = node(&[("dockgen.toml", SPEC)], &groups, &TEMPLATES).run(&["generate"]);
    assert!(ran.code == 2 && ran.stderr.contains("install.groups"), "{}", ran.stderr);
    let missing = PRESET.replace("package-lock.json\"]", "yarn.lock\"]");
    let ran = node(&[("dockgen.toml", SPEC)], &missing, &TEMPLATES).run(&["generate"]);
    assert!(ran.code == 2 && ran.stderr.contains("yarn.lock"), "{}", ran.stderr);
}
