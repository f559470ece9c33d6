//! A zone: its apex, and the services whose names are in it (cloudmap-ecs §1.8).

use std::{collections::HashMap, str::FromStr};

use hickory_server::proto::{
    ProtoError,
    rr::{
        LowerName, Name, RData, Record, RecordType,
        rdata::{NS, SOA},
    },
};

use super::catalog::{Catalog, Entry};
use crate::stack::{Arn, DiscoveryService};

const NAME_SERVERS: [&str; 4] = [
    "ns-1536.awsdns-00.co.uk.",
    "ns-0.awsdns-00.com.",
    "ns-512.awsdns-00.net.",
    "ns-1024.awsdns-00.org.",
];
const HOSTMASTER: &str = "awsdns-hostmaster.amazon.com.";
/// Seconds that the zone's own name servers may be remembered.
const NS_TTL: u32 = 172_800;
/// The SOA record's last field.
const MINIMUM: u32 = 86_400;

/// A zone of the resolver's.
#[derive(Debug)]
pub(super) struct Zone {
    pub(super) apex: LowerName,
    soa: Record,
    name_servers: Vec<Record>,
    services: HashMap<LowerName, Arn>,
}

// === impl Zone ===

impl Zone {
    /// A zone without services, whose SOA record has this TTL.
    pub(super) fn new(name: &str, ttl: u32) -> Result<Self, ProtoError> {
        let apex = &Name::from_str(name)?.append_name(&Name::root())?;
        let primary = Name::from_str(NAME_SERVERS[0])?;
        let hostmaster = Name::from_str(HOSTMASTER)?;
        let soa = SOA::new(primary, hostmaster, 1, 7200, 900, 1_209_600, MINIMUM);
        let name_server = |server: &&str| {
            let server = NS(Name::from_str(server)?);
            Ok(Record::from_rdata(apex.clone(), NS_TTL, RData::NS(server)))
        };
        Ok(Self {
            name_servers: NAME_SERVERS
                .iter()
                .map(name_server)
                .collect::<Result<_, ProtoError>>()?,
            soa: Record::from_rdata(apex.clone(), ttl, RData::SOA(soa)),
            apex: LowerName::new(apex),
            services: HashMap::new(),
        })
    }

    pub(super) fn add(&mut self, service: &DiscoveryService) -> Result<(), ProtoError> {
        let name = Name::from_str(&service.name)?.append_domain(&Name::from(&self.apex))?;
        self.services.insert(LowerName::new(&name), service.arn.clone());
        Ok(())
    }

    /// For how long a resolver may remember that something does not exist: the smaller of the SOA
    /// record's own TTL and its last field (RFC 2308 §5).
    pub(super) fn negative(&self) -> Box<Record> {
        let mut soa = Box::new(self.soa.clone());
        soa.ttl = soa.ttl.min(MINIMUM);
        soa
    }

    /// The records of the apex itself.
    pub(super) fn apex_records(&self, kind: RecordType) -> Vec<Record> {
        match kind {
            RecordType::SOA | RecordType::ANY => vec![self.soa.clone()],
            RecordType::NS => self.name_servers.clone(),
            _ => Vec::new(),
        }
    }

    /// The service with this name, if any of its instances has a record of it.
    pub(super) fn service<'a>(&self, catalog: &'a Catalog, name: &LowerName) -> Option<&'a Entry> {
        catalog.get(self.services.get(name)?).filter(|entry| has_records(entry))
    }

    /// A name that only has names below it exists too, without records.
    pub(super) fn has_names_below(&self, catalog: &Catalog, name: &LowerName) -> bool {
        let below = |other: &&LowerName| *other != name && name.zone_of(other);
        self.services.keys().filter(below).any(|name| self.service(catalog, name).is_some())
    }
}

fn has_records(entry: &Entry) -> bool {
    let kinds = || entry.service.records.iter().map(|record| record.kind);
    entry.instances().any(|registered| kinds().any(|kind| registered.instance.has(kind)))
}
