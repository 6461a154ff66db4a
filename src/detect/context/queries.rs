//! Distinguishes SQL queries and migrations from dumps of data.

use super::is_numbered;
use crate::secrets;

/// Words in file names of dumps.
const DUMP_NAMES: [&str; 10] =
    ["backup", "backups", "dump", "dumps", "export", "exports", "prod", "production", "snapshot", "snapshots"];

/// First lines of dumps by mysqldump, SQLite's `.dump` and SQL Server.
const DUMP_SETTINGS: [&str; 6] =
    ["/*!40", "/*!50", "/*!999", "/****** object:", "pragma foreign_keys=off;\nbegin transaction;", "set identity_insert"];

/// Words in the first comments of dumps: `-- PostgreSQL database dump`, `-- MySQL dump 10.13`.
const DUMPED: [&str; 5] = ["database", "mariadb", "mysql", "sql", "sqlite"];

/// Last words in names of tables with personal data.
const PEOPLE: [&str; 16] = [
    "account",
    "accounts",
    "customer",
    "customers",
    "employee",
    "employees",
    "login",
    "logins",
    "member",
    "members",
    "patient",
    "patients",
    "people",
    "session",
    "user",
    "users",
];

/// Prefixes of password hashes.
const HASHES: [&str; 9] = ["$1$", "$2", "$5$", "$6$", "$argon2", "pbkdf2_", "pbkdf2:", "scrypt", "{ssha"];

/// Keywords that precede a password in a statement.
const PASSWORDS: [&str; 4] = ["identified by '", "password '", "password = '", "password='"];

/// Whether a file is a dump by its name. A migration's name may contain such a word: `0007_export_orders.sql`.
pub(super) fn is_dump_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let stem = name.strip_suffix(".sql").unwrap_or(&name);
    let words: Vec<&str> = stem.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|word| !word.is_empty()).collect();
    let is_dump = |word: &&str| DUMP_NAMES.contains(word) || word.starts_with("dump") || word.ends_with("dump");
    if is_numbered(path) { words.last().is_some_and(is_dump) } else { words.iter().any(is_dump) }
}

/// Whether a text is SQL without user data.
pub(super) fn is_query(text: &str) -> bool {
    // UTF-16, as exported by SQL Server
    if text.contains('\0') {
        return false;
    }
    let lower = text.to_ascii_lowercase().replace("\r\n", "\n");
    let sets_password = || PASSWORDS.iter().any(|mark| lower.contains(mark));
    let has_data = || lower.lines().any(is_copy_from_stdin) || inserts(&lower).any(has_personal_data);
    let has_token =
        || text.lines().any(|line| line.split('\'').skip(1).step_by(2).any(|literal| secrets::by_value(literal).is_some()));
    !has_dump_header(&lower) && !sets_password() && !has_data() && !has_token()
}

fn has_dump_header(lower: &str) -> bool {
    let is_comment = |line: &str| ["--", "/*", "#"].iter().any(|mark| line.starts_with(mark));
    let is_header = |line: &str| {
        let mut words = line.split(|letter: char| !letter.is_ascii_alphanumeric());
        is_comment(line) && words.clone().any(|word| word == "dump") && words.any(|word| DUMPED.contains(&word))
    };
    DUMP_SETTINGS.iter().any(|mark| lower.contains(mark)) || lower.lines().any(|line| is_header(line.trim_start()))
}

fn is_copy_from_stdin(line: &str) -> bool {
    line.trim_start().starts_with("copy ") && line.contains("from stdin")
}

/// Statements that insert rows, split at `VALUES`.
fn inserts(lower: &str) -> impl Iterator<Item = (&str, &str)> {
    let starts = ["insert", "replace into"].into_iter().flat_map(|word| lower.match_indices(word));
    starts.filter_map(|(at, word)| {
        let rest = &lower[at + word.len()..];
        // a `;` in quotes doesn't end a statement, so check the rest, too
        let end = rest.match_indices(';').map(|(end, _)| end).find(|end| rest[..*end].matches('\'').count().is_multiple_of(2));
        rest[..end.unwrap_or(rest.len())].split_once("values")
    })
}

/// Whether a statement inserts quoted values into a table of people or a column of credentials, or quoted addresses or hashes.
fn has_personal_data((into, values): (&str, &str)) -> bool {
    let (literals, rest): (Vec<_>, Vec<_>) = values.split('\'').enumerate().partition(|(at, _)| at % 2 == 1);
    let literals = || literals.iter().map(|(_, literal)| *literal).filter(|literal| !literal.is_empty());
    let is_parameter = |text: &str| text.replace("::", "").contains([':', '$', '%', '?', '@', '{']);
    let table = into.split('(').next().unwrap_or(into);
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let table_word = table.split(|letter: char| !letter.is_ascii_alphanumeric()).rfind(|word| !word.is_empty());
    let is_private = table_word.is_some_and(|word| PEOPLE.contains(&word))
        || into.split(|letter| !is_word(letter)).any(|name| name != "key" && secrets::by_name(&name.to_ascii_uppercase()))
        // a table of settings: the keys are values
        || literals().any(|literal| secrets::by_name(&literal.to_ascii_uppercase()));
    let is_template = rest.iter().any(|(_, text)| is_parameter(text));
    literals().any(|literal| is_email(literal) || is_hash(literal)) || is_private && !is_template && literals().next().is_some()
}

/// Addresses of an organization, not of a person.
const OFFICES: [&str; 8] = ["admin", "contact", "hello", "info", "no-reply", "noreply", "sales", "support"];

fn is_email(literal: &str) -> bool {
    let parts = literal.trim().split_once('@');
    let is_person = |user: &str| !user.is_empty() && !user.contains(' ') && !OFFICES.contains(&user);
    parts.is_some_and(|(user, host)| is_person(user) && host.contains('.') && !host.contains(' '))
}

fn is_hash(literal: &str) -> bool {
    let is_hex = literal.bytes().all(|byte| byte.is_ascii_hexdigit());
    HASHES.iter().any(|start| literal.starts_with(start)) || is_hex && [32, 40, 64, 128].contains(&literal.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dumps_are_told_from_queries_by_their_names() {
        for (path, expected) in [
            ("db/shop_production.sql", true),
            ("export.sql", true),
            ("prod-dump-2024.sql", true),
            ("mysqldump2.sql", true),
            ("db/2024-prod.SQL", true),
            ("db/0007_export_orders.sql", false),
            ("sql/products.sql", false),
            ("schema.sql", false),
        ] {
            assert_eq!(is_dump_name(path), expected, "{path}");
        }
    }

    #[test]
    fn dumps_are_told_from_queries_by_their_content() {
        for text in [
            "--\n-- PostgreSQL database dump\n--\nSET x = 1;",
            "-- MySQL dump 10.13  Distrib 8.0",
            "/*!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19",
            "-- phpMyAdmin SQL Dump",
            "PRAGMA foreign_keys=OFF;\r\nBEGIN TRANSACTION;\r\nCREATE TABLE a (b);",
            "SET IDENTITY_INSERT [dbo].[a] ON\nGO",
            "COPY public.orders (id) FROM stdin;\n1\n\\.\n",
            "INSERT INTO public.users VALUES (1, 'alice');",
            "INSERT [dbo].[Users] ([Id], [Name]) VALUES (1, N'alice')\nGO\n",
            "insert into config (name, api_key)\nvalues ('a', 'hunter2');",
            "INSERT INTO notes VALUES (1, 'a; b', 'alice@shop.example');",
            "INSERT INTO notes VALUES ('d41d8cd98f00b204e9800998ecf8427e');",
            "INSERT INTO settings (key, value) VALUES ('smtp_password', 'hunter2');",
            "SELECT dblink('postgres://shop:hunter2@db/shop');",
            "CREATE ROLE shop LOGIN PASSWORD 'hunter2';",
            "s\0e\0l\0e\0c\0t\0",
        ] {
            assert!(!is_query(text), "{text}");
        }
        for text in [
            "x",
            "CREATE TABLE users (\n  id serial,\n  email text NOT NULL,\n  password_hash varchar(255) NOT NULL,\n  token text\n);",
            "INSERT INTO users (email, password) VALUES (:email, :password, 'active') RETURNING id;",
            "INSERT INTO users (email, password) VALUES ($1, crypt($2, 'bf'));",
            "INSERT INTO roles (name) VALUES ('admin'), ('editor');",
            "INSERT INTO settings (key, value) VALUES ('theme', 'dark');",
            "INSERT INTO mails (name, sender) VALUES ('welcome', 'noreply@shop.example');",
            "INSERT INTO user_roles SELECT id, 'x' FROM users;",
            "SELECT * FROM users WHERE token = %(token)s AND email = 'x';",
            "-- loads what the nightly job left\nUPDATE users SET password = :password WHERE id = :id;",
        ] {
            assert!(is_query(text), "{text}");
        }
    }
}
