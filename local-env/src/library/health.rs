//! Waiting for an environment to be as one wants it, and telling what is amiss where it never is.

use std::{fmt::Write as _, time::Duration};

use tokio::time::timeout;

use super::{Error, LocalEnv};
use crate::environment::{ServiceStatus, Status};

// === impl LocalEnv ===

impl LocalEnv {
    /// Waits until all services have their tasks, and the load balancers and their own checks find
    /// these healthy.
    ///
    /// # Errors
    /// [`Error::NotHealthy`] after `patience`, with the state of each task that is not healthy and
    /// what it wrote last; [`Error::Ended`] where the environment ends before.
    pub async fn healthy_within(&self, patience: Duration) -> Result<(), Error> {
        self.until(patience, Status::is_steady).await
    }

    pub(super) async fn until(
        &self,
        patience: Duration,
        is_so: impl FnMut(&Status) -> bool,
    ) -> Result<(), Error> {
        let mut status = self.status.clone();
        match timeout(patience, status.wait_for(is_so)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(Error::Ended),
            Err(_) => {
                let state = self.described(&self.status.borrow());
                Err(Error::NotHealthy { waited: patience, state })
            }
        }
    }

    fn described(&self, status: &Status) -> String {
        let amiss = status.services.iter().filter(|service| !service.is_steady());
        let told: Vec<_> = amiss.map(|service| self.service_described(service)).collect();
        if told.is_empty() { "  the stack has no service".to_owned() } else { told.join("\n") }
    }

    fn service_described(&self, service: &ServiceStatus) -> String {
        let ServiceStatus { name, desired, tasks, .. } = service;
        let mut text = format!("  {name}: {} of {desired} tasks run", tasks.len());
        for task in tasks {
            let state = task.target.as_ref().map(|it| format!(", {it}")).unwrap_or_default();
            // Writing to a string does not fail.
            let _ = write!(text, "\n  {} {}{state}", task.id.short(), task.status);
            for line in self.memory.lines(&task.id) {
                let _ = write!(text, "\n    {line}");
            }
        }
        for end in self.memory.ends(name) {
            let _ = write!(text, "\n  {end}");
        }
        text
    }
}
