//! Cloud Map's API, with what a template says of its services (cloudmap-ecs §1.4).

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use clock::Clock;
use cloudmap::{DiscoveryServer, Instance, Registry};
use serde_json::{Value, json};

use test_support::{eventually, setup, tls};

const SERVICES: &str = "
Resources:
  Space: {Type: AWS::ServiceDiscovery::PrivateDnsNamespace, Properties: {Name: services, Vpc: v}}
  Ten:
    Type: AWS::ServiceDiscovery::Service
    Properties:
      Name: ten
      NamespaceId: !Ref Space
      DnsConfig: {DnsRecords: [{Type: A, TTL: 60}]}
      HealthCheckCustomConfig: {FailureThreshold: 10}
  One:
    Type: AWS::ServiceDiscovery::Service
    Properties:
      Name: one
      NamespaceId: !Ref Space
      DnsConfig: {DnsRecords: [{Type: A, TTL: 60}]}
      HealthCheckCustomConfig: {FailureThreshold: 1}
";

async fn call(server: &DiscoveryServer, operation: &str, body: Value) -> Value {
    let answer = tls::http_client()
        .build()
        .unwrap()
        .post(format!("http://{}/", server.address()))
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("Route53AutoNaming_v20170314.{operation}"))
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn cloudmap_012_a_report_takes_effect_after_30_seconds_whatever_the_threshold() {
    let stack = setup::read(SERVICES);
    let registry = Registry::new(&stack.namespaces, "us-west-2", Clock::DESK).unwrap();
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = DiscoveryServer::start(anywhere, registry.clone()).await.unwrap();
    let [one, ten] = &stack.namespaces[0].services[..] else { panic!("two services") };
    assert_eq!((one.name.as_str(), ten.name.as_str()), ("one", "ten"));
    let begun = Instant::now();
    for service in [ten, one] {
        registry.register(&service.arn, &Instance::new("i", [127, 9, 1, 1].into()));
        let report = json!({"ServiceId": service.id(), "InstanceId": "i", "Status": "UNHEALTHY"});
        call(&server, "UpdateInstanceCustomHealthStatus", report).await;
    }
    let is_unhealthy = async |service: &str| {
        let answer = call(&server, "GetInstancesHealthStatus", json!({"ServiceId": service})).await;
        answer["Status"]["i"] == "UNHEALTHY"
    };
    eventually("it is unhealthy", async || is_unhealthy(one.id()).await).await;
    assert!(begun.elapsed() >= Clock::DESK.wait(Duration::from_secs(30)), "{:?}", begun.elapsed());
    // Reported before that one, it has changed before it, though it might have waited ten times longer.
    assert!(is_unhealthy(ten.id()).await);
}
