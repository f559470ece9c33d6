//! A Rust integration test of a stack: run it with
//!
//! ```text
//! cargo run -p local-env --example integration_test
//! ```
//!
//! In a project of one's own its `main` is a `#[tokio::test]`, the template is the one that is
//! deployed, and the processes are the services' programs. Here both are in this file: the program is
//! this very one, which serves when it is given a task's variables.

#![expect(clippy::print_stdout, reason = "an example tells that it has worked")]

use std::{
    env,
    error::Error,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    time::Duration,
};

use local_env::{LocalEnv, Process};

const TEMPLATE: &str = r#"
Resources:
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Subnets: [subnet-1, subnet-2]}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: "404"}}]
  GreeterRule:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: !Ref Listener
      Priority: 1
      Conditions: [{Field: path-pattern, PathPatternConfig: {Values: ["/greeter*"]}}]
      Actions: [{Type: forward, TargetGroupArn: !Ref GreeterTargets}]
  GreeterTargets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {VpcId: vpc-1, Port: 8000, Protocol: HTTP, TargetType: ip, HealthCheckPath: /greeter}
  Names:
    Type: AWS::ServiceDiscovery::PrivateDnsNamespace
    Properties: {Name: shop, Vpc: vpc-1}
  GreeterName:
    Type: AWS::ServiceDiscovery::Service
    Properties:
      Name: greeter
      DnsConfig: {NamespaceId: !Ref Names, DnsRecords: [{Type: A, TTL: 60}]}
      HealthCheckCustomConfig: {FailureThreshold: 1}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      RequiresCompatibilities: [FARGATE]
      NetworkMode: awsvpc
      Cpu: "256"
      Memory: "512"
      ContainerDefinitions:
        - Name: greeter
          Image: greeter:1
          PortMappings: [{ContainerPort: 8000}]
  Greeter:
    Type: AWS::ECS::Service
    DependsOn: GreeterRule
    Properties:
      LaunchType: FARGATE
      DesiredCount: 1
      TaskDefinition: !Ref Task
      LoadBalancers: [{ContainerName: greeter, ContainerPort: 8000, TargetGroupArn: !Ref GreeterTargets}]
      ServiceRegistries: [{RegistryArn: !GetAtt GreeterName.Arn}]
      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [subnet-1]}}
"#;

fn main() -> Result<(), Box<dyn Error>> {
    // reqwest comes without cryptography here. An error would say that some is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match env::var("GREETER_ADDRESS") {
        Ok(_) => serve(),
        Err(_) => tokio::runtime::Runtime::new()?.block_on(test()),
    }
}

async fn test() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let template = folder.path().join("shop.yaml");
    std::fs::write(&template, TEMPLATE)?;

    let env = LocalEnv::from_template(template)
        .run("greeter", Process::new(env::current_exe()?).env("GREETER_ADDRESS", "as a task"))
        .start()
        .await?;
    env.healthy_within(Duration::from_secs(10)).await?;

    let answer = reqwest::get(env.url("/greeter/you")).await?.text().await?;
    assert!(answer.starts_with("hello from 127."), "{answer}");
    assert_eq!(reqwest::get(env.url("/")).await?.status(), 404);

    env.service("greeter").scale(3).await?;
    assert_eq!(env.resolve("greeter.shop").await?.len(), 3);

    assert_eq!(env.explain("GET", "/greeter/x").rule(), "GreeterRule");
    assert_eq!(env.explain("GET", "/Greeter").rule(), "default");

    env.stop().await;
    println!("the stack does what it is meant to");
    Ok(())
}

/// Serves as a task is to: on `HOST` and `PORT` alone.
fn serve() -> Result<(), Box<dyn Error>> {
    let host = env::var("HOST")?;
    let listener = TcpListener::bind(format!("{host}:{}", env::var("PORT")?))?;
    for stream in listener.incoming() {
        let mut stream = stream?;
        let mut head = BufReader::new(&stream).lines();
        while head.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
        let body = format!("hello from {host}");
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        )?;
    }
    Ok(())
}
