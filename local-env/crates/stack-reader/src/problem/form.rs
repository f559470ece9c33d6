//! The forms that texts in a template have to have, as their mends tell them.

use std::fmt;

/// What a text has to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The name of a load balancer or a target group.
    LoadBalancerName,
    /// The name of a container.
    ContainerName,
    /// The name of a Cloud Map service, or of a namespace with DNS.
    DomainName,
    /// The name of a namespace without DNS.
    HttpNamespaceName,
    /// The id of an instance in Cloud Map.
    InstanceId,
    /// The value of an attribute of an instance that Cloud Map gives a meaning.
    InstanceAttribute,
    /// A path with wildcards.
    PathPattern,
    /// A host with wildcards.
    HostPattern,
    /// The end of a host with wildcards.
    TopLevelDomain,
    /// A method of HTTP.
    Method,
    /// The name of a header that a condition looks at.
    HeaderName,
    /// The name that a listener's attribute gives a header.
    HeaderAttribute,
    /// The value that a listener's attribute gives a header of answers.
    HeaderValue,
    /// A text of printable characters.
    Printable,
    /// A range of IPv4 or IPv6 addresses.
    Cidr,
    /// A range of IPv4 addresses.
    CidrV4,
    /// A range of IPv6 addresses.
    CidrV6,
    /// The protocol of a redirect.
    RedirectProtocol,
    /// The host of a redirect.
    RedirectHost,
    /// The port of a redirect.
    RedirectPort,
    /// The path of a redirect.
    RedirectPath,
    /// The query of a redirect.
    RedirectQuery,
    /// The path of a health check.
    HealthCheckPath,
    /// The codes that pass a health check, from the first to the last that AWS takes.
    Codes(u16, u16),
    /// The name of a cookie.
    CookieName,
    /// The protocol of a security group's rule.
    IpProtocol,
    /// CPU units, or vCPUs with their unit.
    Cpu,
    /// MiB, or GB with their unit.
    Memory,
    /// The ARN of an environment file.
    EnvironmentFile,
}

// === impl Form ===

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LoadBalancerName => "a name has up to 32 letters, digits and hyphens",
            Self::ContainerName => {
                "a name has up to 255 letters, digits, hyphens and underscores"
            }
            Self::DomainName => {
                "a name has labels of up to 63 letters, digits, hyphens and underscores, \
                 with dots between them"
            }
            Self::HttpNamespaceName => "a name has 1 to 1024 characters, none of them blank",
            Self::InstanceId => "an id has 1 to 64 letters, digits and `_/:.@-`",
            Self::InstanceAttribute => {
                "give an address, a port or a health status, as the attribute's name says"
            }
            Self::PathPattern => {
                "a pattern is made of letters, digits and _ - . $ / ~ \" ' @ : + & * ?"
            }
            Self::HostPattern => "a host is made of letters, digits and - . * ?",
            Self::TopLevelDomain => "a host has a dot, and nothing but letters after its last one",
            Self::Method => "a method is made of capital letters, - and _",
            Self::HeaderName => {
                "a header's name is made of letters, digits and ! # $ % & ' + - . ^ _ ` | ~"
            }
            Self::HeaderAttribute => {
                "a header's name is made of letters, digits, hyphens and underscores"
            }
            Self::HeaderValue => {
                "write letters, digits, blanks and _ : ; . , \\ / ' ? ! ( ) { } [ ] @ < > = - + * # \
                 & ` | ~ ^ %"
            }
            Self::Printable => "AWS compares printable characters of ASCII only",
            Self::Cidr => "write a range of addresses, as in 10.0.0.0/8 or 2001:db8::/32",
            Self::CidrV4 => "write a range of addresses, as in 10.0.0.0/8",
            Self::CidrV6 => "write a range of addresses, as in 2001:db8::/32",
            Self::RedirectProtocol => "write `HTTP`, `HTTPS` or `#{protocol}`",
            Self::RedirectHost => "a host has 1 to 128 characters",
            Self::RedirectPort => "write 1 to 65535, or `#{port}`",
            Self::RedirectPath => "a path begins with `/` and has up to 128 characters",
            Self::RedirectQuery => {
                "a query has up to 128 characters, without its question mark"
            }
            Self::HealthCheckPath => {
                "a path begins with `/` and has up to 1024 characters, none of them blank"
            }
            Self::Codes(from, to) => {
                return write!(
                    f,
                    "write codes from {from} to {to}, such as `{from},{to}` or `{from}-{to}`"
                );
            }
            Self::CookieName => "a cookie's name has no blanks and no separators",
            Self::IpProtocol => {
                "write `tcp`, `udp`, `icmp`, `icmpv6`, a number up to 255, or `-1` for all"
            }
            Self::Cpu => "write CPU units, such as `256`, or `.25 vCPU`",
            Self::Memory => "write MiB, such as `512`, or `0.5 GB`",
            Self::EnvironmentFile => "the name of an environment file ends in `.env`",
        })
    }
}
