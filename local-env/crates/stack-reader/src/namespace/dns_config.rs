//! A service's records (cloudmap-ecs §1.2).

use super::MAX_TTL;
use crate::{
    field::{Field, Properties, Result},
    problem::DiscoveryFault,
};
use stack::{DnsRecord, RecordKind, RoutingPolicy};

const KINDS: [(&str, RecordKind); 4] = [
    ("A", RecordKind::A),
    ("AAAA", RecordKind::Aaaa),
    ("SRV", RecordKind::Srv),
    ("CNAME", RecordKind::Cname),
];
const POLICIES: [(&str, RoutingPolicy); 2] =
    [("MULTIVALUE", RoutingPolicy::Multivalue), ("WEIGHTED", RoutingPolicy::Weighted)];

pub(super) fn read(config: &Properties<'_>) -> Result<(Vec<DnsRecord>, RoutingPolicy)> {
    let field = config.need("DnsRecords")?;
    let records: Vec<_> = field.items()?.iter().map(record).collect::<Result<_>>()?;
    let policy = config.choice("RoutingPolicy", &POLICIES, RoutingPolicy::Multivalue)?;
    let kinds: Vec<_> = records.iter().map(|record| record.kind).collect();
    check(&field, &kinds)?;
    if kinds == [RecordKind::Cname] && policy != RoutingPolicy::Weighted {
        return Err(field.refused(DiscoveryFault::CnameRouting));
    }
    Ok((records, policy))
}

/// Returns the types that are asked for, as far as they can be read.
pub(super) fn kinds(config: &Properties<'_>) -> Result<Vec<RecordKind>> {
    let kind = |field: &Field<'_>| Ok(record(field)?.kind);
    config.items("DnsRecords")?.iter().map(kind).collect()
}

fn check(field: &Field<'_>, kinds: &[RecordKind]) -> Result<()> {
    match kinds {
        [_] | [RecordKind::A, RecordKind::Aaaa] | [RecordKind::Aaaa, RecordKind::A] => Ok(()),
        [] => Err(field.refused(DiscoveryFault::NoRecords)),
        _ => Err(field.refused(DiscoveryFault::RecordTypes { found: kinds.to_vec() })),
    }
}

fn record(field: &Field<'_>) -> Result<DnsRecord> {
    let record = field.map()?;
    let kind = record.need("Type")?;
    let ttl = record.need("TTL")?.number(0..=MAX_TTL)?;
    Ok(DnsRecord { kind: kind.choice(&KINDS)?, ttl })
}
