//! Cloud Map's API, called by AWS's own command line.
//!
//! `.ci/run` installs that, so that only it runs these tests; by hand `AWS_CLI` names the program:
//! `AWS_CLI=aws cargo test --test integration discovery_cli -- --ignored`.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use serde_json::Value;
use tokio::{process::Command, time::timeout};

use crate::discovery::Api;
use test_support::PATIENCE;

/// The one that is named, or the one that `.ci/run` has installed.
fn program() -> PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/ci/bin/aws");
    env::var_os("AWS_CLI").map_or(installed, PathBuf::from)
}

/// `aws servicediscovery` with these arguments, and nothing of the user's own settings.
async fn aws(api: &Api, arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    command
        .args(["servicediscovery", "--endpoint-url", &api.url(), "--output", "json"])
        .args(arguments)
        .env_clear()
        .envs(env::var_os("PATH").map(|path| ("PATH", path)))
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_ACCESS_KEY_ID", "nobody")
        .env("AWS_SECRET_ACCESS_KEY", "nothing")
        .env("AWS_DEFAULT_REGION", "us-west-2")
        .env("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    timeout(PATIENCE, command.output()).await.unwrap().expect("the AWS CLI")
}

async fn answer(api: &Api, arguments: &[&str]) -> Value {
    let output = aws(api, arguments).await;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
#[ignore = "needs the AWS CLI"]
async fn the_command_line_finds_instances_without_the_host_prefix() {
    let api = Api::start().await;
    api.register("a", 1);
    let service = ["--namespace-name", "services", "--service-name", "web"];
    let found = answer(&api, &[&["discover-instances"], &service[..]].concat()).await;
    assert_eq!(found["Instances"][0]["Attributes"]["AWS_INSTANCE_IPV4"], "127.9.1.1");
    assert_eq!(found["InstancesRevision"], 1);
    let found = answer(&api, &[&["discover-instances-revision"], &service[..]].concat()).await;
    assert_eq!(found["InstancesRevision"], 1);
}

#[tokio::test]
#[ignore = "needs the AWS CLI"]
async fn the_command_line_lists_what_there_is_and_tells_what_there_is_not() {
    let api = Api::start().await;
    api.register("a", 1);
    let found = answer(&api, &["list-namespaces"]).await;
    assert_eq!(found["Namespaces"][0]["Name"], "services");
    let found = answer(&api, &["list-services"]).await;
    assert_eq!(found["Services"][0]["Name"], "web");
    let found = answer(&api, &["list-instances", "--service-id", "discovery-web"]).await;
    assert_eq!(found["Instances"][0]["Id"], "a");

    let nowhere = ["--namespace-name", "nowhere", "--service-name", "web"];
    let output = aws(&api, &[&["discover-instances"], &nowhere[..]].concat()).await;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("NamespaceNotFound"), "{errors}");
}
