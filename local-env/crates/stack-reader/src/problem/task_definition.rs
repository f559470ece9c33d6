//! What can be wrong with a task definition as a whole (cloudmap-ecs §3.1).

use std::fmt;

use miette::Diagnostic;
use thiserror::Error;

use super::listed;

/// What is wrong with a task definition, or with how its containers share what the task has.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
pub enum TaskDefinitionFault {
    /// Fargate gives each task an address of its own.
    #[error("is `{found}`")]
    #[diagnostic(help("Fargate needs `NetworkMode: awsvpc`"))]
    NetworkMode {
        /// The value of `NetworkMode`.
        found: String,
    },
    /// Fargate shares no namespace of processes but that of the task.
    #[error("is `{found}`")]
    #[diagnostic(help("Fargate supports `task` only"))]
    PidMode {
        /// The value of `PidMode`.
        found: String,
    },
    /// Fargate has no such property.
    #[error("is not valid for Fargate")]
    #[diagnostic(help("leave `{property}` out"))]
    NotOnFargate {
        /// The property.
        property: &'static str,
    },
    /// Fargate has no graphics processors.
    #[error("is not valid for Fargate")]
    #[diagnostic(help("Fargate has no GPUs"))]
    Gpu,
    /// Fargate adds no such capability of Linux.
    #[error("is `{found}`, which is not valid for Fargate")]
    #[diagnostic(help("only `SYS_PTRACE` can be added"))]
    Capability {
        /// The capability.
        found: String,
    },
    /// The task definition has no container.
    #[error("is empty")]
    #[diagnostic(help("a task needs a container"))]
    NoContainers,
    /// No container of the task definition is essential.
    #[error("has no essential container")]
    #[diagnostic(help("a task needs an essential container: leave `Essential` out of one"))]
    NoEssentialContainer,
    /// The containers are given more than the task has.
    #[error("makes {sum} {resource} in all, more than the whole task's {most}")]
    #[diagnostic(help("raise the task's, or lower the containers'"))]
    Surplus {
        /// What the containers have up to this one.
        sum: u32,
        /// What the task has.
        most: u32,
        /// What it is that they have.
        resource: TaskResource,
    },
    /// No task on Fargate has this many CPU units.
    #[error("is {found}: no Fargate task has that")]
    #[diagnostic(help("Fargate has 256, 512, 1024, 2048, 4096, 8192 and 16384 CPU units"))]
    NoSuchCpu {
        /// The CPU units that are asked for.
        found: u32,
    },
    /// No task on Fargate has this much memory with these CPU units.
    #[error("is {memory} with {cpu} CPU units: no Fargate configuration exists for given values")]
    #[diagnostic(help("with {cpu} CPU units AWS takes {}", listed::all(memories)))]
    NoSuchMemory {
        /// The MiB that are asked for.
        memory: u32,
        /// The CPU units.
        cpu: u32,
        /// The MiB that go with them.
        memories: Vec<u32>,
    },
}

/// What a task has and its containers share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskResource {
    /// CPU units, of which 1024 make a processor.
    Cpu,
    /// MiB of memory.
    Memory,
}

// === impl TaskResource ===

impl fmt::Display for TaskResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "CPU units",
            Self::Memory => "MiB",
        })
    }
}
