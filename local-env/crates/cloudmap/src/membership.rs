//! Where in Cloud Map the tasks of an ECS service are registered, and with what (cloudmap-ecs §1.5).

use std::{net::Ipv4Addr, sync::Arc, time::Instant};

use super::{catalog::ReportError, health::InstanceHealth, instance::Instance, registry::Registry};
use stack::{Arn, Service};

/// The place in Cloud Map where the tasks of an ECS service are registered.
#[derive(Debug)]
pub struct Membership {
    registry: Arc<Registry>,
    place: Arn,
    service: Service,
}

// === impl Membership ===

impl Membership {
    /// Returns the place that the service's `ServiceRegistries` names; `None` if it names none.
    pub fn of(service: &Service, registry: &Arc<Registry>) -> Option<Self> {
        let place = service.registry.as_ref()?.service.clone();
        Some(Self { registry: Arc::clone(registry), place, service: service.clone() })
    }

    /// Registers a task. One that is not healthy at first is once that has been reported.
    pub fn register(&self, id: &str, address: Ipv4Addr, is_healthy: bool) {
        let instance = Instance::new(id, address).of_service(&self.service, self.registry.region());
        let instance = if is_healthy { instance } else { instance.unhealthy_at_first() };
        self.registry.register(&self.place, &instance);
    }

    /// Deregisters a task.
    pub fn deregister(&self, id: &str) {
        self.registry.deregister(&self.place, id);
    }

    /// Notes the health of a task's containers at `now`.
    ///
    /// # Errors
    ///
    /// If the task is not registered, or the service's health is not reported.
    pub fn report(
        &self,
        id: &str,
        health: InstanceHealth,
        now: Instant,
    ) -> Result<(), ReportError> {
        self.registry.report(&self.place, id, health, now)
    }
}
