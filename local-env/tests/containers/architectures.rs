//! Images for two processors, pushed to a registry by the bake file; and what stops a push.

use serde_json::Value;
use testcontainers::{
    GenericImage, ImageExt as _,
    core::{ContainerPort, WaitFor},
    runners::AsyncRunner as _,
};

use crate::{
    docker::{self, docker, output, run, said},
    requests::{eventually, free_port, get},
};

const BAKE: [&str; 5] = ["buildx", "bake", "push", "--set", "*.args.PROFILE=dev"];

fn registry() -> String {
    std::env::var("TEST_REGISTRY").expect("TEST_REGISTRY names a registry to push to")
}

#[tokio::test]
#[ignore = "needs Docker and a registry"]
async fn both_architectures_are_pushed_and_arm64_runs() {
    let _one = docker::ready().await;
    let (registry, port) = (registry(), free_port());
    let tag = format!("test-{port}");
    run(docker(&BAKE).env("REGISTRY", &registry).env("IMAGE_TAG", &tag));

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
