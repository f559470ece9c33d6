//! Names that stand for one address each, whatever the namespaces say: those of Service Connect,
//! which in AWS a task finds in its `/etc/hosts` (cloudmap-ecs §3.14).

use std::{collections::HashMap, net::Ipv4Addr};

use hickory_server::proto::{
    ProtoError,
    rr::{Name, RData, Record, RecordType, rdata::A},
};

use super::{
    name::lowered,
    zone::Zone,
    zones::{Answer, End},
};

/// A file's names may be others at the next look.
const TTL: u32 = 0;

/// Names and addresses, in the form of [`lowered`].
#[derive(Debug, Default)]
pub(super) struct Aliases(HashMap<Box<[u8]>, (Ipv4Addr, Zone)>);

// === impl Aliases ===

impl Aliases {
    pub(super) fn new(names: &[(String, Ipv4Addr)]) -> Result<Self, ProtoError> {
        let alias = |(name, address): &(String, Ipv4Addr)| {
            let zone = Zone::new(name, TTL)?;
            Ok((lowered(&zone.apex), (*address, zone)))
        };
        names.iter().map(alias).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn has(&self, name: &[u8]) -> bool {
        self.0.contains_key(name)
    }

    /// What a name stands for, if it is one of these.
    pub(super) fn answer(&self, name: &Name, kind: RecordType) -> Option<Answer> {
        let (address, zone) = self.0.get(&lowered(name))?;
        if !matches!(kind, RecordType::A | RecordType::ANY) {
            return Some(Answer { records: Vec::new(), end: End::NoData(zone.negative()) });
        }
        let record = Record::from_rdata(name.clone(), TTL, RData::A(A(*address)));
        Some(Answer { records: vec![record], end: End::Found })
    }
}
