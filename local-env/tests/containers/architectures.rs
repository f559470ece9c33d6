//! Images for two processors, pushed to a registry by the bake file; and what stops a push.

use std::{fs::Permissions, net::SocketAddr, os::unix::fs::PermissionsExt as _, process::Command};

use serde_json::Value;
use testcontainers::{
    GenericImage, ImageExt as _,
    core::{ContainerPort, WaitFor},
    runners::AsyncRunner as _,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{
    docker::{self, docker, output, run, said},
    requests::{eventually, free_port, get},
};

/// How often a push is tried.
const TRIES: usize = 3;
const BAKE: [&str; 5] = ["buildx", "bake", "push", "--set", "*.args.PROFILE=dev"];

fn registry() -> String {
    std::env::var("TEST_REGISTRY").expect("TEST_REGISTRY names a registry to push to")
}

/// The manifests of an image are pushed side by side, and a registry that keeps a tag in a file may
/// read it while it is written, which it answers with 500.
fn push(registry: &str, tag: &str) {
    let bake = || output(docker(&BAKE).env("REGISTRY", registry).env("IMAGE_TAG", tag));
    let (mut pushed, mut tries) = (bake(), 1);
    while said(&pushed).contains("500 Internal Server Error") && tries < TRIES {
        (pushed, tries) = (bake(), tries + 1);
    }
    assert!(pushed.status.success(), "{}", said(&pushed));
}

#[tokio::test]
#[ignore = "needs Docker and a registry"]
async fn both_architectures_are_pushed_and_arm64_runs() {
    let _one = docker::ready().await;
    let (registry, port) = (registry(), free_port());
    let tag = format!("test-{port}");
    push(&registry, &tag);

    let image = format!("{registry}/service1");
    let named = format!("{image}:{tag}");
    let inspect = ["buildx", "imagetools", "inspect", "--raw", &named];
    let index: Value = serde_json::from_str(&run(&mut docker(&inspect))).unwrap();
    let platform =
        |manifest: &Value| manifest["platform"]["architecture"].as_str().map(str::to_owned);
    let manifests = index["manifests"].as_array().unwrap();
    let platforms: Vec<_> = manifests.iter().filter_map(platform).collect();
    assert!(platforms.contains(&"amd64".to_owned()), "{index}");
    assert!(platforms.contains(&"arm64".to_owned()), "{index}");

    let _container = GenericImage::new(image, tag)
        .with_exposed_port(ContainerPort::Tcp(7071))
        .with_wait_for(WaitFor::healthcheck())
        .with_platform("linux/arm64")
        .with_mapped_port(port, ContainerPort::Tcp(7071))
        .start()
        .await
        .unwrap();
    let url = format!("http://127.0.0.1:{port}/service1");
    eventually("aarch64", || async { get(&url).await.1["architecture"] == "aarch64" }).await;
}

#[tokio::test]
#[ignore = "needs Docker"]
async fn a_registry_that_makes_no_sense_stops_the_push_with_a_word() {
    let _one = docker::ready().await;
    for (registry, word) in [
        ("", "so there is nowhere to push to"),
        ("ACCOUNT.dkr.ecr.REGION.amazonaws.com", "which still has a placeholder"),
        ("https://registry.example", "which has a scheme"),
        ("registry.example/", "which ends in a slash"),
        ("my registry", "which is no registry"),
    ] {
        let output = output(docker(&BAKE).env("REGISTRY", registry));
        assert!(!output.status.success(), "{registry}");
        assert!(said(&output).contains(word), "{registry}: {}", said(&output));
    }
}

/// A registry that wants to know who asks.
async fn closed_registry() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let answer = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"test\"\r\n\
                          content-length: 0\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Docker"]
async fn a_missing_login_is_told_with_what_to_run() {
    let _one = docker::ready().await;
    let registry = closed_registry().await.to_string();
    let mut push = Command::new(docker::root().join("images/push"));
    push.args(&BAKE[3..]).env("REGISTRY", &registry);
    let output = output(&mut push);
    assert!(!output.status.success());
    let expected = format!("Run:\n  docker login {registry}\n");
    assert!(said(&output).contains(&expected), "{}", said(&output));
}

/// A `docker` that is not the real one, in a folder for `PATH`.
fn pretended(script: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("docker");
    std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
    folder
}

#[test]
fn what_docker_lacks_is_told_in_a_word() {
    for (script, word) in [
        ("exit 1", "The Docker daemon does not answer"),
        ("[ $1 = info ]", "Docker has no buildx"),
        ("[ $1 = info ] || [ $1 = buildx ]", "Docker has no Compose v2"),
        (
            "[ $1 != compose ] || echo 2.17.3",
            "Docker Compose is 2.17.3; docker-compose.yml needs v2.20",
        ),
    ] {
        let docker = pretended(script);
        let path = format!("{}:{}", docker.path().display(), std::env::var("PATH").unwrap());
        let output = output(Command::new(docker::root().join("images/check")).env("PATH", path));
        assert!(!output.status.success(), "{script}");
        assert!(said(&output).contains(word), "{script}: {}", said(&output));
    }
}

#[tokio::test]
#[ignore = "needs Docker"]
async fn there_is_no_image_for_any_other_processor() {
    let _one = docker::ready().await;
    let build = ["build", "--platform", "linux/s390x", "--build-arg", "BIN=service1", "."];
    let output = output(&mut docker(&build));
    assert!(!output.status.success());
    let expected = "There is no image for the processor \"s390x\"; there are amd64 and arm64.";
    assert!(said(&output).contains(expected), "{}", said(&output));
}
