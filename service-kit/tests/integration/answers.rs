//! What a service answers of itself.

use axum::{Json, extract::State, routing::get};
use reqwest::Method;
use serde_json::json;
use service_kit::{About, Context, Service, Settings, StartError};

use crate::app::{App, SERVICE1, settings};

#[tokio::test]
async fn a_service_says_who_it_is() {
    let answer = App::start(settings()).await.get("/service1").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    let who = json!({
        "service": "service1",
        "version": "1.2.3",
        "task_id": null,
        "family": null,
        "revision": null,
        "availability_zone": null,
        "architecture": std::env::consts::ARCH,
    });
    assert_eq!(answer.body, who);
}

#[tokio::test]
async fn a_service_that_lives_is_healthy() {
    let answer = App::start(settings()).await.get("/service1/health").await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, json!({ "status": "ok" })));
}

#[tokio::test]
async fn any_other_path_is_answered_with_the_routes_there_are() {
    let app = App::start(settings()).await;
    for path in ["/", "/service1/", "/service1/nothing", "/service10", "/service1%2Fpeer"] {
        let answer = app.get(path).await;
        assert!(answer.problem(404, "about:blank").contains(path));
        assert_eq!(answer.body["instance"], path);
        let routes = json!(["/service1", "/service1/peer", "/service1/health"]);
        assert_eq!(answer.body["routes"], routes);
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let app = App::start(settings()).await;
    let answer = app.send(Method::POST, "/service1/peer", &[]).await;
    answer.problem(405, "about:blank");
    assert_eq!(answer.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn head_has_the_headers_of_get() {
    let app = App::start(settings()).await;
    for path in ["/service1", "/nothing"] {
        let get = app.get(path).await;
        let head = app.send(Method::HEAD, path, &[]).await;
        assert_eq!(head.status, get.status);
        for name in ["content-type", "content-length"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {path}");
        }
        assert!(head.body.is_null());
    }
}

#[tokio::test]
async fn a_route_of_its_own_stands_below_the_services_path() {
    async fn who(State(context): State<Context>) -> Json<About> {
        Json(context.about().await)
    }
    let service = Service::new(SERVICE1).route("/who", get(who));
    let app = App::start_service(service, settings()).await;
    assert_eq!(app.get("/service1/who").await.body["service"], "service1");
    assert_eq!(app.get("/who").await.body["routes"][3], "/service1/who");
}

#[tokio::test]
async fn a_handler_that_panics_is_a_500() {
    async fn panics() {
        panic!("as the test wants it");
    }
    let service = Service::new(SERVICE1).route("/panic", get(panics));
    let app = App::start_service(service, settings()).await;
    let answer = app.get("/service1/panic").await;
    let detail = answer.problem(500, "about:blank");
    assert!(!detail.contains("as the test wants it"), "the cause is for the log: {detail}");
    assert_eq!(app.get("/service1").await.status, 200);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let app = App::start(settings()).await;
    let again = Settings { listen: app.address, ..settings() };
    let Err(error) = Service::new(SERVICE1).bind(again).await else { panic!("bound twice") };
    assert!(matches!(error, StartError::Listen { address, .. } if address == app.address));
    assert!(error.to_string().starts_with(&format!("cannot listen on {} (", app.address)));
}
