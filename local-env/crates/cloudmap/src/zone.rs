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
    catalog::{Catalog, Entry},
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
/// Seconds that the zone's own name servers may be remembered.
const NS_TTL: u32 = 172_800;
/// The SOA record's last field.
const MINIMUM: u32 = 86_400;

/// A zone of the resolver's. It knows names in the form of [`lowered`].
#[derive(Debug)]
pub(super) struct Zone {
    pub(super) apex: Name,
    apex_wire: Box<[u8]>,
    soa: Record,
    /// What [`Zone::negative`] is in a message, behind its name.
    negative_wire: Box<[u8]>,
    name_servers: Vec<Record>,
    services: HashMap<Box<[u8]>, Arn>,
    /// Services by the names between them and the apex.
    above: HashMap<Box<[u8]>, Vec<Arn>>,
}

/// What a name in a zone stands for.
pub(super) enum Found<'a> {
    Apex,
    /// A service with records.
    Service(&'a Entry),
    /// What an SRV record leads to, `<instance>.<service>.<namespace>`.
    Target(DnsRecord, &'a Instance),
    /// Nothing, but there are names below it: it exists too, without records.
    Above,
    Nothing,
}

// === impl Zone ===

impl Zone {
    /// A zone without services, whose SOA record has this TTL.
    pub(super) fn new(name: &str, ttl: u32) -> Result<Self, ProtoError> {
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

    pub(super) fn add(&mut self, service: &DiscoveryService) -> Result<(), ProtoError> {
        let name = lowered(&Name::from_str(&service.name)?.append_domain(&self.apex)?);
        let mut rest = split(&name);
        while let Some((_, parent)) = rest.filter(|(_, parent)| *parent != &*self.apex_wire) {
            self.above.entry(parent.into()).or_default().push(service.arn.clone());
            rest = split(parent);
        }
        self.services.insert(name, service.arn.clone());
        Ok(())
    }

    pub(super) fn contains(&self, name: &[u8]) -> bool {
        is_within(name, &self.apex_wire)
    }

    pub(super) fn is_apex(&self, name: &[u8]) -> bool {
        *name == *self.apex_wire
    }

    /// For how long a resolver may remember that something does not exist.
    pub(super) fn negative(&self) -> Box<Record> {
        Box::new(negative(&self.soa))
    }

    /// The same in a message: how long the name is, and what comes behind it.
    pub(super) fn negative_wire(&self) -> (usize, &[u8]) {
        (self.apex_wire.len(), &self.negative_wire)
    }

    /// The records of the apex itself.
    pub(super) fn apex_records(&self, kind: RecordType) -> Vec<Record> {
        match kind {
            RecordType::SOA | RecordType::ANY => vec![self.soa.clone()],
            RecordType::NS => self.name_servers.clone(),
            _ => Vec::new(),
        }
    }

    /// What a name in the zone stands for.
    pub(super) fn find<'a>(&self, catalog: &'a Catalog, name: &[u8]) -> Found<'a> {
        if self.is_apex(name) {
            return Found::Apex;
        }
        if let Some(entry) = self.service(catalog, name) {
            return Found::Service(entry);
        }
        if let Some((record, instance)) = self.target(catalog, name) {
            return Found::Target(record, instance);
        }
        let mut below = self.above.get(name).into_iter().flatten();
        if below.any(|arn| catalog.get(arn).is_some_and(has_records)) {
            return Found::Above;
        }
        Found::Nothing
    }

    /// The service with this name, if any of its instances has a record of it.
    fn service<'a>(&self, catalog: &'a Catalog, name: &[u8]) -> Option<&'a Entry> {
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

/// The smaller of the SOA record's own TTL and its last field counts (RFC 2308 §5).
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

fn has_records(entry: &Entry) -> bool {
    let kinds = || entry.service.records.iter().map(|record| record.kind);
    entry.instances().any(|registered| kinds().any(|kind| registered.instance.has(kind)))
}
