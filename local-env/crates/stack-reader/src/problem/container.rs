//! What can be wrong with one container of a task definition (cloudmap-ecs §3.1, §3.5, §3.12, §3.13).

use miette::Diagnostic;
use thiserror::Error;

use super::listed;

/// What is wrong with a container's definition.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum ContainerFault {
    /// Another container of the task has the same name.
    #[error("is `{name}`, as that of another container is")]
    #[diagnostic(help("give one of them another name"))]
    NameTaken {
        /// The name.
        name: String,
    },
    /// The image is in ECR, and the task has no role to get it with.
    #[error(
        "is `{image}`: Fargate requires task definition to have execution role ARN to support ECR \
         images"
    )]
    #[diagnostic(help("give the task definition an `ExecutionRoleArn`"))]
    ImageNeedsRole {
        /// The image's address.
        image: String,
    },
    /// Logs go to CloudWatch, and the task has no role to write them with.
    #[error(
        "is `awslogs`: Fargate requires task definition to have execution role ARN to support log \
         driver awslogs"
    )]
    #[diagnostic(help("give the task definition an `ExecutionRoleArn`"))]
    LogsNeedRole,
    /// Fargate has no such log driver.
    #[error("is `{found}`")]
    #[diagnostic(help("Fargate supports {}", listed::either(&["awslogs", "splunk", "awsfirelens"])))]
    LogDriver {
        /// The value of `LogDriver`.
        found: String,
    },
    /// An option is absent without which the log driver does not start.
    #[error("is `awslogs` without the option `{absent}`")]
    #[diagnostic(help("`awslogs` needs the options {}", listed::all(needed)))]
    LogOption {
        /// The first option that is absent.
        absent: &'static str,
        /// All options that are needed.
        needed: &'static [&'static str],
    },
    /// Two options tell in different ways where an event begins.
    #[error("stands beside `awslogs-datetime-format`")]
    #[diagnostic(help("only one of the two says where an event begins"))]
    TwoLogPatterns,
    /// A port of the host differs from the container's, where both share the address.
    #[error("is {host} for container port {container}")]
    #[diagnostic(help(
        "with awsvpc the host ports and container ports in port mappings must match"
    ))]
    HostPort {
        /// The value of `HostPort`.
        host: u32,
        /// The value of `ContainerPort`.
        container: u16,
    },
    /// A health check has nothing to run.
    #[error("has no command")]
    #[diagnostic(help("say what to run after `{kind}`"))]
    NoCommand {
        /// `CMD` or `CMD-SHELL`.
        kind: String,
    },
    /// A health check's command begins with neither of the words that it can begin with.
    #[error("begins with `{found}`")]
    #[diagnostic(help("write [CMD, program, arguments…] or [CMD-SHELL, line]"))]
    CommandKind {
        /// The first word.
        found: String,
    },
    /// A restart policy ignores more exit codes than AWS takes.
    #[error("is one code too many")]
    #[diagnostic(help("AWS takes up to {most}"))]
    TooManyExitCodes {
        /// The most that AWS takes.
        most: usize,
    },
    /// A container has more environment files than AWS takes.
    #[error("is one file too many")]
    #[diagnostic(help("AWS takes up to {most}"))]
    TooManyEnvironmentFiles {
        /// The most that AWS takes.
        most: usize,
    },
    /// A secret has the name of another secret or variable.
    #[error("is `{name}`, which is given twice")]
    #[diagnostic(help("a secret's name must be unique, among the variables of `Environment` too"))]
    SecretTaken {
        /// The name.
        name: String,
    },
    /// A secret has no source.
    #[error("is empty")]
    #[diagnostic(help("name a secret of Secrets Manager or a parameter of Parameter Store"))]
    NoSecret,
    /// A soft limit is above the hard one.
    #[error("is more than `HardLimit`")]
    #[diagnostic(help("a process may raise its soft limit up to the hard one"))]
    SoftLimit,
    /// Fargate opens fewer files for a task.
    #[error("is {found}")]
    #[diagnostic(help("Fargate takes up to {most} open files"))]
    OpenFiles {
        /// `HardLimit`; -1 stands for no limit.
        found: String,
        /// The most that Fargate takes.
        most: u64,
    },
}
