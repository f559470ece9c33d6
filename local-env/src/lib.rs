//! Runs the ECS stack that a CloudFormation template describes on one's own machine: its load
//! balancer, its Cloud Map names, its tasks.
//!
//! [`LocalEnv`] is an environment as a value, for the tests of a stack:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use local_env::{LocalEnv, Process};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let env = LocalEnv::from_template("cdk.out")
//!     .parameter("DomainName", "services.example.com")
//!     .run("service1", Process::new("target/debug/service1"))
//!     .start()
//!     .await?;
//! env.healthy_within(Duration::from_secs(10)).await?;
//! println!("{}", env.url("/service1/peer"));
//! env.service("service1").scale(3).await?;
//! assert_eq!(env.resolve("service1.services").await?.len(), 3);
//! assert_eq!(env.explain("GET", "/service1/x").rule(), "Service1Rule");
//! env.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Nothing but the template and the programs is needed: no Docker, no AWS account, no port but free
//! ones of loopback. Two programs under `examples/` show more: a test of a stack, and the load
//! balancer alone in front of a server.
//!
//! Below it, `templates` finds and resolves templates, `project` reads `local-env.toml`, and
//! `environment` runs what comes of both: `ecs` runs tasks, and the crates `alb`, `cloudmap` and
//! `scheduler` route requests to them, name them, and decide how many there are.

#![cfg_attr(
    not(feature = "cli"),
    allow(dead_code, unused_imports, reason = "the command line asks for more than the library")
)]

mod builds;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod compose;
#[doc(hidden)]
pub mod connect;
mod ecs;
mod environment;
mod library;
pub mod metadata;
mod port_holder;
mod project;
mod relay;
mod route;
mod templates;

pub use builds::{BuildError, Doing};
pub use ecs::{
    ContainerState, EngineError, Launcher, Network, NetworkError, OutputLine, Task, TaskChange,
    TaskEvent,
};
pub use environment::{
    Addresses, EnvironmentError, Notice, PublishedListener, ServiceStatus, Status, StopSignal,
    TaskStatus,
};
pub use library::{Builder, Error, Explained, LocalEnv, Opened, Remark, ServiceHandle};
pub use project::{Process, ProjectError};
pub use templates::{AssemblyError, DefaultTemplate, ParametersFileError, TemplatesError};
