//! What can be wrong with a security group (cloudmap-ecs §5.1).

use miette::Diagnostic;
use thiserror::Error;

/// What is wrong with a security group's rule, or with the groups of a task.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum SecurityGroupFault {
    /// A task is in more groups than AWS takes.
    #[error("is one security group too many")]
    #[diagnostic(help("AWS takes up to {most} for a task"))]
    TooManyGroups {
        /// The most that AWS takes.
        most: usize,
    },
    /// The range of ports ends before it begins.
    #[error("is {to}, below the `FromPort` {from}")]
    #[diagnostic(help("put the lower one first"))]
    PortOrder {
        /// The value of `FromPort`.
        from: u16,
        /// The value of `ToPort`.
        to: u16,
    },
    /// A code of ICMP means something together with a type only.
    #[error("is the code {code} of all types")]
    #[diagnostic(help("give the type with `FromPort`, or `-1` here too"))]
    CodeWithoutType {
        /// The value of `ToPort`.
        code: u8,
    },
    /// The rule names two peers.
    #[error("is a second peer beside `{first}`")]
    #[diagnostic(help("a rule has one peer; write another rule"))]
    SecondPeer {
        /// The property that names the first one.
        first: &'static str,
    },
}
