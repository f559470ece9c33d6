//! Which ECS task a service says it is in.

use std::{
    net::Ipv4Addr,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::{Json, Router, http::StatusCode, routing::get};
use serde_json::{Value, json};
use service_kit::{Limits, Settings};

use crate::{
    app::{App, settings},
    backend::{Backend, Deaf, hangs_up, listeners},
};

const TASK: [&str; 4] = ["task_id", "family", "revision", "availability_zone"];

fn task() -> Value {
    json!({
        "Cluster": "arn:aws:ecs:us-west-2:111122223333:cluster/services",
        "TaskARN": "arn:aws:ecs:us-west-2:111122223333:task/services/0123456789abcdef",
        "Family": "service1",
        "Revision": "3",
        "AvailabilityZone": "us-west-2b",
    })
}

/// An endpoint that knows of one container.
async fn endpoint() -> Backend {
    let [listener] = listeners().await;
    let app = Router::new().route("/v4/0123-1/task", get(async || Json(task())));
    Backend::route(listener, app)
}

fn asking(uri: &str) -> Settings {
    Settings { metadata: Some(uri.parse().unwrap()), ..settings() }
}

fn hasty(uri: &str) -> Settings {
    let limits = Limits { metadata: Duration::from_millis(50), ..Limits::default() };
    Settings { limits, ..asking(uri) }
}

/// What the first answer says of the task.
async fn told(settings: Settings) -> [Value; 4] {
    let answer = App::start(settings).await.get("/service1").await;
    assert_eq!(answer.status, 200);
    TASK.map(|name| answer.body[name].clone())
}

#[tokio::test]
async fn the_first_answer_names_the_task() {
    let endpoint = endpoint().await;
    let expected = ["0123456789abcdef", "service1", "3", "us-west-2b"].map(Value::from);
    assert_eq!(told(asking(&endpoint.url("/v4/0123-1"))).await, expected);
    assert_eq!(endpoint.calls(), 1);
}

#[tokio::test]
async fn who_calls_a_peer_names_the_task_too() {
    let (endpoint, peer) = (endpoint().await, Backend::start(|| "hello").await);
    let peer = Some(peer.url("/service2").parse().unwrap());
    let app = App::start(Settings { peer, ..asking(&endpoint.url("/v4/0123-1")) }).await;
    assert_eq!(app.get("/service1/peer").await.body["availability_zone"], "us-west-2b");
}

#[tokio::test]
async fn the_endpoint_is_asked_once_however_often_the_service_is() {
    let endpoint = endpoint().await;
    let app = App::start(asking(&endpoint.url("/v4/0123-1"))).await;
    for _ in 0..5 {
        assert_eq!(app.get("/service1").await.body["revision"], "3");
    }
    assert_eq!(endpoint.calls(), 1);
}

#[tokio::test]
async fn what_the_endpoint_leaves_out_is_null() {
    let endpoint = Backend::start(|| Json(json!({ "Family": "service1" }))).await;
    let expected = [Value::Null, "service1".into(), Value::Null, Value::Null];
    assert_eq!(told(asking(&endpoint.url("/v4/0123-1"))).await, expected);
}

#[tokio::test]
async fn a_service_serves_where_the_endpoint_fails() {
    let unknown = endpoint().await;
    let nonsense = Backend::start(|| "nonsense").await;
    let [silent] = listeners().await;
    let address = silent.local_addr().unwrap();
    let _calls = hangs_up(silent);
    for uri in [unknown.url("/v4/other"), nonsense.url("/v4/a"), format!("http://{address}/v4/a")] {
        assert_eq!(told(asking(&uri)).await, [const { Value::Null }; 4], "{uri}");
    }
}

#[tokio::test]
async fn an_endpoint_that_never_answers_holds_up_nothing_for_longer_than_the_limit() {
    let deaf = Deaf::at((Ipv4Addr::LOCALHOST, 0).into()).await;
    let app = App::start(hasty(&format!("http://{}/v4/a", deaf.address))).await;
    assert_eq!(app.get("/service1/health").await.status, 200);
    assert!(app.get("/service1").await.body["task_id"].is_null());
}

#[tokio::test]
async fn an_endpoint_that_knows_later_is_believed_later() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let endpoint = Backend::start(|| match CALLS.fetch_add(1, Ordering::SeqCst) {
        0 => (StatusCode::NOT_FOUND, Json("no such container".into())),
        _ => (StatusCode::OK, Json(task())),
    })
    .await;
    let app = App::start(hasty(&endpoint.url("/v4/0123-1"))).await;
    assert!(app.get("/service1").await.body["task_id"].is_null());
    let known = async {
        while app.get("/service1").await.body["task_id"].is_null() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), known).await.unwrap();
}
