//! What a listener does with requests: rules, their conditions, transforms and actions.

use std::time::Duration;

use ipnet::IpNet;

use super::Arn;

/// `AWS::ElasticLoadBalancingV2::ListenerRule`: it matches when all of its conditions hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name in the template.
    pub logical_id: String,
    /// 1 to 50 000, unique in its listener; the lowest is tried first.
    pub priority: u32,
    /// At least one.
    pub conditions: Vec<Condition>,
    /// What is rewritten on the way to a target.
    pub transforms: Transforms,
    /// What happens to a request that matches.
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
        /// What one of its values has to match.
        patterns: Patterns,
    },
    /// The method, compared case-sensitively.
    HttpRequestMethod(Vec<String>),
    /// A pair of the query, compared without regard to case.
    QueryString(Vec<QueryPattern>),
    /// The address of the connection's other end.
    SourceIp(Vec<IpNet>),
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patterns {
    /// `Values`: the whole value, where `*` is any run of characters and `?` exactly one.
    Wildcards(Vec<String>),
    /// `RegexValues`: anywhere in the value.
    Regexes(Vec<String>),
}

/// A `query-string` condition's value: patterns in which `\*` and `\?` stand for themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryPattern {
    /// Any key where there is none.
    pub key: Option<String>,
    /// What the pair's value has to match.
    pub value: String,
}

/// A rule's `Transforms` (alb §2.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transforms {
    /// `url-rewrite`.
    pub url: Option<Rewrite>,
    /// `host-header-rewrite`.
    pub host: Option<Rewrite>,
}

/// What is looked for, and what takes its place; `$1` and so on stand for groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The regular expression.
    pub regex: String,
    /// What takes the place of what it matched.
    pub replace: String,
}

/// What a listener does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send it to a target.
    Forward(Forward),
    /// Answer with another address.
    Redirect(Redirect),
    /// Answer with a text of the template's.
    FixedResponse(FixedResponse),
    /// In AWS the client is authenticated first, which is left out here at the user's wish.
    Unauthenticated(Authentication, Box<Action>),
}

/// The kind of an authentication that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// `authenticate-oidc`.
    Oidc,
    /// `authenticate-cognito`.
    Cognito,
    /// `jwt-validation`.
    Jwt,
}

/// A `forward` action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// One to five, each with its share.
    pub target_groups: Vec<WeightedTargetGroup>,
    /// How long a client stays with the target group that it was given, if it does.
    pub stickiness: Option<Duration>,
}

/// A target group and its share of requests: its weight by the sum of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightedTargetGroup {
    /// The target group.
    pub target_group: Arn,
    /// 0 to 999.
    pub weight: u32,
}

/// A `redirect` action. Each part may hold `#{protocol}`, `#{host}`, `#{port}`, `#{path}` and
/// `#{query}`; a part that the template leaves out has the keyword of its own name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// 301 or 302.
    pub status: u16,
    /// `HTTP`, `HTTPS` or `#{protocol}`.
    pub protocol: String,
    /// Default `#{host}`.
    pub host: String,
    /// Default `#{port}`.
    pub port: String,
    /// Default `/#{path}`; the keyword stands for the path without its leading slash.
    pub path: String,
    /// Default `#{query}`; without the question mark.
    pub query: String,
}

/// A `fixed-response` action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedResponse {
    /// 2xx, 4xx or 5xx.
    pub status: u16,
    /// As the template has it, without the character set that the load balancer adds.
    pub content_type: Option<String>,
    /// At most 1 024 characters.
    pub body: String,
}

// === impl Action ===

impl Action {
    /// Makes the action that forwards all requests to one target group.
    pub fn forward_to(target_group: &Arn) -> Self {
        let all = WeightedTargetGroup { target_group: target_group.clone(), weight: 1 };
        Self::Forward(Forward { target_groups: vec![all], stickiness: None })
    }

    /// Whether it sends requests to this target group.
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
    /// To one target group.
    pub fn to(target_group: Arn) -> Self {
        Self {
            target_groups: vec![WeightedTargetGroup { target_group, weight: 1 }],
            stickiness: None,
        }
    }
}

// === impl Authentication ===

impl Authentication {
    /// The action's type in a template.
    pub fn name(self) -> &'static str {
        match self {
            Self::Oidc => "authenticate-oidc",
            Self::Cognito => "authenticate-cognito",
            Self::Jwt => "jwt-validation",
        }
    }
}
