//! A service's records (cloudmap-ecs §1.2).

use super::MAX_TTL;
use crate::field::{Field, Properties, Result};
use stack::{DnsRecord, RecordKind, RoutingPolicy};

const KINDS: [RecordKind; 4] =
    [RecordKind::A, RecordKind::Aaaa, RecordKind::Srv, RecordKind::Cname];

pub(super) fn read(config: &Properties<'_>) -> Result<(Vec<DnsRecord>, RoutingPolicy)> {
    let field = config.need("DnsRecords")?;
    let records: Vec<_> = field.items()?.iter().map(record).collect::<Result<_>>()?;
    let policy = routing_policy(config)?;
    let kinds: Vec<_> = records.iter().map(|record| record.kind).collect();
    check(&field, &kinds)?;
    if kinds == [RecordKind::Cname] && policy != RoutingPolicy::Weighted {
        let help = "add `RoutingPolicy: WEIGHTED`, the only one for this type";
        return Err(field.refused("has the type CNAME, of which a name has one record", help));
    }
    Ok((records, policy))
}

/// The types that are asked for, as far as they can be read.
pub(super) fn kinds(config: &Properties<'_>) -> Result<Vec<RecordKind>> {
    let kind = |field: &Field<'_>| Ok(record(field)?.kind);
    config.items("DnsRecords")?.iter().map(kind).collect()
}

fn check(field: &Field<'_>, kinds: &[RecordKind]) -> Result<()> {
    let names: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
    match &names[..] {
        ["A" | "AAAA" | "SRV" | "CNAME"] | ["A", "AAAA"] | ["AAAA", "A"] => Ok(()),
        [] => Err(field.refused("is empty", "give a record, or `Type: HTTP` instead of records")),
        _ => {
            let why = format!("has the types {} together", names.join(", "));
            Err(field.refused(why, "AWS takes A, AAAA, A with AAAA, SRV or CNAME"))
        }
    }
}

fn record(field: &Field<'_>) -> Result<DnsRecord> {
    let record = field.map()?;
    let kind = record.need("Type")?;
    let ttl = record.need("TTL")?.number(0..=MAX_TTL)?;
    let name = kind.text()?;
    let Some(known) = KINDS.into_iter().find(|known| known.as_str() == name) else {
        return Err(kind.refused(format!("is `{name}`"), "write A, AAAA, SRV or CNAME"));
    };
    Ok(DnsRecord { kind: known, ttl })
}

fn routing_policy(config: &Properties<'_>) -> Result<RoutingPolicy> {
    let Some(field) = config.get("RoutingPolicy") else { return Ok(RoutingPolicy::Multivalue) };
    match &*field.text()? {
        "MULTIVALUE" => Ok(RoutingPolicy::Multivalue),
        "WEIGHTED" => Ok(RoutingPolicy::Weighted),
        other => Err(field.refused(format!("is `{other}`"), "write `MULTIVALUE` or `WEIGHTED`")),
    }
}
