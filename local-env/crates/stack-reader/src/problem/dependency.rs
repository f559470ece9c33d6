//! Why a container would wait for ever (cloudmap-ecs §3.5).

use miette::Diagnostic;
use thiserror::Error;

use super::listed;

/// What is wrong with what a container waits for.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum DependencyFault {
    /// The task definition has no such container.
    #[error("is `{found}`, which does not exist in the task definition")]
    #[diagnostic(help("the task definition has {}", listed::all(known)))]
    UnknownContainer {
        /// The name that is asked for.
        found: String,
        /// The names of its containers.
        known: Vec<String>,
    },
    /// A container waits for the end of one with which the task ends.
    #[error("is `{condition}`, and `{container}` is essential")]
    #[diagnostic(help(
        "the task ends with an essential container: make that one `Essential: false`, or wait for \
         `START` or `HEALTHY`"
    ))]
    EndOfEssential {
        /// `COMPLETE` or `SUCCESS`.
        condition: String,
        /// The container that is waited for.
        container: String,
    },
    /// A container waits for the health of one that is not checked.
    #[error("is `HEALTHY`, and `{container}` has no health check")]
    #[diagnostic(help("give `{container}` a `HealthCheck`"))]
    NoHealthCheck {
        /// The container that is waited for.
        container: String,
    },
    /// Containers wait for one another in a circle.
    #[error("makes `{}` wait for itself: {}", circle.first().map_or("", String::as_str), circle.join(", "))]
    #[diagnostic(help("none of them would ever start"))]
    Circle {
        /// The containers, each of which waits for the next, from one of them to itself.
        circle: Vec<String>,
    },
}
