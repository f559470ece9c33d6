//! What a handler knows of its service.

use std::{env::consts::ARCH, sync::Arc};

use axum::http::HeaderMap;
use serde::Serialize;

use crate::{
    identity::Identity,
    peer::{Peer, PeerAnswer, PeerError},
    problem::Problem,
    task::{OwnTask, Task},
};

/// What a handler knows of its service: the state of every route. Cheap to clone.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    identity: Identity,
    task: OwnTask,
    peer: Option<Peer>,
    routes: Vec<String>,
}

/// Who answers.
#[derive(Clone, Debug, Serialize)]
pub struct About {
    service: &'static str,
    version: &'static str,
    #[serde(flatten)]
    task: Task,
    architecture: &'static str,
}

// === impl Context ===

impl Context {
    pub(crate) fn new(
        identity: Identity,
        task: OwnTask,
        peer: Option<Peer>,
        routes: Vec<String>,
    ) -> Self {
        Self(Arc::new(Inner { identity, task, peer, routes }))
    }

    /// Who answers. A service that has just started learns which task it is in first, for as long as
    /// its settings let it.
    pub async fn about(&self) -> About {
        About {
            service: self.0.identity.name,
            version: self.0.identity.version,
            task: self.0.task.task().await,
            architecture: ARCH,
        }
    }

    /// Calls the peer on behalf of the request with these headers, whose trace id goes along.
    pub async fn call_peer(&self, headers: &HeaderMap) -> Result<PeerAnswer, Problem> {
        let peer = self.0.peer.as_ref().ok_or(PeerError::NotConfigured)?;
        Ok(peer.call(headers).await?)
    }

    /// The service's own path: `/service1`.
    pub(crate) fn root(&self) -> String {
        self.0.identity.root()
    }

    pub(crate) fn routes(&self) -> &[String] {
        &self.0.routes
    }
}
