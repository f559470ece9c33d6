//! Tasks of ECS as targets (alb §4.1), with a launcher whose task is a target of the test's own.

use std::{collections::BTreeMap, net::Ipv4Addr};

use local_env::{
    alb::Failing,
    clock::Clock,
    ecs::{Launcher, Network, Task, TaskChange, TaskEvent, TaskId},
    environment::{Environment, Settings, Status, StopSignal},
};
use tokio::{net::TcpStream, sync::mpsc, task::LocalSet, time::timeout};

use crate::support::{PATIENCE, Target, get, setup, wire::Wire};

const TEMPLATE: &str = "
Resources:
  Lb: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Type: application}}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Lb
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref Web}]
  Web:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {Port: 80, Protocol: HTTP, TargetType: ip}
  Definition:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web
      Cpu: 256
      Memory: 512
      NetworkMode: awsvpc
      ContainerDefinitions: [{Name: web, Image: web, PortMappings: [{ContainerPort: 7071}]}]
  Service:
    Type: AWS::ECS::Service
    Properties:
      LaunchType: FARGATE
      TaskDefinition: !Ref Definition
      LoadBalancers: [{ContainerName: web, ContainerPort: 7071, TargetGroupArn: !Ref Web}]
";

/// Says of every task that it runs at one address.
struct Already {
    address: Ipv4Addr,
    events: mpsc::UnboundedSender<TaskEvent>,
}

impl Launcher for Already {
    fn start(&mut self, task: Task) {
        let change = TaskChange::Running(self.address);
        // An environment that has ended wants to know no more.
        let _ = self.events.send(TaskEvent { task, change });
    }

    fn stop(&mut self, _: &TaskId) {}

    fn kill(&mut self) {}
}

fn settings(data_folder: &std::path::Path) -> Settings {
    Settings {
        clock: Clock::REAL,
        scale: BTreeMap::new(),
        publish: BTreeMap::from([(80, 0)]),
        addresses: vec![Ipv4Addr::LOCALHOST.into()],
        failing: Failing::IsTold,
        dns: "127.0.0.1:0".parse().unwrap(),
        dns_upstream: None,
        discovery: None,
        access_log: None,
        metrics: None,
        explain: false,
        data_folder: data_folder.to_owned(),
    }
}

#[tokio::test]
async fn alb_074_requests_and_checks_go_to_the_container_port() {
    let address = Network::lease().unwrap().allocate().unwrap();
    let target = Target::at((address, 7071).into()).await;
    let folder = tempfile::tempdir().unwrap();
    let stack = setup::read(TEMPLATE);
    let environment = Environment::open(stack, settings(folder.path())).await.unwrap();
    let url = environment.listeners()[0].url.clone();
    let (mut status, stop) = (environment.status(), StopSignal::default());
    let (notices, _told) = mpsc::unbounded_channel();
    let run = environment.run(|events| Already { address, events }, notices, stop.clone());
    let test = async {
        timeout(PATIENCE, status.wait_for(Status::is_steady)).await.unwrap().unwrap();
        let listener = url.strip_prefix("http://localhost:").unwrap().parse().unwrap();
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, listener)).await.unwrap();
        let mut client = Wire::new(stream);
        client.send(get("/")).await;
        assert_eq!(client.answer().await.status(), 200);
        stop.gently.cancel();
        stop.at_once.cancel();
    };
    let local = LocalSet::new();
    let both = local.run_until(async { tokio::join!(run, test) });
    timeout(PATIENCE, both).await.expect("it ends").0.unwrap();
    assert_eq!(target.count(), 1);
    assert!(target.checks() >= 1);
}
