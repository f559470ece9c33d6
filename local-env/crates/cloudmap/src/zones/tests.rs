//! What names resolve to, over many answers.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::*;
use crate::{
    fixture::{alias, namespace, service, weighted},
    health::{HealthReport, InstanceHealth},
};
use stack::Arn;

const DELAY: Duration = Duration::from_secs(30);

/// Zones, what is registered in them, and a moment.
struct Names {
    zones: Zones,
    catalog: Catalog,
    now: Instant,
    random: fastrand::Rng,
}

impl Names {
    fn of(namespaces: &[Namespace]) -> Self {
        Self {
            zones: Zones::new(namespaces, "us-west-2").unwrap(),
            catalog: Catalog::new(namespaces),
            now: Instant::now(),
            random: fastrand::Rng::with_seed(7),
        }
    }

    fn new() -> Self {
        let a = [RecordKind::A];
        let mut to_service1 = weighted("alias", RecordKind::Cname);
        to_service1.instances = vec![alias("x", "service1.services")];
        let mut away = weighted("away", RecordKind::Cname);
        away.instances = vec![alias("x", "example.com")];
        let mut circle = weighted("circle", RecordKind::Cname);
        circle.instances = vec![alias("x", "circle.services.")];
        let services = vec![
            service("service1", &a),
            weighted("one", RecordKind::A),
            service("deep.er", &a),
            service("both", &[RecordKind::A, RecordKind::Aaaa]),
            service("srv", &[RecordKind::Srv]),
            service("api", &[]),
            to_service1,
            away,
            circle,
        ];
        Self::of(&[
            namespace("services", NamespaceKind::Private, services),
            namespace("a.services", NamespaceKind::Private, vec![service("x", &a)]),
            namespace("web", NamespaceKind::Http, vec![service("w", &a)]),
        ])
    }

    fn with(service: &str, count: u8) -> Self {
        let mut names = Self::new();
        names.register(service, count);
        names
    }

    fn register(&mut self, service: &str, count: u8) {
        for n in 0..count {
            let instance = Instance::new(format!("task{n}"), [127, 0, 1, n].into());
            let instance = instance.with("AWS_INSTANCE_PORT", "7071");
            self.catalog.register(&Arn::from(service), instance);
        }
    }

    /// Reported, and waited for.
    fn report(&mut self, service: &str, ids: std::ops::Range<u8>, health: InstanceHealth) {
        for n in ids {
            let report = HealthReport { health, at: self.now, delay: DELAY };
            self.catalog.report(&Arn::from(service), &format!("task{n}"), report).unwrap();
        }
        self.now += DELAY;
    }

    fn ask(&mut self, name: &str, kind: RecordType) -> Resolution {
        let name = &Name::from_ascii(name).unwrap();
        let question = Question { name, kind, catalog: &self.catalog, now: self.now };
        self.zones.resolve(&question, &mut self.random)
    }

    /// The records' data in order.
    fn data(&mut self, name: &str, kind: RecordType) -> Vec<String> {
        self.ask(name, kind).records.iter().map(|record| record.data.to_string()).collect()
    }

    fn distinct(&mut self, name: &str) -> BTreeSet<String> {
        let data = self.data(name, RecordType::A);
        let distinct: BTreeSet<_> = data.iter().cloned().collect();
        assert_eq!(distinct.len(), data.len(), "no record stands twice");
        distinct
    }

    #[track_caller]
    fn is_nodata(&mut self, name: &str, kind: RecordType) {
        let answer = self.ask(name, kind);
        assert!(matches!(answer.end, ResolutionEnd::NoData(_)), "{name} {kind}: {answer:?}");
    }

    #[track_caller]
    fn is_no_name(&mut self, name: &str) {
        let answer = self.ask(name, RecordType::A);
        assert!(matches!(answer.end, ResolutionEnd::NoName(_)), "{name}: {answer:?}");
    }
}

fn addresses(numbers: std::ops::Range<u8>) -> BTreeSet<String> {
    numbers.map(|n| format!("127.0.1.{n}")).collect()
}

#[test]
fn cloudmap_003_a_service_for_the_api_alone_has_no_name() {
    let mut names = Names::with("api", 1);
    names.is_no_name("api.services.");
    names.register("w", 1);
    assert_eq!(
        names.ask("w.web.", RecordType::A).end,
        ResolutionEnd::Elsewhere("w.web.".parse().unwrap())
    );
}

#[test]
fn cloudmap_006_five_healthy_instances_are_five_records() {
    assert_eq!(Names::with("service1", 5).distinct("service1.services."), addresses(0..5));
}

#[test]
fn cloudmap_007_an_answer_names_eight_of_twelve_and_all_of_them_in_time() {
    let mut names = Names::with("service1", 12);
    let (mut seen, mut orders) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..200 {
        assert_eq!(names.distinct("service1.services.").len(), 8);
        let data = names.data("service1.services.", RecordType::A);
        seen.extend(data.iter().cloned());
        orders.insert(data);
    }
    assert_eq!(seen, addresses(0..12));
    assert!(orders.len() > 150, "{}", orders.len());
}

#[test]
fn cloudmap_008_only_healthy_instances_are_named() {
    let mut names = Names::with("service1", 5);
    names.report("service1", 2..5, InstanceHealth::Unhealthy);
    for _ in 0..50 {
        assert_eq!(names.distinct("service1.services."), addresses(0..2));
    }
}

#[test]
fn cloudmap_009_where_none_is_healthy_unhealthy_ones_are_named() {
    let mut names = Names::with("service1", 10);
    names.report("service1", 0..10, InstanceHealth::Unhealthy);
    assert_eq!(names.distinct("service1.services.").len(), 8);
}

#[test]
fn cloudmap_010_a_weighted_answer_names_one_instance_and_each_as_often() {
    let mut names = Names::with("one", 4);
    let mut counts = BTreeMap::new();
    for _ in 0..400 {
        let [address] = names.data("one.services.", RecordType::A).try_into().unwrap();
        *counts.entry(address).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 4);
    assert!(counts.values().all(|count| (60..=140).contains(count)), "{counts:?}");
    names.report("one", 0..4, InstanceHealth::Unhealthy);
    assert_eq!(names.distinct("one.services.").len(), 1);
}

#[test]
fn a_and_aaaa_follow_one_health() {
    let mut names = Names::new();
    for (id, last) in [("task0", 0), ("task1", 1)] {
        let instance = Instance::new(id, [127, 0, 1, last].into());
        let instance = instance.with("AWS_INSTANCE_IPV6", format!("fd00::{last}"));
        names.catalog.register(&Arn::from("both"), instance);
    }
    assert_eq!(names.data("both.services.", RecordType::AAAA).len(), 2);
    names.report("both", 0..1, InstanceHealth::Unhealthy);
    assert_eq!(names.data("both.services.", RecordType::A), ["127.0.1.1"]);
    assert_eq!(names.data("both.services.", RecordType::AAAA), ["fd00::1"]);
}

#[test]
fn cloudmap_020_an_srv_record_has_the_port_and_leads_to_a_name_with_the_address() {
    let mut names = Names::with("srv", 1);
    let found = names.data("srv.services.", RecordType::SRV);
    assert_eq!(found, ["1 1 7071 task0.srv.services."]);
    assert_eq!(names.data("task0.srv.services.", RecordType::A), ["127.0.1.0"]);
    assert_eq!(names.data("TASK0.srv.services.", RecordType::A), ["127.0.1.0"]);
    names.is_nodata("task0.srv.services.", RecordType::AAAA);
    names.is_nodata("srv.services.", RecordType::A);
    names.is_no_name("task1.srv.services.");
}

#[test]
fn an_instance_of_a_service_without_srv_has_no_name_of_its_own() {
    Names::with("service1", 1).is_no_name("task0.service1.services.");
}

#[test]
fn an_alias_is_followed_to_its_end() {
    let mut names = Names::with("service1", 1);
    let all = ["service1.services.", "127.0.1.0"];
    assert_eq!(names.data("alias.services.", RecordType::A), all);
    assert_eq!(names.data("alias.services.", RecordType::CNAME), all[..1]);
    names.catalog.deregister(&Arn::from("service1"), "task0");
    let answer = names.ask("alias.services.", RecordType::A);
    assert!(
        answer.records.len() == 1 && matches!(answer.end, ResolutionEnd::NoName(_)),
        "{answer:?}"
    );
    let answer = names.ask("away.services.", RecordType::A);
    assert_eq!(answer.end, ResolutionEnd::Elsewhere("example.com.".parse().unwrap()));
    assert_eq!(names.ask("circle.services.", RecordType::A).end, ResolutionEnd::Loop);
}

#[test]
fn a_known_name_without_such_a_record_is_nodata() {
    let mut names = Names::with("service1", 1);
    for kind in [RecordType::AAAA, RecordType::SRV, RecordType::TXT, RecordType::CNAME] {
        names.is_nodata("service1.services.", kind);
    }
}

#[test]
fn a_question_for_any_record_is_answered_with_those_of_one_type() {
    let mut names = Names::with("both", 2);
    assert_eq!(names.data("both.services.", RecordType::ANY).len(), 2);
    assert_eq!(names.data("services.", RecordType::ANY).len(), 1);
}

#[test]
fn a_name_without_instances_does_not_exist() {
    let mut names = Names::with("srv", 1);
    for name in ["service1.services.", "nobody.services.", "x.service1.services."] {
        names.is_no_name(name);
    }
}

#[test]
fn a_deregistered_instance_is_in_no_answer() {
    let mut names = Names::with("service1", 2);
    names.catalog.deregister(&Arn::from("service1"), "task0");
    assert_eq!(names.data("service1.services.", RecordType::A), ["127.0.1.1"]);
}

#[test]
fn cloudmap_029_the_apex_has_a_soa_and_four_name_servers_only() {
    let mut names = Names::new();
    names.is_nodata("services.", RecordType::A);
    let soa = "ns-1536.awsdns-00.co.uk. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400";
    assert_eq!(names.data("services.", RecordType::SOA), [soa]);
    assert_eq!(names.data("services.", RecordType::NS).len(), 4);
}

#[test]
fn cloudmap_031_the_most_specific_namespace_answers() {
    let mut names = Names::with("x", 1);
    assert_eq!(names.distinct("x.a.services.").len(), 1);
    let ResolutionEnd::NoName(soa) = names.ask("y.a.services.", RecordType::A).end else {
        panic!("a record");
    };
    assert_eq!(soa.name.to_string(), "a.services.");
}

#[test]
fn a_private_namespace_hides_a_public_one_of_the_same_name() {
    let a = |name: &str| vec![service(name, &[RecordKind::A])];
    let mut names = Names::of(&[
        namespace("shop", NamespaceKind::Private, a("inside")),
        namespace("shop", NamespaceKind::Public, a("outside")),
    ]);
    names.register("inside", 1);
    names.register("outside", 1);
    assert_eq!(names.distinct("inside.shop.").len(), 1);
    names.is_no_name("outside.shop.");
}

#[test]
fn cloudmap_032_a_name_above_a_service_exists_without_records() {
    let mut names = Names::with("deep.er", 1);
    names.is_nodata("er.services.", RecordType::A);
    names.catalog.deregister(&Arn::from("deep.er"), "task0");
    names.is_no_name("er.services.");
}

#[test]
fn cloudmap_033_what_does_not_exist_is_remembered_as_long_as_the_soa_says() {
    let mut names = Names::new();
    let ResolutionEnd::NoName(soa) = names.ask("nobody.services.", RecordType::A).end else {
        panic!("a record");
    };
    assert_eq!(soa.ttl, 15);
    let long = Namespace { soa_ttl: 100_000, ..namespace("long", NamespaceKind::Private, vec![]) };
    let mut names = Names::of(&[long]);
    assert_eq!(names.ask("long.", RecordType::SOA).records[0].ttl, 100_000);
    let ResolutionEnd::NoData(soa) = names.ask("long.", RecordType::A).end else {
        panic!("a record")
    };
    assert_eq!(soa.ttl, 86_400);
}

#[test]
fn a_tasks_address_leads_to_its_host_name_and_back() {
    let mut names = Names::with("service1", 1);
    let host = "ip-127-0-1-0.us-west-2.compute.internal.";
    assert_eq!(names.data("0.1.0.127.in-addr.arpa.", RecordType::PTR), [host]);
    assert_eq!(names.data(host, RecordType::A), ["127.0.1.0"]);
    names.is_nodata(host, RecordType::AAAA);
    names.is_nodata("0.1.0.127.in-addr.arpa.", RecordType::A);
    names.catalog.deregister(&Arn::from("service1"), "task0");
    names.is_no_name(host);
    let answer = names.ask("0.1.0.127.in-addr.arpa.", RecordType::PTR);
    assert!(matches!(answer.end, ResolutionEnd::Elsewhere(_)), "{answer:?}");
}

#[test]
fn hosts_of_the_first_region_have_another_domain() {
    assert_eq!(internal_domain("us-east-1"), "ec2.internal");
}

#[test]
fn cloudmap_041_a_bare_service_name_is_nobodys() {
    let mut names = Names::with("service1", 1);
    assert_eq!(names.distinct("service1.services.").len(), 1);
    names.is_no_name("service1.us-west-2.compute.internal.");
    let answer = names.ask("service1.", RecordType::A);
    assert_eq!(answer.end, ResolutionEnd::Elsewhere("service1.".parse().unwrap()));
}

#[test]
fn a_name_outside_every_namespace_is_not_ours() {
    for name in ["example.com.", "myservices.", "arpa.", "1.in-addr.arpa.", "."] {
        let end = ResolutionEnd::Elsewhere(name.parse().unwrap());
        assert_eq!(Names::new().ask(name, RecordType::A).end, end, "{name}");
    }
}
