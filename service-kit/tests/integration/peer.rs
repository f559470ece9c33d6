//! What a service answers of its peer, whose address is known.

use std::{future::pending, time::Duration};

use axum::{Json, Router, http::StatusCode, response::Redirect, routing::get};
use reqwest::Method;
use serde_json::json;
use service_kit::{Limits, Settings};

use crate::{
    app::{App, settings, with_peer},
    backend::{Backend, Deaf, hangs_up, listeners},
};

const PEER: &str = "/service1/peer";

#[tokio::test]
async fn the_peers_whole_answer_is_in_the_answer() {
    let backend = Backend::start(|| Json(json!({ "service": "service2", "deep": [1] }))).await;
    let app = App::start(with_peer(&backend.url("/service2"), None)).await;
    let answer = app.get(PEER).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["service"], "service1");
    assert_eq!(answer.body["peer"]["answer"], json!({ "service": "service2", "deep": [1] }));
    assert_eq!(answer.body["peer"]["url"], backend.url("/service2"));
    assert!(answer.body["peer"]["milliseconds"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn an_answer_that_is_not_json_is_text() {
    let backend = Backend::start(|| "42").await;
    let app = App::start(with_peer(&backend.url("/x"), None)).await;
    assert_eq!(app.get(PEER).await.body["peer"]["answer"], "42");
}

#[tokio::test]
async fn the_trace_id_goes_on_unchanged() {
    let backend = Backend::start(|| "").await;
    let app = App::start(with_peer(&backend.url("/x"), None)).await;
    let id = "Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678";
    app.send(Method::GET, PEER, &[("x-amzn-trace-id", id), ("x-other", "1")]).await;
    let seen = backend.headers.lock().unwrap().clone();
    assert_eq!(seen["x-amzn-trace-id"], id);
    assert_eq!(seen["user-agent"], "service1/1.2.3");
    assert!(!seen.contains_key("x-other"));

    app.get(PEER).await;
    assert!(!backend.headers.lock().unwrap().contains_key("x-amzn-trace-id"));
}

#[tokio::test]
async fn without_a_peer_the_variable_is_named() {
    let answer = App::start(settings()).await.get(PEER).await;
    assert!(answer.problem(503, "urn:problem:peer-not-configured").contains("SERVICE_URL"));
    assert_eq!(answer.body["instance"], PEER);
}

#[tokio::test]
async fn a_refused_connection_is_told_with_its_address() {
    let [listener] = listeners().await;
    let address = listener.local_addr().unwrap();
    drop(listener);
    let app = App::start(with_peer(&format!("http://{address}/x"), None)).await;
    let answer = app.get(PEER).await;
    let detail = answer.problem(502, "urn:problem:peer-unreachable");
    assert!(detail.contains(&address.to_string()) && detail.contains("refused"), "{detail}");
}

#[tokio::test]
async fn a_bad_status_is_told_with_its_url() {
    let app = Router::new()
        .route("/teapot", get(async || StatusCode::IM_A_TEAPOT))
        .route("/moved", get(async || Redirect::temporary("/teapot")));
    let [listener] = listeners().await;
    let backend = Backend::route(listener, app);
    for (path, status) in [("/teapot", "418"), ("/moved", "307")] {
        let url = backend.url(path);
        let answer = App::start(with_peer(&url, None)).await.get(PEER).await;
        let detail = answer.problem(502, "urn:problem:peer-bad-status");
        assert!(detail.contains(&url) && detail.contains(status), "{detail}");
    }
}

#[tokio::test]
async fn a_peer_that_is_too_slow_is_a_504() {
    let [listener] = listeners().await;
    let backend = Backend::route(listener, Router::new().fallback(pending::<()>));
    let limits = Limits { call: Duration::from_millis(100), ..Limits::default() };
    let settings = Settings { limits, ..with_peer(&backend.url("/x"), None) };
    let answer = App::start(settings).await.get(PEER).await;
    assert!(answer.problem(504, "urn:problem:peer-too-slow").contains("100ms"));
}

#[tokio::test]
async fn a_peer_that_takes_no_connection_is_a_504_of_its_own() {
    let deaf = Deaf::at("127.0.0.2:0".parse().unwrap()).await;
    let limits = Limits { connect: Duration::from_millis(100), ..Limits::default() };
    let peer = with_peer(&format!("http://{}/x", deaf.address), None);
    let answer = App::start(Settings { limits, ..peer }).await.get(PEER).await;
    let detail = answer.problem(504, "urn:problem:peer-connect-timeout");
    assert!(detail.contains(&deaf.address.to_string()), "{detail}");
}

#[tokio::test]
async fn a_peer_that_hangs_up_is_asked_twice_and_told() {
    let [listener] = listeners().await;
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let calls = hangs_up(listener);
    let answer = App::start(with_peer(&url, None)).await.get(PEER).await;
    answer.problem(502, "urn:problem:peer-connection-broken");
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_it() {
    let backend = Backend::start(|| vec![b'x'; (1 << 20) + 1]).await;
    let answer = App::start(with_peer(&backend.url("/x"), None)).await.get(PEER).await;
    answer.problem(502, "urn:problem:peer-answer-too-large");
}

#[tokio::test]
async fn a_peer_without_tls_behind_https_is_unreachable() {
    let backend = Backend::start(|| "").await;
    let url = backend.url("/x").replace("http:", "https:");
    let answer = App::start(with_peer(&url, None)).await.get(PEER).await;
    answer.problem(502, "urn:problem:peer-unreachable");
}
