//! Services over real sockets, with peers and a DNS server of the tests' own, all on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod answers;
mod app;
mod backend;
mod dns;
mod names;
mod peer;
mod spreading;
mod stopping;
mod task;
