//! Each numbered statement on AWS's behaviour, proven on the wire: `alb_NNN_…` proves statement NNN
//! of `statements.toml`. Few statements are proven elsewhere, beside what they are about.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![allow(unreachable_pub, reason = "there is nothing outside")]

mod answers;
mod checks;
mod conditions;
mod connections;
mod desync;
mod draining;
mod facts;
mod headers;
mod health;
mod limits;
mod logs;
mod metadata;
mod metrics;
mod protocols;
mod responses;
mod routing;
mod rules;
mod security_groups;
mod statements;
mod stickiness;
mod support;
mod task_definitions;
mod tasks;
mod timers;
mod trace;
mod transforms;
mod upgrades;
mod weights;
