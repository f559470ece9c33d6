//! The one place that changes what is registered, by replacing it whole, so that a question is
//! answered without a lock.

use std::{
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::{ArcSwap, Guard};
use hickory_server::proto::{
    ProtoError,
    rr::{Name, RecordType},
};

use super::{
    alias::Aliases,
    catalog::{Catalog, ReportError},
    direct::Moment,
    health::HealthStatus,
    instance::Instance,
    zones::{Answer, Question, Zones},
};
use clock::Clock;
use stack::{Arn, Namespace};

/// From a report of an instance's health until it takes effect (cloudmap-ecs §1.4).
const REPORT_DELAY: Duration = Duration::from_secs(30);

/// The instances that are registered now.
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
    /// The services of these namespaces with the instances that the template itself registers.
    pub fn new(
        namespaces: &[Namespace],
        region: &str,
        clock: Clock,
    ) -> Result<Arc<Self>, ProtoError> {
        Ok(Arc::new(Self {
            catalog: ArcSwap::from_pointee(Catalog::new(namespaces)),
            zones: ArcSwap::from_pointee(Zones::new(namespaces, region)?),
            aliases: ArcSwap::default(),
            region: region.to_owned(),
            report_delay: clock.wait(REPORT_DELAY),
        }))
    }

    /// Takes up other namespaces and services; the instances of services that stay are kept.
    pub fn reload(&self, namespaces: &[Namespace]) -> Result<(), ProtoError> {
        let zones = Zones::new(namespaces, &self.region)?;
        self.change(|catalog| catalog.reload(namespaces));
        self.zones.store(Arc::new(zones));
        Ok(())
    }

    /// Has these names stand for these addresses from now on, and no others.
    pub fn alias(&self, names: &[(String, Ipv4Addr)]) -> Result<(), ProtoError> {
        self.aliases.store(Arc::new(Aliases::new(names)?));
        Ok(())
    }

    /// Where its tasks run.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Registers an instance: the next query is answered with it.
    pub fn register(&self, service: &Arn, instance: &Instance) {
        self.change(|catalog| catalog.register(service, instance.clone()));
    }

    /// Takes an instance out: no query from here on is answered with it.
    pub fn deregister(&self, service: &Arn, id: &str) {
        self.change(|catalog| catalog.deregister(service, id));
    }

    /// Notes what is reported of an instance; it takes effect after a while, as in AWS.
    pub fn report(&self, service: &Arn, id: &str, status: HealthStatus) -> Result<(), ReportError> {
        let when = (Instant::now(), self.report_delay);
        let mut outcome = Ok(());
        self.change(|catalog| outcome = catalog.report(service, id, status, when));
        outcome
    }

    pub(super) fn catalog(&self) -> Guard<Arc<Catalog>> {
        self.catalog.load()
    }

    pub(super) fn answer(
        &self,
        name: &Name,
        kind: RecordType,
        random: &mut fastrand::Rng,
    ) -> Answer {
        if let Some(answer) = self.aliases.load().answer(name, kind) {
            return answer;
        }
        let catalog = &self.catalog();
        self.zones.load().answer(&Question { name, kind, catalog, now: Instant::now() }, random)
    }

    /// Lets a message be answered from what is registered now.
    pub(super) fn directly<T>(&self, answer: impl FnOnce(&Moment<'_>) -> T) -> T {
        let (zones, aliases) = (&self.zones.load(), &self.aliases.load());
        answer(&Moment { zones, aliases, catalog: &self.catalog(), now: Instant::now() })
    }

    fn change(&self, mut change: impl FnMut(&mut Catalog)) {
        self.catalog.rcu(|catalog| {
            let mut catalog = Catalog::clone(catalog);
            change(&mut catalog);
            catalog
        });
    }
}
