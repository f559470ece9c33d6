//! The registry of instances: the one place that changes what is registered, by replacing it whole, so
//! that a question is answered without a lock.

use std::{
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::{ArcSwap, Guard};
use hickory_server::proto::rr::{Name, RecordType};

use super::{
    alias::Aliases,
    catalog::{Catalog, ReportError},
    direct::Moment,
    error::NameError,
    health::{HealthReport, InstanceHealth},
    instance::Instance,
    zones::{Question, Resolution, Zones},
};
use clock::Clock;
use stack::{Arn, Namespace};

/// How long it takes until a report of an instance's health takes effect (cloudmap-ecs §1.4).
const REPORT_DELAY: Duration = Duration::from_secs(30);

/// The namespaces and services of a stack, and the instances that are registered in them now.
#[derive(Debug)]
pub struct Registry {
    catalog: ArcSwap<Catalog>,
    zones: ArcSwap<Zones>,
    aliases: ArcSwap<Aliases>,
    region: String,
    report_delay: Duration,
}

// === impl Registry ===

impl Registry {
    /// Makes a registry of the services of these namespaces, with the instances that the template
    /// itself registers. `clock` is how AWS's waits pass.
    ///
    /// # Errors
    ///
    /// If a namespace or a service has a name that DNS does not allow.
    pub fn new(
        namespaces: &[Namespace],
        region: &str,
        clock: Clock,
    ) -> Result<Arc<Self>, NameError> {
        Ok(Arc::new(Self {
            catalog: ArcSwap::from_pointee(Catalog::new(namespaces)),
            zones: ArcSwap::from_pointee(Zones::new(namespaces, region)?),
            aliases: ArcSwap::default(),
            region: region.to_owned(),
            report_delay: clock.wait(REPORT_DELAY),
        }))
    }

    /// Replaces the namespaces and services; the instances of services that stay are kept.
    ///
    /// # Errors
    ///
    /// If a name is not allowed in DNS; then nothing is replaced.
    pub fn reload(&self, namespaces: &[Namespace]) -> Result<(), NameError> {
        let zones = Zones::new(namespaces, &self.region)?;
        self.change(|catalog| catalog.reload(namespaces));
        self.zones.store(Arc::new(zones));
        Ok(())
    }

    /// Makes these names stand for these addresses from now on, in place of those of an earlier call.
    ///
    /// # Errors
    ///
    /// If a name is not allowed in DNS.
    pub fn set_aliases(&self, names: &[(String, Ipv4Addr)]) -> Result<(), NameError> {
        self.aliases.store(Arc::new(Aliases::new(names)?));
        Ok(())
    }

    /// Returns the region that the stack's tasks run in.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Registers an instance of a service, or replaces the one with its id: the next query is answered
    /// with it. Nothing happens if there is no such service.
    pub fn register(&self, service: &Arn, instance: &Instance) {
        self.change(|catalog| catalog.register(service, instance.clone()));
    }

    /// Deregisters an instance: no query from here on is answered with it.
    pub fn deregister(&self, service: &Arn, id: &str) {
        self.change(|catalog| catalog.deregister(service, id));
    }

    /// Notes what is reported of an instance's health at `now`; it takes effect after a while, as in
    /// AWS.
    ///
    /// # Errors
    ///
    /// If there is no such service or instance, or the health of the service's instances is not
    /// reported.
    pub fn report(
        &self,
        service: &Arn,
        id: &str,
        health: InstanceHealth,
        now: Instant,
    ) -> Result<(), ReportError> {
        let report = HealthReport { health, at: now, delay: self.report_delay };
        let mut outcome = Ok(());
        self.change(|catalog| outcome = catalog.report(service, id, report));
        outcome
    }

    /// Returns what is registered now.
    pub(super) fn catalog(&self) -> Guard<Arc<Catalog>> {
        self.catalog.load()
    }

    /// Returns what a name resolves to at `now`; `random` shuffles.
    pub(super) fn resolve(
        &self,
        name: &Name,
        kind: RecordType,
        now: Instant,
        random: &mut fastrand::Rng,
    ) -> Resolution {
        if let Some(answer) = self.aliases.load().resolve(name, kind) {
            return answer;
        }
        let catalog = &self.catalog();
        self.zones.load().resolve(&Question { name, kind, catalog, now }, random)
    }

    /// Calls `answer` with what is registered at `now`, and returns what it does.
    pub(super) fn with_moment<T>(&self, now: Instant, answer: impl FnOnce(&Moment<'_>) -> T) -> T {
        let (zones, aliases) = (&self.zones.load(), &self.aliases.load());
        answer(&Moment { zones, aliases, catalog: &self.catalog(), now })
    }

    fn change(&self, mut change: impl FnMut(&mut Catalog)) {
        self.catalog.rcu(|catalog| {
            let mut catalog = Catalog::clone(catalog);
            change(&mut catalog);
            catalog
        });
    }
}
