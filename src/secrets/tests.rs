//! The rule, held against two tables.

use super::names::is_open;
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
    compare(&rows, |name| match names::says(name) {
        names::Says::Secret => "secret",
        names::Says::Setting => "setting",
        _ => "unsure",
    });
}

#[test]
fn values_say_what_they_are() {
    let rows = rows(include_str!("values.txt"));
    assert!(rows.len() >= 60, "{}", rows.len());
    compare(&rows, |value| match (by_value(value), randomness(value), is_harmless("X", value)) {
        (Some(_), ..) => "secret",
        (_, Randomness::Likely | Randomness::Certain, _) => "random",
        (_, Randomness::Possible, _) => "mix",
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

/// A value may go on over several lines, and an error shows only one of them.
#[test]
fn a_mask_hides_what_the_lines_above_call_a_secret() {
    for (text, expected) in [
        ("command = [\"x\", \"--password\",\n\"hunter2\",3]", "\"*******\",3]"),
        ("command = [\n  \"x\",\n  # why\n  '--token',\n  'correct horse'\n]", "]"),
        ("command = [\n  \"x\",\n  '--token',\n  'correct horse', 3", "  '*************', 3"),
        ("command = [\"mysql\", \"-u\", \"root\",\n\"-phunter2\", 3]", "\"*********\", 3]"),
        ("command = \"\"\"x --password \\\n  hunter2\"\"\"", "*********\"\"\""),
        ("password = [\n  \"hunter2\",", "  \"*******\","),
        ("command = [\"x\", \"--password\"]\nport = \"a\"", "port = \"a\""),
        ("[app]\nport = \"a\"", "port = \"a\""),
        ("extras = [\n  \"web\",\n  3]", "  3]"),
    ] {
        let at = text.rfind('\n').map_or(0, |end| end + 1);
        assert_eq!(masked_below(&text[..at], &text[at..]), expected, "{text}");
    }
}

#[test]
fn a_mask_of_assignments_keeps_their_names() {
    for (line, expected) in [
        ("team = \"hunter2\"", "team = *********"),
        ("answers = { team = \"hunter2\", tier = 'gold' }", "answers = { team = *********, tier = ****** }"),
        ("answers = { team = \"a, b = c\", tier = 12 }\n", "answers = { team = **********, tier = ** }\n"),
        ("answers = { team = \"hun\\\"ter2\" }", "answers = **********************"),
        ("answers = { team = \"hunter2 }", "answers = *******************"),
        ("answers = { team = hunter2", "answers = ****************"),
        ("[answers]", "[answers]"),
    ] {
        assert_eq!(masked_assignments(line), expected);
    }
}

/// An error about a label or an answer is no use without it.
#[test]
fn an_error_shows_what_is_harmless_of_a_private_table() {
    for (text, expected) in [
        ("[answers]\ntier = \"silver\"", "tier = \"silver\""),
        ("[answers]\ntier = 12 # hunter2", "tier = 12 *********"),
        ("answers.tier = \"gold\"", "answers.tier = \"gold\""),
        ("[image.labels]\n\"com.example.app\" = \"Team Shop\"", "\"com.example.app\" = \"Team Shop\""),
        ("[image.labels]\n\"com.example.app\" = \"{project.name}\"", "\"com.example.app\" = \"{project.name}\""),
        ("[image.labels]\nteam = \"hunter2\"", "team = *********"),
        ("[image.labels]\ntoken = \"gold\"", "token = ******"),
        ("[image]\nlabels = { team = \"hunter2\", tier = \"gold\" }", "labels = { team = *********, tier = \"gold\" }"),
        ("[environment]\nLOG_LEVEL = \"verbose\"", "LOG_LEVEL = \"verbose\""),
        ("[environment]\nTITLE = \"hunter\"", "TITLE = ********"),
        ("[environment]\nPIN = 1234", "PIN = ****"),
        ("[environment.PIN]\nvalue = \"1234\"", "value = ******"),
        ("[environment.PORT]\nvalue = \"1234\"", "value = \"1234\""),
        ("[environment]\nA = { value = \"x y\", secret = false }", "A = { value = *****, secret = false }"),
        ("[secrets]\nA = { description = \"gold\", required = true }", "A = { description = ******, required = true }"),
        ("[secrets]\nA = hunter2", "A = *******"),
        ("[answers]\nA = \"\"\"\n8000", "****"),
    ] {
        let at = text.rfind('\n').map_or(0, |end| end + 1);
        assert_eq!(masked_private(text, at, &text[at..]).as_deref(), Some(expected), "{text}");
    }
    assert_eq!(masked_private("[app]\nport = 1", 6, "port = 1"), None);
}

#[test]
fn a_name_that_names_something_may_have_a_word() {
    for (name, value) in [
        ("S3_BUCKET", "shop-media"),
        ("AWS_REGION", "eu-central-1"),
        ("OPENAI_MODEL", "gpt-4o-mini"),
        ("SMTP_HOST", "smtp.example.com"),
        ("SMTP_SERVER", "smtp.example.com:587"),
        ("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend"),
        ("TIME_ZONE", "Europe/Berlin"),
        ("UPLOAD_DIR", "media/uploads"),
        ("MAX_UPLOAD_SIZE", "10485760"),
        ("CACHE_TIMEOUT", "604800"),
        ("CHUNK_TOKENS", "512"),
        ("PRICE_PER_TOKEN", "0.002"),
        ("LED_PIN", "17"),
        ("ENABLE_SECRET", "true"),
    ] {
        assert!(is_harmless(name, value), "{name} {value}");
    }
    for (name, value) in [
        ("TITLE", "hunter2"),
        ("DB_PASSWORD", "info"),
        ("S3_BUCKET", "k8sJq2Zt7Xv1Lp9WmR4c"),
        ("GREETING", "hello there"),
        ("DB_LOGIN", "correct-horse.battery-staple"),
        ("USE_TOKEN", "hunter2.canary"),
        ("FOO", "canary/four"),
    ] {
        assert!(!is_harmless(name, value), "{name} {value}");
    }
}

/// Every letter that Unicode calls white space, and letters of two to four bytes.
#[test]
fn a_mask_meets_letters_of_any_length() {
    let spaces = ('\u{0}'..='\u{3000}').filter(|letter| letter.is_whitespace());
    for mark in spaces.chain(['é', '€', '😀', '\u{301}', '\u{200b}', '"', '=']) {
        for line in [
            format!("port = \"x\" # {mark}Zx9kQw7LpT2vRb8NmYd4"),
            format!("# aaaa {mark}{mark} aaaaaaa Zx9kQw7LpT2vRb8NmYd4{mark}"),
            format!("# {mark} ghp_0123456789abcdefghij{mark}Zx9kQw7LpT2vRb8NmYd4"),
            format!("password{mark}={mark}hunter2{mark}"),
            format!("{mark}token{mark}:{mark}\"hunter2{mark}\""),
            format!("postgres://{mark}u:hunter2{mark}@h{mark} --password {mark}"),
        ] {
            let shown = masked_lines(&line);
            assert_eq!(shown.len(), line.len(), "{line:?}");
            assert!(!shown.contains("NmYd4") && !shown.contains("Zx9"), "{line:?}: {shown:?}");
            let (masked, quotes) = (masked(&line), masked_quotes(&line));
            assert!(masked.len() == line.len() && quotes.len() == line.len(), "{line:?}");
        }
    }
}

/// Lines that make a rule look at the same text again and again, each at the size of a long line.
#[test]
fn no_value_takes_long() {
    const UNITS: [&str; 33] = [
        "/hooks/",
        "/hooks/a1b2c3d4",
        "://u:a@",
        "echo a | ",
        "sha256:",
        "htpasswd -b ",
        "token=/a/",
        "token=",
        "token=$(",
        "token=-",
        "token= ",
        "token=\"",
        "token: ",
        "\"token\": ",
        "-----BEGIN ",
        "---",
        "eyJ/",
        "key-a ",
        "1:",
        "12345678:a",
        "$2b$ ",
        "://hc-ping.com/a ",
        "a://",
        "a://b:c",
        "://?a=1",
        "&a=1",
        "@",
        "a:@",
        "a:b@c.d ",
        "--token ",
        "mysql -p ",
        "Bearer ",
        "cookie: ",
    ];
    for unit in UNITS {
        let text = unit.repeat(64 * 1024 / unit.len());
        let before = std::time::Instant::now();
        let _ = (by_value(&text), is_random(&text), masked_lines(&text), masked(&text[..4000]));
        let seconds = before.elapsed().as_secs_f64();
        assert!(seconds < 3.0, "{unit:?} takes {seconds} s");
    }
}

#[test]
fn a_value_excuses_a_name_only_where_it_is_a_switch_or_a_number() {
    let open = [
        ("ENABLE_PASSWORD", "true"),
        ("USE_TOKEN", "1"),
        ("PASSWORD_LOGIN", "false"),
        ("STORE_PASSWORDS", "off"),
        ("LIMIT_TOKENS", "4096"),
        ("CHUNK_TOKENS", "512"),
        ("TOKENS_PER_PAGE", "1_000_000"),
        ("PRICE_PER_TOKEN", "0.000002"),
        ("GPIO_PIN", "17"),
        ("REDIS_KEY", "17"),
        ("HIGH_PASS", "17"),
        ("PASSWORD_ADMIN_MODE", "strict"),
        ("TOKEN_REDIS_PREFIX", "shop:token"),
        ("TOKEN_HEADER_NAME", "X-Access-Token"),
        ("PASSWORD_RESET_TIMEOUT", "259200"),
    ];
    let closed = [
        ("ENABLE_PASSWORD", "cisco.hunter2"),
        ("ENABLE_SECRET", "17"),
        ("USE_TOKEN", "hunter2"),
        ("USE_TOKEN", "83920183"),
        ("PASSWORD_LOGIN", "hunter2"),
        ("DB_PASSWORD_HOST_NAME", "hunter2"),
        ("PASSWORD_ADMIN_MODE", "hunter2.canary"),
        ("STORE_PASSWORDS", "hunter2"),
        ("STORE_SECRETS", "hunter2,canary"),
        ("LIMIT_TOKENS", "hunter2"),
        ("CHUNK_TOKENS", "hunter2"),
        ("ADMIN_PIN", "1733"),
        ("LED_PIN", "hunter2"),
        ("REDIS_KEY", "1733"),
        ("S3_KEY", "17"),
        ("ACCESS_CODE", "7391"),
        ("DB_PASSWORD", "123456"),
    ];
    let is_secret = |(name, value): &(&str, &str)| by_name(name) && !is_open(name, value);
    let wrong: Vec<_> = open.iter().filter(|pair| is_secret(pair)).chain(closed.iter().filter(|pair| !is_secret(pair))).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn a_name_and_its_value_say_together_what_is_a_secret() {
    let open = [
        ("SECURITY_PASSWORD_HASH", "argon2"),
        ("SECURITY_PASSWORD_SINGLE_HASH", "plaintext"),
        ("PASSWORD_ENCODER", "bcrypt"),
        ("APP_USERS", "anna:editor,ben:viewer"),
        ("LOGIN", "accounts:login"),
        ("PGPASSFILE", "/run/secrets/pgpass"),
        ("WEBHOOK_URL", "https://bot.example.com/webhook"),
        ("BASE_WEBHOOK_URL", "https://bot.example.com"),
        ("WEBHOOKS_BASE_URL", "https://api.example.com"),
        ("TELEGRAM_WEBHOOK_URL", "https://bot.example.com/telegram"),
        ("RECAPTCHA_SITE_KEY", "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI"),
        ("PGSSLKEY", "/certs/client.key"),
        ("TOKEN_ADDRESS", "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
        ("TOKEN_CONTRACT", "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
        ("IMAGE_TOKEN", "<image>"),
        ("SPECIAL_TOKENS", "<s>,</s>"),
        ("STOP_TOKENS", "</s>"),
        ("KEYSTORE", "/certs/keystore.jks"),
        ("TOKEN_ALGORITHM", "Sha256"),
        ("GIT_COMMIT_HASH", "4c913890aa1b2c3d4e5f60718293a4b5c6d7e8f9"),
        ("TOKENIZER_VERSION", "4c913890aa1b2c3d4e5f60718293a4b5c6d7e8f9"),
    ];
    let closed = [
        ("WEBHOOK_URL", "hunter2"),
        ("WEBHOOK_URL", "https://bot.example.com/hunter2"),
        ("PASSWORD_HASH", "hunter2"),
        ("TOKEN_ADDRESS_SECRET", "hunter2"),
        ("IMAGE_TOKEN", "<hunter2>"),
        ("LOGIN", "admin:hunter2"),
        ("HTTP_BASIC", "admin:hunter2"),
        ("TRAEFIK_USERS", "anna:viewer,admin:hunter2"),
        ("PGPASSFILE_CONTENT", "hunter2"),
        ("JWT_PRIVATE_KEY", "hunter2"),
        ("JWT_PRIVATE_KEY", "/k8sJq2Zt7Xv1Lp9WmR4cT/x.pem"),
        ("TLS_KEY", "correct/horse"),
        ("TOKEN_PROVIDER", "hunter2"),
        ("PASSWORD_RESET_PAGE", "Hunter2"),
        ("PASSWORD_RESET_TOKEN", "sunshine"),
        ("TOKEN_LIST", "sunshine,canary"),
        ("TOKEN_COOKIE", "sunshine"),
        ("API_KEY_QUERY", "Hunter2!"),
        ("REFRESH_TOKEN_COOKIE_NAME", "hunter2"),
        ("PIN_LED", "hunter2"),
        ("ADMIN_PIN", "18"),
        ("JOIN_KEY", "k8sJq2Zt7Xv1Lp9WmR4c"),
        ("PLAIN", "XKJQWZTBNMRequestX9k2Lm8Qv4"),
        ("PLAIN", "0.1.dev1+k8sJq2Zt7Xv1Lp9WmR4c"),
        ("PASSWORD_TEMPLATE", "Hunter2!"),
        ("PASSWORD_DOMAIN", "Hunter2"),
        ("SECRET_VERSION", "j9Xk2LmQ8vR4tY7wZ1aB3cD5eF6gH"),
        ("PRIVATE", "hunter2"),
        ("KEYSTORE", "hunter2"),
        ("CREDIT_CARD", "4111111111111111"),
    ];
    let is_secret = |(name, value): &(&str, &str)| is_secret(name, value);
    let wrong: Vec<_> = open.iter().filter(|pair| is_secret(pair)).chain(closed.iter().filter(|pair| !is_secret(pair))).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Whether a spec is refused that gives a variable this value.
fn is_secret(name: &str, value: &str) -> bool {
    is_named(name, value) || by_value(value).is_some() || !is_identifier(name) && looks_random(name, value)
}

/// A setting that is refused by mistake costs a user time.
#[test]
fn an_ordinary_setting_is_no_secret() {
    let lines = include_str!("ordinary.txt").lines().filter(|line| !line.starts_with('#'));
    let settings: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once('=')).collect();
    assert!(settings.len() >= 110, "{}", settings.len());
    let refused: Vec<_> = settings.iter().filter(|(name, value)| is_secret(name, value)).collect();
    assert!(refused.is_empty(), "{} are refused: {refused:#?}", refused.len());
}

/// Names that may have what looks like a secret as their value, and do not.
#[test]
fn a_secret_is_none_of_what_its_name_allows() {
    const DRAWN: &str = "5f4dcc3b5aa765d61d8327deb882cf99";
    const UUID: &str = "3f2504e0-4f89-11d3-9a0c-0305e82c3301";
    let taken: Vec<_> = [
        ("ADMIN_HASH", DRAWN),
        ("ADMIN_HASH", "hunter2"),
        ("HASH", DRAWN),
        ("MEMBER_HASH", DRAWN),
        ("USER_DIGEST", DRAWN),
        ("VISITOR_DIGEST", DRAWN),
        ("ID", DRAWN),
        ("ID", "k8sJq2Zt7Xv1Lp9WmR4c"),
        ("DEVICE_ID", "k8sJq2Zt7Xv1Lp9WmR4c"),
        ("B2_KEY_ID", "0012ab34cd56ef7000000000a"),
        ("B2_KEY_ID", "hunter2"),
        ("API_TOKEN_ID", "hunter2"),
        ("TOKEN_ID", UUID),
        ("ACCESS_TOKEN_IDS", UUID),
        ("SIGNING_KEY_ID", UUID),
        ("PUBLIC_PRIVATE_KEYPAIR", "hunter2"),
        ("PUBLIC_PRIVATE_KEYPAIR", DRAWN),
        ("PASSWORD_FILE", "hunter2"),
        ("TOKEN_PREFIX", "hunter2"),
        ("TOKEN_HEADER", "sunshine99"),
        ("PLAIN", "k8sJq2Zt7Xv1"),
        ("PLAIN", "aB3dEfGh1JkL9"),
        ("PLAIN", "aB3dE-fG4hI-jK5lM-nO6pQ-rS7tU"),
        ("PLAIN", "Bearer hunter2"),
        ("PLAIN", "live_123456789_k8sJq2Zt7Xv1Lp9WmR4cB5nD6fG0hJ"),
    ]
    .into_iter()
    .filter(|(name, value)| !is_secret(name, value))
    .collect();
    assert!(taken.is_empty(), "{taken:?}");
}
