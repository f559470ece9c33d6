//! Names that stand for one address each, whatever the namespaces say: those of Service Connect,
//! which in AWS a task finds in its `/etc/hosts` (cloudmap-ecs §3.14).

use std::{collections::HashMap, net::Ipv4Addr};

use hickory_server::proto::rr::{Name, RData, Record, RecordType, rdata::A};

use super::{
    error::NameError,
    name::lowered,
    zone::Zone,
    zones::{Resolution, ResolutionEnd},
};

/// How long an alias may be remembered: `/etc/hosts` may have changed at the next look.
const TTL: u32 = 0;

/// Addresses and zones by names, which are in the form of [`lowered`].
#[derive(Debug, Default)]
pub(super) struct Aliases(HashMap<Box<[u8]>, (Ipv4Addr, Zone)>);

// === impl Aliases ===

impl Aliases {
    pub(super) fn new(names: &[(String, Ipv4Addr)]) -> Result<Self, NameError> {
        let alias = |(name, address): &(String, Ipv4Addr)| {
            let zone = Zone::new(name, TTL)?;
            Ok((lowered(&zone.apex), (*address, zone)))
        };
        names.iter().map(alias).collect::<Result<_, _>>().map(Self)
    }

    /// Returns whether a name is one of these.
    pub(super) fn has(&self, name: &[u8]) -> bool {
        self.0.contains_key(name)
    }

    /// Returns what a name stands for; `None` if it is not one of these.
    pub(super) fn resolve(&self, name: &Name, kind: RecordType) -> Option<Resolution> {
        let (address, zone) = self.0.get(&lowered(name))?;
        if !matches!(kind, RecordType::A | RecordType::ANY) {
            return Some(Resolution {
                records: Vec::new(),
                end: ResolutionEnd::NoData(zone.negative()),
            });
        }
        let record = Record::from_rdata(name.clone(), TTL, RData::A(A(*address)));
        Some(Resolution { records: vec![record], end: ResolutionEnd::Found })
    }
}
