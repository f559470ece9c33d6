//! The stack in containers, over the real Dockerfile, Compose file and bake file. These tests need
//! Docker with Compose v2.20 and buildx: `cargo test --test containers -- --ignored`. The one that
//! pushes needs a registry too, named in `TEST_REGISTRY`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![allow(unreachable_pub, reason = "there is nothing outside")]

mod architectures;
mod compose;
mod docker;
mod launcher;
mod network;
mod requests;
