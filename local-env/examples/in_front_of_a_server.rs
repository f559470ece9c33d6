//! The load balancer alone, in front of a server of one's own:
//! `cargo run -p alb --example in_front_of_a_server`.
//!
//! It starts a server and a load balancer on free ports, registers the server as a target, sends one
//! request, prints the answer, and stops.

#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::{collections::HashMap, error::Error};

use alb::{Clock, LoadBalancer, Options, Publication, TargetGroup, TargetState};
use stack::{Action, Listener};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = TcpListener::bind("127.0.0.1:0").await?;
    let address = server.local_addr()?;
    tokio::spawn(serve(server));

    // What a template would say: a listener at port 80 that forwards everything to one group.
    let web = stack::TargetGroup::named("web");
    let listener = Listener::http(80, Action::forward_to(&web.arn));
    let model = stack::LoadBalancer::named("demo", vec![listener]);

    // Port 0 publishes the listener on any free port.
    let group = TargetGroup::new(&web, Clock::DESK);
    let groups = HashMap::from([(web.arn, group.clone())]);
    let publish = |_: &Listener| Publication { port: 0, tls: None };
    let bound = LoadBalancer::bind(&model, &groups, &Options::default(), publish)?;
    let port = *bound.published_ports().get(&80).ok_or("the listener has no port")?;
    let running = bound.start()?;

    group.register(address);
    let is_healthy = |state: Option<&TargetState>| state == Some(&TargetState::Healthy);
    group.states().wait_for(|states| is_healthy(states.get(&address))).await?;

    let mut client = TcpStream::connect(("127.0.0.1", port)).await?;
    client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await?;
    println!("{answer}");

    running.stop().await;
    Ok(())
}

/// Says hello to everybody, and to the load balancer's health checks.
async fn serve(server: TcpListener) {
    while let Ok((mut connection, _)) = server.accept().await {
        tokio::spawn(async move {
            let mut request = [0; 4096];
            while connection.read(&mut request).await.is_ok_and(|count| count > 0) {
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";
                if connection.write_all(answer).await.is_err() {
                    return;
                }
            }
        });
    }
}
