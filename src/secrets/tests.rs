//! The rule, held against two tables.

use super::*;

/// The lines of a table: what is expected, and of what.
fn rows(table: &'static str) -> Vec<(&'static str, &'static str)> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).map(|(expected, what)| (expected, what.trim_start())).collect()
}

/// Compares all rows, so that one run shows everything that is wrong.
fn compare(rows: &[(&str, &str)], actual: impl Fn(&str) -> &'static str) {
    let wrong = rows.iter().filter(|(expected, what)| actual(what) != *expected);
    let wrong: Vec<String> = wrong.map(|(expected, what)| format!("{what} is {}, not {expected}", actual(what))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn names_say_whether_they_are_a_secrets() {
    let rows = rows(include_str!("names.txt"));
    assert!(rows.len() >= 300, "{}", rows.len());
    compare(&rows, |name| if by_name(name) { "secret" } else { "setting" });
}

#[test]
fn values_say_what_they_are() {
    let rows = rows(include_str!("values.txt"));
    assert!(rows.len() >= 60, "{}", rows.len());
    compare(&rows, |value| match (by_value(value), is_random(value), is_harmless("X", value)) {
        (Some(_), ..) => "secret",
        (_, true, _) => "random",
        (.., true) => "copied",
        _ => "unsure",
    });
}

#[test]
fn a_mask_hides_the_secret_and_moves_nothing() {
    for (expected, value) in rows(include_str!("values.txt")) {
        if expected == "secret" {
            let shown = masked(value);
            assert!(by_value(&shown).is_none() && shown.contains('*'), "{value}: {shown}");
        }
        let line = format!("before\nVALUE = \"{value}\"\nafter\n");
        let shown = masked_lines(&line);
        assert_eq!(shown.len(), line.len(), "{shown}");
        let told = ["hunter2", "hun/ter2", "0123456789abcdef", "deadbeef", "k8sJq2", "b3BlbnNz"];
        assert!(told.iter().all(|told| !shown.contains(told)) || expected == "unsure", "{shown}");
    }
    for line in
        ["DB_PASS = \"hunter2\"", "password: hunter2", "x = os.getenv('DB_PASSWORD', 'hunter2')", "export API_KEY=hunter2"]
    {
        assert!(!masked_lines(line).contains("hunter2"), "{line}");
    }
    for line in ["SECRET_KEY = { required = 3 }", "TOKEN_TTL = 30", "[secrets]", "presets = [\"fastapi-uvicorn\", \"pip\"]"] {
        assert_eq!(masked_lines(line), line);
    }
}

#[test]
fn a_name_that_names_something_may_have_a_word() {
    for (name, value) in [("S3_BUCKET", "shop-media"), ("AWS_REGION", "eu-central-1"), ("OPENAI_MODEL", "gpt-4o-mini")] {
        assert!(is_harmless(name, value), "{name} {value}");
    }
    for (name, value) in
        [("TITLE", "hunter2"), ("DB_PASSWORD", "info"), ("S3_BUCKET", "k8sJq2Zt7Xv1Lp9WmR4c"), ("GREETING", "hello there")]
    {
        assert!(!is_harmless(name, value), "{name} {value}");
    }
}
