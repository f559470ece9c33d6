//! What the names of a set of namespaces resolve to (cloudmap-ecs §1.3, §1.8).
//!
//! Plain data and a pure answer: who asks, over what, and the randomness come from outside.

use std::{collections::HashMap, net::Ipv4Addr, str::FromStr};

use hickory_server::proto::{
    ProtoError,
    rr::{
        LowerName, Name, RData, Record, RecordType,
        rdata::{A, NS, SOA},
    },
};

use crate::stack::{Arn, DiscoveryService, Namespace, RecordKind, RoutingPolicy};

/// Instances that one answer names at the most.
const MAX_ANSWERS: usize = 8;
const NAME_SERVERS: [&str; 4] = [
    "ns-1536.awsdns-00.co.uk.",
    "ns-0.awsdns-00.com.",
    "ns-512.awsdns-00.net.",
    "ns-1024.awsdns-00.org.",
];
const HOSTMASTER: &str = "awsdns-hostmaster.amazon.com.";
/// Seconds that the zone's own name servers may be remembered.
const NS_TTL: u32 = 172_800;

/// The zones of a stack and the instances registered in them.
#[derive(Clone, Debug, Default)]
pub struct Zones {
    /// The most specific first.
    apexes: Vec<Zone>,
    names: HashMap<LowerName, Entry>,
    services: HashMap<Arn, LowerName>,
}

/// A registered instance: a task's id and its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The task's id.
    pub id: String,
    /// What A records name.
    pub address: Ipv4Addr,
}

/// What a question is answered with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// NOERROR with records.
    Records(Vec<Record>),
    /// NODATA: the name exists, without such a record. The zone's SOA says for how long.
    NoData(Box<Record>),
    /// NXDOMAIN.
    NoName(Box<Record>),
    /// The name is in none of the zones.
    NotOurs,
}

#[derive(Clone, Debug)]
struct Zone {
    apex: LowerName,
    soa: Record,
    name_servers: Vec<Record>,
}

/// A service's name.
#[derive(Clone, Debug)]
struct Entry {
    ttl: u32,
    routing_policy: RoutingPolicy,
    instances: Vec<Instance>,
}

// === impl Zones ===

impl Zones {
    /// The zones of these namespaces, without instances.
    pub fn new(namespaces: &[Namespace]) -> Result<Self, ProtoError> {
        let mut zones = Self::default();
        for namespace in namespaces {
            let apex = Name::from_str(&namespace.name)?.append_name(&Name::root())?;
            for service in &namespace.services {
                zones.add(&apex, service)?;
            }
            zones.apexes.push(Zone::new(&apex, namespace.soa_ttl)?);
        }
        zones.apexes.sort_by_key(|zone| std::cmp::Reverse(zone.apex.num_labels()));
        Ok(zones)
    }

    fn add(&mut self, apex: &Name, service: &DiscoveryService) -> Result<(), ProtoError> {
        let name = LowerName::new(&Name::from_str(&service.name)?.append_domain(apex)?);
        let a = service.records.iter().find(|record| record.kind == RecordKind::A);
        let Some(a) = a else { return Ok(()) };
        self.services.insert(service.arn.clone(), name.clone());
        let routing_policy = service.routing_policy;
        self.names.insert(name, Entry { ttl: a.ttl, routing_policy, instances: Vec::new() });
        Ok(())
    }

    /// Registers an instance, or updates the one with its id. A service that the zones don't have
    /// has no names, and nothing happens.
    pub fn register(&mut self, service: &Arn, instance: Instance) {
        if let Some(entry) = self.entry(service) {
            entry.instances.retain(|other| other.id != instance.id);
            entry.instances.push(instance);
        }
    }

    /// Takes an instance out.
    pub fn deregister(&mut self, service: &Arn, id: &str) {
        if let Some(entry) = self.entry(service) {
            entry.instances.retain(|instance| instance.id != id);
        }
    }

    fn entry(&mut self, service: &Arn) -> Option<&mut Entry> {
        self.names.get_mut(self.services.get(service)?)
    }

    /// What a question for `name` is answered with; `random` shuffles.
    pub(super) fn answer(
        &self,
        name: &LowerName,
        kind: RecordType,
        random: &mut fastrand::Rng,
    ) -> Answer {
        let Some(zone) = self.apexes.iter().find(|zone| zone.apex.zone_of(name)) else {
            return Answer::NotOurs;
        };
        if *name == zone.apex {
            return zone.apex_answer(kind);
        }
        match self.names.get(name).filter(|entry| !entry.instances.is_empty()) {
            Some(entry) if kind == RecordType::A || kind.is_any() => {
                Answer::Records(entry.records(name, random))
            }
            Some(_) => Answer::NoData(zone.soa()),
            // A name that only has names below it exists, without records.
            None if self.has_names_below(name) => Answer::NoData(zone.soa()),
            None => Answer::NoName(zone.soa()),
        }
    }

    fn has_names_below(&self, name: &LowerName) -> bool {
        let below = |(other, entry): (&LowerName, &Entry)| {
            !entry.instances.is_empty() && other != name && name.zone_of(other)
        };
        self.names.iter().any(below)
    }
}

// === impl Zone ===

impl Zone {
    /// `ttl` is how long a resolver may remember that a name does not exist: the smaller of the SOA
    /// record's own TTL and its last field (RFC 2308 §5).
    fn new(apex: &Name, ttl: u32) -> Result<Self, ProtoError> {
        let primary = Name::from_str(NAME_SERVERS[0])?;
        let soa = SOA::new(primary, Name::from_str(HOSTMASTER)?, 1, 7200, 900, 1_209_600, 86_400);
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
        })
    }

    fn soa(&self) -> Box<Record> {
        Box::new(self.soa.clone())
    }

    fn apex_answer(&self, kind: RecordType) -> Answer {
        match kind {
            RecordType::SOA | RecordType::ANY => Answer::Records(vec![self.soa.clone()]),
            RecordType::NS => Answer::Records(self.name_servers.clone()),
            _ => Answer::NoData(self.soa()),
        }
    }
}

// === impl Entry ===

impl Entry {
    fn records(&self, name: &LowerName, random: &mut fastrand::Rng) -> Vec<Record> {
        let mut instances: Vec<_> = self.instances.iter().collect();
        random.shuffle(&mut instances);
        instances.truncate(match self.routing_policy {
            RoutingPolicy::Multivalue => MAX_ANSWERS,
            RoutingPolicy::Weighted => 1,
        });
        let record = |instance: &Instance| {
            Record::from_rdata(Name::from(name), self.ttl, RData::A(A(instance.address)))
        };
        instances.into_iter().map(record).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::stack::DnsRecord;

    fn service(name: &str, routing_policy: RoutingPolicy) -> DiscoveryService {
        DiscoveryService {
            logical_id: name.into(),
            arn: Arn::from(name),
            name: name.into(),
            records: vec![DnsRecord { kind: RecordKind::A, ttl: 60 }],
            routing_policy,
        }
    }

    fn zones() -> Zones {
        let namespace = |name: &str, services| Namespace {
            logical_id: name.into(),
            name: name.into(),
            soa_ttl: 15,
            services,
        };
        Zones::new(&[
            namespace(
                "services",
                vec![
                    service("service1", RoutingPolicy::Multivalue),
                    service("one", RoutingPolicy::Weighted),
                    service("deep.er", RoutingPolicy::Multivalue),
                ],
            ),
            namespace("a.services", vec![service("x", RoutingPolicy::Multivalue)]),
        ])
        .unwrap()
    }

    fn with_instances(service: &str, count: u8) -> Zones {
        let mut zones = zones();
        for n in 0..count {
            let instance = Instance { id: format!("task{n}"), address: [127, 0, 1, n].into() };
            zones.register(&Arn::from(service), instance);
        }
        zones
    }

    fn ask(zones: &Zones, name: &str, kind: RecordType) -> Answer {
        let name = LowerName::from_str(name).unwrap();
        zones.answer(&name, kind, &mut fastrand::Rng::with_seed(7))
    }

    fn addresses(zones: &Zones, name: &str) -> Vec<Ipv4Addr> {
        let Answer::Records(records) = ask(zones, name, RecordType::A) else { return vec![] };
        let address = |record: &Record| match record.data {
            RData::A(A(address)) => address,
            ref other => panic!("{other}"),
        };
        records.iter().map(address).collect()
    }

    #[test]
    fn a_name_has_the_addresses_of_its_instances() {
        let zones = with_instances("service1", 5);
        let found: BTreeSet<_> = addresses(&zones, "SERVICE1.services.").into_iter().collect();
        assert_eq!(found, (0..5).map(|n| [127, 0, 1, n].into()).collect());
        let Answer::Records(records) = ask(&zones, "service1.services.", RecordType::A) else {
            panic!("no records");
        };
        assert!(records.iter().all(|record| record.ttl == 60));
    }

    #[test]
    fn an_answer_names_at_most_eight_and_every_instance_in_time() {
        let zones = with_instances("service1", 12);
        let mut random = fastrand::Rng::with_seed(1);
        let name = LowerName::from_str("service1.services.").unwrap();
        let mut seen = BTreeSet::new();
        for _ in 0..200 {
            let Answer::Records(records) = zones.answer(&name, RecordType::A, &mut random) else {
                panic!("no records");
            };
            let distinct: BTreeSet<_> =
                records.iter().map(|record| record.data.to_string()).collect();
            assert_eq!(distinct.len(), 8);
            seen.extend(distinct);
        }
        assert_eq!(seen.len(), 12);
    }

    #[test]
    fn a_weighted_service_names_one_instance() {
        assert_eq!(addresses(&with_instances("one", 4), "one.services.").len(), 1);
    }

    #[test]
    fn a_known_name_without_such_a_record_is_nodata() {
        let zones = with_instances("service1", 1);
        for kind in [RecordType::AAAA, RecordType::SRV, RecordType::TXT] {
            let Answer::NoData(soa) = ask(&zones, "service1.services.", kind) else {
                panic!("{kind}");
            };
            assert_eq!(soa.record_type(), RecordType::SOA);
            assert_eq!(soa.ttl, 15);
        }
    }

    #[test]
    fn a_name_without_instances_does_not_exist() {
        for name in ["service1.services.", "nobody.services.", "x.service1.services."] {
            assert!(matches!(ask(&zones(), name, RecordType::A), Answer::NoName(_)), "{name}");
        }
    }

    #[test]
    fn a_deregistered_instance_is_in_no_answer() {
        let mut zones = with_instances("service1", 2);
        zones.deregister(&Arn::from("service1"), "task0");
        assert_eq!(addresses(&zones, "service1.services."), [Ipv4Addr::new(127, 0, 1, 1)]);
    }

    #[test]
    fn the_apex_has_soa_and_name_servers_only() {
        let zones = zones();
        assert!(matches!(ask(&zones, "services.", RecordType::A), Answer::NoData(_)));
        assert!(matches!(ask(&zones, "services.", RecordType::SOA), Answer::Records(_)));
        let Answer::Records(servers) = ask(&zones, "services.", RecordType::NS) else {
            panic!("no name servers");
        };
        assert_eq!(servers.len(), 4);
    }

    #[test]
    fn a_name_above_a_service_exists_without_records() {
        let zones = with_instances("deep.er", 1);
        assert!(matches!(ask(&zones, "er.services.", RecordType::A), Answer::NoData(_)));
    }

    #[test]
    fn the_most_specific_namespace_answers() {
        let zones = with_instances("x", 1);
        assert_eq!(addresses(&zones, "x.a.services.").len(), 1);
        let Answer::NoName(soa) = ask(&zones, "y.a.services.", RecordType::A) else {
            panic!("a record");
        };
        assert_eq!(soa.name.to_string(), "a.services.");
    }

    #[test]
    fn a_name_outside_every_namespace_is_not_ours() {
        assert_eq!(ask(&zones(), "example.com.", RecordType::A), Answer::NotOurs);
        assert_eq!(ask(&zones(), "myservices.", RecordType::A), Answer::NotOurs);
    }
}
