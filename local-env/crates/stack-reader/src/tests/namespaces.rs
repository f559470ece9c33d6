//! Cloud Map.

use super::*;
use stack::RoutingPolicy;

#[test]
fn cloud_map_services_are_checked() {
    let record = "{Type: A, TTL: 10}";
    each_is_told(
        "Names",
        &[
            (record, "{Type: A}", "`@.DnsConfig.DnsRecords[0].TTL` is absent"),
            (record, "", "`@.DnsConfig.DnsRecords` is empty"),
            (
                "NamespaceId: !Ref Space",
                "NamespaceId: ns-1",
                "`@.NamespaceId` is `ns-1`, which is no Cloud Map namespace of this template",
            ),
            ("NamespaceId: !Ref Space", "X: y", "`@.NamespaceId` is absent"),
            (
                "NamespaceId: !Ref Space",
                "NamespaceId: !Ref Space\n      HealthCheckConfig: {Type: HTTP}",
                "`@.HealthCheckConfig` is given in a private namespace",
            ),
            ("Name: web\n      Name", "Name: -web\n      Name", "`@.Name` is `-web`"),
        ],
    );
    let service =
        |part: &str, other: &str| changed(part, other).namespaces.remove(0).services.remove(0);
    let weighted = service("DnsConfig: {", "DnsConfig: {RoutingPolicy: WEIGHTED, ");
    assert_eq!(weighted.routing_policy, RoutingPolicy::Weighted);
    assert!(
        service("NamespaceId: !Ref Space", "NamespaceId: !Ref Space\n      Type: HTTP")
            .records
            .is_empty()
    );
    let namespace = |vpc: &str| changed("Vpc: v", vpc).namespaces.remove(0);
    let own = "Vpc: v, Properties: {DnsProperties: {SOA: {TTL: '60'}}}";
    assert_eq!((namespace("Vpc: v").soa_ttl, namespace(own).soa_ttl), (15, 60));
    let twice = "  Space:";
    let second = "  Again:
    Type: AWS::ServiceDiscovery::Service
    Properties: {Name: WEB, DnsConfig: {NamespaceId: !GetAtt Space.Id, DnsRecords: [{Type: A, TTL: 1}]}}
  Space:";
    let error = read(twice, second).unwrap_err();
    assert_eq!(
        error.problems()[0].to_string(),
        "`Again` (line 42) and `Names` both have the name `web` in one namespace"
    );
}
