//! What environments that were killed have left behind.
//!
//! All that is made carries the folder of its environment's gate as a label. Where nobody takes
//! connections there any more, the environment has gone.

use std::{collections::BTreeSet, fs, os::unix::net::UnixStream, path::Path};

use tokio::task::JoinSet;

use super::{
    engine::Engine,
    site::{LABEL, socket_in},
};

/// Removes what environments that have gone left behind.
pub(super) async fn remove(engine: &Engine) {
    for folder in folders(engine).await {
        let folder = Path::new(&folder);
        if UnixStream::connect(socket_in(folder)).is_err() {
            remove_all(engine, folder).await;
        }
    }
}

/// Removes all that belongs to an environment.
pub(super) async fn remove_all(engine: &Engine, folder: &Path) {
    let label = format!("{LABEL}={}", folder.display());
    let mut removals = JoinSet::new();
    for container in engine.containers(&label).await {
        let engine = engine.clone();
        removals.spawn(async move { engine.remove(&container.id).await });
    }
    removals.join_all().await;
    for network in engine.networks(&label).await {
        engine.remove_network(&network.id).await;
    }
    // A label says where it is, and anybody can write one: nothing else that is there goes.
    let removed = fs::remove_file(socket_in(folder)).and_then(|()| fs::remove_dir(folder));
    if let Err(error) = removed {
        tracing::debug!(%error, "a folder was not removed");
    }
}

async fn folders(engine: &Engine) -> BTreeSet<String> {
    let mut listed = engine.containers(LABEL).await;
    listed.extend(engine.networks(LABEL).await);
    let labels = listed.into_iter().filter_map(|it| it.labels);
    labels.filter_map(|mut labels| labels.remove(LABEL)).collect()
}
