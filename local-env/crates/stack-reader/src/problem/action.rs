//! What can be wrong with the actions of listeners and rules (alb §3).

use miette::Diagnostic;
use thiserror::Error;

use super::listed;

/// The types of actions that AWS knows.
const TYPES: [&str; 6] = [
    "forward",
    "redirect",
    "fixed-response",
    "authenticate-oidc",
    "authenticate-cognito",
    "jwt-validation",
];

/// What is wrong with a list of actions, or with one of them.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum ActionFault {
    /// There is no such type of action.
    #[error("is `{found}`, which is no action")]
    #[diagnostic(help("write {}", listed::either(&TYPES)))]
    UnknownType {
        /// The type that is asked for.
        found: String,
    },
    /// The list has not exactly one action that answers a request.
    #[error("has {found} actions that answer a request")]
    #[diagnostic(help("give exactly one of forward, redirect and fixed-response"))]
    Answers {
        /// How many there are.
        found: usize,
    },
    /// The list has more than one action that authenticates clients.
    #[error("has {found} actions that authenticate")]
    #[diagnostic(help("AWS takes one, before the action that answers"))]
    Authentications {
        /// How many there are.
        found: usize,
    },
    /// The action that authenticates comes after the one that answers.
    #[error("answers a request before it authenticates")]
    #[diagnostic(help("give the action that answers the highest `Order`"))]
    AnswersFirst,
    /// Two actions have the same order.
    #[error("has the order {order} again")]
    #[diagnostic(help("give each action an `Order` of its own"))]
    OrderTaken {
        /// The order that both have.
        order: u32,
    },
    /// A listener without TLS is to authenticate clients.
    #[error("is `{action}` at a listener without TLS")]
    #[diagnostic(help("only a listener with the protocol HTTPS authenticates clients"))]
    AuthenticationWithoutTls {
        /// The type of the action.
        action: &'static str,
    },
    /// The action names its target group in two ways that differ.
    #[error("differs from the groups in `ForwardConfig`")]
    #[diagnostic(help("give the target group once, in `TargetGroupArn` or in `ForwardConfig`"))]
    TwoTargetGroups,
    /// The action has more target groups than AWS takes.
    #[error("has {found} target groups")]
    #[diagnostic(help("AWS takes up to {most} in one action"))]
    TooManyTargetGroups {
        /// How many there are.
        found: usize,
        /// The most that AWS takes.
        most: usize,
    },
    /// One of several target groups has stickiness, and the action has none.
    #[error("names a target group with stickiness, one of several")]
    #[diagnostic(help(
        "enable `ForwardConfig.TargetGroupStickinessConfig`, or the requests of a session go to \
         other groups"
    ))]
    StickyTargetGroup,
    /// A listener without TLS is to forward to a target group of gRPC.
    #[error("names a target group of gRPC at a listener without TLS")]
    #[diagnostic(help("forward to it from a listener with the protocol HTTPS"))]
    GrpcWithoutTls,
    /// Clients of a target group of HTTP/2 or gRPC are to be authenticated.
    #[error("names a target group of HTTP/2 after an authentication")]
    #[diagnostic(help("AWS authenticates no clients of target groups of HTTP/2 and gRPC"))]
    Http2AfterAuthentication,
    /// A redirect leads to where it came from.
    #[error("redirects to the address that was asked for")]
    #[diagnostic(help("change the protocol, host, port or path; the query alone is not enough"))]
    SameAddress,
    /// A redirect leads from HTTPS to HTTP.
    #[error("redirects from HTTPS to HTTP")]
    #[diagnostic(help("redirect to `HTTPS`, or leave `Protocol` out"))]
    HttpsToHttp,
    /// A fixed response has a status that AWS gives to nobody.
    #[error("is {found}")]
    #[diagnostic(help("write a status 2xx, 4xx or 5xx"))]
    FixedStatus {
        /// The status.
        found: u32,
    },
}
