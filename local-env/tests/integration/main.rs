//! `local-env` as a library: real sockets, real processes, free ports.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![allow(unreachable_pub, reason = "there is nothing outside")]

mod check;
mod discovery;
mod discovery_cli;
mod discovery_sdk;
mod dns;
mod end_to_end;
mod environment;
mod failures;
mod init;
mod inputs;
mod library;
mod load_balancer;
mod observe;
mod reload;
mod rolling;
mod service_connect;
mod several_containers;
mod shapes;
mod templates;
mod watch;

/// The program of the tasks that other tests run is this very binary.
#[test]
#[ignore = "the program of the tasks that other tests run"]
fn task() {
    test_support::task::run();
}
