//! What the names of a set of namespaces resolve to (cloudmap-ecs §1.3, §1.8).
//!
//! The instances, the time and the randomness come from outside. Besides the namespaces' zones there
//! are those that the VPC's resolver has of its own: the tasks' host names, and the way back from an
//! address to one (cloudmap-ecs §2).

#[cfg(test)]
mod tests;

use std::{net::Ipv4Addr, time::Instant};

use hickory_server::proto::rr::{
    Name, RData, Record, RecordType,
    rdata::{A, PTR, SRV},
};

use super::{
    catalog::{Catalog, RegisteredService},
    error::NameError,
    instance::Instance,
    name::{lowered, split},
    zone::{NameMeaning, Zone},
};
use stack::{DnsRecord, Namespace, NamespaceKind, RecordKind};

/// How long a task's host name may be remembered, or that it does not exist, in seconds.
const HOST_TTL: u32 = 60;
/// How many names that lead to one another are followed.
const MAX_ALIASES: usize = 8;

/// The zones of a stack, and that of its tasks' host names.
#[derive(Debug)]
pub(super) struct Zones {
    /// The namespaces' zones, the most specific first.
    zones: Vec<Zone>,
    /// The zone in which tasks have host names: `us-west-2.compute.internal`.
    hosts: Zone,
}

/// A question about a name, with what it is answered from.
pub(super) struct Question<'a> {
    /// The name in the case that it was asked with, in which it is answered too.
    pub(super) name: &'a Name,
    pub(super) kind: RecordType,
    pub(super) catalog: &'a Catalog,
    pub(super) now: Instant,
}

/// What a name resolves to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Resolution {
    /// The aliases in their order, and what the last of them leads to.
    pub(super) records: Vec<Record>,
    pub(super) end: ResolutionEnd,
}

/// Where the resolution of a name ends.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ResolutionEnd {
    /// At the records that were asked for.
    Found,
    /// At NODATA: the name exists, without such a record. The zone's SOA record says for how long.
    NoData(Box<Record>),
    /// At NXDOMAIN: the name does not exist. The zone's SOA record says for how long.
    NoName(Box<Record>),
    /// At a name in none of the zones.
    Elsewhere(Name),
    /// Nowhere: the aliases lead to one another.
    Loop,
}

// === impl Zones ===

impl Zones {
    /// Makes the zones of these namespaces, in a region.
    pub(super) fn new(namespaces: &[Namespace], region: &str) -> Result<Self, NameError> {
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
    pub(super) fn resolve(
        &self,
        question: &Question<'_>,
        random: &mut fastrand::Rng,
    ) -> Resolution {
        let mut records = Vec::new();
        let mut name = question.name.clone();
        for _ in 0..MAX_ALIASES {
            let step = self.step(&Question { name: &name, ..*question }, random);
            let alias = alias(&step.records, question.kind).cloned();
            records.extend(step.records);
            match alias {
                Some(target) => name = target,
                None => return Resolution { records, end: step.end },
            }
        }
        Resolution { records, end: ResolutionEnd::Loop }
    }

    /// Returns the namespace's zone that a name is in, which is in the form of [`lowered`].
    pub(super) fn zone_of(&self, name: &[u8]) -> Option<&Zone> {
        self.zones.iter().find(|zone| zone.contains(name))
    }

    /// Returns what there is of one name, without following an alias.
    fn step(&self, question: &Question<'_>, random: &mut fastrand::Rng) -> Resolution {
        let name = &lowered(question.name);
        if let Some(zone) = self.zone_of(name) {
            return question.in_zone(zone, name, random);
        }
        if self.hosts.contains(name) {
            return question.of_host(&self.hosts, name);
        }
        question
            .of_address(&self.hosts)
            .unwrap_or_else(|| Resolution::nothing(ResolutionEnd::Elsewhere(question.name.clone())))
    }
}

/// Returns the domain in which the hosts of a region have names.
fn internal_domain(region: &str) -> String {
    match region {
        "us-east-1" => "ec2.internal".to_owned(),
        region => format!("{region}.compute.internal"),
    }
}

/// Returns the name that these records lead to; `None` if they are what was asked for.
fn alias(records: &[Record], kind: RecordType) -> Option<&Name> {
    match &records.first()?.data {
        RData::CNAME(target) if kind != RecordType::CNAME && kind != RecordType::ANY => {
            Some(target)
        }
        _ => None,
    }
}

// === impl Resolution ===

impl Resolution {
    fn nothing(end: ResolutionEnd) -> Self {
        Self { records: Vec::new(), end }
    }
}

// === impl Question ===

impl Question<'_> {
    fn in_zone(&self, zone: &Zone, name: &[u8], random: &mut fastrand::Rng) -> Resolution {
        match zone.find(self.catalog, name) {
            NameMeaning::Apex => existing(zone, zone.apex_records(self.kind)),
            NameMeaning::Service(entry) => existing(zone, self.of_service(entry, random)),
            NameMeaning::Target(record, instance) => {
                existing(zone, self.addresses(record.ttl, instance))
            }
            NameMeaning::Above => existing(zone, Vec::new()),
            NameMeaning::Nothing => Resolution::nothing(ResolutionEnd::NoName(zone.negative())),
        }
    }

    fn of_service(&self, entry: &RegisteredService, random: &mut fastrand::Rng) -> Vec<Record> {
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

    /// Resolves a host name, `ip-127-9-1-2.us-west-2.compute.internal`, which is there for as long as a
    /// task has the address.
    fn of_host(&self, hosts: &Zone, name: &[u8]) -> Resolution {
        if hosts.is_apex(name) {
            return existing(hosts, hosts.apex_records(self.kind));
        }
        let host = split(name).filter(|(_, parent)| hosts.is_apex(parent));
        let address = host.and_then(|(label, _)| address_of_host(label));
        let known = address.filter(|address| self.catalog.has_address(*address));
        let Some(address) = known else {
            return Resolution::nothing(ResolutionEnd::NoName(hosts.negative()));
        };
        let asked = matches!(self.kind, RecordType::A | RecordType::ANY);
        let data = RData::A(A(address));
        let record = Record::from_rdata(self.name.clone(), HOST_TTL, data);
        existing(hosts, asked.then_some(record).into_iter().collect())
    }

    /// Resolves the name of a task's address, which nobody else knows, to its host name.
    fn of_address(&self, hosts: &Zone) -> Option<Resolution> {
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

/// Returns the resolution of a name that exists, with records or without.
fn existing(zone: &Zone, records: Vec<Record>) -> Resolution {
    let end = if records.is_empty() {
        ResolutionEnd::NoData(zone.negative())
    } else {
        ResolutionEnd::Found
    };
    Resolution { records, end }
}

/// Returns which of a service's records a question of this kind is answered with: every question about
/// an alias with that; ANY with whatever comes first (RFC 8482).
pub(super) fn asked_for(entry: &RegisteredService, kind: RecordType) -> Option<DnsRecord> {
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
