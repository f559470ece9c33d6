//! Each numbered statement on AWS's behaviour, proven on the wire: `alb_NNN_…` proves statement NNN
//! of `statements.toml`. What needs no socket stands in `deciding` and `reading`, or beside what it is
//! about; where a test stands tells how it proves, and `docs/fidelity.md` says so.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![allow(unreachable_pub, reason = "there is nothing outside")]

mod answers;
mod conditions;
mod connections;
mod deciding;
mod desync;
mod discovery;
mod draining;
mod headers;
mod health;
mod limits;
mod logs;
mod metadata;
mod metrics;
mod protocols;
mod reading;
mod responses;
mod routing;
mod rules;
mod statements;
mod stickiness;
mod tasks;
mod timers;
mod trace;
mod transforms;
mod upgrades;
mod weights;
