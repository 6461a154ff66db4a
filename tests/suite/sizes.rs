//! Values that BuildKit or Linux cannot read in one piece are refused by their key.

use crate::common::{FASTAPI, files_of};

/// What is too much for a line of a Dockerfile, an instruction or an environment, and the key that must be named.
fn too_large() -> Vec<(String, &'static str)> {
    let long = "x".repeat(70_000);
    let quotes = "'".repeat(20_000);
    let dollars = "$".repeat(40_000);
    let words = |count: usize| format!("[{}]", vec!["\"word-of-a-command\""; count].join(", "));
    let many = |table: &str, count: usize, size: usize| {
        (0..count).fold(format!("[{table}]\n"), |text, at| format!("{text}NAME_{at} = {{ value = \"{}\" }}\n", "y".repeat(size)))
    };
    let step = "[build]\nsteps = [\"python -V\"]\n";
    let volumes =
        (0..3000).fold(String::new(), |text, at| format!("{text}[volumes.v{at}]\npath = \"/data/a-folder-of-many/{at}\"\n"));
    let groups = format!("[install]\nwith = \"uv\"\nfiles = [\"pyproject.toml\", \"uv.lock\"]\ngroups = {}\n", words(4000));
    vec![
        (format!("[environment]\nA = {{ value = \"{long}\" }}\n"), "environment.A"),
        (format!("[environment]\nA = {{ value = \"{dollars}\" }}\n"), "environment.A"),
        (format!("[environment]\nA = {{ value = \"{quotes}\" }}\n"), "environment.A"),
        (format!("[environment]\nA = {{ description = \"{long}\" }}\n"), "environment.A"),
        (format!("[image.labels]\n\"a.b\" = \"{long}\"\n"), "image.labels"),
        (format!("[image.labels]\n{} = \"b\"\n", "a".repeat(70_000)), "image.labels"),
        (format!("[project]\nname = \"shop\"\ndescription = \"{long}\"\n"), "project.description"),
        (format!("[processes.web]\ncommand = [\"{long}\"]\n"), "processes.web.command"),
        (format!("[processes.web]\ncommand = {}\n", words(4000)), "processes.web.command"),
        (format!("[processes.web]\ncommand = \"{}\"\n", "a ".repeat(20_000)), "processes.web.command"),
        (format!("[processes.worker]\ncommand = {}\n", words(4000)), "processes.worker.command"),
        (format!("[build]\nsteps = [\"echo {long}\"]\n"), "build.steps"),
        (format!("[build]\nsteps = [{}]\n", words(4000)), "build.steps"),
        (format!("[release]\nsteps = [{}, {}]\n", words(2000), words(2000)), "release.steps"),
        (format!("[health]\npath = \"/{long}\"\n"), "health.path"),
        (groups, "install.groups"),
        (many("environment", 30, 40_000), "environment"),
        (many("environment", 4, 40_000) + step, "environment"),
        (volumes, "volumes"),
    ]
}

#[test]
fn what_no_line_of_a_dockerfile_can_take_is_refused_by_its_key() {
    let mut accepted = Vec::new();
    for (table, key) in too_large() {
        let spec = if table.starts_with("[project]") {
            FASTAPI.replace("[project]\nname = \"shop\"\n", &table)
        } else {
            format!("{FASTAPI}{table}")
        };
        match files_of(&spec) {
            Ok(_) => accepted.push(key),
            Err(error) => {
                assert!(error.message.contains(key) && (error.hint.is_some() || key == "image.labels"), "{key}: {error}");
            }
        }
    }
    assert!(accepted.is_empty(), "{} accepted: {accepted:?}", accepted.len());
}

/// What is just small enough makes lines that BuildKit reads.
#[test]
fn lines_of_large_values_stay_within_what_buildkit_reads() {
    let value = "x".repeat(59_000);
    let variables = (0..15).fold(String::new(), |text, at| format!("{text}NAME_{at} = {{ value = \"{value}\" }}\n"));
    let command = format!("[processes.web]\ncommand = [{}]\n", vec!["\"a'b$c\""; 3000].join(", "));
    for file in files_of(&format!("{FASTAPI}{command}[environment]\n{variables}")).unwrap_or_else(|error| panic!("{error}")) {
        if file.key == "dockerfile" || file.key == "dockerignore" {
            assert!(file.text.lines().all(|line| line.len() <= 65_535), "{}", file.path);
        }
    }
}
