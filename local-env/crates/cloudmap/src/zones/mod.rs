//! What the names of a set of namespaces resolve to (cloudmap-ecs §1.3, §1.8).
//!
//! Pure: the instances, the time and the randomness come from outside. Besides the namespaces'
//! zones there are those that the VPC's resolver has of its own: the tasks' host names, and the way
//! back from an address to one (cloudmap-ecs §2).

#[cfg(test)]
mod tests;

use std::{net::Ipv4Addr, time::Instant};

use hickory_server::proto::{
    ProtoError,
    rr::{
        Name, RData, Record, RecordType,
        rdata::{A, PTR, SRV},
    },
};

use super::{
    catalog::{Catalog, Entry},
    instance::Instance,
    name::{lowered, split},
    zone::{Found, Zone},
};
use stack::{DnsRecord, Namespace, NamespaceKind, RecordKind};

/// Seconds that a task's host name may be remembered, and that it does not exist.
const HOST_TTL: u32 = 60;
/// Names that lead to one another before one gives up.
const MAX_ALIASES: usize = 8;

/// The zones of a stack.
#[derive(Debug)]
pub(super) struct Zones {
    /// The most specific first.
    zones: Vec<Zone>,
    /// Where tasks have host names: `us-west-2.compute.internal`.
    hosts: Zone,
}

/// What is asked, of what, when.
pub(super) struct Question<'a> {
    /// With the case that it was asked with, in which it is answered too.
    pub(super) name: &'a Name,
    pub(super) kind: RecordType,
    pub(super) catalog: &'a Catalog,
    pub(super) now: Instant,
}

/// What a question is answered with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    /// Aliases in their order, and what the last of them leads to.
    pub(super) records: Vec<Record>,
    pub(super) end: End,
}

/// Where an answer ends.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    /// With the records that were asked for.
    Found,
    /// NODATA: the name exists, without such a record. The zone's SOA says for how long.
    NoData(Box<Record>),
    /// NXDOMAIN.
    NoName(Box<Record>),
    /// At a name in none of the zones.
    Elsewhere(Name),
    /// Nowhere: the aliases go round.
    Loop,
}

/// What there is of one name: its records, and how it goes on.
type Step = (Vec<Record>, End);

// === impl Zones ===

impl Zones {
    /// The zones of these namespaces, in a region.
    pub(super) fn new(namespaces: &[Namespace], region: &str) -> Result<Self, ProtoError> {
        let mut zones = Vec::new();
        for namespace in namespaces.iter().filter(|it| it.kind != NamespaceKind::Http) {
            let mut zone = Zone::new(&namespace.name, namespace.soa_ttl)?;
            let services = namespace.services.iter();
            services.filter(|it| !it.records.is_empty()).try_for_each(|it| zone.add(it))?;
            zones.push(zone);
        }
        zones.sort_by_key(|zone| std::cmp::Reverse(zone.apex.num_labels()));
        Ok(Self { zones, hosts: Zone::new(&internal_domain(region), HOST_TTL)? })
    }

    /// Follows a name to what it stands for; `random` shuffles.
    pub(super) fn answer(&self, question: &Question<'_>, random: &mut fastrand::Rng) -> Answer {
        let mut records = Vec::new();
        let mut name = question.name.clone();
        for _ in 0..MAX_ALIASES {
            let (found, end) = self.step(&Question { name: &name, ..*question }, random);
            let alias = alias(&found, question.kind).cloned();
            records.extend(found);
            match alias {
                Some(target) => name = target,
                None => return Answer { records, end },
            }
        }
        Answer { records, end: End::Loop }
    }

    /// The zone that a name is in, in the form of [`lowered`], but for that of the hosts.
    pub(super) fn zone_of(&self, name: &[u8]) -> Option<&Zone> {
        self.zones.iter().find(|zone| zone.contains(name))
    }

    fn step(&self, question: &Question<'_>, random: &mut fastrand::Rng) -> Step {
        let name = &lowered(question.name);
        if let Some(zone) = self.zone_of(name) {
            return question.in_zone(zone, name, random);
        }
        if self.hosts.contains(name) {
            return question.of_host(&self.hosts, name);
        }
        question.of_address(&self.hosts).unwrap_or_else(|| {
            let end = End::Elsewhere(question.name.clone());
            (Vec::new(), end)
        })
    }
}

/// Where the hosts of a region have names.
fn internal_domain(region: &str) -> String {
    match region {
        "us-east-1" => "ec2.internal".to_owned(),
        region => format!("{region}.compute.internal"),
    }
}

/// Where these records lead, if not to what was asked for.
fn alias(records: &[Record], kind: RecordType) -> Option<&Name> {
    match &records.first()?.data {
        RData::CNAME(target) if kind != RecordType::CNAME && kind != RecordType::ANY => {
            Some(target)
        }
        _ => None,
    }
}

// === impl Question ===

impl Question<'_> {
    fn in_zone(&self, zone: &Zone, name: &[u8], random: &mut fastrand::Rng) -> Step {
        match zone.find(self.catalog, name) {
            Found::Apex => existing(zone, zone.apex_records(self.kind)),
            Found::Service(entry) => existing(zone, self.of_service(entry, random)),
            Found::Target(record, instance) => existing(zone, self.addresses(record.ttl, instance)),
            Found::Above => existing(zone, Vec::new()),
            Found::Nothing => (Vec::new(), End::NoName(zone.negative())),
        }
    }

    fn of_service(&self, entry: &Entry, random: &mut fastrand::Rng) -> Vec<Record> {
        let Some(record) = asked_for(entry, self.kind) else { return Vec::new() };
        let candidates = entry.instances().filter(|it| it.instance.has(record.kind));
        let chosen = entry.chosen(candidates, self.now, random);
        chosen.drawn().filter_map(|it| self.record(record, it)).collect()
    }

    fn record(&self, record: DnsRecord, instance: &Instance) -> Option<Record> {
        let data = match record.kind {
            RecordKind::Srv => {
                let target = self.name.to_lowercase().prepend_label(instance.id()).ok()?;
                RData::SRV(SRV::new(1, 1, instance.port()?, target))
            }
            kind => instance.data(record_type(kind))?,
        };
        Some(Record::from_rdata(self.name.clone(), record.ttl, data))
    }

    fn addresses(&self, ttl: u32, instance: &Instance) -> Vec<Record> {
        let kind = if self.kind.is_any() { RecordType::A } else { self.kind };
        let data = instance.data(kind).filter(|_| kind.is_ip_addr());
        data.map(|data| Record::from_rdata(self.name.clone(), ttl, data)).into_iter().collect()
    }

    /// `ip-127-9-1-2.us-west-2.compute.internal`, for as long as a task has the address.
    fn of_host(&self, hosts: &Zone, name: &[u8]) -> Step {
        if hosts.is_apex(name) {
            return existing(hosts, hosts.apex_records(self.kind));
        }
        let host = split(name).filter(|(_, parent)| hosts.is_apex(parent));
        let address = host.and_then(|(label, _)| address_of_host(label));
        let known = address.filter(|address| self.catalog.has_address(*address));
        let Some(address) = known else { return (Vec::new(), End::NoName(hosts.negative())) };
        let asked = matches!(self.kind, RecordType::A | RecordType::ANY);
        let data = RData::A(A(address));
        let record = Record::from_rdata(self.name.clone(), HOST_TTL, data);
        existing(hosts, asked.then_some(record).into_iter().collect())
    }

    /// The way back from a task's address, which nobody else knows.
    fn of_address(&self, hosts: &Zone) -> Option<Step> {
        let net = self.name.parse_arpa_name().ok()?;
        let address = match net.addr() {
            std::net::IpAddr::V4(address) if net.prefix_len() == 32 => address,
            _ => return None,
        };
        if !self.catalog.has_address(address) {
            return None;
        }
        let asked = matches!(self.kind, RecordType::PTR | RecordType::ANY);
        let host = hosts.apex.prepend_label(host_of_address(address)).ok()?;
        let record = Record::from_rdata(self.name.clone(), HOST_TTL, RData::PTR(PTR(host)));
        Some(existing(hosts, asked.then_some(record).into_iter().collect()))
    }
}

/// The answer for a name that exists, with records or without.
fn existing(zone: &Zone, records: Vec<Record>) -> Step {
    let end = if records.is_empty() { End::NoData(zone.negative()) } else { End::Found };
    (records, end)
}

/// The records of a service that a question of this kind is answered with, if any: every question
/// about an alias with that; ANY with whatever comes first (RFC 8482).
pub(super) fn asked_for(entry: &Entry, kind: RecordType) -> Option<DnsRecord> {
    let asked = |record: &DnsRecord| {
        record.kind == RecordKind::Cname || kind.is_any() || kind == record_type(record.kind)
    };
    entry.service.records.iter().copied().find(asked)
}

fn record_type(kind: RecordKind) -> RecordType {
    match kind {
        RecordKind::A => RecordType::A,
        RecordKind::Aaaa => RecordType::AAAA,
        RecordKind::Srv => RecordType::SRV,
        RecordKind::Cname => RecordType::CNAME,
    }
}

fn host_of_address(address: Ipv4Addr) -> String {
    format!("ip-{}", address.to_string().replace('.', "-"))
}

fn address_of_host(label: &[u8]) -> Option<Ipv4Addr> {
    let text = std::str::from_utf8(label).ok()?;
    text.strip_prefix("ip-")?.replace('-', ".").parse().ok()
}
