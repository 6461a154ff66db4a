//! The parts of an address, as they are written. The one parser of addresses: of presets, of variables, and of those in messages.
//!
//! It accepts everything, as passwords and mistakes have any character: what is valid is for others to say.

/// `scheme://login@host:port/path?query#fragment`
#[derive(Debug, Clone, Copy)]
pub(crate) struct Url<'t> {
    pub(crate) scheme: &'t str,
    /// All behind `://`.
    pub(crate) rest: &'t str,
    /// The same up to the fragment.
    pub(crate) location: &'t str,
    /// Login, host and port.
    pub(crate) authority: &'t str,
    /// What is behind the first `#`.
    pub(crate) fragment: Option<&'t str>,
}

impl<'t> Url<'t> {
    /// An address that is all of a text; none without `://`.
    pub(crate) fn parse(text: &'t str) -> Option<Self> {
        text.split_once("://").map(|(scheme, rest)| Self::of(scheme, rest))
    }

    /// An address of a scheme, or of none, and what follows its `://`.
    pub(crate) fn of(scheme: &'t str, rest: &'t str) -> Self {
        let (location, fragment) = rest.split_once('#').map_or((rest, None), |(before, fragment)| (before, Some(fragment)));
        // browsers and git for Windows read `\` as `/`
        let end = location.find(['/', '?', '\\']).unwrap_or(location.len());
        Self { scheme, rest, location, authority: &location[..end], fragment }
    }

    /// The scheme in small letters, without what says only that it is git's: `https` of `git+HTTPS`.
    pub(crate) fn base(&self) -> String {
        let scheme = self.scheme.to_ascii_lowercase();
        scheme.strip_prefix("git+").map(str::to_owned).unwrap_or(scheme)
    }

    /// The user, and the password behind a colon.
    pub(crate) fn login(&self) -> Option<&'t str> {
        self.authority.rsplit_once('@').map(|(login, _)| login)
    }

    pub(crate) fn host_and_port(&self) -> &'t str {
        self.authority.rsplit_once('@').map_or(self.authority, |(_, host)| host)
    }

    /// The host; an address of IPv6 in its brackets.
    pub(crate) fn host(&self) -> &'t str {
        let host = self.host_and_port();
        self.port().map_or(host, |port| &host[..host.len() - port.len() - 1])
    }

    /// What is behind the colon of a host: a port, unless a password has a character that ends the host too early.
    pub(crate) fn port(&self) -> Option<&'t str> {
        let host = self.host_and_port();
        let port = if host.starts_with('[') { host.rsplit_once("]:") } else { host.split_once(':') };
        port.map(|(_, port)| port)
    }

    /// Whether what is in the place of a port is none; a port may be named by a reference or a variable.
    pub(crate) fn has_no_port(&self) -> bool {
        self.port().is_some_and(|port| !port.starts_with(['{', '$', '<']) && port.bytes().any(|byte| !byte.is_ascii_digit()))
    }

    /// What is behind the authority: the path and the query.
    pub(crate) fn below(&self) -> &'t str {
        &self.location[self.authority.len()..]
    }

    /// Where the query begins in the location, with its `?`.
    pub(crate) fn query_at(&self) -> Option<usize> {
        self.location.find('?')
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn an_address_has_parts() {
        for (text, login, host, port, below, fragment) in [
            ("https://example.com", None, "example.com", None, "", None),
            ("https://u:p@h:8080/a/b?c=d#e#f", Some("u:p"), "h", Some("8080"), "/a/b?c=d", Some("e#f")),
            ("git+ssh://git@h/a//b", Some("git"), "h", None, "/a//b", None),
            ("postgres://u:p@ss@h/d", Some("u:p@ss"), "h", None, "/d", None),
            ("https://[::1]:8443/a", None, "[::1]", Some("8443"), "/a", None),
            ("https://[::1]/a", None, "[::1]", None, "/a", None),
            ("https://h?a@b", None, "h", None, "?a@b", None),
            ("https://h\\@b", None, "h", None, "\\@b", None),
            ("postgres://u:p/ss@h", None, "u", Some("p"), "/ss@h", None),
            ("file:///srv/a", None, "", None, "/srv/a", None),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!(
                (url.login(), url.host(), url.port(), url.below(), url.fragment),
                (login, host, port, below, fragment),
                "{text}"
            );
        }
        assert!(Url::parse("git@github.com:team/shop").is_none());
        assert_eq!(Url::of("GIT+HTTPS", "h").base(), "https");
        assert_eq!(Url::of("https", "h/a?b").query_at(), Some(3));
        let broken = |rest: &str| Url::of("https", rest).has_no_port();
        assert!(broken("u:p/ss@h") && !broken("h:80/") && !broken("h:{port}/") && !broken("u:p@h"));
    }
}
