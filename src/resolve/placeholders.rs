//! Placeholders for required variables in build steps, each in a form that settings accept.

/// The placeholder for text.
pub(super) const TEXT: &str = "build-only";

/// Placeholders by the last words of a name; the first row that fits counts.
const ROWS: [(&[&str], &str); 18] = [
    // a database in memory, which opens no file and no connection
    (&["DATABASE_URL", "DATABASE_URI", "DATABASE_DSN", "DB_URL", "DB_URI", "POSTGRES_URL", "POSTGRES_DSN"], "sqlite://"),
    (
        &["REDIS_URL", "REDIS_URI", "REDIS_DSN", "CACHE_URL", "BROKER_URL", "CELERY_URL", "RESULT_BACKEND"],
        "redis://localhost:6379/0",
    ),
    (&["EMAIL_URL"], "consolemail://"),
    (&["DSN"], "https://key@localhost/1"),
    (&["URL", "URI", "ENDPOINT", "ORIGIN", "ORIGINS"], "https://localhost"),
    // 32 bytes of zero, as Fernet expects a key
    (&["FERNET_KEY", "FERNET_KEYS", "ENCRYPTION_KEY", "CRYPTO_KEY"], "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    (&["PORT", "SECONDS", "MINUTES", "HOURS", "DAYS", "TIMEOUT", "TTL", "AGE", "INTERVAL", "EXPIRES"], "1"),
    (&["SIZE", "COUNT", "LIMIT", "ROUNDS", "WORKERS", "THREADS", "RETRIES", "LENGTH", "MAX", "MIN", "NUM", "ID"], "1"),
    (&["AGE_DEFAULT", "PER_PAGE", "REDIS_DB", "EXPIRE_MINUTES", "MAX_REQUESTS", "NUMBER"], "1"),
    (&["DEBUG", "ENABLED", "DISABLED", "ENABLE", "DISABLE", "USE_TLS", "USE_SSL", "SSL", "TLS", "SECURE", "VERIFY"], "False"),
    (&["EMAIL", "EMAIL_FROM", "FROM_EMAIL", "SENDER"], "build-only@example.com"),
    (&["HOST", "HOSTS", "HOSTNAME", "DOMAIN"], "localhost"),
    (&["PATH", "DIR", "DIRECTORY", "FOLDER"], "/tmp"),
    (&["FILE"], "/dev/null"),
    (&["JSON"], "{}"),
    (&["LEVEL", "LOGLEVEL"], "INFO"),
    (&["TZ", "TIMEZONE", "TIME_ZONE"], "UTC"),
    (&["LANGUAGE", "LANGUAGE_CODE", "LOCALE"], "en"),
];

/// First words of switches.
const SWITCHES: [&str; 5] = ["USE_", "IS_", "ENABLE_", "DISABLE_", "HAS_"];

/// A value that settings accept for a variable without connecting to anything.
pub(super) fn placeholder(name: &str) -> &'static str {
    let ends = |end: &&str| name.strip_suffix(end).is_some_and(|start| start.is_empty() || start.ends_with('_'));
    if SWITCHES.iter().any(|start| name.starts_with(start)) {
        return "False";
    }
    ROWS.iter().find(|(words, _)| words.iter().any(ends)).map_or(TEXT, |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::placeholder;

    #[test]
    fn placeholders_have_the_form_that_settings_expect() {
        for (name, expected) in [
            ("SECRET_KEY", "build-only"),
            ("DATABASE_URL", "sqlite://"),
            ("SENTRY_DSN", "https://key@localhost/1"),
            ("API_URL", "https://localhost"),
            ("EMAIL_PORT", "1"),
            ("SEND_FILE_MAX_AGE_DEFAULT", "1"),
            ("EMAIL_USE_TLS", "False"),
            ("USE_S3", "False"),
            ("LOG_LEVEL", "INFO"),
            ("FIELD_ENCRYPTION_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            ("DEFAULT_FROM_EMAIL", "build-only@example.com"),
            ("REPORT", "build-only"),
        ] {
            assert_eq!(placeholder(name), expected, "{name}");
        }
    }
}
