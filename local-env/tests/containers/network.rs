//! The images on a network of the test's own, without Compose.

use testcontainers::{
    ContainerAsync, GenericImage, ImageExt as _,
    core::{ContainerPort, WaitFor},
    runners::AsyncRunner as _,
};

use crate::{
    docker::{self, TAG},
    requests::{eventually, free_port, get},
};

type Container = ContainerAsync<GenericImage>;

async fn local_env(network: &str, port: u16) -> Container {
    GenericImage::new("local-env", TAG)
        .with_exposed_port(ContainerPort::Tcp(port))
        .with_wait_for(WaitFor::healthcheck())
        .with_network(network)
        .with_mapped_port(port, ContainerPort::Tcp(port))
        .with_cmd([
            "observe".to_owned(),
            "--bind=0.0.0.0".to_owned(),
            "--dns=0.0.0.0:53".to_owned(),
            "--data-folder=/data".to_owned(),
            format!("--publish={port}:443"),
            "--parameter=DomainName=services.example.com".to_owned(),
            "--parameter=HostedZoneId=Z00000000000000EXAMPLE".to_owned(),
        ])
        .start()
        .await
        .unwrap()
}

/// A service that asks `dns` for names. On a network of one's own a container is known by its name.
async fn service(network: &str, name: &str, peer: &str, dns: String) -> Container {
    GenericImage::new(name, TAG)
        .with_wait_for(WaitFor::healthcheck())
        .with_network(network)
        .with_container_name(name)
        .with_env_var("SERVICE_URL", peer)
        .with_host_config_modifier(move |host| host.dns = Some(vec![dns.clone()]))
        .start()
        .await
        .unwrap()
}

#[tokio::test]
#[ignore = "needs Docker"]
async fn services_find_one_another_by_cloud_map_names_alone() {
    let _one = docker::ready().await;
    let port = free_port();
    let network = format!("local-env-test-{port}");
    let local_env = local_env(&network, port).await;
    let dns = local_env.get_bridge_ip_address().await.unwrap().to_string();
    let peers = [
        ("service1", "http://service2.services:7072"),
        ("service2", "http://service1.services:7071"),
        ("service3", "http://service1.services:7071"),
    ];
    let mut containers = Vec::new();
    for (name, peer) in peers {
        containers.push(service(&network, name, peer, dns.clone()).await);
    }
    for (name, _) in peers {
        let url = format!("https://localhost:{port}/{name}/peer");
        eventually(name, || async { get(&url).await.0 == 200 }).await;
    }
    containers.pop().unwrap().rm().await.unwrap();
    let gone = format!("https://localhost:{port}/service3");
    eventually("service3 is gone", || async { get(&gone).await.0 == 503 }).await;
}
