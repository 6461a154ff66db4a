//! What a preset's templates change, and what they cannot. What is refused is on record in `tests/hostile`.

use std::fmt::Write as _;
use std::path::Path;

use crate::common::{FASTAPI, Project, Ran};
use crate::recorded::golden;

const EXTENDS: &str = "{% extends \"Dockerfile.j2\" %}\n";

/// A project that two presets of the team's own are laid over, the first one weaker, with more files.
fn project(files: &[(&str, &str)]) -> Project {
    let spec = FASTAPI.replace("\"pip\"", "\"pip\", \"./one\", \"./two\"");
    let preset = "description = \"Team\"\n";
    let base = [
        ("main.py", "app = None\n"),
        ("requirements.txt", "fastapi\nuvicorn\n"),
        ("dockgen.toml", spec.as_str()),
        ("one/preset.toml", preset),
        ("two/preset.toml", preset),
    ];
    Project::new(&[&base[..], files].concat())
}

fn generated(project: &Project, path: &str) -> String {
    project.run(&["generate"]).ok();
    assert_eq!(project.run(&["generate", "--check"]).code, 0);
    project.read(path)
}

/// The instructions of a Dockerfile, as its parser sees them.
fn instructions(text: &str) -> usize {
    parse_dockerfile::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}")).instructions.len()
}

#[test]
fn two_presets_override_blocks_of_one_file_and_keep_what_is_weaker() {
    let plain = project(&[]);
    let before = generated(&plain, "Dockerfile");
    let one = format!("{EXTENDS}{{% block labels %}}\n{{{{ super() }}}}\nLABEL one={{{{ name|env }}}}\n{{% endblock %}}\n");
    let two = format!("{EXTENDS}{{% block labels %}}\nLABEL two=\"2\"\n  {{{{ super() }}}}\n{{% endblock %}}\n");
    let project = project(&[("one/templates/Dockerfile.j2", &one), ("two/templates/Dockerfile.j2", &two)]);
    let after = generated(&project, "Dockerfile");
    let label = "LABEL org.opencontainers.image.title=\"shop\"\n";
    let body = |text: &str| {
        text.lines().filter(|line| !line.starts_with("# dockgen:")).flat_map(|line| [line, "\n"]).collect::<String>()
    };
    // exactly these two lines are new: no line is indented or left empty on the way
    assert_eq!(body(&after), body(&before).replace(label, &format!("LABEL two=\"2\"\n{label}LABEL one=\"shop\"\n")));
    assert_eq!(instructions(&after), instructions(&before) + 2);
}

/// Blocks that no preset overrides are the same to the byte, whichever way they are rendered.
#[test]
fn what_no_block_changes_is_the_same_to_the_byte() {
    let files = [
        ("pyproject.toml", ""),
        ("uv.lock", ""),
        ("requirements.txt", ""),
        ("src/config/wsgi.py", "application = None\n"),
        ("work/x", ""),
        ("team.toml", include_str!("team.toml")),
    ];
    let full = include_str!("full.toml");
    let plain = Project::new(&files);
    let layered = Project::new(&files);
    let extends: Vec<(&str, String)> =
        ["Dockerfile", "compose.yaml", "k8s.yaml", "dockerignore", "gunicorn.conf.py", "env.example"]
            .map(|name| (name, format!("{{% extends \"{name}.j2\" %}}\n")))
            .to_vec();
    std::fs::create_dir_all(layered.0.path().join("team/templates")).unwrap();
    std::fs::write(layered.0.path().join("team/preset.toml"), "description = \"Team\"\n").unwrap();
    for (name, text) in &extends {
        std::fs::write(layered.0.path().join(format!("team/templates/{name}.j2")), text).unwrap();
    }
    for framework in ["django-gunicorn", "fastapi-uvicorn"] {
        let spec = |presets: &str| full.replace("\"django-gunicorn\", \"uv\"", presets);
        std::fs::write(plain.0.path().join("dockgen.toml"), spec(&format!("\"{framework}\", \"uv\""))).unwrap();
        std::fs::write(layered.0.path().join("dockgen.toml"), spec(&format!("\"{framework}\", \"uv\", \"./team\""))).unwrap();
        for output in ["dockerfile", "compose", "kubernetes", "dockerignore", "env-example"] {
            let arguments = ["generate", "--stdout", output];
            assert_eq!(layered.run(&arguments).ok().stdout, plain.run(&arguments).ok().stdout, "{framework} {output}");
        }
    }
}

/// Every block can be overridden, and what it held before can be kept: each in turn, in every built-in template.
#[test]
fn every_block_can_be_overridden() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/presets.md");
    let documentation = std::fs::read_to_string(root).unwrap();
    let documentation = documentation.split("### Blocks").nth(1).unwrap().split("\n### ").next().unwrap();
    let project = project(&[("two/templates/x", "")]);
    let project_with = |path: &str, text: &str| {
        let file = project.0.path().join("two/templates").join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        file
    };
    let mut templates: Vec<(String, Vec<String>)> = Vec::new();
    for row in documentation.lines().filter(|line| line.starts_with("| `") && line.matches('|').count() == 4) {
        let cells: Vec<_> = row.split('`').map(str::to_owned).collect();
        match templates.last_mut().filter(|(template, _)| *template == cells[1]) {
            Some((_, blocks)) => blocks.push(cells[3].clone()),
            None => templates.push((cells[1].clone(), vec![cells[3].clone()])),
        }
    }
    assert!(templates.len() >= 8, "{templates:?}");
    let sets = [
        "project.description=A shop",
        "output.gunicorn=gunicorn.conf.py",
        "processes.worker.command=run it",
        "services.db.kind=postgres",
        "release.steps=[\"migrate it\"]",
        "kubernetes.ingress.host=shop.example.com",
        "health.path=/health",
    ];
    for (template, blocks) in templates {
        let mut text = format!("{{% extends \"{template}\" %}}\n");
        for block in &blocks {
            let _ =
                write!(text, "{{% block {block} %}}\n{{{{ super() }}}}\n# {block} of {{{{ name|comment }}}}\n{{% endblock %}}\n");
        }
        let file = project_with(&template, &text);
        let mut arguments: Vec<_> =
            ["generate", "-q", "--force"].into_iter().chain(sets.iter().flat_map(|set| ["--set", *set])).collect();
        if template.starts_with("kustomize") {
            arguments.extend(["--set", "kubernetes.layout=kustomize"]);
        }
        project.run(&arguments).ok();
        let written: String = project.tree().iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
        for block in &blocks {
            assert!(written.contains(&format!("# {block} of shop\n")), "{template}: {block}\n");
        }
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn blocks_of_pods_are_in_every_pod_and_know_which() {
    let text = "{% extends \"k8s.yaml.j2\" %}\n{% block pod %}\n      priorityClassName: {{ component ~ \"-class\" }}\n{% endblock %}\n\
        {% block environment %}\n            - name: POD\n              valueFrom:\n                fieldRef:\n                  fieldPath: status.podIP\n{% endblock %}\n\
        {% block resources %}\n          resources: {}\n{% endblock %}\n";
    let project = project(&[("one/templates/k8s.yaml.j2", text)]);
    project.run(&["generate", "--set", "processes.beat.command=beat it", "--set", "release.steps=[\"migrate it\"]"]).ok();
    let documents: Vec<serde_json::Value> = serde_saphyr::from_multiple(&project.read("k8s.yaml")).unwrap();
    let pods: Vec<_> =
        documents.iter().map(|document| &document["spec"]["template"]["spec"]).filter(|pod| pod.is_object()).collect();
    let classes: Vec<_> = pods.iter().map(|pod| pod["priorityClassName"].as_str().unwrap()).collect();
    assert_eq!(classes, ["web-class", "beat-class", "release-class"]);
    for pod in pods {
        assert_eq!(pod["containers"][0]["env"][0]["name"], "POD");
        assert_eq!(pod["containers"][0]["resources"], serde_json::json!({}));
    }
}

#[test]
fn compose_gets_services_volumes_and_keys_where_there_were_none() {
    let text = "{% extends \"compose.yaml.j2\" %}\n{% block volumes %}\n  cache: {}\n{% endblock %}\n\
        {% block services %}\n\n  proxy:\n    image: \"traefik:v3\"\n    command: {{ [\"--price=$5\"] }}\n{% endblock %}\n\
        {% block app %}\n  logging:\n    driver: {{ \"local\" }}\n{% endblock %}\n{% block ports %}\n{% endblock %}\n";
    let project = project(&[("one/templates/compose.yaml.j2", text)]);
    let compose: serde_json::Value = serde_saphyr::from_str(&generated(&project, "compose.yaml")).unwrap();
    assert_eq!(compose["volumes"], serde_json::json!({"cache": {}}));
    assert_eq!(compose["services"]["proxy"]["command"][0], "--price=$$5");
    assert_eq!(compose["x-app"]["logging"]["driver"], "local");
    assert!(compose["services"]["web"].get("ports").is_none());
}

#[test]
fn a_template_includes_its_own_parts_first_and_built_in_ones_never_meet_them() {
    let one = format!("{EXTENDS}{{% block base %}}\n{{% include \"parts/base.j2\" %}}\n{{% endblock %}}\n");
    let project = project(&[
        ("one/templates/Dockerfile.j2", &one),
        ("one/templates/parts/base.j2", "# weaker\n"),
        ("two/templates/parts/base.j2", "# stronger\n"),
        ("two/templates/header.j2", "# not dockgen's\n"),
        ("two/templates/install/pip.j2", "RUN id\n"),
        ("two/templates/packages/build.j2", "RUN id\n"),
    ]);
    let dockerfile = generated(&project, "Dockerfile");
    // the part of the preset that includes it, not that of another one
    assert!(dockerfile.contains("\n# weaker\n") && !dockerfile.contains("# stronger"), "{dockerfile}");
    assert!(!dockerfile.contains("RUN id") && !dockerfile.contains("# not dockgen's"), "{dockerfile}");
    instructions(&dockerfile);
}

#[test]
fn a_part_of_a_weaker_preset_is_found() {
    let two = format!("{EXTENDS}{{% block base %}}\n{{% include \"parts/base.j2\" %}}\n{{% endblock %}}\n");
    let project = project(&[("two/templates/Dockerfile.j2", &two), ("one/templates/parts/base.j2", "# weaker\n")]);
    assert!(generated(&project, "Dockerfile").contains("\n# weaker\n"));
}

#[test]
fn a_template_that_extends_nothing_is_the_whole_file() {
    let project = project(&[("one/templates/Dockerfile.j2", "FROM {{ dockerfile.base }}\n")]);
    assert_eq!(project.run(&["generate", "--stdout", "dockerfile"]).ok().stdout, "FROM python:3.14-slim-trixie\n");
}

const CI: &str = "description = \"Team\"\n[output.extra.ci]\npath = \"ci/{project.name}.yml\"\ntemplate = \"ci.yml.j2\"\n\
    [output.extra.about]\npath = \"about.json\"\ntemplate = \"about.json.j2\"\n\
    [output.extra.notes]\npath = \"NOTES\"\ntemplate = \"notes.j2\"\n";

const TEMPLATES: [(&str, &str); 4] = [
    ("two/preset.toml", CI),
    (
        "two/templates/ci.yml.j2",
        "{% set advice = \"Ask the platform team.\" %}\n{% include \"header.j2\" %}\nname: {{ dockerfile.labels[\"org.opencontainers.image.description\"]|default(\"shop\") }}\nports: {{ kubernetes.egress_ports }}\nsecret: {{ false }}\n",
    ),
    (
        "two/templates/about.json.j2",
        "{\"labels\": {{ dockerfile.labels }}, \"command\": {{ dockerfile.command }}, \"health\": {{ health.path }}, \"port\": {{ port }}}\n",
    ),
    ("two/templates/notes.j2", "{{ name }} runs {{ dockerfile.command|words }}\n"),
];

#[test]
fn a_preset_brings_files_of_its_own() {
    let project = project(&TEMPLATES);
    // in a spec, {{ is one brace
    let description = "project.description={{{{ 7*7 }}: \"yes\" # $HOME {% raw %}";
    let ran = project.run(&["generate", "--set", description]).ok();
    let created = "   created about.json\n   created ci/shop.yml\n   created NOTES\n";
    assert!(ran.stderr.contains(created), "{}", ran.stderr);
    let ci: serde_json::Value = serde_saphyr::from_str(&project.read("ci/shop.yml")).unwrap();
    assert_eq!(ci, serde_json::json!({"name": "{{ 7*7 }}: \"yes\" # $HOME {% raw %}", "ports": [443], "secret": false}));
    assert!(project.read("ci/shop.yml").starts_with("# Generated by dockgen. Edit dockgen.toml"));
    assert_eq!(dockgen::seal::is_intact(&project.read("ci/shop.yml")), Some(true));
    let about: serde_json::Value = serde_json::from_str(&project.read("about.json")).unwrap();
    assert_eq!(about["labels"]["org.opencontainers.image.description"], "{{ 7*7 }}: \"yes\" # $HOME {% raw %}");
    assert_eq!((&about["port"], &about["health"]), (&serde_json::json!(8000), &serde_json::Value::Null));
    let notes = project.read("NOTES");
    assert!(notes.starts_with("shop runs sh -c 'exec uvicorn ") && notes.lines().count() == 1, "{notes}");
    // no image needs any of it
    let ignored = project.read(".dockerignore");
    assert!(ignored.contains("\n/ci/shop.yml\n") && ignored.contains("\n/about.json\n"), "{ignored}");
}

#[test]
fn extra_outputs_are_asked_for_by_name_and_turned_off() {
    let project = project(&TEMPLATES);
    let one = project.run(&["generate", "--stdout", "extra.notes"]).ok();
    assert!(one.stdout.starts_with("shop runs "), "{}", one.stdout);
    project.run(&["generate", "--only", "extra.ci", "--only", "extra.notes"]).ok();
    let exists = |path: &str| project.0.path().join(path).exists();
    assert!(exists("ci/shop.yml") && exists("NOTES") && !exists("about.json") && !exists("Dockerfile"));
    project.run(&["generate", "--set", "output.extra.about=false", "--set", "output.extra.ci.path=elsewhere.yml"]).ok();
    assert!(exists("elsewhere.yml") && exists("Dockerfile") && !exists("about.json"));
    let shown: Ran = project.run(&["show", "output.extra.ci"]).ok();
    assert!(shown.stdout.contains("output.extra.ci.path = \"ci/shop.yml\"  # ./two/preset.toml:3"), "{}", shown.stdout);
}

/// Far too large for a file on record: what is nested in this way breaks compilers.
#[test]
fn expressions_of_a_megabyte_end_with_an_error() {
    let chain = format!("{{{{ 1{} }}}}", " + 1".repeat(200_000));
    let dots = format!("{{{{ name{} }}}}", ".x".repeat(400_000));
    let ifs = format!("{{% if 1 %}}{}{{% endif %}}", "{% elif 1 %}".repeat(80_000));
    for text in [chain, dots, ifs] {
        let project = project(&[("one/templates/Dockerfile.j2", &text)]);
        let before = project.tree();
        let ran = project.run(&["generate"]);
        assert!(ran.code == 2 && ran.stderr.contains("one/templates/Dockerfile.j2"), "{} {}", ran.code, ran.stderr);
        assert_eq!(project.tree(), before);
    }
}

/// Nothing of what runs dockgen reaches the process that renders.
#[test]
fn the_rendering_process_cannot_be_used_for_anything_else() {
    let ran = project(&[]).run(&["render-templates"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("invalid internal command"), "{}", ran.stderr);
    let help = project(&[]).run(&["--help"]).ok().stdout;
    assert!(!help.contains("render-templates"), "{help}");
}

/// The last table of docs/presets.md is generated from the doc comments of the model.
#[test]
fn every_word_of_templates_is_in_the_documentation() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let model: String =
        ["src/model.rs", "src/model/kubernetes.rs"].map(|file| std::fs::read_to_string(root.join(file)).unwrap()).concat();
    let mut rows = Vec::new();
    words(&model, "Model", "", &mut rows);
    assert!(rows.len() > 100);
    let path = root.join("docs/presets.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, _) = page.rsplit_once("|---|---|\n").unwrap();
    golden(&path, &format!("{before}|---|---|\n{}\n", rows.join("\n")));
}

/// The fields of a struct and of what they hold, each as a row of the table.
fn words(model: &str, structure: &str, path: &str, rows: &mut Vec<String>) {
    let start = model.find(&format!("pub struct {structure} {{")).unwrap();
    let (mut meaning, mut flat) = ("", false);
    for line in model[start..].lines().skip(1).take_while(|line| *line != "}") {
        if let Some(text) = line.trim().strip_prefix("/// ") {
            meaning = text;
        } else if line.trim() == "#[serde(flatten)]" {
            flat = true;
        } else if let Some((field, kind)) =
            line.trim().strip_prefix("pub ").or(line.trim().strip_prefix("pub(crate) ")).and_then(|field| field.split_once(": "))
        {
            if std::mem::take(&mut flat) {
                words(model, kind.trim_end_matches(','), path, rows);
                continue;
            }
            rows.push(format!("| `{path}{field}` | {meaning} |"));
            let many = kind.contains("Vec<") || kind.contains("Map<");
            let names = kind.split(|letter: char| !letter.is_alphanumeric()).filter(|name| !name.is_empty());
            if let Some(inner) = names.into_iter().find(|name| model.contains(&format!("pub struct {name} {{"))) {
                words(model, inner, &format!("{path}{field}{}", if many { "[]." } else { "." }), rows);
            }
        }
    }
}

/// The hash of a text is dockgen's to say: a template that writes one chooses no name in the cache, and breaks no lock.
#[test]
fn a_hash_that_a_template_writes_is_none() {
    let home = assert_fs::TempDir::new().unwrap();
    let escape = format!("{}{}", "./".repeat(24), "../../../../pwned");
    for hash in ["a".repeat(64), format!("{escape:0<64}")[..64].to_owned()] {
        let text = format!("# dockgen:sha256:{hash}\nhello {{{{ port }}}}\n");
        let project = Project::new(&[
            ("main.py", "app = None\n"),
            ("requirements.txt", "fastapi\n"),
            ("team/preset.toml", "description = \"Team\"\n[output.extra.it]\npath = \"it.txt\"\ntemplate = \"it.txt.j2\"\n"),
            ("team/templates/it.txt.j2", &text),
            ("dockgen.toml", "presets = [\"fastapi-uvicorn\", \"pip\", \"./team\"]\n[app]\nentry = \"main:app\"\n"),
        ]);
        let run = |arguments: &[&str]| {
            let output = project.command(arguments).env("XDG_CACHE_HOME", home.path().join("a/b/c")).output().unwrap();
            crate::common::Ran::from(output)
        };
        run(&["generate"]).ok();
        let ran = run(&["generate", "--set", "app.port=9000"]).ok();
        assert!(ran.stderr.contains("updated it.txt"), "{}", ran.stderr);
        let kept = home.path().join("a/b/c/dockgen/outputs");
        let odd = std::fs::read_dir(kept)
            .unwrap()
            .flatten()
            .find(|entry| entry.file_name().len() != 64 && entry.file_name() != "unfinished");
        assert!(odd.is_none() && !home.path().join("a/pwned").exists() && !home.path().join("pwned").exists());
    }
}
