//! One service of a running environment.

use std::time::Duration;

use super::{Error, LocalEnv};
use crate::{environment::ServiceStatus, project::Process};

/// How long a service may take to reach another desired count.
const PATIENCE: Duration = Duration::from_secs(60);

/// One service of a running environment, by one of its names.
pub struct ServiceHandle<'a> {
    environment: &'a LocalEnv,
    name: String,
}

// === impl ServiceHandle ===

impl<'a> ServiceHandle<'a> {
    pub(super) fn new(environment: &'a LocalEnv, name: String) -> Self {
        Self { environment, name }
    }

    /// Changes the desired count, and waits until so many tasks run and are healthy.
    ///
    /// # Errors
    /// Tells where no service has this name, or where the tasks are not healthy after a minute.
    pub async fn scale(&self, count: u32) -> Result<(), Error> {
        let stack = self.environment.stack();
        let service = stack.service_named(&self.name)?;
        let name = stack.local_name(service);
        self.environment.changes.scale(service.logical_id.clone(), count)?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let is_so = |it: &ServiceStatus| {
            it.name == name && it.desired == count && it.tasks.len() == count && it.is_steady()
        };
        self.environment.until(PATIENCE, |all| all.services.iter().any(is_so)).await
    }

    /// Rolls the service though nothing of it has changed, as `--force-new-deployment` does.
    ///
    /// # Errors
    /// Tells where no service has this name.
    pub fn roll(&self) -> Result<(), Error> {
        self.environment.changes.roll(&self.name, None)
    }

    /// Rolls the service to another program for its main container.
    ///
    /// # Errors
    /// Tells where no service has this name.
    pub fn run(&self, process: &Process) -> Result<(), Error> {
        self.environment.changes.roll(&self.name, Some(process))
    }

    /// Returns how the service is doing now; nothing where it has not been started yet.
    ///
    /// # Errors
    /// Tells where no service has this name.
    pub fn status(&self) -> Result<Option<ServiceStatus>, Error> {
        let stack = self.environment.stack();
        let name = stack.local_name(stack.service_named(&self.name)?);
        let status = self.environment.status.borrow();
        Ok(status.services.iter().find(|it| it.name == name).cloned())
    }
}
