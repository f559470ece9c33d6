//! What a container is told of itself, and how it asks not to be stopped (cloudmap-ecs §4).

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use local_env::metadata::{
    ContainerFacts, Directory, HealthFacts, MetadataServer, Protection, TaskFacts,
};
use reqwest::{Client, Method};
use scheduler::{ContainerLastStatus, DesiredStatus, HealthStatus, LastStatus, TaskId};
use serde_json::{Value, json};
use stack::{Arn, Container, LogConfiguration, Service, TaskDefinition};
use tokio::sync::mpsc;

use test_support::tls;

const STATE: &str = "/task-protection/v1/state";

/// The endpoint with one task.
struct Endpoint {
    directory: Directory,
    task: TaskId,
    server: MetadataServer,
    protections: mpsc::UnboundedReceiver<Protection>,
    client: Client,
}

// === impl Endpoint ===

impl Endpoint {
    async fn start(facts: TaskFacts) -> Self {
        let (directory, task) = (Directory::new(), facts.id.clone());
        directory.publish(facts);
        let (sender, protections) = mpsc::unbounded_channel();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut server = MetadataServer::bind(any, directory.clone(), sender).await.unwrap();
        server.start();
        Self { directory, task, server, protections, client: client().build().unwrap() }
    }

    /// What a container finds in this variable.
    fn variable(&self, container: usize, name: &str) -> String {
        let all = self.directory.variables(self.server.address(), &self.task, container);
        all.into_iter().find(|(it, _)| it == name).expect("the variable").1
    }

    /// Below the first container's version 4.
    async fn get(&self, below: &str) -> (u16, Value) {
        let uri = self.variable(0, "ECS_CONTAINER_METADATA_URI_V4");
        self.ask(Method::GET, &(uri + below), "").await
    }

    async fn put(&self, body: &str) -> (u16, Value) {
        let uri = self.variable(0, "ECS_AGENT_URI");
        self.ask(Method::PUT, &(uri + STATE), body).await
    }

    async fn at(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, &format!("http://{}{path}", self.server.address()), "").await
    }

    async fn ask(&self, method: Method, uri: &str, body: &str) -> (u16, Value) {
        ask(&self.client, method, uri, body).await
    }
}

fn client() -> reqwest::ClientBuilder {
    tls::http_client().tls_certs_only([])
}

async fn ask(client: &Client, method: Method, uri: &str, body: &str) -> (u16, Value) {
    let response = client.request(method, uri).body(body.to_owned()).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    (response.status().as_u16(), response.json().await.unwrap())
}

/// A task of a web server and a sidecar that runs on this machine.
fn facts() -> TaskFacts {
    facts_of(definition(), [127, 0, 0, 1])
}

fn facts_of(definition: TaskDefinition, address: [u8; 4]) -> TaskFacts {
    let started = UNIX_EPOCH + Duration::from_secs(1_665_023_356);
    let container = |name: &str| ContainerFacts {
        name: name.into(),
        known_status: ContainerLastStatus::Running,
        desired_status: DesiredStatus::Running,
        created: Some(started),
        started: Some(started),
        finished: None,
        exit_code: None,
        health: None,
        restarts: None,
        pid: None,
    };
    TaskFacts {
        id: TaskId::random(),
        containers: definition.containers.iter().map(|it| container(&it.name)).collect(),
        service: Arc::new(Service::new("shop", Arc::new(definition))),
        account: "111122223333".into(),
        region: "us-west-2".into(),
        availability_zone: "us-west-2a".into(),
        address: address.into(),
        desired_status: DesiredStatus::Running,
        known_status: LastStatus::Running,
        pull_started: Some(started),
        pull_stopped: Some(started),
        stopped: None,
    }
}

fn definition() -> TaskDefinition {
    let (web, sidecar) = (Container::new("web", "shop/web:1"), Container::new("sidecar", "proxy"));
    let mut definition = TaskDefinition::new("shop-web", vec![web, sidecar]);
    definition.revision = 7;
    definition
}

fn with_role() -> TaskFacts {
    let mut definition = definition();
    definition.task_role = Some(Arn::from("arn:aws:iam::111122223333:role/shop"));
    facts_of(definition, [127, 0, 0, 1])
}

#[tokio::test]
async fn ecs_080_a_container_finds_itself_its_task_and_the_stats_below_its_uri() {
    let mut facts = facts();
    facts.containers[0].pid = Some(std::process::id());
    let endpoint = Endpoint::start(facts).await;
    let ids = [0, 1].map(|container| endpoint.directory.docker_id(&endpoint.task, container));

    let (status, container) = endpoint.get("").await;
    assert_eq!((status, &container["Name"]), (200, &"web".into()));
    assert_eq!(container["DockerId"], ids[0]);
    for tail in ["/task", "/taskWithTags"] {
        let (status, task) = endpoint.get(tail).await;
        assert_eq!((status, &task["Containers"][0]), (200, &container));
        assert_eq!(task["Containers"][1]["DockerId"], ids[1]);
    }
    let (status, used) = endpoint.get("/stats").await;
    assert_eq!((status, &used["id"]), (200, &ids[0].clone().into()));
    assert_eq!(used["memory_stats"]["limit"], 512 * 1024 * 1024);
    let (status, all) = endpoint.get("/task/stats").await;
    assert_eq!((status, all.as_object().unwrap().len()), (200, 2));
    assert_eq!(all[&ids[0]]["name"], "web");
    assert!(all[&ids[1]].is_null(), "nobody knows what the sidecar is: {all}");

    let (status, said) = endpoint.at("/v4/unknown").await;
    let begin = "V4 container metadata handler: unable to get container ID from request: ";
    assert!(status == 404 && said.as_str().unwrap().starts_with(begin), "{status} {said}");
}

#[tokio::test]
async fn ecs_081_a_tasks_limits_are_in_virtual_processors_and_mib() {
    for (cpu, memory, expected) in [
        (256, 512, json!({ "CPU": 0.25, "Memory": 512 })),
        (2048, 4096, json!({ "CPU": 2.0, "Memory": 4096 })),
    ] {
        let definition = TaskDefinition { cpu, memory, ..definition() };
        let endpoint = Endpoint::start(facts_of(definition, [127, 0, 0, 1])).await;
        assert_eq!(endpoint.get("/task").await.1["Limits"], expected);
    }
}

#[tokio::test]
async fn ecs_082_a_task_is_told_as_fargate_tells_it() {
    let endpoint = Endpoint::start(facts()).await;
    let (_, task) = endpoint.get("/task").await;
    let (arn, id) = ("arn:aws:ecs:us-west-2:111122223333", &endpoint.task);
    let mut expected = json!({
        "Cluster": format!("{arn}:cluster/default"),
        "TaskARN": format!("{arn}:task/default/{id}"),
        "Family": "shop-web",
        "Revision": "7",
        "DesiredStatus": "RUNNING",
        "KnownStatus": "RUNNING",
        "Limits": { "CPU": 0.25, "Memory": 512 },
        "PullStartedAt": "2022-10-06T02:29:16.000000000Z",
        "PullStoppedAt": "2022-10-06T02:29:16.000000000Z",
        "AvailabilityZone": "us-west-2a",
        "LaunchType": "FARGATE",
        "ServiceName": "shop",
        "FaultInjectionEnabled": false,
    });
    for told in ["Containers", "ClockDrift"] {
        expected[told] = task[told].clone();
    }
    assert_eq!(task, expected);
    assert_eq!(task["ClockDrift"]["ClockSynchronizationStatus"], "SYNCHRONIZED");
}

#[tokio::test]
async fn ecs_083_health_is_told_of_a_container_that_has_a_check() {
    let mut facts = facts();
    facts.containers[1].health = Some(HealthFacts {
        status: HealthStatus::Healthy,
        since: UNIX_EPOCH + Duration::from_secs(1_665_023_356),
        exit_code: Some(0),
        output: "ok".into(),
    });
    let (_, task) = Endpoint::start(facts).await.get("/task").await;
    assert!(task["Containers"][0].get("Health").is_none());
    let expected = json!({
        "status": "HEALTHY",
        "statusSince": "2022-10-06T02:29:16.000000000Z",
        "exitCode": 0,
        "output": "ok",
    });
    assert_eq!(task["Containers"][1]["Health"], expected);
}

#[tokio::test]
async fn ecs_084_log_options_have_the_stream_in_place_of_its_prefix() {
    let mut definition = definition();
    let options = [
        ("awslogs-group", "/shop"),
        ("awslogs-region", "us-west-2"),
        ("awslogs-stream-prefix", "blue"),
    ];
    definition.containers[0].log = Some(LogConfiguration {
        driver: "awslogs".into(),
        options: options.map(|(name, value)| (name.into(), value.into())).into(),
    });
    let endpoint = Endpoint::start(facts_of(definition, [127, 0, 0, 1])).await;
    let (_, container) = endpoint.get("").await;
    assert_eq!(container["LogDriver"], "awslogs");
    let expected = json!({
        "awslogs-group": "/shop",
        "awslogs-region": "us-west-2",
        "awslogs-stream": format!("blue/web/{}", endpoint.task),
    });
    assert_eq!(container["LogOptions"], expected);
    let (_, task) = endpoint.get("/task").await;
    assert!(task["Containers"][1].get("LogDriver").is_none());
}

#[tokio::test]
async fn ecs_085_the_variables_lead_to_the_container_that_has_them() {
    for facts in [facts(), with_role()] {
        let role = facts.service.task_definition.task_role.is_some();
        let endpoint = Endpoint::start(facts).await;
        for (container, name) in [(0, "web"), (1, "sidecar")] {
            for variable in ["ECS_CONTAINER_METADATA_URI", "ECS_CONTAINER_METADATA_URI_V4"] {
                let uri = endpoint.variable(container, variable);
                let (status, told) = endpoint.ask(Method::GET, &uri, "").await;
                assert_eq!((status, &told["Name"]), (200, &name.into()), "{uri}");
            }
        }
        let agent = endpoint.variable(1, "ECS_AGENT_URI") + STATE;
        let (status, _) = endpoint.ask(Method::GET, &agent, "").await;
        assert_eq!(status, if role { 200 } else { 403 });
        let all = endpoint.directory.variables(endpoint.server.address(), &endpoint.task, 0);
        assert_eq!(all.len(), 3, "no credentials, with a role or without");
    }
}

#[tokio::test]
async fn ecs_086_a_task_is_protected_for_two_hours_unless_it_says_how_long() {
    let mut endpoint = Endpoint::start(with_role()).await;
    let before = SystemTime::now();
    let (status, answer) = endpoint.put(r#"{"ProtectionEnabled":true}"#).await;
    let Protection { task, until } = endpoint.protections.recv().await.unwrap();
    let lasts = until.unwrap().duration_since(before).unwrap();
    assert!(lasts.as_secs() / 60 == 120 && lasts.as_secs() < 7260, "{lasts:?}");
    assert_eq!((status, task), (200, endpoint.task.clone()));
    assert_eq!(answer["protection"]["ProtectionEnabled"], true);
    let uri = endpoint.variable(1, "ECS_AGENT_URI") + STATE;
    assert_eq!(endpoint.ask(Method::GET, &uri, "").await, (200, answer));
    let protection = |now| endpoint.directory.protection(&endpoint.task, now);
    assert_eq!(protection(before), until);
    assert_eq!(protection(until.unwrap()), None, "it has run out by then");

    for body in [
        r#"{"ProtectionEnabled":true,"ExpiresInMinutes":0}"#,
        r#"{"ProtectionEnabled":true,"ExpiresInMinutes":2881}"#,
        r#"{"ProtectionEnabled":true,"Forever":true}"#,
        r#"{"ExpiresInMinutes":5}"#,
    ] {
        let (status, answer) = endpoint.put(body).await;
        let code = &answer["error"]["Code"];
        assert_eq!((status, code), (400, &"InvalidParameterException".into()), "{answer}");
    }
    assert!(endpoint.protections.try_recv().is_err(), "what was refused is not passed on");
}

#[tokio::test]
async fn a_task_may_end_its_protection() {
    let mut endpoint = Endpoint::start(with_role()).await;
    endpoint.put(r#"{"ProtectionEnabled":true,"ExpiresInMinutes":2880}"#).await;
    let (status, answer) = endpoint.put(r#"{"ProtectionEnabled":false}"#).await;
    let arn = format!("arn:aws:ecs:us-west-2:111122223333:task/default/{}", endpoint.task);
    let expected = json!({ "protection": { "ProtectionEnabled": false, "TaskArn": arn } });
    assert_eq!((status, answer), (200, expected));
    assert!(endpoint.protections.recv().await.unwrap().until.is_some());
    assert_eq!(endpoint.protections.recv().await.unwrap().until, None);
    assert_eq!(endpoint.directory.protection(&endpoint.task, UNIX_EPOCH), None);
}

#[tokio::test]
async fn protection_needs_a_task_a_role_and_that_it_runs() {
    let body = r#"{"ProtectionEnabled":true}"#;
    let (status, answer) = Endpoint::start(facts()).await.put(body).await;
    assert_eq!((status, &answer["error"]["Code"]), (403, &"AccessDeniedException".into()));

    let stopped = TaskFacts { known_status: LastStatus::Stopped, ..with_role() };
    let endpoint = Endpoint::start(stopped).await;
    let (status, answer) = endpoint.put(body).await;
    assert_eq!((status, &answer["failure"]["Reason"]), (200, &"TASK_NOT_VALID".into()));

    endpoint.directory.forget(&endpoint.task);
    let (status, answer) = endpoint.put(body).await;
    assert_eq!((status, &answer["error"]["Code"]), (404, &"ResourceNotFoundException".into()));
}

#[tokio::test]
async fn what_is_published_again_is_told_anew_and_stays_protected() {
    let facts = with_role();
    let endpoint = Endpoint::start(facts.clone()).await;
    endpoint.put(r#"{"ProtectionEnabled":true}"#).await;
    endpoint.directory.publish(TaskFacts { desired_status: DesiredStatus::Stopped, ..facts });
    let (_, task) = endpoint.get("/task").await;
    assert_eq!(task["DesiredStatus"], "STOPPED");
    assert!(endpoint.directory.protection(&endpoint.task, UNIX_EPOCH).is_some());
    endpoint.directory.forget(&endpoint.task);
    assert_eq!(endpoint.get("/task").await.0, 404);
}

#[tokio::test]
async fn version_3_says_less_of_the_network() {
    let endpoint = Endpoint::start(facts()).await;
    let (_, container) = endpoint.get("").await;
    let network = json!({ "NetworkMode": "awsvpc", "IPv4Addresses": ["127.0.0.1"] });
    let mut more = network.clone();
    more["AttachmentIndex"] = 0.into();
    assert_eq!(container["Networks"], json!([more]));
    let uri = endpoint.variable(0, "ECS_CONTAINER_METADATA_URI");
    let (_, container) = endpoint.ask(Method::GET, &uri, "").await;
    assert_eq!(container["Networks"], json!([network]));
}

#[tokio::test]
async fn a_second_look_at_stats_has_the_first_one_in_it() {
    let mut facts = facts();
    facts.containers[0].pid = Some(std::process::id());
    let endpoint = Endpoint::start(facts).await;
    let (_, first) = endpoint.get("/stats").await;
    let (_, second) = endpoint.get("/stats").await;
    assert_eq!(first["precpu_stats"]["system_cpu_usage"], 0);
    assert_eq!(second["precpu_stats"], first["cpu_stats"]);
    assert_eq!(second["preread"], first["read"]);
}

#[tokio::test]
async fn a_task_that_asks_too_often_is_told_so_and_no_other_one_is() {
    let endpoint = Endpoint::start(facts()).await;
    let other = facts();
    endpoint.directory.publish(other.clone());
    let mut asked = 0;
    while endpoint.get("").await.0 == 200 {
        asked += 1;
        assert!(asked < 10_000, "never too often");
    }
    assert!(asked >= 60, "only {asked} times");
    let id = endpoint.directory.docker_id(&other.id, 0);
    assert_eq!(endpoint.at(&format!("/v4/{id}")).await.0, 200);
}

#[tokio::test]
async fn credentials_are_never_given_out() {
    let endpoint = Endpoint::start(with_role()).await;
    for (path, code) in [("/a", "InvalidIdInRequest"), ("", "NoIdInRequest")] {
        let (status, answer) = endpoint.at(&format!("/v2/credentials{path}")).await;
        assert_eq!((status, &answer["code"]), (400, &code.into()));
        assert_eq!(answer["HTTPErrorCode"], 400);
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_refused_in_json() {
    let endpoint = Endpoint::start(facts()).await;
    assert_eq!(endpoint.at("/v1/metadata").await.0, 404);
    let uri = endpoint.variable(0, "ECS_CONTAINER_METADATA_URI_V4");
    let (status, said) = endpoint.ask(Method::POST, &uri, "{}").await;
    assert!(status == 405 && said.is_string(), "{said}");
    let (status, said) = endpoint.ask(Method::GET, &uri, &"a".repeat(1 << 20)).await;
    assert!(status == 413 && said.is_string(), "{said}");
}

#[tokio::test]
async fn who_knows_no_id_is_known_by_its_address() {
    let endpoint = Endpoint::start(facts_of(definition(), [127, 0, 0, 5])).await;
    let other = facts_of(TaskDefinition::new("other", definition().containers), [127, 0, 0, 6]);
    let ended =
        TaskFacts { known_status: LastStatus::Stopped, ..facts_of(definition(), [127, 0, 0, 6]) };
    let id = endpoint.directory.docker_id(&other.id, 0);
    endpoint.directory.publish(other);
    endpoint.directory.publish(ended);
    assert_eq!(endpoint.directory.by_address([127, 0, 0, 6].into()), Some(id));

    let path = format!("http://{}/v4/self/task", endpoint.server.address());
    for (last, expected) in [(5, Some("shop-web")), (6, Some("other")), (7, None)] {
        let from = IpAddr::from([127, 0, 0, last]);
        let client = client().local_address(from).build().unwrap();
        let (status, task) = ask(&client, Method::GET, &path, "").await;
        assert_eq!(status, if expected.is_some() { 200 } else { 404 }, "{task}");
        assert_eq!(task.get("Family").and_then(Value::as_str), expected, "127.0.0.{last}");
    }
}

#[tokio::test]
async fn an_endpoint_that_was_stopped_has_left_its_port() {
    let endpoint = Endpoint::start(facts()).await;
    let uri = endpoint.variable(0, "ECS_CONTAINER_METADATA_URI_V4");
    assert_eq!(endpoint.get("").await.0, 200);
    endpoint.server.stop().await;
    let error = endpoint.client.get(uri).send().await.unwrap_err();
    assert!(error.is_connect(), "{error}");
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let endpoint = Endpoint::start(facts()).await;
    let address = endpoint.server.address();
    let (sender, _receiver) = mpsc::unbounded_channel();
    let again = MetadataServer::bind(address, Directory::new(), sender).await;
    let Err(error) = again else { panic!("bound twice") };
    assert_eq!(error.to_string(), format!("cannot listen on {address} for task metadata"));
}
