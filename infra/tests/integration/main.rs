//! The templates against what the CDK synthesised, and the command that prints them.

#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod command;
mod comparison;
mod differences;
mod ids;
mod parity;
mod registry;
