//! What the health checks of a task or a container come to, as ECS names it (cloudmap-ecs §3.5).

use std::fmt;

/// `healthStatus`: what the checks of a task, a container or a target come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HealthStatus {
    /// `UNKNOWN`: there is no check, or no check has ended in a result that counts.
    #[default]
    Unknown,
    /// `HEALTHY`: the checks pass.
    Healthy,
    /// `UNHEALTHY`: the checks fail.
    Unhealthy,
}

// === impl HealthStatus ===

impl HealthStatus {
    /// Returns the status as ECS's API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::Healthy => "HEALTHY",
            Self::Unhealthy => "UNHEALTHY",
        }
    }
}

impl fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
