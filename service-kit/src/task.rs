//! The ECS task that this process is in.
//!
//! Its endpoint is asked in the background from the start on, until it has answered, with a pause
//! between attempts. Who wants to know waits for the end of the first attempt and no longer, so that
//! the first answer of a service names its task, and one without an endpoint is not held up.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::{sync::watch, time::sleep};
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;
use url::Url;

use crate::{client, peer::root_cause};

/// What is known of the task. It asks no more once this is dropped.
pub(crate) struct OwnTask {
    known: watch::Receiver<Known>,
    _asking: Option<AbortOnDropHandle<()>>,
}

/// The task as its service tells it.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Task {
    #[serde(rename = "task_id")]
    id: Option<String>,
    family: Option<String>,
    revision: Option<String>,
    availability_zone: Option<String>,
}

enum Known {
    NotYet,
    Nothing,
    All(Task),
}

/// What the endpoint answers, as far as we look at it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    #[serde(rename = "TaskARN")]
    arn: Option<String>,
    family: Option<String>,
    revision: Option<String>,
    availability_zone: Option<String>,
}

// === impl OwnTask ===

impl OwnTask {
    /// `container` is the container's own address at the endpoint; without one there is no task.
    pub(crate) fn ask(container: Option<Url>, limit: Duration) -> Self {
        let first = if container.is_some() { Known::NotYet } else { Known::Nothing };
        let (sender, known) = watch::channel(first);
        let asking = container.map(|container| {
            AbortOnDropHandle::new(tokio::spawn(until_told(container, limit, sender)))
        });
        Self { known, _asking: asking }
    }

    /// Waits for the first attempt at most.
    pub(crate) async fn task(&self) -> Task {
        let mut known = self.known.clone();
        match known.wait_for(|known| !matches!(known, Known::NotYet)).await.as_deref() {
            Ok(Known::All(task)) => task.clone(),
            Ok(Known::Nothing | Known::NotYet) | Err(_) => Task::default(),
        }
    }
}

async fn until_told(container: Url, limit: Duration, known: watch::Sender<Known>) {
    let uri = below(container);
    loop {
        match once(&uri, limit).await {
            Ok(metadata) => {
                known.send_replace(Known::All(metadata.into()));
                return;
            }
            Err(error) => {
                let before = known.send_replace(Known::Nothing);
                if matches!(before, Known::NotYet) {
                    let cause = root_cause(&error);
                    warn!(%uri, cause, "the task is not known; asking again until it is");
                }
            }
        }
        sleep(limit).await;
    }
}

fn below(mut container: Url) -> Url {
    // An http URL always has a path.
    if let Ok(mut path) = container.path_segments_mut() {
        path.pop_if_empty().push("task");
    }
    container
}

async fn once(uri: &Url, limit: Duration) -> Result<Metadata, reqwest::Error> {
    let client = client::builder()
        .timeout(limit)
        // Reading the system's certificates would take longer than all the rest.
        .tls_certs_only([])
        .build()?;
    client.get(uri.clone()).send().await?.error_for_status()?.json().await
}

// === impl Task ===

impl From<Metadata> for Task {
    fn from(metadata: Metadata) -> Self {
        let Metadata { arn, family, revision, availability_zone } = metadata;
        // `arn:aws:ecs:us-west-2:111122223333:task/cluster/id`
        let id = arn.and_then(|arn| arn.rsplit('/').next().map(str::to_owned));
        Self { id, family, revision, availability_zone }
    }
}
