//! The short way to an answer, for nearly all there are: from the question's bytes to the answer's,
//! without memory of its own, a lock or anything to wait for.
//!
//! It decides nothing by itself: [`Zone::find`] says what a name is and [`RegisteredService::chosen`]
//! who is in the answer, here as in [`Zones::resolve`], which goes the long way for whatever is not
//! answered here: unusual questions, aliases, names outside, what does not fit.

#[cfg(test)]
mod tests;

use std::time::Instant;

use hickory_server::proto::{op::ResponseCode, rr::RecordType};

use super::{
    alias::Aliases,
    catalog::{Catalog, RegisteredService},
    instance::Instance,
    name::MAX_NAME,
    wire::{AnswerWriter, Query},
    zone::{NameMeaning, Zone},
    zones::{Zones, asked_for},
};
use stack::{DnsRecord, RecordKind};

/// What questions are answered from at one moment.
pub(super) struct Moment<'a> {
    pub(super) zones: &'a Zones,
    pub(super) aliases: &'a Aliases,
    pub(super) catalog: &'a Catalog,
    pub(super) now: Instant,
}

/// A question, and its name in lower case.
struct AskedName<'a> {
    query: &'a Query<'a>,
    name: &'a [u8],
}

// === impl Moment ===

impl Moment<'_> {
    /// Writes the answer to a message and returns whether it did: if not, the message has to go the
    /// long way, and what was written is of no use.
    pub(super) fn answer(
        &self,
        message: &[u8],
        random: &mut fastrand::Rng,
        answer: &mut Vec<u8>,
    ) -> bool {
        let Some(query) = Query::read(message).filter(|query| is_usual(query.kind)) else {
            return false;
        };
        let mut lower = [0; MAX_NAME];
        let Some(name) = lower.get_mut(..query.name.len()) else { return false };
        name.copy_from_slice(query.name);
        name.make_ascii_lowercase();
        if self.aliases.has(name) {
            return false;
        }
        let Some(zone) = self.zones.zone_of(name) else { return false };
        let writer = AnswerWriter::new(&query, answer);
        self.in_zone(zone, &AskedName { query: &query, name }, random, writer)
    }

    fn in_zone(
        &self,
        zone: &Zone,
        asked: &AskedName<'_>,
        random: &mut fastrand::Rng,
        mut writer: AnswerWriter<'_>,
    ) -> bool {
        let found = match zone.find(self.catalog, asked.name) {
            NameMeaning::Apex => return false,
            NameMeaning::Service(entry) => match asked_for(entry, asked.query.kind) {
                Some(record) => self.of_service(entry, record, asked, random, &mut writer),
                None => Some(false),
            },
            NameMeaning::Target(record, instance) => {
                Some(writer.address(asked.query.kind, record.ttl, instance))
            }
            NameMeaning::Above => Some(false),
            NameMeaning::Nothing => {
                writer.negative(zone, asked);
                return writer.finish(ResponseCode::NXDomain);
            }
        };
        match found {
            None => return false,
            Some(true) => {}
            Some(false) => writer.negative(zone, asked),
        }
        writer.finish(ResponseCode::NoError)
    }

    /// Writes the records of a service and returns whether there were any; `None` if one can't be
    /// written here.
    fn of_service(
        &self,
        entry: &RegisteredService,
        record: DnsRecord,
        asked: &AskedName<'_>,
        random: &mut fastrand::Rng,
        writer: &mut AnswerWriter<'_>,
    ) -> Option<bool> {
        let candidates = entry.instances().filter(|it| it.instance.has(record.kind));
        let mut any = false;
        for instance in entry.chosen(candidates, self.now, random).drawn() {
            any |= match record.kind {
                RecordKind::A | RecordKind::Aaaa => {
                    writer.address(asked.query.kind, record.ttl, instance)
                }
                RecordKind::Srv => {
                    let label = instance.id().as_bytes();
                    let port = instance.port().filter(|_| is_plain(label))?;
                    writer.srv(record.ttl, port, label, asked.name).then_some(true)?
                }
                RecordKind::Cname => return None,
            };
        }
        Some(any)
    }
}

/// Returns whether programs usually ask for records of this type; ANY is answered in a way of its own.
fn is_usual(kind: RecordType) -> bool {
    matches!(kind, RecordType::A | RecordType::AAAA | RecordType::SRV | RecordType::HTTPS)
}

/// Returns whether an instance's id is a label as it stands; others might be written in another way.
fn is_plain(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    id.len() <= 63
        && id.first().is_some_and(u8::is_ascii_alphanumeric)
        && !id.starts_with(b"xn--")
        && id.iter().all(plain)
}

// === impl AnswerWriter ===

impl AnswerWriter<'_> {
    /// Writes the instance's own address, and returns whether it has one of this kind.
    fn address(&mut self, kind: RecordType, ttl: u32, instance: &Instance) -> bool {
        match (kind, instance.address(), instance.address_v6()) {
            (RecordType::A, Some(address), _) => self.a(ttl, address),
            (RecordType::AAAA, _, Some(address)) => self.aaaa(ttl, address),
            _ => return false,
        }
        true
    }

    /// Writes that there is no such record.
    fn negative(&mut self, zone: &Zone, asked: &AskedName<'_>) {
        let (apex, record) = zone.negative_wire();
        self.authority(asked.name.len().saturating_sub(apex), record);
    }
}
