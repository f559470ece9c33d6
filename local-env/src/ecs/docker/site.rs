//! What all that an environment makes in a Docker Engine has in common.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::engine::{Engine, Labels};

/// The label that says to which environment something belongs: the folder of its gate.
pub(super) const LABEL: &str = "dev.local-env.folder";
/// The name of the gate's socket, in the folder that all relays share.
pub(super) const SOCKET: &str = "gate";

/// An environment's part of a Docker Engine.
pub(super) struct Site {
    pub(super) engine: Engine,
    /// What names have in common.
    pub(super) id: String,
    /// The folder of the gate, which all relays share.
    pub(super) folder: PathBuf,
}

// === impl Site ===

impl Site {
    /// Returns the name of the environment's network.
    pub(super) fn network(&self) -> String {
        format!("local-env-{}", self.id)
    }

    /// Returns the labels of all that belongs to the environment.
    pub(super) fn labels(&self) -> Labels {
        HashMap::from([(LABEL.to_owned(), self.folder.display().to_string())])
    }

    /// Returns the path of the gate's socket.
    pub(super) fn socket(&self) -> PathBuf {
        socket_in(&self.folder)
    }
}

/// Returns the path of the gate's socket in the folder of an environment.
pub(super) fn socket_in(folder: &Path) -> PathBuf {
    folder.join(SOCKET)
}
