//! Addresses in the values of variables: URLs, `host:port`, or a host by itself.

/// A host that a variable names, with what is said of its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    /// The port as given, or the scheme's.
    pub(super) port: Option<u16>,
    /// Whether it is more than a word: it has a scheme or a port.
    pub(super) explicit: bool,
}

/// Returns the addresses in a value: one, or several with commas or blanks between them.
pub(super) fn addresses(value: &str) -> Vec<Address> {
    value.split([',', ' ', ';']).filter_map(address).collect()
}

fn address(text: &str) -> Option<Address> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok()?)),
        None => (authority, None),
    };
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_name = !host.is_empty() && host.chars().all(legal);
    let default = match scheme {
        Some("http" | "ws") => Some(80),
        Some("https" | "wss") => Some(443),
        _ => None,
    };
    let explicit = scheme.is_some() || port.is_some();
    is_name.then_some(Address { host, port: port.or(default), explicit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_out_of_what_variables_have() {
        let read = |text| address(text).map(|it| (it.host, it.port, it.explicit));
        let host = |host: &str, port, explicit| Some((host.to_owned(), port, explicit));
        assert_eq!(read("http://a.b:7071/x?y"), host("a.b", Some(7071), true));
        assert_eq!(read("https://A.b./"), host("a.b", Some(443), true));
        assert_eq!(read("postgres://me:pw@db.local/x"), host("db.local", None, true));
        assert_eq!(read("a.b:80"), host("a.b", Some(80), true));
        assert_eq!(read("a.b"), host("a.b", None, false));
        for nothing in ["", "http://", "a b", "a:b", "{}", "http://a:99999"] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
        assert_eq!(addresses("a.b:1,c.d:2").len(), 2);
    }
}
