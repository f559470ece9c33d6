//! Runs the ECS stack that a CloudFormation template describes on one's own machine: its load
//! balancer, its Cloud Map names, its tasks.
//!
//! A template becomes resolved resources in [`cloudformation`], those become typed data in
//! [`stack`], and [`environment`] runs it: [`ecs`] keeps tasks alive, [`alb`] routes requests to
//! them, [`cloudmap`] names them, and [`metadata`] tells them what they are.

pub mod cli;
pub mod compose;
pub mod connect;
pub mod ecs;
pub mod environment;
pub mod metadata;
pub mod port_holder;
pub mod relay;
