//! The environment's variables as typed settings: what was typed is parsed here, once, and what is
//! meant goes on from here.

use std::{
    ffi::OsString,
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
    time::Duration,
};

use url::{Host, Url};

/// What a service is told from outside.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `HOST` and `PORT`.
    pub listen: SocketAddr,
    /// `SERVICE_URL`.
    pub peer: Option<PeerUrl>,
    /// `DNS_SERVER`; the system's own where there is none.
    pub dns_server: Option<SocketAddr>,
    /// `ECS_CONTAINER_METADATA_URI_V4`, which ECS sets.
    pub metadata: Option<Url>,
    /// How long things may take. Not in the environment.
    pub limits: Limits,
}

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Finding the peer's addresses: 1 s.
    pub resolve: Duration,
    /// Connecting to the peer, shared among its addresses: 1 s.
    pub connect: Duration,
    /// The whole call of the peer: 3 s.
    pub call: Duration,
    /// Asking which task this is, and then a pause before asking again: 1 s.
    pub metadata: Duration,
    /// Finishing what is in flight at a stop: 25 s, as ECS kills 30 s after SIGTERM.
    pub drain: Duration,
}

/// An address of the peer's that can be asked as it stands: http or https, with a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerUrl(Url);

/// What is wrong with a peer's URL.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerUrlError {
    /// Not a URL at all.
    #[error("is not a URL ({0})")]
    Syntax(#[from] url::ParseError),
    /// A scheme that services do not speak.
    #[error("has the scheme {0}, which is neither http nor https")]
    Scheme(String),
    /// They would show up in logs and answers.
    #[error("has a user name or password in it")]
    Credentials,
    /// Never sent, so certainly meant otherwise.
    #[error("has a fragment (#…), which no server would see")]
    Fragment,
    /// An IP address, or a name that begins with a dot.
    #[error("has neither a path nor a host name from whose first label the path could be taken")]
    NoPath,
}

/// A variable whose value makes no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable}={value:?} {wrong}; wanted {wanted}")]
pub struct SettingError {
    /// The variable's name.
    pub variable: &'static str,
    /// What was typed.
    pub value: String,
    /// Continues a sentence about the value.
    pub wrong: String,
    /// What would be right.
    pub wanted: &'static str,
}

// === impl Settings ===

impl Settings {
    /// Reads the process's environment.
    pub fn from_environment(default_port: u16) -> Result<Self, SettingError> {
        Self::read(default_port, |variable| std::env::var_os(variable))
    }

    /// Reads an environment.
    pub fn read(
        default_port: u16,
        typed: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, SettingError> {
        let host = setting("HOST", &typed, "an IP address such as 0.0.0.0 or 127.0.0.1", ip)?;
        let port = setting("PORT", &typed, "0 to 65535, where 0 takes any free port", port)?;
        let peer = "a URL such as http://service2.services:7072 or http://10.0.0.1:7072/service2";
        let metadata = "an http URL such as ECS itself sets";
        Ok(Self {
            listen: SocketAddr::new(
                host.unwrap_or(Ipv4Addr::UNSPECIFIED.into()),
                port.unwrap_or(default_port),
            ),
            peer: setting("SERVICE_URL", &typed, peer, str::parse)?,
            dns_server: setting("DNS_SERVER", &typed, "address:port such as 10.0.0.2:53", server)?,
            metadata: setting("ECS_CONTAINER_METADATA_URI_V4", &typed, metadata, endpoint)?,
            limits: Limits::default(),
        })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(1),
            connect: Duration::from_secs(1),
            call: Duration::from_secs(3),
            metadata: Duration::from_secs(1),
            drain: Duration::from_secs(25),
        }
    }
}

/// One variable, or `None` where it is unset or empty.
pub(crate) fn setting<T, E: fmt::Display>(
    variable: &'static str,
    typed: impl Fn(&str) -> Option<OsString>,
    wanted: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, SettingError> {
    let Some(value) = typed(variable).filter(|value| !value.is_empty()) else { return Ok(None) };
    let refuse = |wrong: String| SettingError {
        variable,
        value: value.to_string_lossy().into_owned(),
        wrong,
        wanted,
    };
    let text = value.to_str().ok_or_else(|| refuse("is not UTF-8".into()))?;
    parse(text).map(Some).map_err(|wrong| refuse(wrong.to_string()))
}

fn ip(typed: &str) -> Result<IpAddr, &'static str> {
    typed.parse().map_err(|_| "is not an IP address")
}

fn port(typed: &str) -> Result<u16, &'static str> {
    typed.parse().map_err(|_| "is not a port")
}

fn server(typed: &str) -> Result<SocketAddr, &'static str> {
    match typed.parse::<SocketAddr>() {
        Ok(server) if server.port() == 0 => Err("has port 0, where nothing can listen"),
        Ok(server) => Ok(server),
        Err(_) => Err("is not an IP address and a port"),
    }
}

fn endpoint(typed: &str) -> Result<Url, &'static str> {
    let url = Url::parse(typed).map_err(|_| "is not a URL")?;
    if url.scheme() == "http" { Ok(url) } else { Err("has another scheme than http") }
}

// === impl PeerUrl ===

impl PeerUrl {
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for PeerUrl {
    type Err = PeerUrlError;

    fn from_str(typed: &str) -> Result<Self, PeerUrlError> {
        let mut url = Url::parse(typed)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(PeerUrlError::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(PeerUrlError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(PeerUrlError::Fragment);
        }
        if url.path() == "/" {
            let path = path_of_host(&url).ok_or(PeerUrlError::NoPath)?;
            url.set_path(&path);
        }
        Ok(Self(url))
    }
}

impl fmt::Display for PeerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `/service2` for `service2.services`.
fn path_of_host(url: &Url) -> Option<String> {
    let Host::Domain(name) = url.host()? else { return None };
    name.split('.').next().filter(|label| !label.is_empty()).map(|label| format!("/{label}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &[(&str, &str)]) -> Result<Settings, SettingError> {
        Settings::read(7071, |variable| {
            typed.iter().find(|(name, _)| *name == variable).map(|(_, value)| value.into())
        })
    }

    fn peer(typed: &str) -> Result<String, PeerUrlError> {
        typed.parse::<PeerUrl>().map(|url| url.to_string())
    }

    #[test]
    fn an_empty_environment_means_the_services_own_port_on_all_addresses() {
        let settings = read(&[("PORT", ""), ("SERVICE_URL", "")]).unwrap();
        assert_eq!(settings.listen.to_string(), "0.0.0.0:7071");
        assert!(settings.peer.is_none() && settings.dns_server.is_none());
        assert!(settings.metadata.is_none());
        assert_eq!(settings.limits.call, Duration::from_secs(3));
    }

    #[test]
    fn every_variable_is_read() {
        let settings = read(&[
            ("HOST", "::1"),
            ("PORT", "8080"),
            ("SERVICE_URL", "http://service2.services:7072"),
            ("DNS_SERVER", "10.0.0.2:53"),
            ("ECS_CONTAINER_METADATA_URI_V4", "http://169.254.170.2/v4/0123456789abcdef"),
        ])
        .unwrap();
        assert_eq!(settings.listen.to_string(), "[::1]:8080");
        let peer = settings.peer.unwrap();
        assert_eq!(peer.to_string(), "http://service2.services:7072/service2");
        assert_eq!(settings.dns_server.unwrap().to_string(), "10.0.0.2:53");
        assert_eq!(settings.metadata.unwrap().path(), "/v4/0123456789abcdef");
    }

    #[test]
    fn a_bad_value_is_told_with_its_variable_and_what_is_wanted() {
        for (variable, value) in [
            ("PORT", "65536"),
            ("PORT", "http"),
            ("HOST", "localhost"),
            ("SERVICE_URL", "service2.services:7072"),
            ("DNS_SERVER", "10.0.0.2"),
            ("DNS_SERVER", "10.0.0.2:0"),
            ("ECS_CONTAINER_METADATA_URI_V4", "169.254.170.2"),
            ("ECS_CONTAINER_METADATA_URI_V4", "https://169.254.170.2"),
        ] {
            let said = read(&[(variable, value)]).unwrap_err().to_string();
            assert!(said.starts_with(&format!("{variable}={value:?} ")), "{said}");
            assert!(said.contains("; wanted ") && !said.contains('\n'), "{said}");
        }
    }

    #[test]
    fn a_peers_path_is_its_own_or_the_hosts_first_label() {
        let label = Ok("http://service2.services:7072/service2".to_owned());
        assert_eq!(peer("http://service2.services:7072"), label);
        assert_eq!(peer("http://service2.services:7072/"), label);
        assert_eq!(
            peer("https://service2.services/service2/health?deep=1").unwrap(),
            "https://service2.services/service2/health?deep=1"
        );
        assert_eq!(peer("http://10.0.0.1/service2").unwrap(), "http://10.0.0.1/service2");
    }

    #[test]
    fn an_address_without_a_path_is_refused() {
        for url in ["http://10.0.0.1:7072", "http://[::1]:7072/", "http://.services:7072"] {
            assert_eq!(peer(url), Err(PeerUrlError::NoPath), "{url}");
        }
    }

    #[test]
    fn what_no_peer_would_see_or_should_show_is_refused() {
        assert_eq!(peer("http://me:secret@service2.services"), Err(PeerUrlError::Credentials));
        assert_eq!(peer("http://service2.services#top"), Err(PeerUrlError::Fragment));
        assert_eq!(peer("ftp://service2.services"), Err(PeerUrlError::Scheme("ftp".into())));
        assert!(matches!(peer("nonsense"), Err(PeerUrlError::Syntax(_))));
    }
}
