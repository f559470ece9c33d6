//! The few things that are asked of a Docker Engine, with its answers in words.

use std::{collections::HashMap, io, path::PathBuf, time::Duration};

use http::{Method, StatusCode};
use tokio::time::timeout;

use super::{
    api::{Api, ApiError, Body, NOTHING, Output, encoded, segment},
    model::{
        ContainerCreateBody, ContainerInspectResponse, CreateImageInfo, Created, ExecConfig,
        ExecInspectResponse, ExecStartConfig, Listed, NetworkCreateRequest,
    },
};

/// How long an engine may take to answer at first.
const PATIENCE: Duration = Duration::from_secs(3);
/// The image that relays run in, which has nothing but what is mounted into it.
pub(super) const RELAY_IMAGE: &str = "local-env/relay:empty";
/// An archive without a file: two empty blocks.
const EMPTY_ARCHIVE: [u8; 1024] = [0; 1024];

/// The labels of something in the engine, by their names.
pub(super) type Labels = HashMap<String, String>;

/// A client of a Docker Engine. It is cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Engine(Api);

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
    pub(crate) async fn at_hand() -> Result<Self, EngineError> {
        let absent = |error: ApiError| EngineError::Absent(error.to_string());
        let api = Api::from_environment().map_err(absent)?;
        match timeout(PATIENCE, api.done(Method::GET, "/_ping", NOTHING)).await {
            Ok(answer) => answer.map(|_| Self(api)).map_err(absent),
            Err(_) => Err(EngineError::Absent("it does not answer".to_owned())),
        }
    }

    /// Returns whether the engine has an image of this name.
    ///
    /// # Errors
    ///
    /// If the engine does not say.
    pub(crate) async fn has_image(&self, image: &str) -> Result<bool, EngineError> {
        let path = format!("/images/{}/json", segment(image));
        match self.0.done(Method::GET, &path, NOTHING).await {
            Ok(_) => Ok(true),
            Err(ApiError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(false),
            Err(error) => Err(refused(format!("look for the image {image}"), &error)),
        }
    }

    /// Makes the image that relays run in, unless it is there.
    pub(super) async fn make_relay_image(&self) -> Result<(), EngineError> {
        if self.has_image(RELAY_IMAGE).await? {
            return Ok(());
        }
        let (repository, tag) = RELAY_IMAGE.split_once(':').unwrap_or((RELAY_IMAGE, "latest"));
        let path =
            format!("/images/create?fromSrc=-&repo={}&tag={}", encoded(repository), encoded(tag));
        let body = Body::<()>::Archive(&EMPTY_ARCHIVE);
        let what = || format!("make the image {RELAY_IMAGE}");
        let said = self.0.done(Method::POST, &path, body).await;
        let said = said.map_err(|error| refused(what(), &error))?;
        // It has begun to answer before it knows whether it can.
        let mut steps = serde_json::Deserializer::from_slice(&said).into_iter::<CreateImageInfo>();
        match steps.find_map(|step| step.ok()?.error) {
            Some(why) => Err(EngineError::Refused { what: what(), why }),
            None => Ok(()),
        }
    }

    /// Makes a network.
    pub(super) async fn make_network(&self, name: &str, labels: Labels) -> Result<(), EngineError> {
        let network = NetworkCreateRequest { name: name.to_owned(), labels };
        let made = self.0.done(Method::POST, "/networks/create", Body::Json(&network)).await;
        made.map(drop).map_err(|error| refused(format!("make the network {name}"), &error))
    }

    /// Creates a container that does not run yet, and returns its id.
    pub(super) async fn create(
        &self,
        name: &str,
        body: ContainerCreateBody,
    ) -> Result<String, EngineError> {
        let path = format!("/containers/create?name={}", encoded(name));
        let created = self.0.ask::<Created>(Method::POST, &path, Body::Json(&body)).await;
        created.map(|it| it.id).map_err(|error| refused(format!("create {name}"), &error))
    }

    /// Starts a container, and returns what it is then. One that does not start is removed.
    pub(super) async fn start(&self, id: &str) -> Result<ContainerInspectResponse, EngineError> {
        let path = format!("/containers/{id}/start");
        if let Err(error) = self.0.done(Method::POST, &path, NOTHING).await {
            self.remove(id).await;
            return Err(refused("start it".to_owned(), &error));
        }
        self.inspect(id).await
    }

    /// Returns what a container is now.
    pub(super) async fn inspect(&self, id: &str) -> Result<ContainerInspectResponse, EngineError> {
        let path = format!("/containers/{id}/json");
        let inspected = self.0.ask(Method::GET, &path, NOTHING).await;
        inspected.map_err(|error| refused("look at it".to_owned(), &error))
    }

    /// Sends a signal to the first process of a container.
    pub(super) async fn signal(&self, id: &str, signal: &str) {
        let path = format!("/containers/{id}/kill?signal={}", encoded(signal));
        // It may have ended in this moment.
        if let Err(error) = self.0.done(Method::POST, &path, NOTHING).await {
            tracing::debug!(%error, id, "a container was not signalled");
        }
    }

    /// Removes a container with its volumes, whether it runs or not.
    pub(super) async fn remove(&self, id: &str) {
        let path = format!("/containers/{id}?force=true&v=true");
        if let Err(error) = self.0.done(Method::DELETE, &path, NOTHING).await {
            tracing::debug!(%error, id, "a container was not removed");
        }
    }

    /// Returns what a container says from now on, both its streams ([`super::output`]).
    pub(super) async fn attach(&self, id: &str) -> Result<Output, ApiError> {
        let path = format!("/containers/{id}/attach?stream=true&stdout=true&stderr=true");
        self.0.output(&path, &ExecStartConfig::default()).await
    }

    /// Returns once a container has ended, or is not there.
    pub(super) async fn ended(&self, id: &str) {
        let path = format!("/containers/{id}/wait");
        if let Err(error) = self.0.done(Method::POST, &path, NOTHING).await {
            tracing::debug!(%error, id, "a container was not waited for");
        }
    }

    /// Runs a command in a container and returns its exit code, if it has one.
    pub(super) async fn run(&self, id: &str, words: Vec<String>) -> Result<Option<i64>, ApiError> {
        let config = ExecConfig { cmd: words, attach_stdout: true, attach_stderr: true };
        let path = format!("/containers/{id}/exec");
        let Created { id } = self.0.ask(Method::POST, &path, Body::Json(&config)).await?;
        let started = ExecStartConfig::default();
        let mut output = self.0.output(&format!("/exec/{id}/start"), &started).await?;
        // It ends when the command does; a broken connection tells nothing more.
        let _ = tokio::io::copy(&mut output, &mut tokio::io::sink()).await;
        let path = format!("/exec/{id}/json");
        let ended: ExecInspectResponse = self.0.ask(Method::GET, &path, NOTHING).await?;
        Ok(ended.exit_code)
    }

    /// Returns the containers with this label, whether they run or not; a label is `name` or `name=value`.
    pub(super) async fn containers(&self, label: &str) -> Vec<Listed> {
        self.list(&format!("/containers/json?all=true&filters={}", filters(label))).await
    }

    /// Returns the networks with this label.
    pub(super) async fn networks(&self, label: &str) -> Vec<Listed> {
        self.list(&format!("/networks?filters={}", filters(label))).await
    }

    async fn list(&self, path: &str) -> Vec<Listed> {
        let listed = self.0.ask(Method::GET, path, NOTHING).await;
        listed.unwrap_or_else(|error| {
            tracing::debug!(%error, path, "Docker does not tell what it has");
            Vec::new()
        })
    }

    /// Removes a network.
    pub(super) async fn remove_network(&self, id: &str) {
        let path = format!("/networks/{id}");
        if let Err(error) = self.0.done(Method::DELETE, &path, NOTHING).await {
            tracing::warn!(%error, "a network was not removed");
        }
    }
}

/// Returns the filter for a label as it stands in a query.
fn filters(label: &str) -> String {
    encoded(&serde_json::json!({ "label": [label] }).to_string()).to_string()
}

fn refused(what: String, error: &ApiError) -> EngineError {
    EngineError::Refused { what, why: error.to_string() }
}
