//! What the API answers, without its wire.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{answer::answer, error::ApiError, request::ApiRequest};
use crate::{health::InstanceHealth, instance::Instance, registry::Registry};
use clock::Clock;
use stack::{
    Arn, DiscoveryService, DnsRecord, Namespace, NamespaceKind, RecordKind, RoutingPolicy,
};

/// The API of a stack, and how far its time has gone on.
struct Api {
    registry: Arc<Registry>,
    start: Instant,
    later: Duration,
}

fn arn(service: &str) -> Arn {
    Arn::from(format!("arn:aws:servicediscovery:us-west-2:1:service/srv-{service}").as_str())
}

fn service(name: &str, custom_health: bool) -> DiscoveryService {
    DiscoveryService {
        logical_id: name.into(),
        arn: arn(name),
        name: name.into(),
        records: vec![DnsRecord { kind: RecordKind::A, ttl: 60 }],
        routing_policy: RoutingPolicy::Multivalue,
        custom_health,
        instances: Vec::new(),
    }
}

fn namespace(name: &str, kind: NamespaceKind, services: Vec<DiscoveryService>) -> Namespace {
    let arn = format!("arn:aws:servicediscovery:us-west-2:1:namespace/ns-{name}");
    let (logical_id, arn) = (name.into(), Arn::from(arn.as_str()));
    Namespace { logical_id, arn, kind, name: name.into(), soa_ttl: 15, services }
}

impl Api {
    /// Three instances of `web`, whose health is reported, and of `plain`, whose isn't.
    fn new() -> Self {
        let services = vec![service("web", true), service("plain", false)];
        let namespaces = [
            namespace("services", NamespaceKind::Private, services),
            namespace("other", NamespaceKind::Http, vec![service("w", true)]),
        ];
        let registry = Registry::new(&namespaces, "us-west-2", Clock::REAL).unwrap();
        let api = Self { registry, start: Instant::now(), later: Duration::ZERO };
        for (n, stage) in ["beta", "beta", "gamma"].into_iter().enumerate() {
            let last = u8::try_from(n).unwrap();
            let instance = Instance::new(format!("i{n}"), [127, 0, 1, last].into());
            let instance = instance.with("stage", stage);
            api.registry.register(&arn("web"), &instance);
            api.registry.register(&arn("plain"), &instance);
        }
        api
    }

    fn call(&self, operation: &str, body: &Value) -> Result<Value, ApiError> {
        let target = format!("Route53AutoNaming_v20170314.{operation}");
        let request = ApiRequest::parse(&target, body.to_string().as_bytes())?;
        let now = self.start + self.later;
        answer(&self.registry, &request, now, &mut fastrand::Rng::with_seed(3))
    }

    /// The ids that are discovered with these parameters more.
    fn discover(&self, service: &str, more: Value) -> BTreeSet<String> {
        let found = self.call("DiscoverInstances", &asked_for(service, more)).unwrap();
        let found = found["Instances"].as_array().unwrap();
        found.iter().map(|it| it["InstanceId"].as_str().unwrap().to_owned()).collect()
    }

    fn health_of(&self, service: &str) -> Value {
        let body = json!({ "ServiceId": format!("srv-{service}") });
        self.call("GetInstancesHealthStatus", &body).unwrap()["Status"].clone()
    }

    fn report(&self, id: &str, status: &str) -> Result<Value, ApiError> {
        let body = json!({ "ServiceId": "srv-web", "InstanceId": id, "Status": status });
        self.call("UpdateInstanceCustomHealthStatus", &body)
    }
}

fn asked_for(service: &str, more: Value) -> Value {
    let mut body = json!({ "NamespaceName": "services", "ServiceName": service });
    let Value::Object(more) = more else { panic!("{more}") };
    body.as_object_mut().unwrap().extend(more);
    body
}

fn ids(numbers: &[u8]) -> BTreeSet<String> {
    numbers.iter().map(|n| format!("i{n}")).collect()
}

#[test]
fn cloudmap_012_a_report_takes_effect_after_30_seconds_whatever_the_threshold() {
    let mut api = Api::new();
    api.report("i0", "UNHEALTHY").unwrap();
    api.later = Duration::from_millis(29_999);
    assert_eq!(api.health_of("web")["i0"], "HEALTHY");
    api.later = Duration::from_secs(30);
    assert_eq!(api.health_of("web")["i0"], "UNHEALTHY");
}

#[test]
fn cloudmap_014_an_instance_is_healthy_unless_it_says_otherwise_at_first() {
    let api = Api::new();
    let instance = Instance::new("new", [127, 0, 1, 9].into());
    api.registry.register(&arn("web"), &instance.with("AWS_INIT_HEALTH_STATUS", "UNHEALTHY"));
    let health = json!({"i0": "HEALTHY", "i1": "HEALTHY", "i2": "HEALTHY", "new": "UNHEALTHY"});
    assert_eq!(api.health_of("web"), health);
}

#[test]
fn cloudmap_015_nobody_reports_the_health_of_a_service_without_custom_config() {
    let api = Api::new();
    let body = json!({ "ServiceId": "srv-plain", "InstanceId": "i0", "Status": "HEALTHY" });
    let refused = api.call("UpdateInstanceCustomHealthStatus", &body);
    assert_eq!(refused, Err(ApiError::CustomHealthNotFound));
    assert_eq!(api.report("i9", "HEALTHY"), Err(ApiError::InstanceNotFound("i9".into())));
    assert!(matches!(api.report("i0", "UNWELL"), Err(ApiError::InvalidInput(_))));
}

#[test]
fn cloudmap_016_without_health_the_filter_means_nothing() {
    let api = Api::new();
    assert_eq!(api.discover("plain", json!({"HealthStatus": "UNHEALTHY"})), ids(&[0, 1, 2]));
    assert_eq!(api.health_of("plain")["i1"], "UNKNOWN");
}

#[test]
fn cloudmap_022_at_most_so_many_are_returned_without_a_token() {
    let api = Api::new();
    let body = asked_for("web", json!({"MaxResults": 2}));
    let found = api.call("DiscoverInstances", &body).unwrap();
    assert_eq!(found["Instances"].as_array().unwrap().len(), 2);
    assert_eq!(found.get("NextToken"), None);
    for size in [0, 1001] {
        let body = asked_for("web", json!({ "MaxResults": size }));
        let refused = api.call("DiscoverInstances", &body);
        assert!(matches!(refused, Err(ApiError::InvalidInput(_))), "{refused:?}");
    }
}

#[test]
fn cloudmap_023_query_parameters_must_match_and_optional_ones_may() {
    let api = Api::new();
    let beta = json!({"stage": "beta"});
    assert_eq!(api.discover("web", json!({ "QueryParameters": beta })), ids(&[0, 1]));
    for (optional, expected) in
        [(json!({"AWS_INSTANCE_IPV4": "127.0.1.1"}), ids(&[1])), (json!({"x": "y"}), ids(&[0, 1]))]
    {
        let more = json!({ "QueryParameters": beta, "OptionalParameters": optional });
        assert_eq!(api.discover("web", more), expected);
    }
}

#[test]
fn cloudmap_024_where_none_is_healthy_only_some_filters_find_any() {
    let mut api = Api::new();
    let with = |status: &str| json!({ "HealthStatus": status });
    api.report("i0", "UNHEALTHY").unwrap();
    api.later = Duration::from_secs(31);
    assert_eq!(api.discover("web", json!({})), ids(&[1, 2]));
    assert_eq!(api.discover("web", with("UNHEALTHY")), ids(&[0]));
    assert_eq!(api.discover("web", with("ALL")), ids(&[0, 1, 2]));
    api.report("i1", "UNHEALTHY").unwrap();
    api.report("i2", "UNHEALTHY").unwrap();
    api.later += Duration::from_secs(31);
    assert_eq!(api.discover("web", with("HEALTHY")), ids(&[]));
    for more in [json!({}), with("HEALTHY_OR_ELSE_ALL"), with("ALL")] {
        assert_eq!(api.discover("web", more), ids(&[0, 1, 2]));
    }
}

#[test]
fn cloudmap_025_the_revision_grows_with_registrations_and_not_with_health() {
    let api = Api::new();
    let revision = || {
        let revision = api.call("DiscoverInstancesRevision", &asked_for("web", json!({}))).unwrap();
        let found = api.call("DiscoverInstances", &asked_for("web", json!({}))).unwrap();
        assert_eq!(revision["InstancesRevision"], found["InstancesRevision"]);
        revision["InstancesRevision"].as_u64().unwrap()
    };
    let first = revision();
    api.registry.report(&arn("web"), "i0", InstanceHealth::Unhealthy, Instant::now()).unwrap();
    assert_eq!(revision(), first);
    api.registry.deregister(&arn("web"), "nobody");
    assert_eq!(revision(), first);
    api.registry.register(&arn("web"), &Instance::new("i3", [127, 0, 1, 3].into()));
    assert!(revision() > first);
    let second = revision();
    api.registry.deregister(&arn("web"), "i3");
    assert!(revision() > second);
}

#[test]
fn cloudmap_101_services_are_listed_by_namespace() {
    let api = Api::new();
    let filter = |id: &str| json!([{"Name": "NAMESPACE_ID", "Values": [id], "Condition": "EQ"}]);
    let names = |id: &str| {
        let listed = api.call("ListServices", &json!({ "Filters": filter(id) })).unwrap();
        let services = listed["Services"].as_array().unwrap().clone();
        services.into_iter().map(|it| it["Name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names("ns-services"), ["web", "plain"]);
    assert_eq!(names("ns-other"), ["w"]);
    assert!(names("ns-none").is_empty());
    let none = json!({ "Filters": [{"Name": "TYPE", "Values": ["HTTP"]}] });
    assert!(matches!(api.call("ListServices", &none), Err(ApiError::InvalidInput(_))));
}

#[test]
fn namespaces_are_listed_by_type_and_the_start_of_their_names() {
    let api = Api::new();
    let names = |filter: Value| {
        let listed = api.call("ListNamespaces", &json!({ "Filters": [filter] })).unwrap();
        let found = listed["Namespaces"].as_array().unwrap().clone();
        found.into_iter().map(|it| it["Name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(json!({"Name": "TYPE", "Values": ["DNS_PRIVATE"]})), ["services"]);
    let start = json!({"Name": "NAME", "Values": ["oth"], "Condition": "BEGINS_WITH"});
    assert_eq!(names(start), ["other"]);
}

#[test]
fn a_page_may_be_empty_and_still_have_a_next_one() {
    let api = Api::new();
    let http = json!([{"Name": "TYPE", "Values": ["HTTP"]}]);
    let first = api.call("ListNamespaces", &json!({"Filters": http, "MaxResults": 1})).unwrap();
    assert_eq!(first["Namespaces"], json!([]));
    let more = json!({"Filters": http, "MaxResults": 1, "NextToken": first["NextToken"]});
    let second = api.call("ListNamespaces", &more).unwrap();
    assert_eq!(second["Namespaces"][0]["Name"], "other");
    assert_eq!(second.get("NextToken"), None);
}

#[test]
fn one_of_a_kind_is_got_by_its_id_or_arn() {
    let api = Api::new();
    for id in ["srv-web", arn("web").as_str()] {
        let got = api.call("GetService", &json!({ "Id": id })).unwrap();
        assert_eq!(got["Service"]["InstanceCount"], 3);
        let records = &got["Service"]["DnsConfig"]["DnsRecords"];
        assert_eq!(*records, json!([{"Type": "A", "TTL": 60}]));
    }
    let got = api.call("GetNamespace", &json!({"Id": "ns-services"})).unwrap();
    assert_eq!(got["Namespace"]["Properties"]["DnsProperties"]["SOA"]["TTL"], 15);
    let body = json!({"ServiceId": "srv-web", "InstanceId": "i1"});
    let got = api.call("GetInstance", &body).unwrap();
    assert_eq!(got["Instance"]["Attributes"]["AWS_INSTANCE_IPV4"], "127.0.1.1");
}

#[test]
fn health_is_told_of_those_asked_for_alone() {
    let api = Api::new();
    let asked = |id: &str| {
        let body = json!({ "ServiceId": "srv-web", "Instances": [id] });
        api.call("GetInstancesHealthStatus", &body)
    };
    assert_eq!(asked("i1").unwrap(), json!({"Status": {"i1": "HEALTHY"}}));
    assert_eq!(asked("i9"), Err(ApiError::InstanceNotFound("i9".into())));
}

#[test]
fn what_is_not_there_is_told_by_its_kind() {
    let api = Api::new();
    let no_service = |id: &str| Err(ApiError::ServiceNotFound(id.into()));
    let body = asked_for("nobody", json!({}));
    assert_eq!(api.call("DiscoverInstances", &body), no_service("nobody"));
    let body = json!({"ServiceId": "srv-x"});
    for operation in ["ListInstances", "GetInstancesHealthStatus"] {
        assert_eq!(api.call(operation, &body), no_service("srv-x"), "{operation}");
    }
    let missing = api.call("ListInstances", &json!({})).unwrap_err();
    assert!(missing.to_string().starts_with("missing field `ServiceId`"), "{missing}");
}
