//! Where tasks and containers are in their lives, as ECS names it (cloudmap-ecs §3.2).

use std::fmt;

/// `lastStatus` of a task. `ACTIVATING` and `DEACTIVATING` are seen only of tasks that are registered
/// in Cloud Map, or in more than one target group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LastStatus {
    /// The task is getting an address.
    Provisioning,
    /// The task's containers are being started.
    Pending,
    /// The task is being registered.
    Activating,
    /// The task's containers have started; whether they listen yet is not known.
    Running,
    /// The task is being deregistered, and finishes its requests.
    Deactivating,
    /// The task's containers have been told to end.
    Stopping,
    /// The task's address is being given back.
    Deprovisioning,
    /// The task is gone.
    Stopped,
}

/// `lastStatus` of a container, which has fewer of them than a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContainerLastStatus {
    /// The container has not been started.
    #[default]
    Pending,
    /// The container has been started and has not ended.
    Running,
    /// The container has ended, or will never be started.
    Stopped,
}

/// `desiredStatus`: what ECS means a task and its containers to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DesiredStatus {
    /// The task is to run.
    Running,
    /// The task is to end, or has ended.
    Stopped,
}

// === impl LastStatus ===

impl LastStatus {
    /// Returns the status as ECS's API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Pending => "PENDING",
            Self::Activating => "ACTIVATING",
            Self::Running => "RUNNING",
            Self::Deactivating => "DEACTIVATING",
            Self::Stopping => "STOPPING",
            Self::Deprovisioning => "DEPROVISIONING",
            Self::Stopped => "STOPPED",
        }
    }
}

impl fmt::Display for LastStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl ContainerLastStatus ===

impl ContainerLastStatus {
    /// Returns the status as ECS's API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Stopped => "STOPPED",
        }
    }
}

// === impl DesiredStatus ===

impl DesiredStatus {
    /// Returns the status as ECS's API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Stopped => "STOPPED",
        }
    }
}
