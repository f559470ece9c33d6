//! Why an environment cannot be had, or is not as one waited for it to be.

use std::{fmt, io, time::Duration};

use miette::Diagnostic;
use thiserror::Error;

use crate::{
    builds::BuildError,
    ecs::{EngineError, NetworkError},
    environment::EnvironmentError,
    project::ProjectError,
    templates::TemplatesError,
};
use cloudmap::LookupError;
use stack::NameError;
use stack_reader::StackError;

/// Why an environment cannot be opened or run, or does not do what it was asked to.
#[derive(Debug, Error, Diagnostic)]
pub enum Error {
    /// The templates cannot be read or resolved.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Templates(#[from] TemplatesError),
    /// The templates' resources cannot be run.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Stack(#[from] StackError),
    /// `local-env.toml` is not as it should be, or does not say how a service is run.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    /// A name does not mean exactly one service.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A listener is to be published that the stack does not have.
    #[error("no listener has port {port}; the stack has {}", list(known))]
    NoListener {
        /// The port in AWS that was asked for.
        port: u16,
        /// The ports that there are.
        known: Vec<u16>,
    },
    /// The user's data folder, where the certificate authority is kept, is not known.
    #[error("there is no data folder: {why}")]
    NoDataFolder {
        /// What the operating system says.
        why: String,
    },
    /// Tasks cannot have addresses.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A port cannot be had, or another part of the environment cannot be set up.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The environment's thread cannot be started.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
    /// What has to be built first cannot be built.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Build(#[from] BuildError),
    /// The Docker Engine does not do what it is asked to.
    #[error(transparent)]
    Docker(#[from] EngineError),
    /// Not all tasks ran and were healthy in time.
    #[error("after {} s not all tasks run and are healthy:\n{state}", waited.as_secs_f32())]
    NotHealthy {
        /// How long was waited.
        waited: Duration,
        /// How each task is doing, with what it said last.
        state: String,
    },
    /// A DNS server cannot be asked for names.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The environment's DNS server does not answer, or refuses.
    #[error("the environment's DNS server has no answer for {name}")]
    Unanswered {
        /// The name that was asked for.
        name: String,
    },
    /// The environment has ended already.
    #[error("the environment has ended")]
    Ended,
}

fn list(ports: &[u16]) -> impl fmt::Display {
    let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
    ports.join(", ")
}
