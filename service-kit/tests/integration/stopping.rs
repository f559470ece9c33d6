//! How a service ends.

use std::{future::pending, sync::Arc, time::Duration};

use axum::routing::get;
use service_kit::{Limits, Service, Settings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{Notify, mpsc},
};

use crate::app::{App, SERVICE1, client, settings};

/// A route that tells when it is asked and answers when it is allowed to.
fn gate() -> (Service, mpsc::Receiver<()>, Arc<Notify>) {
    let (asked, is_asked) = mpsc::channel(1);
    let open = Arc::new(Notify::new());
    let may_answer = open.clone();
    let wait = move || async move {
        asked.send(()).await.unwrap();
        may_answer.notified().await;
        "done"
    };
    (Service::new(SERVICE1).route("/gate", get(wait)), is_asked, open)
}

#[tokio::test]
async fn a_request_in_flight_is_finished_and_no_other_accepted() {
    let (service, mut is_asked, open) = gate();
    let app = App::start_service(service, settings()).await;
    let address = app.address;
    let request = client().get(format!("http://{address}/service1/gate")).send();
    let request = tokio::spawn(request);
    is_asked.recv().await.unwrap();

    app.shutdown.cancel();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!app.running.is_finished());
    open.notify_one();
    assert_eq!(request.await.unwrap().unwrap().text().await.unwrap(), "done");
    app.ended().await;
}

#[tokio::test]
async fn idle_connections_do_not_hold_the_stop_open() {
    let app = App::start(settings()).await;
    let _silent = TcpStream::connect(app.address).await.unwrap();
    let mut kept = TcpStream::connect(app.address).await.unwrap();
    kept.write_all(b"GET /service1/health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    assert_ne!(kept.read(&mut [0; 1024]).await.unwrap(), 0);
    app.shutdown.cancel();
    app.ended().await;
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_hold_the_stop_open_for_ever() {
    let (asked, mut is_asked) = mpsc::channel(1);
    let never = move || async move {
        asked.send(()).await.unwrap();
        pending::<()>().await;
    };
    let limits = Limits { drain: Duration::from_millis(50), ..Limits::default() };
    let service = Service::new(SERVICE1).route("/never", get(never));
    let app = App::start_service(service, Settings { limits, ..settings() }).await;
    tokio::spawn(client().get(format!("http://{}/service1/never", app.address)).send());
    is_asked.recv().await.unwrap();
    app.shutdown.cancel();
    app.ended().await;
}
