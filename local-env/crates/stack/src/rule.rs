//! What a listener does with requests: rules, their conditions, transforms and actions.

use std::time::Duration;

use ipnet::IpNet;

use super::{Arn, LogicalId};

/// A rule of a listener, which matches when all of its conditions hold
/// (`AWS::ElasticLoadBalancingV2::ListenerRule`).
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The name in the template.
    pub logical_id: LogicalId,
    /// The priority: 1 to 50 000, unique in its listener. The lowest is tried first.
    pub priority: u32,
    /// The conditions, at least one.
    pub conditions: Vec<Condition>,
    /// The transforms: what is rewritten on the way to a target.
    pub transforms: Transforms,
    /// The action for a request that matches.
    pub action: Action,
}

/// One condition of a rule: it holds when any of its values matches (alb §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The path, without its query, compared case-sensitively.
    PathPattern(Patterns),
    /// The host, without its port, compared without regard to case.
    HostHeader(Patterns),
    /// The values of a header, compared without regard to case.
    HttpHeader {
        /// The header's name, in any case.
        name: String,
        /// The patterns, one of which one of the values has to match.
        patterns: Patterns,
    },
    /// The method, compared case-sensitively.
    HttpRequestMethod(Vec<String>),
    /// A pair of the query, compared without regard to case.
    QueryString(Vec<QueryPattern>),
    /// The address of the connection's other end.
    SourceIp(Vec<IpNet>),
}

/// The patterns that a value is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patterns {
    /// `Values`, which match the whole value; `*` is any run of characters and `?` exactly one.
    Wildcards(Vec<String>),
    /// `RegexValues`, which match anywhere in the value.
    Regexes(Vec<String>),
}

/// A value of a `query-string` condition: patterns in which `\*` and `\?` stand for themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryPattern {
    /// The pattern of the pair's key; without one, any key matches.
    pub key: Option<String>,
    /// The pattern of the pair's value.
    pub value: String,
}

/// The transforms of a rule (alb §2.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transforms {
    /// The transform of path and query: `url-rewrite`.
    pub url: Option<Rewrite>,
    /// The transform of the host: `host-header-rewrite`.
    pub host: Option<Rewrite>,
}

/// A text that is looked for, and the one that takes its place; `$1` and so on stand for groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The regular expression that is looked for.
    pub regex: String,
    /// The text that takes the place of what it matched.
    pub replace: String,
}

/// The action that a listener or a rule takes on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The request is sent to a target.
    Forward(Forward),
    /// The answer is another address.
    Redirect(Redirect),
    /// The answer is a text of the template's.
    FixedResponse(FixedResponse),
    /// The client is authenticated first in AWS, which is left out here at the user's wish.
    Unauthenticated(Authentication, Box<Action>),
}

/// The kind of an authentication that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// `OpenID` Connect: `authenticate-oidc`.
    Oidc,
    /// Amazon Cognito: `authenticate-cognito`.
    Cognito,
    /// A token that the client has already: `jwt-validation`.
    Jwt,
}

/// A `forward` action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The target groups, one to five, each with its share.
    pub target_groups: Vec<WeightedTargetGroup>,
    /// The time for which a client stays with the target group that it was given, if it does.
    pub stickiness: Option<Duration>,
}

/// A target group and its share of requests: its weight by the sum of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightedTargetGroup {
    /// The target group.
    pub target_group: Arn,
    /// The weight, 0 to 999.
    pub weight: u32,
}

/// A `redirect` action. Each part may hold `#{protocol}`, `#{host}`, `#{port}`, `#{path}` and
/// `#{query}`; a part that the template leaves out has the keyword of its own name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The status, 301 or 302.
    pub status: u16,
    /// The protocol: `HTTP`, `HTTPS` or `#{protocol}`.
    pub protocol: String,
    /// The host, by default `#{host}`.
    pub host: String,
    /// The port, by default `#{port}`.
    pub port: String,
    /// The path, by default `/#{path}`; the keyword stands for the path without its leading slash.
    pub path: String,
    /// The query without its question mark, by default `#{query}`.
    pub query: String,
}

/// A `fixed-response` action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedResponse {
    /// The status: 2xx, 4xx or 5xx.
    pub status: u16,
    /// The content type as the template has it, without the character set that the load balancer
    /// adds.
    pub content_type: Option<String>,
    /// The body, of at most 1 024 characters.
    pub body: String,
}

// === impl Action ===

impl Action {
    /// Makes the action that forwards all requests to one target group.
    pub fn forward_to(target_group: &Arn) -> Self {
        let all = WeightedTargetGroup { target_group: target_group.clone(), weight: 1 };
        Self::Forward(Forward { target_groups: vec![all], stickiness: None })
    }

    /// Returns whether it sends requests to this target group.
    pub fn forwards_to(&self, group: &Arn) -> bool {
        match self {
            Self::Forward(forward) => {
                forward.target_groups.iter().any(|weighted| weighted.target_group == *group)
            }
            Self::Unauthenticated(_, action) => action.forwards_to(group),
            Self::Redirect(_) | Self::FixedResponse(_) => false,
        }
    }
}

// === impl Forward ===

impl Forward {
    /// Returns an action that forwards to one target group.
    pub fn to(target_group: Arn) -> Self {
        Self {
            target_groups: vec![WeightedTargetGroup { target_group, weight: 1 }],
            stickiness: None,
        }
    }
}

// === impl Authentication ===

impl Authentication {
    /// Returns the action's type in a template.
    pub fn name(self) -> &'static str {
        match self {
            Self::Oidc => "authenticate-oidc",
            Self::Cognito => "authenticate-cognito",
            Self::Jwt => "jwt-validation",
        }
    }
}
