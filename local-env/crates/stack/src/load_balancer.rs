//! An Application Load Balancer as the template describes it: its attributes, its listeners and their
//! certificates. What a listener does with requests stands in [`rule`](super::rule).

use std::time::Duration;

use super::{Action, Arn, Rule, SecurityGroupId};

/// `AWS::ElasticLoadBalancingV2::LoadBalancer` with the listeners that name it.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadBalancer {
    /// Its name in the template.
    pub logical_id: String,
    /// What listeners call it.
    pub arn: Arn,
    /// `Name`, or what CloudFormation would have made of the logical id.
    pub name: String,
    /// `app/NAME/ID`, as logs and metrics call it.
    pub full_name: String,
    /// The host name that stands in for AWS's own.
    pub dns_name: String,
    /// How it treats connections and requests.
    pub attributes: LoadBalancerAttributes,
    /// Its groups; where there are none, the VPC's default group.
    pub security_groups: Vec<SecurityGroupId>,
    /// By port, ascending.
    pub listeners: Vec<Listener>,
}

/// `LoadBalancerAttributes`, as far as they change what happens to a request (alb §10.2). The default
/// is AWS's.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of AWS's own")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancerAttributes {
    /// `idle_timeout.timeout_seconds`: how long neither side of a connection may send anything.
    pub idle_timeout: Duration,
    /// `client_keep_alive.seconds`: the greatest age of a client's connection.
    pub client_keep_alive: Duration,
    /// `routing.http.desync_mitigation_mode`.
    pub desync_mitigation: DesyncMitigation,
    /// `routing.http.drop_invalid_header_fields.enabled`.
    pub drop_invalid_headers: bool,
    /// `routing.http.preserve_host_header.enabled`.
    pub preserve_host: bool,
    /// `routing.http.x_amzn_tls_version_and_cipher_suite.enabled`.
    pub tls_headers: bool,
    /// `routing.http.xff_client_port.enabled`.
    pub client_port: bool,
    /// `routing.http.xff_header_processing.mode`.
    pub forwarded_for: ForwardedFor,
    /// `routing.http2.enabled`.
    pub http2: bool,
}

/// What is done with requests that two servers might read differently (alb §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DesyncMitigation {
    /// They are counted.
    Monitor,
    /// The worst are blocked, and connections closed after doubtful ones.
    Defensive,
    /// Everything that is not as the standard has it is blocked.
    Strictest,
}

/// What is done with `X-Forwarded-For` (alb §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardedFor {
    /// The client's address is added at its end.
    Append,
    /// It is sent on as it came.
    Preserve,
    /// It is taken out.
    Remove,
}

/// `AWS::ElasticLoadBalancingV2::Listener` with its rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    /// Its name in the template.
    pub logical_id: String,
    /// What rules call it.
    pub arn: Arn,
    /// The port in AWS; where it is published is for the environment to decide.
    pub port: u16,
    /// Plain or over TLS.
    pub protocol: ListenerProtocol,
    /// What it does to headers.
    pub attributes: ListenerAttributes,
    /// By priority, ascending: the order in which they are tried.
    pub rules: Vec<Rule>,
    /// What happens when no rule matches.
    pub default_action: Action,
}

/// How clients speak to a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenerProtocol {
    /// Plain HTTP/1.
    Http,
    /// HTTP/1 or HTTP/2 over TLS.
    Https {
        /// The default certificate first; then those of `ListenerCertificate`s.
        certificates: Vec<Certificate>,
        /// `SslPolicy`.
        policy: SslPolicy,
    },
}

/// A listener's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// What the listener calls it.
    pub arn: Arn,
    /// The names on it, wildcards included; none where the template does not tell them.
    pub domain_names: Vec<String>,
    /// `KeyAlgorithm`.
    pub key: KeyAlgorithm,
}

/// What kind of key a certificate has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// RSA of any length.
    Rsa,
    /// An elliptic curve.
    Ecdsa,
}

/// Which versions of TLS a listener speaks (alb §1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SslPolicy {
    /// AWS's name for it.
    pub name: String,
    /// Whether it speaks TLS 1.2.
    pub tls12: bool,
    /// Whether it speaks TLS 1.3.
    pub tls13: bool,
}

/// `ListenerAttributes` (alb §5.5). The default is AWS's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerAttributes {
    /// `routing.http.response.server.enabled`.
    pub server_header: bool,
    /// The headers that every answer gets in place of a target's: name and value.
    pub response_headers: Vec<(String, String)>,
    /// The name of the header that tells a target the version of TLS.
    pub tls_version_header: String,
    /// The name of the header that tells a target the cipher suite.
    pub tls_cipher_suite_header: String,
}

// === impl LoadBalancer ===

impl LoadBalancer {
    /// Makes a load balancer of this name with AWS's defaults. Its ARN is its name.
    pub fn named(name: &str, listeners: Vec<Listener>) -> Self {
        Self {
            logical_id: name.to_owned(),
            arn: Arn::from(name),
            name: name.to_owned(),
            full_name: format!("app/{name}/0"),
            dns_name: "localhost".into(),
            attributes: LoadBalancerAttributes::default(),
            security_groups: Vec::new(),
            listeners,
        }
    }
}

// === impl Listener ===

impl Listener {
    /// Makes an HTTP listener that has no rules but the default one, with AWS's defaults.
    pub fn http(port: u16, default_action: Action) -> Self {
        Self {
            logical_id: format!("Port{port}"),
            arn: Arn::from(format!("listener/{port}").as_str()),
            port,
            protocol: ListenerProtocol::Http,
            attributes: ListenerAttributes::default(),
            rules: Vec::new(),
            default_action,
        }
    }
}

// === impl LoadBalancerAttributes ===

impl Default for LoadBalancerAttributes {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(60),
            client_keep_alive: Duration::from_secs(3600),
            desync_mitigation: DesyncMitigation::Defensive,
            drop_invalid_headers: false,
            preserve_host: false,
            tls_headers: false,
            client_port: false,
            forwarded_for: ForwardedFor::Append,
            http2: true,
        }
    }
}

// === impl ListenerAttributes ===

impl Default for ListenerAttributes {
    fn default() -> Self {
        Self {
            server_header: true,
            response_headers: Vec::new(),
            tls_version_header: "X-Amzn-Tls-Version".into(),
            tls_cipher_suite_header: "X-Amzn-Tls-Cipher-Suite".into(),
        }
    }
}

// === impl SslPolicy ===

impl Default for SslPolicy {
    /// What a listener has that names none, which is without TLS 1.3 (alb §1.6).
    fn default() -> Self {
        Self { name: "ELBSecurityPolicy-2016-08".into(), tls12: true, tls13: false }
    }
}
