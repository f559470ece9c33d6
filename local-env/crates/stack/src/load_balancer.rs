//! An Application Load Balancer as the template describes it: its attributes, its listeners and their
//! certificates. What a listener does with requests stands in [`rule`](super::rule).

use std::time::Duration;

use super::{Action, Arn, LogicalId, Rule, SecurityGroupId};

/// A load balancer with the listeners that name it (`AWS::ElasticLoadBalancingV2::LoadBalancer`).
#[derive(Clone, Debug, PartialEq)]
pub struct LoadBalancer {
    /// The name in the template.
    pub logical_id: LogicalId,
    /// The ARN, by which listeners name it.
    pub arn: Arn,
    /// The name: `Name`, or what CloudFormation would have made of the logical id.
    pub name: String,
    /// The name in logs and metrics: `app/NAME/ID`.
    pub full_name: String,
    /// The host name that stands in for AWS's own.
    pub dns_name: String,
    /// The attributes: how it treats connections and requests.
    pub attributes: LoadBalancerAttributes,
    /// The ids of its security groups; where there are none, it is in the VPC's default group.
    pub security_groups: Vec<SecurityGroupId>,
    /// The listeners by port, ascending.
    pub listeners: Vec<Listener>,
}

/// The attributes of a load balancer that change what happens to a request (alb §10.2). The default
/// is AWS's.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of AWS's own")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancerAttributes {
    /// The longest that both sides of a connection may be silent: `idle_timeout.timeout_seconds`.
    pub idle_timeout: Duration,
    /// The greatest age of a client's connection: `client_keep_alive.seconds`.
    pub client_keep_alive: Duration,
    /// The treatment of ambiguous requests: `routing.http.desync_mitigation_mode`.
    pub desync_mitigation: DesyncMitigation,
    /// Whether headers with illegal names are dropped:
    /// `routing.http.drop_invalid_header_fields.enabled`.
    pub drop_invalid_headers: bool,
    /// Whether `Host` is sent on as it came: `routing.http.preserve_host_header.enabled`.
    pub preserve_host: bool,
    /// Whether targets are told how TLS is spoken:
    /// `routing.http.x_amzn_tls_version_and_cipher_suite.enabled`.
    pub tls_headers: bool,
    /// Whether targets are told the client's port: `routing.http.xff_client_port.enabled`.
    pub client_port: bool,
    /// The treatment of `X-Forwarded-For`: `routing.http.xff_header_processing.mode`.
    pub forwarded_for: ForwardedFor,
    /// Whether clients may speak HTTP/2: `routing.http2.enabled`.
    pub http2: bool,
}

/// The treatment of requests that two servers might read differently (alb §8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DesyncMitigation {
    /// Such requests are counted.
    Monitor,
    /// The worst of such requests are blocked, and connections closed after doubtful ones.
    Defensive,
    /// Everything that is not as the standard has it is blocked.
    Strictest,
}

/// The treatment of `X-Forwarded-For` (alb §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardedFor {
    /// The client's address is added at its end.
    Append,
    /// The header is sent on as it came.
    Preserve,
    /// The header is taken out.
    Remove,
}

/// A listener with its rules (`AWS::ElasticLoadBalancingV2::Listener`).
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    /// The name in the template.
    pub logical_id: LogicalId,
    /// The ARN, by which rules name it.
    pub arn: Arn,
    /// The port in AWS; where it is published is for the environment to decide.
    pub port: u16,
    /// The protocol that clients speak.
    pub protocol: ListenerProtocol,
    /// The attributes: what it does to headers.
    pub attributes: ListenerAttributes,
    /// The rules by priority, ascending: the order in which they are tried.
    pub rules: Vec<Rule>,
    /// The action for a request that no rule matches.
    pub default_action: Action,
}

/// The protocol that clients speak to a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenerProtocol {
    /// HTTP/1 without TLS.
    Http,
    /// HTTP/1 or HTTP/2 over TLS.
    Https {
        /// The certificates: the default one first, then those of each `ListenerCertificate`.
        certificates: Vec<Certificate>,
        /// The security policy: which versions of TLS are spoken.
        policy: SslPolicy,
    },
}

/// A listener's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The ARN, by which listeners name it.
    pub arn: Arn,
    /// The names on it, wildcards included; none where the template does not tell them.
    pub domain_names: Vec<String>,
    /// The kind of its key: `KeyAlgorithm`.
    pub key: KeyAlgorithm,
}

/// The kind of key that a certificate has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// An RSA key of any length.
    Rsa,
    /// A key on an elliptic curve.
    Ecdsa,
}

/// The versions of TLS that a listener speaks (alb §1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SslPolicy {
    /// The name that AWS has for it.
    pub name: String,
    /// Whether it speaks TLS 1.2.
    pub tls12: bool,
    /// Whether it speaks TLS 1.3.
    pub tls13: bool,
}

/// The attributes of a listener (alb §5.5). The default is AWS's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerAttributes {
    /// Whether answers have the header `Server`: `routing.http.response.server.enabled`.
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
            logical_id: name.into(),
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
            logical_id: format!("Port{port}").into(),
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
    /// Returns the policy of a listener that names none, which is without TLS 1.3 (alb §1.6).
    fn default() -> Self {
        Self { name: "ELBSecurityPolicy-2016-08".into(), tls12: true, tls13: false }
    }
}
