//! How a peer's name is found, and what is told where it is not.

use std::time::Duration;

use hickory_resolver::proto::op::ResponseCode;
use service_kit::{Limits, Settings};

use crate::{
    app::{App, with_peer},
    backend::Backend,
    dns::{Dns, Says},
};

const PEER: &str = "/service1/peer";
const NOT_RESOLVED: &str = "urn:problem:peer-name-not-resolved";

/// A service whose peer is `service2.services`, and its DNS server.
async fn start(says: Says, limits: Limits) -> (App, Dns) {
    let dns = Dns::start(says).await;
    let settings = with_peer("http://service2.services:7072", Some(dns.address));
    (App::start(Settings { limits, ..settings }).await, dns)
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_told_with_the_servers_answer() {
    let (app, dns) = start(Says::Code(ResponseCode::NXDomain), Limits::default()).await;
    let answer = app.get(PEER).await;
    let detail = answer.problem(502, NOT_RESOLVED);
    for part in ["service2.services", "NXDOMAIN", &dns.address.to_string()] {
        assert!(detail.contains(part), "{detail}");
    }
    assert_eq!(dns.asked()[0], "udp A service2.services.");
    assert!(dns.asked().iter().all(|asked| asked.ends_with(" A service2.services.")));
}

#[tokio::test]
async fn a_server_that_fails_is_told() {
    for (code, said) in [(ResponseCode::ServFail, "SERVFAIL"), (ResponseCode::Refused, "REFUSED")] {
        let (app, _dns) = start(Says::Code(code), Limits::default()).await;
        let answer = app.get(PEER).await;
        let detail = answer.problem(502, NOT_RESOLVED);
        assert!(detail.contains(said), "{detail}");
    }
}

#[tokio::test]
async fn a_server_that_is_silent_is_a_timeout_long_before_the_call_is() {
    let limits = Limits { resolve: Duration::from_millis(200), ..Limits::default() };
    let (app, _dns) = start(Says::Nothing, limits).await;
    let answer = app.get(PEER).await;
    let detail = answer.problem(502, NOT_RESOLVED);
    assert!(detail.contains("timeout") && detail.contains("200ms"), "{detail}");
}

#[tokio::test]
async fn only_a_name_without_ipv4_is_asked_for_ipv6() {
    let (app, dns) = start(Says::Addresses(Vec::new(), 60), Limits::default()).await;
    let answer = app.get(PEER).await;
    assert!(answer.problem(502, NOT_RESOLVED).contains("NODATA"));
    let asked = dns.asked();
    assert!(asked.contains(&"udp AAAA service2.services.".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn an_answer_is_kept_for_its_ttl() {
    let backend = Backend::start(|| "").await;
    let dns = Dns::start(Says::Addresses(vec![[127, 0, 0, 2].into()], 60)).await;
    let url = format!("http://service2.services:{}", backend.address.port());
    let app = App::start(with_peer(&url, Some(dns.address))).await;
    for _ in 0..3 {
        assert_eq!(app.get(PEER).await.status, 200);
    }
    assert_eq!(dns.asked(), ["udp A service2.services."]);
}

#[tokio::test]
async fn an_answer_too_long_for_udp_is_asked_for_over_tcp() {
    let backend = Backend::start(|| "").await;
    let dns = Dns::start(Says::OverTcpOnly(vec![[127, 0, 0, 2].into()])).await;
    let url = format!("http://service2.services:{}", backend.address.port());
    let answer = App::start(with_peer(&url, Some(dns.address))).await.get(PEER).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let asked = dns.asked();
    assert!(asked.contains(&"tcp A service2.services.".to_owned()), "{asked:?}");
}
