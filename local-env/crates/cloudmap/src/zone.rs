//! A zone: its apex, and the services whose names are in it (cloudmap-ecs §1.8).

use std::{collections::HashMap, str::FromStr};

use hickory_server::proto::{
    ProtoError,
    rr::{
        Name, RData, Record, RecordType,
        rdata::{NS, SOA},
    },
    serialize::binary::BinEncodable as _,
};

use super::{
    catalog::{Catalog, RegisteredService},
    error::NameError,
    instance::Instance,
    name::{is_within, lowered, split},
};
use stack::{Arn, DiscoveryService, DnsRecord, RecordKind};

const NAME_SERVERS: [&str; 4] = [
    "ns-1536.awsdns-00.co.uk.",
    "ns-0.awsdns-00.com.",
    "ns-512.awsdns-00.net.",
    "ns-1024.awsdns-00.org.",
];
const HOSTMASTER: &str = "awsdns-hostmaster.amazon.com.";
/// How long the zone's own name servers may be remembered, in seconds.
const NS_TTL: u32 = 172_800;
/// The last field of the SOA record, in seconds.
const MINIMUM: u32 = 86_400;

/// A zone that the resolver answers from. It has names in the form of [`lowered`].
#[derive(Debug)]
pub(super) struct Zone {
    pub(super) apex: Name,
    apex_wire: Box<[u8]>,
    soa: Record,
    /// The bytes of [`Zone::negative`] in a message, without its name.
    negative_wire: Box<[u8]>,
    name_servers: Vec<Record>,
    services: HashMap<Box<[u8]>, Arn>,
    /// The services by the names between theirs and the apex.
    above: HashMap<Box<[u8]>, Vec<Arn>>,
}

/// What a name in a zone stands for.
pub(super) enum NameMeaning<'a> {
    /// The zone itself.
    Apex,
    /// A service with records.
    Service(&'a RegisteredService),
    /// An instance that an SRV record leads to, `<instance>.<service>.<namespace>`.
    Target(DnsRecord, &'a Instance),
    /// Nothing but that there are names below it: the name exists, without records.
    Above,
    /// Nothing: the name does not exist.
    Nothing,
}

// === impl Zone ===

impl Zone {
    /// Makes a zone without services, whose SOA record has this TTL in seconds.
    pub(super) fn new(name: &str, ttl: u32) -> Result<Self, NameError> {
        Self::of_apex(name, ttl).map_err(NameError::about(name))
    }

    fn of_apex(name: &str, ttl: u32) -> Result<Self, ProtoError> {
        let apex = Name::from_str(name)?.append_name(&Name::root())?;
        let primary = Name::from_str(NAME_SERVERS[0])?;
        let hostmaster = Name::from_str(HOSTMASTER)?;
        let soa = SOA::new(primary, hostmaster, 1, 7200, 900, 1_209_600, MINIMUM);
        let name_server = |server: &&str| {
            let server = NS(Name::from_str(server)?);
            Ok(Record::from_rdata(apex.clone(), NS_TTL, RData::NS(server)))
        };
        let soa = Record::from_rdata(apex.clone(), ttl, RData::SOA(soa));
        Ok(Self {
            negative_wire: without_name(negative(&soa))?,
            name_servers: NAME_SERVERS
                .iter()
                .map(name_server)
                .collect::<Result<_, ProtoError>>()?,
            soa,
            apex_wire: lowered(&apex),
            apex,
            services: HashMap::new(),
            above: HashMap::new(),
        })
    }

    /// Adds the name of a service.
    pub(super) fn add(&mut self, service: &DiscoveryService) -> Result<(), NameError> {
        let own = Name::from_str(&service.name).and_then(|it| it.append_domain(&self.apex));
        let name = lowered(&own.map_err(NameError::about(&service.name))?);
        let mut rest = split(&name);
        while let Some((_, parent)) = rest.filter(|(_, parent)| *parent != &*self.apex_wire) {
            self.above.entry(parent.into()).or_default().push(service.arn.clone());
            rest = split(parent);
        }
        self.services.insert(name, service.arn.clone());
        Ok(())
    }

    /// Returns whether a name is the apex or below it.
    pub(super) fn contains(&self, name: &[u8]) -> bool {
        is_within(name, &self.apex_wire)
    }

    /// Returns whether a name is the apex.
    pub(super) fn is_apex(&self, name: &[u8]) -> bool {
        *name == *self.apex_wire
    }

    /// Returns the SOA record that says for how long a resolver may remember that something does not
    /// exist.
    pub(super) fn negative(&self) -> Box<Record> {
        Box::new(negative(&self.soa))
    }

    /// Returns the same record in a message: how long its name is, and the bytes behind that.
    pub(super) fn negative_wire(&self) -> (usize, &[u8]) {
        (self.apex_wire.len(), &self.negative_wire)
    }

    /// Returns the records of the apex itself.
    pub(super) fn apex_records(&self, kind: RecordType) -> Vec<Record> {
        match kind {
            RecordType::SOA | RecordType::ANY => vec![self.soa.clone()],
            RecordType::NS => self.name_servers.clone(),
            _ => Vec::new(),
        }
    }

    /// Returns what a name in the zone stands for.
    pub(super) fn find<'a>(&self, catalog: &'a Catalog, name: &[u8]) -> NameMeaning<'a> {
        if self.is_apex(name) {
            return NameMeaning::Apex;
        }
        if let Some(entry) = self.service(catalog, name) {
            return NameMeaning::Service(entry);
        }
        if let Some((record, instance)) = self.target(catalog, name) {
            return NameMeaning::Target(record, instance);
        }
        let mut below = self.above.get(name).into_iter().flatten();
        if below.any(|arn| catalog.get(arn).is_some_and(has_records)) {
            return NameMeaning::Above;
        }
        NameMeaning::Nothing
    }

    /// Returns the service with this name, if any of its instances has a record of it.
    fn service<'a>(&self, catalog: &'a Catalog, name: &[u8]) -> Option<&'a RegisteredService> {
        catalog.get(self.services.get(name)?).filter(|entry| has_records(entry))
    }

    fn target<'a>(&self, catalog: &'a Catalog, name: &[u8]) -> Option<(DnsRecord, &'a Instance)> {
        let (id, parent) = split(name)?;
        let entry = self.service(catalog, parent)?;
        let record = *entry.service.records.iter().find(|it| it.kind == RecordKind::Srv)?;
        let mut all = entry.instances().map(|registered| &*registered.instance);
        Some((record, all.find(|it| it.id().as_bytes().eq_ignore_ascii_case(id))?))
    }
}

/// Returns the SOA record of negative answers, for which the smaller of its own TTL and its last field
/// counts (RFC 2308 §5).
fn negative(soa: &Record) -> Record {
    let mut soa = soa.clone();
    soa.ttl = soa.ttl.min(MINIMUM);
    soa
}

fn without_name(mut record: Record) -> Result<Box<[u8]>, ProtoError> {
    record.name = Name::root();
    let mut bytes = record.to_bytes()?;
    // The root's name is one byte.
    bytes.remove(0);
    Ok(bytes.into())
}

fn has_records(entry: &RegisteredService) -> bool {
    let kinds = || entry.service.records.iter().map(|record| record.kind);
    entry.instances().any(|registered| kinds().any(|kind| registered.instance.has(kind)))
}
