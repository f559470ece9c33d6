//! Where the tasks of an ECS service are registered, and with what (cloudmap-ecs §1.5).

use std::{net::Ipv4Addr, sync::Arc};

use super::{catalog::ReportError, health::HealthStatus, instance::Instance, registry::Registry};
use stack::{Arn, Service};

/// A service's place in Cloud Map.
#[derive(Debug)]
pub struct Membership {
    registry: Arc<Registry>,
    place: Arn,
    service: Service,
}

// === impl Membership ===

impl Membership {
    /// The place that the service's `ServiceRegistries` names, if any.
    pub fn of(service: &Service, registry: &Arc<Registry>) -> Option<Self> {
        let place = service.registry.as_ref()?.service.clone();
        Some(Self { registry: Arc::clone(registry), place, service: service.clone() })
    }

    /// Registers a task; one that is not healthy from the start is once that has been reported.
    pub fn register(&self, id: &str, address: Ipv4Addr, is_healthy: bool) {
        let instance = Instance::new(id, address).of_service(&self.service, self.registry.region());
        let instance = if is_healthy { instance } else { instance.unhealthy_at_first() };
        self.registry.register(&self.place, &instance);
    }

    /// Takes a task out.
    pub fn deregister(&self, id: &str) {
        self.registry.deregister(&self.place, id);
    }

    /// Notes how the containers of a task are.
    pub fn report(&self, id: &str, status: HealthStatus) -> Result<(), ReportError> {
        self.registry.report(&self.place, id, status)
    }
}
