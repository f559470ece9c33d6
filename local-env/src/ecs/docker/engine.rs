//! The few things that are asked of a Docker Engine, with its answers in words.

use std::{collections::HashMap, io, path::PathBuf, time::Duration};

use bollard::{
    Docker as Client, body_full,
    errors::Error as ClientError,
    models::{ContainerCreateBody, ContainerInspectResponse, NetworkCreateRequest},
    query_parameters::{
        CreateContainerOptionsBuilder, CreateImageOptionsBuilder, InspectContainerOptions,
        KillContainerOptionsBuilder, RemoveContainerOptionsBuilder, StartContainerOptions,
    },
};
use bytes::Bytes;
use tokio::time::timeout;
use tokio_stream::StreamExt as _;

/// How long an engine may take to answer at first.
const PATIENCE: Duration = Duration::from_secs(3);
/// The image that relays run in, which has nothing but what is mounted into it.
pub(super) const RELAY_IMAGE: &str = "local-env/relay:empty";
/// An archive without a file: two empty blocks.
const EMPTY_ARCHIVE: [u8; 1024] = [0; 1024];
const NOT_FOUND: u16 = 404;

/// The labels of something in the engine, by their names.
pub(super) type Labels = HashMap<String, String>;

/// A client of a Docker Engine. It is cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine(Client);

/// Why a Docker Engine does not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is no engine, or it does not answer.
    #[error("there is no Docker Engine at hand: {0}")]
    Absent(String),
    /// The engine refuses.
    #[error("Docker cannot {what}: {why}")]
    Refused {
        /// What was asked.
        what: String,
        /// What the engine says.
        why: String,
    },
    /// The folder that relays share cannot be made.
    #[error("cannot make {}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
}

// === impl Engine ===

impl Engine {
    /// Connects to the engine that `DOCKER_HOST` names, or to this machine's.
    ///
    /// # Errors
    ///
    /// If there is no engine that answers.
    pub async fn at_hand() -> Result<Self, EngineError> {
        let absent = |error: ClientError| EngineError::Absent(words(&error));
        let client = Client::connect_with_defaults().map_err(absent)?;
        match timeout(PATIENCE, client.ping()).await {
            Ok(answer) => answer.map(|_| Self(client)).map_err(absent),
            Err(_) => Err(EngineError::Absent("it does not answer".to_owned())),
        }
    }

    /// Returns whether the engine has an image of this name.
    ///
    /// # Errors
    ///
    /// If the engine does not say.
    pub async fn has_image(&self, image: &str) -> Result<bool, EngineError> {
        match self.0.inspect_image(image).await {
            Ok(_) => Ok(true),
            Err(ClientError::DockerResponseServerError { status_code: NOT_FOUND, .. }) => Ok(false),
            Err(error) => Err(refused(format!("look for the image {image}"), &error)),
        }
    }

    pub(super) fn client(&self) -> &Client {
        &self.0
    }

    /// Makes the image that relays run in, unless it is there.
    pub(super) async fn make_relay_image(&self) -> Result<(), EngineError> {
        if self.has_image(RELAY_IMAGE).await? {
            return Ok(());
        }
        let (repository, tag) = RELAY_IMAGE.split_once(':').unwrap_or((RELAY_IMAGE, "latest"));
        let options = CreateImageOptionsBuilder::new().from_src("-").repo(repository).tag(tag);
        let archive = body_full(Bytes::from_static(&EMPTY_ARCHIVE));
        let mut making = self.0.create_image(Some(options.build()), Some(archive), None);
        while let Some(step) = making.next().await {
            step.map_err(|error| refused(format!("make the image {RELAY_IMAGE}"), &error))?;
        }
        Ok(())
    }

    /// Makes a network.
    pub(super) async fn make_network(&self, name: &str, labels: Labels) -> Result<(), EngineError> {
        let network = NetworkCreateRequest {
            name: name.to_owned(),
            labels: Some(labels),
            ..NetworkCreateRequest::default()
        };
        let made = self.0.create_network(network).await;
        made.map(drop).map_err(|error| refused(format!("make the network {name}"), &error))
    }

    /// Creates a container that does not run yet, and returns its id.
    pub(super) async fn create(
        &self,
        name: &str,
        body: ContainerCreateBody,
    ) -> Result<String, EngineError> {
        let options = CreateContainerOptionsBuilder::new().name(name).build();
        let created = self.0.create_container(Some(options), body).await;
        let created = created.map_err(|error| refused(format!("create {name}"), &error))?;
        Ok(created.id)
    }

    /// Starts a container, and returns what it is then. One that does not start is removed.
    pub(super) async fn start(&self, id: &str) -> Result<ContainerInspectResponse, EngineError> {
        let started = self.0.start_container(id, None::<StartContainerOptions>).await;
        if let Err(error) = started {
            self.remove(id).await;
            return Err(refused("start it".to_owned(), &error));
        }
        self.inspect(id).await
    }

    /// Returns what a container is now.
    pub(super) async fn inspect(&self, id: &str) -> Result<ContainerInspectResponse, EngineError> {
        let inspected = self.0.inspect_container(id, None::<InspectContainerOptions>).await;
        inspected.map_err(|error| refused("look at it".to_owned(), &error))
    }

    /// Sends a signal to the first process of a container.
    pub(super) async fn signal(&self, id: &str, signal: &str) {
        let options = KillContainerOptionsBuilder::new().signal(signal).build();
        // It may have ended in this moment.
        if let Err(error) = self.0.kill_container(id, Some(options)).await {
            tracing::debug!(%error, id, "a container was not signalled");
        }
    }

    /// Removes a container with its volumes, whether it runs or not.
    pub(super) async fn remove(&self, id: &str) {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        if let Err(error) = self.0.remove_container(id, Some(options)).await {
            tracing::debug!(%error, id, "a container was not removed");
        }
    }
}

fn refused(what: String, error: &ClientError) -> EngineError {
    EngineError::Refused { what, why: words(error) }
}

/// Returns an error's words without what only a programmer understands.
pub(super) fn words(error: &ClientError) -> String {
    match error {
        ClientError::DockerResponseServerError { message, .. } => message.clone(),
        other => other.to_string(),
    }
}
