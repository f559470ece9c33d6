//! The request that is asked about. Its URL is kept byte for byte: a parser for the web would take
//! out the very things that matter here, such as `..` and encodings.

use std::{net::IpAddr, str::FromStr};

use alb::{Fields, rules::Request};

/// A URL, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) https: bool,
    /// Host and port, as far as it was given.
    pub(crate) authority: String,
    pub(crate) port: u16,
    /// Path and query.
    pub(crate) target: String,
}

/// A request that nobody has sent.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) url: Url,
    /// As it would be sent, with its port.
    pub(crate) host: String,
    fields: Fields,
    source: IpAddr,
}

/// Without the port, which conditions don't see.
pub(super) fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        // In `[::1]` the last colon belongs to the address.
        Some((name, port)) if !port.ends_with(']') => name,
        _ => authority,
    }
}

/// In any case: rules tell `get` from `GET`.
pub(crate) fn method(text: &str) -> Result<String, String> {
    if is_token(text) { Ok(text.to_owned()) } else { Err("it is no method".into()) }
}

/// `Name: value`.
pub(crate) fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("there is no `:` in it")?;
    let value = value.trim();
    if !is_token(name) {
        return Err(format!("`{name}` is no name of a header"));
    }
    if value.contains(char::is_control) {
        return Err("a value has no control characters".into());
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(legal)
}

// === impl Url ===

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(format!("a load balancer does not speak `{scheme}`")),
        };
        if rest.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err("a URL has no blanks or control characters: write them as `%20`".into());
        }
        // Clients keep the fragment to themselves.
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let host = without_port(authority);
        if host.is_empty() {
            return Err("it names no host, as in `http://localhost/path`".into());
        }
        let port = match authority[host.len()..].strip_prefix(':') {
            Some(port) => port.parse().map_err(|_| format!("`{port}` is no port"))?,
            None if https => 443,
            None => 80,
        };
        let slash = if target.starts_with('/') { "" } else { "/" };
        let target = format!("{slash}{target}");
        Ok(Self { https, authority: authority.to_owned(), port, target })
    }
}

// === impl Asked ===

impl Asked {
    /// A `Host` among the headers takes the place of the URL's.
    pub(crate) fn new(
        method: &str,
        url: Url,
        headers: &[(String, String)],
        source: IpAddr,
    ) -> Self {
        let given = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
        let host = given.map_or_else(|| url.authority.clone(), |(_, host)| host.clone());
        let mut fields = Fields::default();
        if given.is_none() {
            fields.push(b"Host", host.as_bytes());
        }
        for (name, value) in headers {
            fields.push(name.as_bytes(), value.as_bytes());
        }
        Self { method: method.to_owned(), url, host, fields, source }
    }

    /// What rules look at.
    pub(crate) fn request(&self) -> Request<'_> {
        Request {
            method: self.method.as_bytes(),
            host: without_port(&self.host).as_bytes(),
            path: self.path().as_bytes(),
            query: self.query().map(str::as_bytes),
            fields: &self.fields,
            source: self.source,
        }
    }

    pub(crate) fn path(&self) -> &str {
        self.url.target.split('?').next().unwrap_or_default()
    }

    pub(crate) fn query(&self) -> Option<&str> {
        self.url.target.split_once('?').map(|(_, query)| query)
    }

    /// What rules see otherwise than one might think.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Ok(Some(seen)) = self.request().normalised_path()
            && *seen != *self.path().as_bytes()
        {
            warnings.push(format!(
                "rules compare the path once it is decoded and free of dot segments, which is \
                 `{}`; the target gets it as it was sent",
                String::from_utf8_lossy(&seen).escape_debug()
            ));
        }
        if self.path().contains("//") {
            warnings.push(
                "the path has `//`, which is taken here as it stands; AWS does not say whether its \
                 rules see one slash"
                    .into(),
            );
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (bool, String, u16, String) {
        let url: Url = url.parse().unwrap();
        (url.https, url.authority, url.port, url.target)
    }

    #[test]
    fn a_url_is_taken_as_it_is_typed() {
        for (url, https, authority, port, target) in [
            ("http://h", false, "h", 80, "/"),
            ("HTTPS://H/a/../%62//?", true, "H", 443, "/a/../%62//?"),
            ("h:8080?x=/", false, "h:8080", 8080, "/?x=/"),
            ("https://[::1]:8443/a#b", true, "[::1]:8443", 8443, "/a"),
            ("http://[::1]/", false, "[::1]", 80, "/"),
        ] {
            assert_eq!(parts(url), (https, authority.into(), port, target.into()), "{url}");
        }
    }

    #[test]
    fn a_given_host_takes_the_place_of_the_urls() {
        let headers = [("host".to_owned(), "app.example.com:80".to_owned())];
        let url = "http://localhost:8080/".parse().unwrap();
        let asked = Asked::new("GET", url, &headers, IpAddr::from([127, 0, 0, 1]));
        assert_eq!(asked.request().host, b"app.example.com");
        assert_eq!(asked.fields.len(), 1);
    }
}
