//! Where a task is in its life, as ECS names it (cloudmap-ecs §3.2).

use std::fmt;

/// `lastStatus`. `ACTIVATING` and `DEACTIVATING` are seen only of tasks that are registered in Cloud
/// Map, or in more than one target group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LastStatus {
    /// It gets an address.
    Provisioning,
    /// Its containers are being started.
    Pending,
    /// It is being registered.
    Activating,
    /// Its containers have started; whether they listen yet is not known.
    Running,
    /// It is being deregistered, and finishes its requests.
    Deactivating,
    /// Its containers have been told to end.
    Stopping,
    /// Its address is given back.
    Deprovisioning,
    /// It is gone.
    Stopped,
}

// === impl LastStatus ===

impl LastStatus {
    /// As ECS's API writes it.
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
