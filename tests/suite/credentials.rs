//! Credentials in the addresses of presets: refused wherever an address may be named, and never printed, locked or logged.

use crate::common::Ran;
use crate::sources::{Presets, Team};

/// What no output may have.
const SECRET: &str = "S3cr3tS3cr3tS3cr3tS3cr3t";

/// Addresses with a credential in every position of every scheme; `@@` is replaced with the credential.
const ADDRESSES: [&str; 49] = [
    "git+https://@@@git.example.com/a",
    "git+https://@@:@git.example.com/a",
    "git+https://:@@@git.example.com/a",
    "git+https://user:@@@git.example.com/a",
    "git+https://@@:x-oauth-basic@git.example.com/a//team#v1",
    "git+https://oauth2:@@@git.example.com:8443/a#main",
    "git+https://@@@[::1]/a",
    "git+https://@@@git.example.com",
    "git+https://user%3A@@%40git.example.com/a",
    "git+https://@@%40git.example.com/a",
    "git+https://@@%2540git.example.com/a",
    "git+https://user:@@%40x@git.example.com/a",
    "git+https://git.example.com/user%3A@@%40git.example.com/a",
    "git+https://user:pa/@@@git.example.com/a",
    "git+https://user:pa#@@@git.example.com/a",
    "git+https://user:pa?@@@git.example.com/a",
    "git+https://user:pa @@@git.example.com/a",
    "git+https://user:pa'@@@git.example.com/a",
    "git+https://user:pa//@@@git.example.com/a",
    "git+https://user:p@pa@@@git.example.com/a",
    "git+https://pa//@@@git.example.com/a",
    "git+https://user:@@",
    "git+https://git.example.com/a?access_token=@@",
    "git+https://git.example.com/a?private_token=@@#main",
    "git+https://git.example.com/a//team?@@",
    "git+https://git.example.com/a#ghp_@@",
    "git+https://git.example.com/a#@@",
    "git+https://git.example.com/a#access_token=@@",
    "git+https://git.example.com/a#user:@@",
    "git+https://git.example.com/glpat-@@/a",
    "git+https://git.example.com/basic/@@/a",
    "git+https://git.example.com/a//github_pat_@@",
    "git+ssh://git:@@@git.example.com/a",
    "git+ssh://git%3A@@@git.example.com/a",
    "git+ssh://ghp_@@@git.example.com/a",
    "git+ssh://git:pa/@@@git.example.com/a",
    "git+file://user:@@@git.example.com/a",
    "git+file://@@@/srv/a",
    "git+http://user:@@@git.example.com/a",
    "git+HTTPS://user:@@@git.example.com/a",
    "GIT+https://@@@git.example.com/a",
    "git+user:@@@git.example.com:a",
    "git+@@://pa@git.example.com/a",
    "@@://pa@git.example.com/a",
    "git+https://@@//a#pa@git.example.com/a",
    "git+https://@@\\a#@git.example.com",
    "git+ssh://user:p@a://@@@git.example.com/a",
    "https://user:@@@git.example.com/a",
    "@@@git.example.com:a/b",
];

fn with_secret(address: &str) -> String {
    // the credential ends where the host begins
    address.replacen("@@", SECRET, 1)
}

/// What is wrong with how a run refused a credential.
fn wrong(ran: &Ran, whole: bool) -> Option<String> {
    let all = format!("{}{}", ran.stdout, ran.stderr);
    // half of a credential is a part of it, too
    let leaks = all.contains(SECRET) || all.contains("user:p");
    let refused =
        ran.code == 2 && (!whole || all.contains("has a credential in its address") && all.contains("credential helper"));
    (leaks || !refused).then(|| format!("exit {}: {}", ran.code, all.lines().next().unwrap_or_default()))
}

#[track_caller]
fn none_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} attacks got through:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_credential_in_any_position_is_refused_and_not_printed() {
    let team = Team::new("uv");
    let mut got_through = Vec::new();
    for address in ADDRESSES {
        let before = team.project.tree();
        let ran = team.run(&["generate", "--preset", &with_secret(address)]);
        let found = wrong(&ran, true).or_else(|| (team.project.tree() != before).then(|| "something was written".to_owned()));
        got_through.extend(found.map(|found| format!("{address}: {found}")));
    }
    none_wrong(&got_through);
}

#[test]
fn no_message_prints_a_credential_wherever_the_address_is_named() {
    let address = format!("git+https://user:p{SECRET}@git.example.com/a");
    let mut got_through = Vec::new();
    let mut attack =
        |name: &str, ran: &Ran, whole: bool| got_through.extend(wrong(ran, whole).map(|found| format!("{name}: {found}")));
    let spec = |presets: &str| {
        let team = Team::new("uv");
        team.project.edit("dockgen.toml", "presets = [\"uv\"]", presets);
        team
    };
    for (name, presets) in [
        ("a spec", format!("presets = [{address:?}]")),
        ("a literal string", format!("presets = ['{address}']")),
        ("a second preset", format!("presets = [\"nope\", {address:?}]")),
        ("several lines", format!("presets = [\n  \"uv\",\n  {address:?},\n]")),
        ("a password with a quote", format!("presets = [\"git+https://user:p\\\"{SECRET}@git.example.com/a\"]")),
        ("an address without git+", format!("presets = [\"{SECRET}@git.example.com/a\"]")),
    ] {
        let team = spec(&presets);
        attack(name, &team.run(&["generate"]), true);
        attack(&format!("{name}, --json"), &team.run(&["generate", "--json"]), true);
    }
    attack("a syntax error in the line", &spec(&format!("presets = [{address:?}] oops")).run(&["generate"]), false);
    attack("an unknown key beside it", &spec(&format!("presets = [{address:?}]\nnope = 1")).run(&["generate"]), false);
    attack("a value of another kind", &spec(&format!("presets = {address:?}")).run(&["generate"]), false);
    attack("an unknown key with it", &spec(&format!("preset = {address:?}")).run(&["generate"]), false);
    attack(
        "an environment value",
        &spec(&format!("[environment]\nDB = 'postgres://user:p{SECRET}@db/shop'")).run(&["generate"]),
        false,
    );
    let team = Team::new("uv");
    let set = format!("presets=[{address:?}]");
    for arguments in [
        &["generate", "--verbose", "--preset", &address][..],
        &["generate", "--set", &set],
        &["generate", "--check", "--preset", &address],
        &["show", "--preset", &address],
        &["presets", &address],
        &["presets", "update", &address],
        &["presets", "update", "--preset", &address],
        &["init", "--force", "--yes", "--preset", &address, "--set", "app.entry=main:app"],
    ] {
        attack(&arguments.join(" ").replace(SECRET, "@@"), &team.run(arguments), true);
    }
    attack("an unexpected argument", &team.run(&["generate", &address]), false);
    attack("a flag's value", &team.run(&["generate", &format!("--check={address}")]), false);
    none_wrong(&got_through);
    assert!(!team.project.0.path().join("dockgen.lock").exists());
}

#[test]
fn presets_and_locks_that_name_a_credential_are_refused() {
    let address = format!("git+https://user:p{SECRET}@git.example.com/a");
    let mut got_through = Vec::new();
    let mut attack = |name: &str, ran: &Ran| got_through.extend(wrong(ran, true).map(|found| format!("{name}: {found}")));
    let local = Team::new("./team.toml");
    std::fs::write(local.project.0.path().join("team.toml"), format!("extends = [\"uv\", {address:?}]\n")).unwrap();
    attack("extends of a file", &local.run(&["generate"]));
    attack("printing a file", &local.run(&["presets", "./team.toml"]));
    let own = Team::new("team");
    let folder = own.home.path().join(".config/dockgen/presets");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("team.toml"), format!("extends = ['{address}']\n")).unwrap();
    attack("extends of a user-wide preset", &own.run(&["generate"]));
    attack("the list of presets", &own.run(&["presets"]));
    let presets = Presets::new();
    presets.write("web/preset.toml", &format!("extends = [\n  {address:?},\n]\n"));
    presets.publish("token");
    let remote = Team::new(&presets.address("//web"));
    attack("extends of a repository", &remote.run(&["generate", "-q"]));
    none_wrong(&got_through);
    // written by an older version
    let team = Team::new("uv");
    let hash = "a".repeat(64);
    let lock = format!("version = 1\n\n[presets.{address:?}]\nsha256 = {hash:?}\n");
    std::fs::write(team.project.0.path().join("dockgen.lock"), lock).unwrap();
    for arguments in [&["generate"][..], &["generate", "--check"], &["presets", "update"], &["show"], &["presets", "uv"]] {
        let ran = team.run(arguments);
        assert!(ran.code == 2 && !ran.stderr.contains(SECRET), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("git+https://***@git.example.com/a") && ran.stderr.contains("revoke that token"),
            "{}",
            ran.stderr
        );
    }
}

/// git's settings may put a credential into an address that has none: what git complains about is not printed with it.
#[test]
fn what_git_says_is_printed_without_credentials() {
    let mut got_through = Vec::new();
    for (name, other) in [
        ("a password", format!("https://user:p{SECRET}@127.0.0.1:1/")),
        ("a token", format!("https://{SECRET}@127.0.0.1:1/")),
        ("a query", format!("https://127.0.0.1:1/?access_token={SECRET}&a=")),
        ("a path", format!("file:///nowhere/ghp_{SECRET}/")),
        ("a program", format!("ext::sh -c user:p{SECRET}@")),
    ] {
        let team = Team::new("git+https://git.example.com/a");
        let settings = format!("[url \"{other}\"]\n\tinsteadOf = https://git.example.com/\n");
        std::fs::write(team.home.path().join(".gitconfig"), settings).unwrap();
        let ran = team.run(&["generate", "--verbose"]);
        got_through.extend(wrong(&ran, false).map(|found| format!("{name}: {found}")));
        assert!(ran.stderr.contains("cannot fetch git+https://git.example.com/a: "), "{}", ran.stderr);
    }
    none_wrong(&got_through);
}

#[test]
fn the_help_of_the_error_is_an_address_that_works() {
    let presets = Presets::new();
    let team = Team::new("fastapi-uvicorn");
    let server = presets.address("");
    let settings = format!("[url \"{}\"]\n\tinsteadOf = https://git.example.com/a\n", server.trim_start_matches("git+"));
    std::fs::write(team.home.path().join(".gitconfig"), settings).unwrap();
    let ran = team.run(&["generate", "--preset", &format!("git+https://{SECRET}@git.example.com/a//web#main")]);
    assert!(ran.stderr.contains("write git+https://git.example.com/a//web#main:"), "{}", ran.stderr);
    team.run(&["generate", "--trust", "--preset", "git+https://git.example.com/a//web#main"]).ok();
    assert!(team.project.read("dockgen.lock").contains("[presets.\"git+https://git.example.com/a#main\"]"));
    // ssh names a user, and no password
    let ran = team.run(&["generate", "--preset", "git+ssh://git@127.0.0.1:1/a"]);
    assert!(ran.code == 2 && ran.stderr.contains("cannot fetch git+ssh://git@127.0.0.1:1/a"), "{}", ran.stderr);
}
