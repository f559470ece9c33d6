//! Cloud Map resources: what is read, and what AWS would refuse.

use crate::{StackError, tests::read_changed};
use stack::{Allowed, DiscoveryService, NamespaceKind, RecordKind, RoutingPolicy, Stack};

const TEMPLATE: &str = "
Resources:
  Space: {Type: AWS::ServiceDiscovery::PrivateDnsNamespace, Properties: {Name: local, Vpc: v}}
  Public: {Type: AWS::ServiceDiscovery::PublicDnsNamespace, Properties: {Name: shop.example}}
  Plain: {Type: AWS::ServiceDiscovery::HttpNamespace, Properties: {Name: plain}}
  Names:
    Type: AWS::ServiceDiscovery::Service
    Properties:
      Name: web
      NamespaceId: !Ref Space
      DnsConfig: {DnsRecords: [{Type: A, TTL: 10}]}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: shop
      Cpu: 256
      Memory: 512
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      ContainerDefinitions:
        - {Name: web, Image: team/web, PortMappings: [{ContainerPort: 8080}]}
  Web:
    Type: AWS::ECS::Service
    Properties:
      LaunchType: FARGATE
      TaskDefinition: !Ref Task
      ServiceRegistries: [{RegistryArn: !GetAtt Names.Arn}]
";
const RECORDS: &str = "[{Type: A, TTL: 10}]";
const PARENT: &str = "NamespaceId: !Ref Space";
const END: &str = "  Task:\n";

/// The template with some parts in others' places.
fn read(changes: &[(&str, &str)]) -> Result<Stack, StackError> {
    read_changed(TEMPLATE, changes, Allowed::default())
}

#[track_caller]
fn accepted(changes: &[(&str, &str)]) -> Stack {
    read(changes).unwrap_or_else(|error| panic!("{:?}", error.problems()))
}

/// The service `Names`, in whichever namespace.
#[track_caller]
fn service(changes: &[(&str, &str)]) -> DiscoveryService {
    let namespaces = accepted(changes).namespaces.into_iter();
    namespaces.flat_map(|it| it.services).find(|it| it.logical_id == "Names").expect("Names")
}

/// The one problem that the changes make.
#[track_caller]
fn told(changes: &[(&str, &str)]) -> String {
    let error = read(changes).expect_err("a problem");
    let [problem] = error.problems() else { panic!("{:?}", error.problems()) };
    problem.to_string()
}

#[track_caller]
fn is_told(changes: &[(&str, &str)], start: &str) {
    let told = told(changes);
    assert!(told.starts_with(start), "{told}");
}

fn kinds(service: &DiscoveryService) -> Vec<RecordKind> {
    service.records.iter().map(|record| record.kind).collect()
}

#[test]
fn namespaces_are_of_three_kinds() {
    let stack = accepted(&[]);
    let kinds: Vec<_> = stack.namespaces.iter().map(|it| (it.name.as_str(), it.kind)).collect();
    let all = [
        ("local", NamespaceKind::Private),
        ("shop.example", NamespaceKind::Public),
        ("plain", NamespaceKind::Http),
    ];
    assert_eq!(kinds, all);
    assert!(stack.namespaces[2].id().starts_with("ns-"));
    let ignored: Vec<_> = stack.coverage.ignored.iter().map(|it| it.part.to_string()).collect();
    assert_eq!(ignored, ["Vpc", "public resolution"]);
}

#[test]
fn cloudmap_002_names_that_differ_in_case_alone_are_refused_where_dns_answers_them() {
    let second = |namespace: &str, config: &str| {
        format!(
            "  Again:
    Type: AWS::ServiceDiscovery::Service
    Properties: {{Name: WEB, NamespaceId: !Ref {namespace}{config}}}
{END}"
        )
    };
    let config = ", DnsConfig: {DnsRecords: [{Type: A, TTL: 1}]}";
    let told = told(&[(END, &second("Space", config))]);
    assert_eq!(told, "`Names` (line 6) and `Again` both have the name `web` in one namespace");
    accepted(&[(END, &second("Public", config))]);
    let plain = [
        (END, &*second("Plain", "")),
        (PARENT, "NamespaceId: !Ref Plain"),
        ("      DnsConfig: {DnsRecords: [{Type: A, TTL: 10}]}\n", ""),
    ];
    assert_eq!(accepted(&plain).namespaces[2].services.len(), 2);
}

#[test]
fn two_namespaces_of_one_name_are_refused() {
    let second = "  Twin: {Type: AWS::ServiceDiscovery::PrivateDnsNamespace, Properties: {Name: Local, Vpc: v}}\n  Task:\n";
    is_told(&[(END, second)], "`Space` (line 3) and `Twin` both have the name `local`");
}

#[test]
fn cloudmap_004_records_are_of_the_sets_that_aws_takes() {
    for (records, expected) in [
        ("[{Type: A, TTL: '60'}]", vec![RecordKind::A]),
        ("[{Type: AAAA, TTL: 60}, {Type: A, TTL: 60}]", vec![RecordKind::Aaaa, RecordKind::A]),
    ] {
        let service = service(&[(RECORDS, records)]);
        assert_eq!(kinds(&service), expected);
        assert_eq!(service.records[0].ttl, 60);
    }
    let path = "`Resources.Names.Properties.DnsConfig.DnsRecords";
    for (records, problem) in [
        ("[{Type: A, TTL: 1}, {Type: SRV, TTL: 1}]", "` has the types A, SRV together"),
        ("[{Type: A, TTL: 1}, {Type: A, TTL: 1}]", "` has the types A, A together"),
        ("[{Type: A}]", "[0].TTL` is absent"),
        ("[{TTL: 1}]", "[0].Type` is absent"),
        ("[{Type: TXT, TTL: 1}]", "[0].Type` is `TXT`"),
        ("[{Type: A, TTL: -1}]", "[0].TTL` must be a whole number"),
        ("[]", "` is empty"),
    ] {
        is_told(&[(RECORDS, records)], &format!("{path}{problem}"));
    }
    let no_registry = ("      ServiceRegistries: [{RegistryArn: !GetAtt Names.Arn}]\n", "");
    let changes = [no_registry, (RECORDS, "[{Type: CNAME, TTL: 1}]")];
    is_told(&changes, &format!("{path}` has the type CNAME, of which a name has one record"));
}

#[test]
fn cloudmap_005_without_a_routing_policy_an_answer_names_all() {
    assert_eq!(service(&[]).routing_policy, RoutingPolicy::Multivalue);
    let weighted = service(&[("DnsConfig: {", "DnsConfig: {RoutingPolicy: WEIGHTED, ")]);
    assert_eq!(weighted.routing_policy, RoutingPolicy::Weighted);
    let changes = [("DnsConfig: {", "DnsConfig: {RoutingPolicy: SIMPLE, ")];
    is_told(&changes, "`Resources.Names.Properties.DnsConfig.RoutingPolicy` is `SIMPLE`");
}

#[test]
fn a_service_for_the_api_alone_has_no_records() {
    let service = service(&[(PARENT, "NamespaceId: !Ref Space\n      Type: HTTP")]);
    assert!(service.records.is_empty());
    let changes = [(PARENT, "NamespaceId: !Ref Space\n      Type: DNS")];
    is_told(&changes, "`Resources.Names.Properties.Type` is `DNS`");
    let changes = [(PARENT, "NamespaceId: !Ref Plain")];
    is_told(&changes, "`Resources.Names.Properties.DnsConfig` is given in a namespace without DNS");
}

#[test]
fn cloudmap_011_route_53_checks_no_private_namespace_and_nothing_that_is_reported() {
    let with = |namespace: &str, more: &str| format!("NamespaceId: !Ref {namespace}\n      {more}");
    let checks = "HealthCheckConfig: {Type: HTTP}";
    let path = "`Resources.Names.Properties.HealthCheckConfig` is given";
    let private = with("Space", checks);
    is_told(&[(PARENT, &private)], &format!("{path} in a private namespace"));
    let both = with("Public", &format!("{checks}\n      HealthCheckCustomConfig: {{}}"));
    is_told(&[(PARENT, &both)], &format!("{path} beside `HealthCheckCustomConfig`"));

    let public = accepted(&[(PARENT, &with("Public", checks))]);
    assert!(!public.namespaces[1].services[0].custom_health);
    let ignored = public.coverage.ignored.iter().map(|it| it.part.to_string());
    assert!(ignored.collect::<Vec<_>>().contains(&"HealthCheckConfig".to_owned()));
}

#[test]
fn reported_health_has_a_threshold_that_means_nothing() {
    assert!(!service(&[]).custom_health);
    let with = |threshold: u32| {
        format!("{PARENT}\n      HealthCheckCustomConfig: {{FailureThreshold: {threshold}}}")
    };
    assert!(service(&[(PARENT, &with(5))]).custom_health);
    let path = "`Resources.Names.Properties.HealthCheckCustomConfig.FailureThreshold` is 11";
    is_told(&[(PARENT, &with(11))], path);
}

#[test]
fn cloudmap_021_srv_records_need_a_port_told_in_one_way() {
    let srv = (RECORDS, "[{Type: SRV, TTL: 10}]");
    let registry = "[{RegistryArn: !GetAtt Names.Arn}]";
    let with = |more: &str| format!("[{{RegistryArn: !GetAtt Names.Arn, {more}}}]");
    let path = "`Resources.Web.Properties.ServiceRegistries[0]` names";
    is_told(&[srv], &format!("{path} no port for the SRV records"));
    let two = with("Port: 8080, ContainerName: web, ContainerPort: 8080");
    is_told(&[srv, (registry, &two)], &format!("{path} its port in two ways"));
    for port in ["Port: 8080", "ContainerName: web, ContainerPort: 8080"] {
        let stack = accepted(&[srv, (registry, &with(port))]);
        assert_eq!(stack.services[0].registry.as_ref().unwrap().port, Some(8080));
    }
}

#[test]
fn tasks_get_no_aliases_and_no_addresses_of_version_6_alone() {
    let path = "`Resources.Web.Properties.ServiceRegistries[0]`";
    let alias = "RoutingPolicy: WEIGHTED, DnsRecords: [{Type: CNAME, TTL: 10}]";
    let changes = [("DnsRecords: [{Type: A, TTL: 10}]", alias)];
    is_told(&changes, &format!("{path} names a Cloud Map service with CNAME records"));
    let changes = [(RECORDS, "[{Type: AAAA, TTL: 10}]")];
    is_told(&changes, &format!("{path} asks for tasks with IPv6 addresses alone"));
}

#[test]
fn cloudmap_037_the_namespace_may_be_named_in_two_places_alike() {
    let nested = |id: &str| format!("DnsConfig: {{NamespaceId: {id}, ");
    let same = nested("!GetAtt Space.Id");
    assert_eq!(service(&[("DnsConfig: {", &same)]).name, "web");
    assert_eq!(service(&[("DnsConfig: {", &same), (PARENT, "Tags: []")]).name, "web");
    assert_eq!(service(&[(PARENT, "NamespaceId: !GetAtt Space.Arn")]).name, "web");
    let path = "`Resources.Names.Properties.";
    let other = nested("!Ref Public");
    is_told(
        &[("DnsConfig: {", &other)],
        &format!("{path}DnsConfig.NamespaceId` differs from `NamespaceId`"),
    );
    is_told(&[(PARENT, "Tags: []")], &format!("{path}NamespaceId` is absent"));
    is_told(
        &[(PARENT, "NamespaceId: ns-1")],
        &format!("{path}NamespaceId` is `ns-1`, which is no Cloud Map namespace"),
    );
}

#[test]
fn names_that_dns_does_not_know_are_refused() {
    is_told(&[("Name: web\n", "Name: -web\n")], "`Resources.Names.Properties.Name` is `-web`");
    is_told(&[("Name: local,", "Name: lo cal,")], "`Resources.Space.Properties.Name` is `lo cal`");
    is_told(&[("Name: plain", "Name: pl ain")], "`Resources.Plain.Properties.Name` is `pl ain`");
}

#[test]
fn a_private_namespace_has_a_vpc_and_a_time_to_remember_nothing_for() {
    is_told(&[(", Vpc: v", "")], "`Resources.Space.Properties.Vpc` is absent");
    let own = ", Vpc: v, Properties: {DnsProperties: {SOA: {TTL: '60'}}}";
    let ttl = |stack: Stack| stack.namespaces[0].soa_ttl;
    assert_eq!((ttl(accepted(&[])), ttl(accepted(&[(", Vpc: v", own)]))), (15, 60));
}

#[test]
fn a_template_registers_instances_of_its_own() {
    let instance = |properties: &str| {
        format!(
            "  Old:
    Type: AWS::ServiceDiscovery::Instance
    Properties: {{ServiceId: !Ref Names, {properties}}}
{END}"
        )
    };
    let good = "InstanceId: old-1, InstanceAttributes: {AWS_INSTANCE_IPV4: 10.0.0.9, stage: beta}";
    let service = service(&[(END, &instance(good))]);
    assert_eq!(service.instances[0].id, "old-1");
    assert_eq!(service.instances[0].attributes["stage"], "beta");
    let path = "`Resources.Old.Properties.Instance";
    for (properties, problem) in [
        ("InstanceId: a b, InstanceAttributes: {a: b}", "Id` is `a b`"),
        ("InstanceId: a", "Attributes` is absent"),
        (
            "InstanceAttributes: {AWS_INSTANCE_IPV4: here}",
            "Attributes.AWS_INSTANCE_IPV4` is `here`",
        ),
        (
            "InstanceAttributes: {AWS_ALIAS_DNS_NAME: lb}",
            "Attributes.AWS_ALIAS_DNS_NAME` asks for an alias record",
        ),
    ] {
        is_told(&[(END, &instance(properties))], &format!("{path}{problem}"));
    }
}
