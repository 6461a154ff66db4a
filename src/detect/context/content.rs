//! Kinds of files that are named like credentials, by their content.

use super::{FileKind, queries};
use crate::credentials;
use crate::detect::Folder;
use crate::secrets;

/// Maximum bytes of a query or migration; a larger SQL file is a dump.
const DUMP: u64 = 1024 * 1024;

/// Maximum bytes of a certificate file; bundles of all public authorities have 250 KiB.
const LARGEST: u64 = 512 * 1024;

/// Labels of public PEM blocks.
const PUBLIC: [&str; 6] = ["CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE", "X509 CRL", "PUBLIC KEY", "RSA PUBLIC KEY"];

/// Folders with templates, static files and translations.
const FOLDERS: [&str; 7] = ["i18n", "locale", "locales", "static", "staticfiles", "templates", "translations"];

/// Extensions of mails, which people keep logins in, too.
const TEXTS: [&str; 2] = ["md", "txt"];

/// Extensions of markup, styles, scripts and catalogs: files that no one keeps a login in.
const CODE: [&str; 12] = ["css", "htm", "html", "j2", "jinja", "jinja2", "js", "mjml", "mo", "po", "scss", "svg"];

/// The kind of a file that lies in no folder of credentials, or in one that may be a feature of the application.
pub(super) fn kind_of(directory: &Folder, path: &str, size: u64) -> FileKind {
    let text = |largest| directory.bytes(path, largest).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    if credentials::may_be_query(path) {
        let is_query = size <= DUMP && !queries::is_dump_name(path) && text(DUMP).is_some_and(|text| queries::is_query(&text));
        return if is_query { FileKind::Query } else { FileKind::Other };
    }
    if credentials::is_copy(path) || size > LARGEST {
        return FileKind::Other;
    }
    let extension = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, extension)| extension);
    let extension = extension.to_ascii_lowercase();
    match extension.as_str() {
        extension
            if TEXTS.contains(&extension)
                && is_below("templates", path)
                && text(LARGEST).is_some_and(|text| is_template(&text)) =>
        {
            FileKind::Text
        }
        "pem" if text(LARGEST).is_some_and(|text| is_public(&text)) => FileKind::Certificate,
        extension if is_in_texts(path, extension) && text(LARGEST).is_some_and(|text| has_no_secret(&text)) => FileKind::Text,
        _ => FileKind::Other,
    }
}

/// Whether a text consists of public PEM blocks; comments between them are usual.
fn is_public(text: &str) -> bool {
    let labels: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("-----BEGIN ")).collect();
    let is_public = |label: &&str| label.strip_suffix("-----").is_some_and(|label| PUBLIC.contains(&label));
    !labels.is_empty() && labels.iter().all(is_public) && !text.contains("PRIVATE")
}

/// Whether a file lies where an application has its templates, static files and translations, or stays out for its folder only.
fn is_in_texts(path: &str, extension: &str) -> bool {
    CODE.contains(&extension)
        && (FOLDERS.iter().any(|folder| is_below(folder, path)) || credentials::rule_of_itself(path).is_none())
}

fn is_below(folder: &str, path: &str) -> bool {
    path.split('/').any(|name| name == folder)
}

/// Whether a text is one that an application fills in, such as a mail.
fn is_template(text: &str) -> bool {
    ["{{", "{%"].iter().any(|mark| text.contains(mark)) && has_no_secret(text)
}

/// Whether a text contains no secret. A single word may be a password.
fn has_no_secret(text: &str) -> bool {
    let is_text = text.trim().len() < 3 || text.split_whitespace().count() > 2;
    is_text && text.lines().all(|line| secrets::what(line).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_certificates_are_told_from_private_keys() {
        let block = |label: &str| format!("-----BEGIN {label}-----\nMIIB\n-----END {label}-----\n");
        assert!(is_public(&block("CERTIFICATE")) && is_public(&format!("# Root\n{0}{0}", block("CERTIFICATE"))));
        for text in [
            block("PRIVATE KEY"),
            block("CERTIFICATE") + &block("RSA PRIVATE KEY"),
            block("CERTIFICATE") + &block("PRIVATE KEY"),
            block("EC PARAMETERS"),
            "MIIB".to_owned(),
            String::new(),
        ] {
            assert!(!is_public(&text), "{text}");
        }
    }

    #[test]
    fn texts_with_secrets_are_no_texts_of_applications() {
        for (text, expected) in [
            ("{}", true),
            ("const element = 1;\n", true),
            ("Hello {{ user }},\nuse the link below.\n", true),
            ("Your new password: {{ password }}\n", true),
            ("hunter2", false),
            ("the key is\nAKIAIOSFODNN7EXAMPLE and so on", false),
        ] {
            assert_eq!(has_no_secret(text), expected, "{text}");
        }
    }
}
