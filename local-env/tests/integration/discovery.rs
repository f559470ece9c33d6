//! Cloud Map's API on the wire, and that it tells what DNS does.

use std::{collections::BTreeMap, sync::Arc};

use clock::Clock;
use cloudmap::{DiscoveryServer, DnsServer, Instance, Membership, Registry};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use stack::{Arn, Namespace, Service};

use crate::dns;
use test_support::{client_builder, model};

const LOOPBACK: &str = "127.0.0.1:0";
const TASK: &str = "0123456789abcdef0123456789abcdef";

/// The API of a namespace `services` with one service, `web`.
pub struct Api {
    registry: Arc<Registry>,
    server: DiscoveryServer,
    client: Client,
}

impl Api {
    pub async fn start() -> Self {
        Self::of(&model::namespace(&["web"])).await
    }

    async fn of(namespace: &Namespace) -> Self {
        let namespaces = std::slice::from_ref(namespace);
        let registry = Registry::new(namespaces, "us-west-2", Clock::REAL).unwrap();
        let address = LOOPBACK.parse().unwrap();
        let server = DiscoveryServer::start(address, registry.clone()).await.unwrap();
        Self { registry, server, client: client_builder().build().unwrap() }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    pub fn register(&self, id: &str, last: u8) {
        let instance = Instance::new(id, [127, 9, 1, last].into());
        self.registry.register(&Arn::from("discovery-web"), &instance);
    }

    fn request(&self, operation: &str) -> RequestBuilder {
        self.client
            .post(self.url())
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("Route53AutoNaming_v20170314.{operation}"))
    }

    async fn call(&self, operation: &str, body: &Value) -> (StatusCode, Value) {
        answer(self.request(operation).body(body.to_string()).send().await.unwrap()).await
    }

    async fn discover(&self) -> Value {
        let body = json!({"NamespaceName": "services", "ServiceName": "web"});
        let (status, answer) = self.call("DiscoverInstances", &body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }
}

async fn answer(response: Response) -> (StatusCode, Value) {
    assert_eq!(response.headers()["content-type"], "application/x-amz-json-1.1");
    assert_eq!(response.headers()["x-amzn-requestid"].len(), 36);
    let status = response.status();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap())
}

#[tokio::test]
async fn cloudmap_001_a_registered_task_has_a_name_and_is_discovered() {
    let api = Api::start().await;
    let dns = DnsServer::start(LOOPBACK.parse().unwrap(), api.registry.clone(), None);
    let dns = dns.await.unwrap();
    assert!(dns::addresses(dns.address(), "web.services.").await.is_empty());
    api.register(TASK, 1);
    let found = dns::addresses(dns.address(), "web.services.").await;
    assert_eq!(found, [("127.9.1.1".to_owned(), 60)]);
    let instance = &api.discover().await["Instances"][0];
    let expected = json!({
        "InstanceId": TASK,
        "NamespaceName": "services",
        "ServiceName": "web",
        "HealthStatus": "HEALTHY",
        "Attributes": {"AWS_INSTANCE_IPV4": "127.9.1.1"},
    });
    assert_eq!(*instance, expected);
}

#[tokio::test]
async fn cloudmap_017_a_task_is_registered_with_what_ecs_tells_of_it() {
    let api = Api::start().await;
    let mut service = model::stack_with_web(7071, 1).services.remove(0);
    let attributes = async |service: &Service| {
        let place = Membership::of(service, &api.registry).unwrap();
        place.register(TASK, [127, 9, 1, 1].into(), true);
        let (_, answer) = api.call("ListInstances", &json!({"ServiceId": "discovery-web"})).await;
        assert_eq!(answer["Instances"][0]["Id"], TASK);
        let attributes = answer["Instances"][0]["Attributes"].clone();
        serde_json::from_value::<BTreeMap<String, String>>(attributes).unwrap()
    };
    let mut expected = BTreeMap::from(
        [
            ("AVAILABILITY_ZONE", "us-west-2a"),
            ("AWS_INSTANCE_IPV4", "127.9.1.1"),
            ("ECS_CLUSTER_NAME", "Services"),
            ("ECS_SERVICE_NAME", "Web"),
            ("ECS_TASK_DEFINITION_FAMILY", "web-family"),
            ("REGION", "us-west-2"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    assert_eq!(attributes(&service).await, expected);
    service.registry.as_mut().unwrap().port = Some(7071);
    expected.insert("AWS_INSTANCE_PORT".into(), "7071".into());
    assert_eq!(attributes(&service).await, expected);
}

#[tokio::test]
async fn a_service_without_records_is_discovered_all_the_same() {
    let mut namespace = model::namespace(&["web"]);
    namespace.services[0].records.clear();
    let api = Api::of(&namespace).await;
    api.register(TASK, 1);
    assert_eq!(api.discover().await["Instances"][0]["InstanceId"], TASK);
}

#[tokio::test]
async fn a_task_that_is_taken_out_is_discovered_no_more() {
    let api = Api::start().await;
    api.register("a", 1);
    api.register("b", 2);
    api.registry.deregister(&Arn::from("discovery-web"), "a");
    let answer = api.discover().await;
    assert_eq!(answer["Instances"].as_array().unwrap().len(), 1);
    assert_eq!(answer["InstancesRevision"], 3);
}

#[tokio::test]
async fn cloudmap_026_an_unknown_namespace_is_told_by_its_type() {
    let api = Api::start().await;
    let body = json!({"NamespaceName": "nowhere", "ServiceName": "web"});
    let (status, answer) = api.call("DiscoverInstances", &body).await;
    assert_eq!((status.as_u16(), &answer["__type"]), (400, &json!("NamespaceNotFound")));
    assert_eq!(answer["Message"], "there is no namespace nowhere");
}

#[tokio::test]
async fn cloudmap_097_any_host_is_served() {
    let api = Api::start().await;
    api.register(TASK, 1);
    for host in ["data-127.0.0.1:80", "data-servicediscovery.us-west-2.amazonaws.com"] {
        let body = r#"{"NamespaceName": "services", "ServiceName": "web"}"#;
        let request = api.request("DiscoverInstances").header("host", host).body(body);
        let (status, found) = answer(request.send().await.unwrap()).await;
        assert_eq!(status, 200);
        assert_eq!(found["Instances"][0]["InstanceId"], TASK);
    }
}

#[tokio::test]
async fn what_is_no_request_of_the_api_is_refused() {
    let api = Api::start().await;
    let (status, refused) = api.call("CreateService", &json!({})).await;
    assert_eq!((status.as_u16(), &refused["__type"]), (400, &json!("UnknownOperationException")));

    let (status, refused) = answer(api.client.get(api.url()).send().await.unwrap()).await;
    assert_eq!((status.as_u16(), &refused["__type"]), (400, &json!("UnknownOperationException")));

    let send = async |body: Vec<u8>| {
        answer(api.request("ListInstances").body(body).send().await.unwrap()).await
    };
    for body in [b"{".to_vec(), b"\xff".to_vec()] {
        assert_eq!(send(body).await.1["__type"], "SerializationException");
    }
    for body in [&b"[]"[..], b"{\"ServiceId\": 1}", b""] {
        assert_eq!(send(body.to_vec()).await.1["__type"], "InvalidInput");
    }
    let (status, _) = send(vec![b' '; 2 * 1024 * 1024]).await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn health_is_reported_through_the_api() {
    let api = Api::start().await;
    api.register(TASK, 1);
    let body = json!({"ServiceId": "discovery-web", "InstanceId": TASK, "Status": "UNHEALTHY"});
    let (status, answer) = api.call("UpdateInstanceCustomHealthStatus", &body).await;
    assert_eq!((status.as_u16(), answer), (200, json!({})));
}
