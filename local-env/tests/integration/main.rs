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
mod load_balancer;
mod observe;
mod reload;
mod rolling;
mod service_connect;
mod several_containers;
mod shapes;
mod support;
mod templates;
mod watch;
