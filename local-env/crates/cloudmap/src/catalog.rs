//! The catalog of what is registered: namespaces, their services, and the instances of those.
//!
//! It is plain data that DNS and the API both answer from; the time comes from outside.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc, time::Instant};

use indexmap::IndexMap;

use super::{
    draw::{Draw, MAX_DRAWN},
    health::{HealthReport, InstanceHealth, ReportedHealth},
    instance::Instance,
};
use stack::{Arn, DiscoveryService, Namespace, RoutingPolicy};

/// The namespaces and services of a stack, in the stack's order, with their instances.
#[derive(Clone, Debug, Default)]
pub(super) struct Catalog {
    namespaces: Vec<Arc<Namespace>>,
    services: IndexMap<Arn, RegisteredService>,
}

/// A service and the instances that are registered in it.
#[derive(Clone, Debug)]
pub(super) struct RegisteredService {
    pub(super) namespace: Arc<Namespace>,
    pub(super) service: Arc<DiscoveryService>,
    instances: BTreeMap<String, RegisteredInstance>,
    /// `InstancesRevision`: it grows with each registration and each end of one.
    pub(super) revision: u64,
}

/// An instance and its health.
#[derive(Clone, Debug)]
pub(super) struct RegisteredInstance {
    pub(super) instance: Arc<Instance>,
    health: ReportedHealth,
}

/// Why a report on an instance's health is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// There is no service with this ARN.
    #[error("there is no service {0}")]
    NoService(String),
    /// The service has no instance with this id.
    #[error("the service has no instance {0}")]
    NoInstance(String),
    /// The service has no `HealthCheckCustomConfig`.
    #[error("the service has no HealthCheckCustomConfig, so nobody reports its health")]
    NoCustomHealth,
}

// === impl Catalog ===

impl Catalog {
    /// Makes a catalog of the services of these namespaces, with the instances that the template itself
    /// registers.
    pub(super) fn new(namespaces: &[Namespace]) -> Self {
        let mut catalog = Self::default();
        for namespace in namespaces {
            let namespace = Arc::new(namespace.clone());
            for service in &namespace.services {
                let entry = RegisteredService::new(&namespace, service);
                catalog.services.insert(service.arn.clone(), entry);
            }
            catalog.namespaces.push(namespace);
        }
        catalog
    }

    /// Replaces the namespaces and services; services that stay keep their instances.
    pub(super) fn reload(&mut self, namespaces: &[Namespace]) {
        let mut before = std::mem::replace(self, Self::new(namespaces));
        for (arn, entry) in &mut self.services {
            if let Some(before) = before.services.swap_remove(arn) {
                entry.succeed(before);
            }
        }
    }

    /// Registers an instance, or replaces the one with its id. Nothing happens if the catalog has no
    /// such service, which has no names then.
    pub(super) fn register(&mut self, service: &Arn, instance: Instance) {
        if let Some(entry) = self.services.get_mut(service) {
            entry.register(instance);
        }
    }

    /// Deregisters an instance.
    pub(super) fn deregister(&mut self, service: &Arn, id: &str) {
        if let Some(entry) = self.services.get_mut(service)
            && entry.instances.remove(id).is_some()
        {
            entry.revision += 1;
        }
    }

    /// Notes a report of an instance's health.
    pub(super) fn report(
        &mut self,
        service: &Arn,
        id: &str,
        report: HealthReport,
    ) -> Result<(), ReportError> {
        let no_service = || ReportError::NoService(service.to_string());
        let entry = self.services.get_mut(service).ok_or_else(no_service)?;
        if !entry.service.custom_health {
            return Err(ReportError::NoCustomHealth);
        }
        let no_instance = || ReportError::NoInstance(id.to_owned());
        let registered = entry.instances.get_mut(id).ok_or_else(no_instance)?;
        registered.health.note(report);
        Ok(())
    }

    /// Returns the namespaces in the stack's order.
    pub(super) fn namespaces(&self) -> &[Arc<Namespace>] {
        &self.namespaces
    }

    /// Returns the service with this ARN.
    pub(super) fn get(&self, service: &Arn) -> Option<&RegisteredService> {
        self.services.get(service)
    }

    /// Iterates over the services in the stack's order.
    pub(super) fn services(&self) -> impl Iterator<Item = &RegisteredService> {
        self.services.values()
    }

    /// Returns whether an instance with this address is registered.
    pub(super) fn has_address(&self, address: Ipv4Addr) -> bool {
        let mut all = self.services().flat_map(RegisteredService::instances);
        all.any(|registered| registered.instance.address() == Some(address))
    }
}

// === impl RegisteredService ===

impl RegisteredService {
    fn new(namespace: &Arc<Namespace>, service: &DiscoveryService) -> Self {
        let mut entry = Self {
            namespace: Arc::clone(namespace),
            service: Arc::new(service.clone()),
            instances: BTreeMap::new(),
            revision: 0,
        };
        service.instances.iter().for_each(|instance| entry.register(instance.into()));
        entry
    }

    /// Takes over the instances that the service had before, but for those that the template
    /// registered and has no longer.
    fn succeed(&mut self, before: Self) {
        let is_same = self.service == before.service;
        self.revision = if is_same { before.revision } else { before.revision + 1 };
        for (id, registered) in before.instances {
            let of_template = before.service.instances.iter().any(|it| it.id == id);
            match self.instances.get_mut(&id) {
                Some(new) => new.health = registered.health,
                None if !of_template => drop(self.instances.insert(id, registered)),
                None => {}
            }
        }
    }

    fn register(&mut self, instance: Instance) {
        let id = instance.id().to_owned();
        let health = match self.instances.get(&id) {
            Some(known) => known.health,
            None => ReportedHealth::new(instance.initial_health()),
        };
        self.instances.insert(id, RegisteredInstance { instance: Arc::new(instance), health });
        self.revision += 1;
    }

    /// Iterates over the instances in the order of their ids.
    pub(super) fn instances(&self) -> impl Iterator<Item = &RegisteredInstance> {
        self.instances.values()
    }

    /// Returns the instance with this id.
    pub(super) fn instance(&self, id: &str) -> Option<&RegisteredInstance> {
        self.instances.get(id)
    }

    /// Returns the health of an instance at `now`; `None` if the service's health is not reported.
    pub(super) fn health(
        &self,
        registered: &RegisteredInstance,
        now: Instant,
    ) -> Option<InstanceHealth> {
        self.service.custom_health.then(|| registered.health.at(now))
    }

    /// Returns whether answers may name an instance at `now`.
    pub(super) fn is_healthy(&self, registered: &RegisteredInstance, now: Instant) -> bool {
        self.health(registered, now) != Some(InstanceHealth::Unhealthy)
    }

    /// Draws those of the candidates that an answer names, in the order that it names them: healthy
    /// ones, or any where none is.
    pub(super) fn chosen<'a>(
        &self,
        candidates: impl Iterator<Item = &'a RegisteredInstance>,
        now: Instant,
        random: &mut fastrand::Rng,
    ) -> Draw<'a, Instance> {
        let limit = match self.service.routing_policy {
            RoutingPolicy::Multivalue => MAX_DRAWN,
            RoutingPolicy::Weighted => 1,
        };
        let (mut healthy, mut others) = (Draw::of(limit), Draw::of(limit));
        for candidate in candidates {
            let draw = if self.is_healthy(candidate, now) { &mut healthy } else { &mut others };
            draw.offer(&*candidate.instance, random);
        }
        if healthy.is_empty() { others } else { healthy }
    }
}
