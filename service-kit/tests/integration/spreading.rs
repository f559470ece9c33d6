//! Calls of a peer that has several addresses.

use std::{net::Ipv4Addr, sync::atomic::Ordering};

use tokio::net::TcpListener;

use crate::{
    app::{App, with_peer},
    backend::{Backend, Deaf, hangs_up, listeners},
    dns::{Dns, Says},
};

const PEER: &str = "/service1/peer";

const A: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const B: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
const C: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 4);

fn ok(listener: TcpListener) -> Backend {
    Backend::serve(listener, || "")
}

/// A service whose peer has these addresses, and its DNS server.
async fn start(port: u16, addresses: &[Ipv4Addr], ttl: u32) -> (App, Dns) {
    let dns = Dns::start(Says::Addresses(addresses.to_vec(), ttl)).await;
    let url = format!("http://service2.services:{port}");
    (App::start(with_peer(&url, Some(dns.address))).await, dns)
}

async fn call(app: &App, times: usize) {
    for _ in 0..times {
        let answer = app.get(PEER).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

#[tokio::test]
async fn calls_one_after_another_are_spread_evenly() {
    let [a, b, c] = listeners().await.map(ok);
    let (app, _dns) = start(a.address.port(), &[C, A, B], 60).await;
    call(&app, 9).await;
    assert_eq!([a.calls(), b.calls(), c.calls()], [3, 3, 3]);
}

#[tokio::test]
async fn an_address_that_refuses_is_passed_over() {
    let [a, b, c] = listeners().await;
    let (a, b) = (ok(a), ok(b));
    drop(c);
    let (app, _dns) = start(a.address.port(), &[A, B, C], 60).await;
    call(&app, 6).await;
    assert_eq!(a.calls() + b.calls(), 6);
    assert!(a.calls() >= 2 && b.calls() >= 2);
}

#[tokio::test]
async fn an_address_that_is_deaf_is_passed_over() {
    let [a, b] = listeners().await;
    let (a, deaf) = (ok(a), b.local_addr().unwrap());
    drop(b);
    let _deaf = Deaf::at(deaf).await;
    let (app, _dns) = start(a.address.port(), &[A, B], 60).await;
    call(&app, 2).await;
    assert_eq!(a.calls(), 2);
}

#[tokio::test]
async fn a_task_that_dies_between_two_calls_fails_none() {
    let [a, b] = listeners().await.map(ok);
    let (app, _dns) = start(a.address.port(), &[A, B], 60).await;
    call(&app, 2).await;
    b.kill().await;
    call(&app, 4).await;
    assert_eq!(a.calls(), 5);
}

#[tokio::test]
async fn a_task_that_dies_before_its_answer_fails_no_call() {
    let [a, b] = listeners().await;
    let (a, hung_up) = (ok(a), hangs_up(b));
    let (app, _dns) = start(a.address.port(), &[A, B], 60).await;
    call(&app, 4).await;
    assert_eq!(a.calls(), 4);
    assert!(hung_up.load(Ordering::SeqCst) >= 1);
}

#[tokio::test]
async fn calls_follow_the_name_to_other_addresses() {
    let [a, b] = listeners().await.map(ok);
    let (app, dns) = start(a.address.port(), &[A], 0).await;
    call(&app, 2).await;
    dns.say(Says::Addresses(vec![B], 0));
    call(&app, 2).await;
    assert_eq!([a.calls(), b.calls()], [2, 2]);
}

#[tokio::test]
async fn when_all_addresses_refuse_all_are_named() {
    let [a, b] = listeners().await;
    let port = a.local_addr().unwrap().port();
    drop((a, b));
    let (app, _dns) = start(port, &[A, B], 60).await;
    let answer = app.get(PEER).await;
    let detail = answer.problem(502, "urn:problem:peer-unreachable");
    for address in [A, B] {
        assert!(detail.contains(&format!("{address}:{port}")), "{detail}");
    }
}
