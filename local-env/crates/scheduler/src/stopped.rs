//! Why a task ended, in ECS's words (cloudmap-ecs §3.7).

use std::fmt;

use super::container_status::ContainerStatus;

/// What ECS says of a container that used more memory than it may.
pub const OUT_OF_MEMORY: &str = "OutOfMemoryError: Container killed due to memory usage";

/// A description of why a task ended, and of what became of its containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// `stopCode`.
    pub code: StopCode,
    /// `stoppedReason`.
    pub reason: String,
    /// The containers in the task definition's order; empty where nothing is known of them.
    pub containers: Vec<ContainerStatus>,
}

/// A reason for a task to end: its kind, and a sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopReason {
    /// `stopCode`.
    pub code: StopCode,
    /// `stoppedReason`.
    pub reason: String,
}

/// `stopCode`: the kind of reason for a task to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StopCode {
    /// An essential container of the task exited.
    EssentialContainerExited,
    /// The task never ran.
    TaskFailedToStart,
    /// The scheduler stopped the task.
    ServiceSchedulerInitiated,
    /// A user stopped the task: by hand, or with the whole environment.
    #[default]
    UserInitiated,
    /// Whatever ran the task no longer knows of it.
    TerminationNotice,
}

// === impl Stopped ===

impl Stopped {
    /// Describes the end of a task of whose containers nothing is known.
    pub fn new(code: StopCode, reason: impl Into<String>) -> Self {
        StopReason::new(code, reason).with_containers(Vec::new())
    }

    /// Returns whether the task ended as it was asked to.
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
            let is_new = |reason: &&String| !self.reason.contains(reason.as_str());
            if let Some(reason) = container.reason.as_ref().filter(is_new) {
                write!(f, ", {reason}")?;
            }
        }
        if before == ", " { f.write_str(")") } else { Ok(()) }
    }
}

/// Returns the signal that an exit code stands for, as it follows the code in a sentence.
fn signal(code: i32) -> String {
    let number = code.checked_sub(128).unwrap_or_default();
    nix::sys::signal::Signal::try_from(number)
        .map_or_else(|_| String::new(), |it| format!(", {it}"))
}

// === impl StopReason ===

impl StopReason {
    /// Puts a kind of reason and its sentence together.
    pub fn new(code: StopCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }

    /// Describes the end of a task that had this reason, and whose containers ended so.
    pub fn with_containers(self, containers: Vec<ContainerStatus>) -> Stopped {
        Stopped { code: self.code, reason: self.reason, containers }
    }
}

// === impl StopCode ===

impl StopCode {
    /// Returns the code as ECS's API writes it.
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
