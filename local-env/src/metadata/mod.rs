//! The task metadata endpoint: what a container is told of itself and its task, version 4 and 3, and
//! where it asks not to be stopped (cloudmap-ecs §4).
//!
//! Whoever runs tasks publishes facts of them in a [`Directory`], from which [`MetadataServer`] answers.
//! `endpoint` decides what is answered, without a socket and a clock. There are no credentials here:
//! containers are not even told where they would be (see [`Directory::variables`]).

mod answer;
mod credentials;
mod directory;
mod endpoint;
mod facts;
mod names;
mod path;
mod protection;
mod rate;
mod server;
mod stats;
mod timestamp;

pub use directory::Directory;
pub use facts::{ContainerFacts, HealthFacts, TaskFacts};
pub use protection::Protection;
pub use server::{MetadataBindError, MetadataServer};
