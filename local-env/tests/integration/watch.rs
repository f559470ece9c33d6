//! `up --watch`: a program, the project file or the template changes, and the service is rolled.

use std::{env, fs, os::unix::fs::PermissionsExt as _, path::Path};

use nix::sys::signal::Signal;

use crate::end_to_end::Up;
use test_support::{client, eventually};

const TEMPLATE: &str = r"
Resources:
  Lb: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Type: application}}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Lb
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref Group}]
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {Port: 80, Protocol: HTTP, TargetType: ip, HealthCheckPath: /web}
  Definition:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web
      Cpu: 256
      Memory: 512
      NetworkMode: awsvpc
      ContainerDefinitions:
        - Name: web
          Image: web
          PortMappings: [{ContainerPort: 7071}]
          Environment: [{Name: FROM_TEMPLATE, Value: first}]
  Service:
    Type: AWS::ECS::Service
    Properties:
      ServiceName: web
      LaunchType: FARGATE
      TaskDefinition: !Ref Definition
      LoadBalancers: [{ContainerName: web, ContainerPort: 7071, TargetGroupArn: !Ref Group}]
";

/// A program as a build leaves it: written beside and then put in place.
fn build(folder: &Path, version: &str) {
    let this = env::current_exe().unwrap();
    let line = format!(
        "#!/bin/sh\nexport VERSION={version} LOCAL_ENV_TEST_TASK=serve\n\
         exec {} --exact task --ignored --nocapture\n",
        this.display()
    );
    let new = folder.join("web.new");
    fs::write(&new, line).unwrap();
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(new, folder.join("web")).unwrap();
}

fn project(folder: &Path, value: &str) {
    let text = format!("[services.web]\nrun = \"./web\"\nenv = {{ FROM_PROJECT = \"{value}\" }}\n");
    fs::write(folder.join("local-env.toml"), text).unwrap();
}

fn template(folder: &Path, text: &str) {
    fs::write(folder.join("shop.yaml"), text).unwrap();
}

#[tokio::test]
async fn what_is_built_or_written_anew_is_rolled_out_and_what_is_wrong_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder, "1");
    project(folder, "first");
    template(folder, TEMPLATE);
    let mut up = Up::start_in(folder, &["--watch", "shop.yaml"]).await;
    let url = format!("{}/web", up.shown("http://"));
    let answers = async |line: &str| {
        let answer = client().get(&url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "a request failed on the way");
        answer.text().await.unwrap().lines().any(|it| it == line)
    };
    assert!(answers("VERSION=1").await);

    build(folder, "2");
    eventually("the new program answers", || answers("VERSION=2")).await;
    up.says("deployment completed").await;

    project(folder, "second");
    eventually("the new variable is there", || answers("FROM_PROJECT=second")).await;

    template(folder, &TEMPLATE.replace("first", "second"));
    eventually("the new template runs", || answers("FROM_TEMPLATE=second")).await;

    template(folder, &TEMPLATE.replace("Type: AWS::ECS::Service", "Type: "));
    eventually("the mistake is told", || async { up.errors().contains("nothing is changed") })
        .await;
    assert!(answers("FROM_TEMPLATE=second").await);
    up.signal(Signal::SIGINT);
    assert!(up.ended().await.0.success());
}
