//! What is answered directly, against the long way and hickory's reading of messages.

use hickory_server::proto::{
    op::{Edns, Message, MessageType, OpCode, Query as Asks},
    rr::{Name, Record},
    serialize::binary::{BinDecodable as _, BinEncodable as _},
};
use proptest::prelude::*;

use super::*;
use crate::{
    fixture::{alias, namespace, service, weighted},
    zones::{Question, ResolutionEnd},
};
use stack::{Arn, NamespaceKind};

const KINDS: [RecordType; 6] = [
    RecordType::A,
    RecordType::AAAA,
    RecordType::SRV,
    RecordType::HTTPS,
    RecordType::CNAME,
    RecordType::ANY,
];

/// Names of each kind that there is, and such as there are not.
const NAMES: [&str; 16] = [
    "web.services.",
    "WEB.Services.",
    "few.services.",
    "one.services.",
    "both.services.",
    "srv.services.",
    "task1.srv.services.",
    "TASK2.srv.services.",
    "task99.srv.services.",
    "empty.services.",
    "deep.er.services.",
    "er.services.",
    "nobody.services.",
    "x.web.services.",
    "x.a.services.",
    "y.a.services.",
];

/// Those that only the long way leads to.
const FAR: [&str; 6] =
    ["services.", "alias.services.", "example.com.", ".", "a.services.", "compute.internal."];

struct Names {
    zones: Zones,
    catalog: Catalog,
}

impl Names {
    fn new() -> Self {
        let a = [RecordKind::A];
        let mut to_web = weighted("alias", RecordKind::Cname);
        to_web.instances = vec![alias("x", "web.services")];
        let namespaces = [
            namespace(
                "services",
                NamespaceKind::Private,
                vec![
                    service("web", &a),
                    service("few", &a),
                    weighted("one", RecordKind::A),
                    service("both", &[RecordKind::A, RecordKind::Aaaa]),
                    service("srv", &[RecordKind::Srv]),
                    service("empty", &a),
                    service("deep.er", &a),
                    to_web,
                ],
            ),
            namespace("a.services", NamespaceKind::Private, vec![service("x", &a)]),
        ];
        let mut names = Self {
            zones: Zones::new(&namespaces, "us-west-2").unwrap(),
            catalog: Catalog::new(&namespaces),
        };
        for (service, count) in
            [("web", 20), ("few", 3), ("one", 4), ("both", 9), ("srv", 6), ("deep.er", 1), ("x", 2)]
        {
            (0..count).for_each(|number| names.register(service, &format!("task{number}"), number));
        }
        names
    }

    fn register(&mut self, service: &str, id: &str, number: u8) {
        let instance = Instance::new(id, [127, 0, 1, number].into())
            .with("AWS_INSTANCE_PORT", "7071")
            .with("AWS_INSTANCE_IPV6", format!("fd00::{number}"));
        self.catalog.register(&Arn::from(service), instance);
    }

    fn directly(&self, message: &[u8], seed: u64) -> Option<Message> {
        let mut answer = b"what was there before".to_vec();
        let moment = Moment {
            zones: &self.zones,
            aliases: &Aliases::default(),
            catalog: &self.catalog,
            now: Instant::now(),
        };
        moment
            .answer(message, &mut fastrand::Rng::with_seed(seed), &mut answer)
            .then(|| Message::from_bytes(&answer).expect("an answer that can be read"))
    }

    /// What the long way finds.
    fn expected(&self, name: &Name, kind: RecordType, seed: u64) -> Expected {
        let question = Question { name, kind, catalog: &self.catalog, now: Instant::now() };
        let answer = self.zones.resolve(&question, &mut fastrand::Rng::with_seed(seed));
        let (code, authorities) = match answer.end {
            ResolutionEnd::Found => (ResponseCode::NoError, vec![]),
            ResolutionEnd::NoData(soa) => (ResponseCode::NoError, vec![*soa]),
            ResolutionEnd::NoName(soa) => (ResponseCode::NXDomain, vec![*soa]),
            other => panic!("{name} {kind}: {other:?}"),
        };
        Expected { code, answers: answer.records, authorities }
    }
}

#[derive(Debug, PartialEq)]
struct Expected {
    code: ResponseCode,
    answers: Vec<Record>,
    authorities: Vec<Record>,
}

impl Expected {
    /// What the comparison of records leaves out.
    fn ttls(&self) -> Vec<u32> {
        self.answers.iter().chain(&self.authorities).map(|record| record.ttl).collect()
    }
}

fn asks(id: u16, name: &str, kind: RecordType, payload: Option<u16>) -> Message {
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Asks::query(Name::from_ascii(name).unwrap(), kind));
    message.edns = payload.map(|payload| {
        let mut edns = Edns::new();
        edns.set_max_payload(payload);
        edns
    });
    message
}

/// That the answer is that of the long way, if there is one.
fn check(names: &Names, query: &[u8], seed: u64) -> bool {
    let Some(answer) = names.directly(query, seed) else { return false };
    let query = Message::from_bytes(query).expect("a question that can be read");
    let [asked] = &query.queries[..] else { panic!("one question: {query:?}") };
    assert_eq!(answer.queries, query.queries);
    assert!(asked.name().eq_case(answer.queries[0].name()), "the case is kept");
    let (metadata, wanted) = (&answer.metadata, &query.metadata);
    assert_eq!((metadata.id, metadata.op_code), (wanted.id, wanted.op_code));
    assert_eq!(metadata.message_type, MessageType::Response);
    assert!(metadata.recursion_desired && metadata.recursion_available);
    assert!(!metadata.authoritative && !metadata.truncation && !metadata.authentic_data);
    let edns = answer.edns.as_ref().map(|edns| (edns.max_payload(), edns.version()));
    assert_eq!(edns, query.edns.as_ref().map(|_| (4096, 0)));
    assert!(answer.additionals.is_empty());
    let expected = names.expected(asked.name(), asked.query_type(), seed);
    let found = Expected {
        code: metadata.response_code,
        answers: answer.answers,
        authorities: answer.authorities,
    };
    assert_eq!((found.ttls(), found), (expected.ttls(), expected));
    true
}

#[test]
fn every_usual_question_is_answered_directly_as_the_long_way_would() {
    let names = Names::new();
    for (seed, name) in (0..).zip(NAMES) {
        for kind in &KINDS[..4] {
            for payload in [None, Some(512), Some(1232), Some(65_535)] {
                let query = asks(7, name, *kind, payload).to_bytes().unwrap();
                assert!(check(&names, &query, seed), "{name} {kind} {payload:?}");
            }
        }
    }
}

#[test]
fn what_is_unusual_goes_the_long_way() {
    let names = Names::new();
    let far = |message: &Message| names.directly(&message.to_bytes().unwrap(), 1).is_none();
    for name in FAR {
        assert!(far(&asks(1, name, RecordType::A, None)), "{name}");
    }
    assert!(far(&asks(1, "web.services.", RecordType::ANY, None)));
    let mut later = asks(1, "web.services.", RecordType::A, Some(512));
    later.edns.as_mut().unwrap().set_version(1);
    assert!(far(&later));
    let mut two = asks(1, "web.services.", RecordType::A, None);
    two.add_query(two.queries[0].clone());
    assert!(far(&two));
    let mut iterative = asks(1, "web.services.", RecordType::A, None);
    iterative.metadata.recursion_desired = false;
    assert!(far(&iterative));
}

#[test]
fn what_does_not_fit_goes_the_long_way() {
    let mut names = Names::new();
    for number in 0..60 {
        names.register("srv", &format!("{number:032x}"), number);
    }
    let directly = |payload| {
        let query = asks(1, "srv.services.", RecordType::SRV, payload).to_bytes().unwrap();
        // Some ids are short, and eight of those might be drawn.
        (0..50).filter(|seed| check(&names, &query, *seed)).count()
    };
    assert!(directly(None) < 50);
    assert_eq!(directly(Some(4096)), 50);
}

#[test]
fn an_id_that_is_no_plain_label_goes_the_long_way() {
    let mut names = Names::new();
    for id in ["Upper", "_a", "a.b", "xn--a", "ä", "", &"a".repeat(64)] {
        names.register("srv", id, 1);
        let query = asks(1, "srv.services.", RecordType::SRV, Some(4096)).to_bytes().unwrap();
        let drawn: Vec<_> = (0..50).filter_map(|seed| names.directly(&query, seed)).collect();
        assert!(drawn.len() < 50, "{id:?}");
        names.catalog.deregister(&Arn::from("srv"), id);
    }
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let names = NAMES.iter().chain(&FAR).copied().collect::<Vec<_>>();
    let payload = proptest::option::of(any::<u16>());
    let parts = (any::<u16>(), proptest::sample::select(names), any::<usize>(), payload);
    parts.prop_map(|(id, name, kind, payload)| {
        asks(id, name, KINDS[kind % KINDS.len()], payload).to_bytes().unwrap()
    })
}

proptest! {
    #[test]
    fn any_message_is_answered_as_the_long_way_would_or_not_at_all(
        mut message in message(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        cut in proptest::option::of(any::<prop::sample::Index>()),
        more in proptest::collection::vec(any::<u8>(), 0..3),
        seed in any::<u64>(),
    ) {
        thread_local!(static THERE: Names = Names::new());
        for (place, byte) in changes {
            let place = place.index(message.len());
            message[place] = byte;
        }
        if let Some(cut) = cut {
            message.truncate(cut.index(message.len()));
        }
        message.extend(more);
        THERE.with(|names| check(names, &message, seed));
    }

    #[test]
    fn no_bytes_do_harm(message in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _query = Query::read(&message);
    }
}
