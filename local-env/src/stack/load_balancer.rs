//! An Application Load Balancer as the template describes it: listeners, their rules in the order
//! in which they are tried, and what each rule does.

use std::time::Duration;

use super::Arn;

/// `AWS::ElasticLoadBalancingV2::LoadBalancer` with the listeners that name it.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadBalancer {
    /// Its name in the template.
    pub logical_id: String,
    /// What listeners call it.
    pub arn: Arn,
    /// `Name`, or what CloudFormation would have made of the logical id.
    pub name: String,
    /// The host name that stands in for AWS's own.
    pub dns_name: String,
    /// `idle_timeout.timeout_seconds`.
    pub idle_timeout: Duration,
    /// By port, ascending.
    pub listeners: Vec<Listener>,
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
        /// The names on the listener's default certificate, wildcards included.
        domain_names: Vec<String>,
    },
}

/// `AWS::ElasticLoadBalancingV2::ListenerRule`: it matches when all of its conditions hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name in the template.
    pub logical_id: String,
    /// 1 to 50 000, unique in its listener; the lowest is tried first.
    pub priority: u32,
    /// At least one.
    pub conditions: Vec<Condition>,
    /// What happens to a request that matches.
    pub action: Action,
}

/// One condition of a rule: it holds when any of its values matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The path, without its query, compared case-sensitively; `*` and `?` are wildcards.
    PathPattern(Vec<String>),
}

/// What a listener does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send it to a target of this target group.
    Forward(Arn),
    /// Answer with another address.
    Redirect(Redirect),
    /// Answer with a text of the template's.
    FixedResponse(FixedResponse),
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
