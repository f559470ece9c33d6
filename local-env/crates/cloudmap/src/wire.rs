//! DNS messages read and written by hand: the questions that programs ask, and answers to them
//! (RFC 1035 §4, RFC 6891).
//!
//! What is read here is what resolvers in programs send: one question of class IN, recursion desired,
//! and perhaps an OPT record without options. Other messages are for `handler`.

use std::net::{Ipv4Addr, Ipv6Addr};

use hickory_server::proto::{op::ResponseCode, rr::RecordType};

use super::name::{MAX_NAME, split};

/// The size of the messages that the VPC's resolver takes over UDP, in bytes.
pub(super) const EDNS_PAYLOAD: u16 = 4096;
/// The size of the messages that everybody takes over UDP, in bytes.
const MIN_PAYLOAD: u16 = 512;
/// The length of what stands before the question, in bytes.
pub(super) const HEADER: usize = 12;
const IN: [u8; 2] = [0, 1];
/// The bits by which a name is a pointer to another one (RFC 1035 §4.1.4).
const POINTER: u16 = 0xc000;
/// The one flag that a question's second byte of flags may have: AD says that the answer's is
/// understood.
const AUTHENTIC_DATA: u8 = 0x20;

/// A question, as it stands in its message.
#[derive(Debug)]
pub(super) struct Query<'a> {
    id: [u8; 2],
    /// The bytes of the name, the type and the class.
    question: &'a [u8],
    pub(super) name: &'a [u8],
    pub(super) kind: RecordType,
    edns: bool,
    /// How long an answer may be, in bytes.
    limit: usize,
}

/// An answer that is being written.
pub(super) struct AnswerWriter<'a> {
    query: &'a Query<'a>,
    message: &'a mut Vec<u8>,
    answers: u16,
    authorities: u16,
}

// === impl Query ===

impl<'a> Query<'a> {
    /// Reads a question; `None` where the message is anything unusual, or wrong.
    pub(super) fn read(message: &'a [u8]) -> Option<Self> {
        let (&[id_high, id_low, high, low, ref counts @ ..], rest) =
            message.split_first_chunk::<HEADER>()?;
        let edns = match counts {
            [0, 1, 0, 0, 0, 0, 0, 0] => false,
            [0, 1, 0, 0, 0, 0, 0, 1] => true,
            _ => return None,
        };
        // A query, of the standard kind, with RD and nothing else.
        if high != 1 || low & !AUTHENTIC_DATA != 0 {
            return None;
        }
        let (name, after) = rest.split_at_checked(name_length(rest)?)?;
        let (&[kind_high, kind_low, class @ ..], additional) = after.split_first_chunk::<4>()?;
        if class != IN {
            return None;
        }
        Some(Self {
            id: [id_high, id_low],
            question: rest.get(..name.len() + 4)?,
            name,
            kind: RecordType::from(u16::from_be_bytes([kind_high, kind_low])),
            edns,
            limit: limit(edns, additional)?.into(),
        })
    }
}

/// Returns the length of a name with the root's empty label, in bytes; `None` if the name is cut off,
/// is too long or has a pointer.
fn name_length(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    while let Some((label, after)) = split(rest) {
        if label.len() > 63 {
            return None;
        }
        rest = after;
    }
    let length = bytes.len() - rest.len() + 1;
    (rest.first() == Some(&0) && length <= MAX_NAME).then_some(length)
}

/// Returns how long an answer may be, in bytes, from what follows the question.
fn limit(edns: bool, additional: &[u8]) -> Option<u16> {
    match *additional {
        [] if !edns => Some(MIN_PAYLOAD),
        // The root, OPT, the payload, no extended code, version 0, flags, no options.
        [0, 0, 41, high, low, 0, 0, _, _, 0, 0] if edns => {
            Some(u16::from_be_bytes([high, low]).clamp(MIN_PAYLOAD, EDNS_PAYLOAD))
        }
        _ => None,
    }
}

// === impl AnswerWriter ===

impl<'a> AnswerWriter<'a> {
    /// Starts an answer to a question, in place of what `message` holds.
    pub(super) fn new(query: &'a Query<'a>, message: &'a mut Vec<u8>) -> Self {
        message.clear();
        message.extend_from_slice(&[0; HEADER]);
        message.extend_from_slice(query.question);
        Self { query, message, answers: 0, authorities: 0 }
    }

    /// Writes an A record.
    pub(super) fn a(&mut self, ttl: u32, address: Ipv4Addr) {
        self.record(RecordType::A, ttl, 4);
        self.message.extend_from_slice(&address.octets());
    }

    /// Writes an AAAA record.
    pub(super) fn aaaa(&mut self, ttl: u32, address: Ipv6Addr) {
        self.record(RecordType::AAAA, ttl, 16);
        self.message.extend_from_slice(&address.octets());
    }

    /// Writes an SRV record of priority and weight 1 that leads to a name of a label and a parent;
    /// returns whether that is no longer than a name may be.
    pub(super) fn srv(&mut self, ttl: u32, port: u16, label: &[u8], parent: &[u8]) -> bool {
        let Ok(length) = u8::try_from(label.len()) else { return false };
        let target = 1 + label.len() + parent.len();
        if target > MAX_NAME {
            return false;
        }
        // At most six more than a name.
        self.record(RecordType::SRV, ttl, u16::try_from(6 + target).unwrap_or_default());
        let [high, low] = port.to_be_bytes();
        self.message.extend_from_slice(&[0, 1, 0, 1, high, low, length]);
        self.message.extend_from_slice(label);
        self.message.extend_from_slice(parent);
        true
    }

    /// Writes a record of the question's name up to its data, which has this length in bytes.
    fn record(&mut self, kind: RecordType, ttl: u32, length: u16) {
        let [name_high, name_low] = pointer(0);
        let [kind_high, kind_low] = u16::from(kind).to_be_bytes();
        let [a, b, c, d] = ttl.to_be_bytes();
        let [high, low] = length.to_be_bytes();
        let [class_high, class_low] = IN;
        self.message.extend_from_slice(&[
            name_high, name_low, kind_high, kind_low, class_high, class_low, a, b, c, d, high, low,
        ]);
        self.answers += 1;
    }

    /// Writes a record of an authority, whose name is the end of the question's from `at` bytes into
    /// it.
    pub(super) fn authority(&mut self, at: usize, after_name: &[u8]) {
        self.message.extend_from_slice(&pointer(at));
        self.message.extend_from_slice(after_name);
        self.authorities += 1;
    }

    /// Completes the answer, and returns whether it fits into what the client takes.
    pub(super) fn finish(self, code: ResponseCode) -> bool {
        let [answers_high, answers_low] = self.answers.to_be_bytes();
        let [authorities_high, authorities_low] = self.authorities.to_be_bytes();
        let additional = u8::from(self.query.edns);
        let [id_high, id_low] = self.query.id;
        // An answer, RD; RA and what it is called.
        let header = [
            id_high,
            id_low,
            0x81,
            0x80 | code.low(),
            0,
            1,
            answers_high,
            answers_low,
            authorities_high,
            authorities_low,
            0,
            additional,
        ];
        if let Some(place) = self.message.first_chunk_mut::<HEADER>() {
            *place = header;
        }
        if self.query.edns {
            let [high, low] = EDNS_PAYLOAD.to_be_bytes();
            self.message.extend_from_slice(&[0, 0, 41, high, low, 0, 0, 0, 0, 0, 0]);
        }
        self.message.len() <= self.query.limit
    }
}

/// Returns the pointer to so many bytes into the question, which has at most 255 of a name.
fn pointer(at: usize) -> [u8; 2] {
    (POINTER | u16::try_from(HEADER + at).unwrap_or_default()).to_be_bytes()
}
