//! Why a task ended, in ECS's words (cloudmap-ecs §3.7).

use std::fmt;

use super::{DeploymentId, StopCause, Verdict};
use stack::Arn;

/// What ECS says of a container that used more memory than it may.
pub const OUT_OF_MEMORY: &str = "OutOfMemoryError: Container killed due to memory usage";

/// Why a task ended, and what became of its containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// `stopCode`.
    pub code: StopCode,
    /// `stoppedReason`.
    pub reason: String,
    /// In the task definition's order; none where nothing is known of them.
    pub containers: Vec<ContainerStatus>,
}

/// How a container is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerStatus {
    /// As in the task definition.
    pub name: String,
    /// `PENDING`, `RUNNING` or `STOPPED`.
    pub last_status: &'static str,
    /// Once it has exited.
    pub exit_code: Option<i32>,
    /// `OutOfMemoryError: …` and the like.
    pub reason: Option<String>,
    /// What its own check says, where it has one.
    pub health: Option<Verdict>,
    /// How often it was restarted, where it may be.
    pub restarts: Option<u32>,
}

/// `stopCode`: the kind of reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StopCode {
    /// An essential container exited.
    EssentialContainerExited,
    /// It never ran.
    TaskFailedToStart,
    /// The scheduler wanted it gone.
    ServiceSchedulerInitiated,
    /// Somebody wanted it gone: by hand, or the whole environment.
    #[default]
    UserInitiated,
    /// What ran it says no more of it.
    TerminationNotice,
}

// === impl Stopped ===

impl Stopped {
    /// A task of whose containers nothing is known.
    pub fn new(code: StopCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), containers: Vec::new() }
    }

    /// Whether it ended as it was asked to.
    pub fn is_orderly(&self) -> bool {
        matches!(self.code, StopCode::ServiceSchedulerInitiated | StopCode::UserInitiated)
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        let exited = |it: &&ContainerStatus| it.exit_code.is_some() || it.reason.is_some();
        let mut before = " (";
        for container in self.containers.iter().filter(exited) {
            write!(f, "{before}{}", container.name)?;
            before = ", ";
            if let Some(code) = container.exit_code {
                write!(f, ": exit code {code}{}", signal(code))?;
            }
            let told = |reason: &&String| !self.reason.contains(reason.as_str());
            if let Some(reason) = container.reason.as_ref().filter(told) {
                write!(f, ", {reason}")?;
            }
        }
        if before == ", " { f.write_str(")") } else { Ok(()) }
    }
}

/// The signal that an exit code tells of.
fn signal(code: i32) -> String {
    let number = code.checked_sub(128).unwrap_or_default();
    nix::sys::signal::Signal::try_from(number)
        .map_or_else(|_| String::new(), |it| format!(", {it}"))
}

// === impl StopCode ===

impl StopCode {
    /// As ECS's API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EssentialContainerExited => "EssentialContainerExited",
            Self::TaskFailedToStart => "TaskFailedToStart",
            Self::ServiceSchedulerInitiated => "ServiceSchedulerInitiated",
            Self::UserInitiated => "UserInitiated",
            Self::TerminationNotice => "TerminationNotice",
        }
    }
}

// === impl StopCause ===

impl StopCause {
    /// `stoppedReason` of a task that the scheduler stops; `failing` is the target group that found
    /// it unhealthy.
    pub fn reason(self, failing: Option<&Arn>) -> String {
        match (self, failing) {
            (Self::Scaling(deployment), _) => scaling(deployment),
            (Self::TargetUnhealthy, Some(group)) => {
                format!("Task failed ELB health checks in (target-group {group})")
            }
            (Self::TargetUnhealthy, None) => "Task failed ELB health checks".to_owned(),
            (Self::ContainersUnhealthy, _) => "Task failed container health checks".to_owned(),
        }
    }
}

fn scaling(deployment: DeploymentId) -> String {
    format!("Scaling activity initiated by (deployment {deployment})")
}
