//! What environments that were killed have left behind.
//!
//! All that is made carries the folder of its environment's gate as a label. Where nobody takes
//! connections there any more, the environment has gone.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    os::unix::net::UnixStream,
    path::Path,
};

use bollard::query_parameters::{ListContainersOptionsBuilder, ListNetworksOptionsBuilder};
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
    let filters = HashMap::from([("label".to_owned(), vec![label])]);
    let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
    let containers = engine.client().list_containers(Some(options)).await.unwrap_or_default();
    let mut removals = JoinSet::new();
    for id in containers.into_iter().filter_map(|container| container.id) {
        let engine = engine.clone();
        removals.spawn(async move { engine.remove(&id).await });
    }
    removals.join_all().await;
    let options = ListNetworksOptionsBuilder::new().filters(&filters).build();
    let networks = engine.client().list_networks(Some(options)).await.unwrap_or_default();
    for id in networks.into_iter().filter_map(|network| network.id) {
        if let Err(error) = engine.client().remove_network(&id).await {
            tracing::warn!(%error, "a network was not removed");
        }
    }
    // A label says where it is, and anybody can write one: nothing else that is there goes.
    let removed = fs::remove_file(socket_in(folder)).and_then(|()| fs::remove_dir(folder));
    if let Err(error) = removed {
        tracing::debug!(%error, "a folder was not removed");
    }
}

async fn folders(engine: &Engine) -> BTreeSet<String> {
    let filters = HashMap::from([("label".to_owned(), vec![LABEL.to_owned()])]);
    let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
    let containers = engine.client().list_containers(Some(options)).await.unwrap_or_default();
    let options = ListNetworksOptionsBuilder::new().filters(&filters).build();
    let networks = engine.client().list_networks(Some(options)).await.unwrap_or_default();
    let labels = containers.into_iter().map(|it| it.labels);
    let labels = labels.chain(networks.into_iter().map(|it| it.labels)).flatten();
    labels.filter_map(|mut labels| labels.remove(LABEL)).collect()
}
