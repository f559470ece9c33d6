//! A service: its task definition with roles and logs, its Cloud Map name, and the ECS service
//! that keeps its tasks running.

use crate::{
    aws::{Properties, Resource, ecs, iam, service_discovery},
    stack::{
        load_balancer::Entry,
        network::Network,
        parameters::Parameters,
        sample::{NAMESPACE, Sample},
        security_groups::SecurityGroups,
    },
    template::Template,
    value::{Id, Value},
};

/// What all services run in.
pub(super) struct Shared {
    cluster: Id,
    namespace: Id,
    desired_count: Value,
    security_group: Value,
    subnets: Vec<Value>,
}

pub(super) fn add(template: &mut Template, shared: &Shared, entry: &Entry, sample: &Sample) {
    let task_definition = add_task_definition(template, sample);
    let discovery = template.add(sample.part("Discovery"), discovery(shared, sample));
    let service = ecs::Service {
        service_name: sample.title,
        cluster: shared.cluster.reference(),
        task_definition: task_definition.reference(),
        launch_type: "FARGATE",
        desired_count: shared.desired_count.clone(),
        deployment_configuration: ecs::DeploymentConfiguration {
            maximum_percent: 200,
            minimum_healthy_percent: 50,
        },
        health_check_grace_period_seconds: 60,
        network_configuration: shared.network_configuration(),
        load_balancers: vec![ecs::LoadBalancer {
            container_name: sample.container(),
            container_port: sample.address.port,
            target_group_arn: entry.target_group.reference(),
        }],
        service_registries: vec![ecs::ServiceRegistry { registry_arn: discovery.attribute("Arn") }],
    };
    // ECS refuses a target group that no load balancer uses yet, and the rule is what ties them.
    template.add(sample.id, Resource::from(service).depends_on([&entry.rule]));
}

fn add_task_definition(template: &mut Template, sample: &Sample) -> Id {
    let logs =
        template.add(sample.part("LogGroup"), Resource::from(Properties::LogGroup).retained());
    let task_role = template.add(sample.part("TaskRole"), task_role());
    let execution_role = add_execution_role(template, sample, &logs);
    let definition = ecs::TaskDefinition {
        family: Value::sub(format!("${{AWS::StackName}}-{}", sample.address.name)),
        cpu: "256",
        memory: "512",
        network_mode: "awsvpc",
        requires_compatibilities: vec!["FARGATE"],
        execution_role_arn: execution_role.attribute("Arn"),
        task_role_arn: task_role.attribute("Arn"),
        container_definitions: vec![container(sample, &logs)],
    };
    template.add(sample.part("TaskDefinition"), definition)
}

fn container(sample: &Sample, logs: &Id) -> ecs::ContainerDefinition {
    let name = sample.address.name;
    ecs::ContainerDefinition {
        name: sample.container(),
        image: Value::sub(format!(
            "${{AWS::AccountId}}.dkr.ecr.${{AWS::Region}}.${{AWS::URLSuffix}}/{name}:${{ImageTag}}"
        )),
        essential: true,
        memory: 512,
        port_mappings: vec![ecs::PortMapping {
            container_port: sample.address.port,
            protocol: "tcp",
        }],
        environment: vec![ecs::EnvironmentVariable {
            name: "SERVICE_URL",
            value: sample.peer.url().into(),
        }],
        log_configuration: ecs::LogConfiguration::Awslogs(ecs::AwslogsOptions {
            awslogs_group: logs.reference(),
            awslogs_stream_prefix: name,
            awslogs_region: Value::region(),
        }),
    }
}

/// What the program in the task may do: nothing yet.
fn task_role() -> iam::Role {
    iam::Role { assume_role_policy_document: trust_in_tasks() }
}

/// What ECS may do to start the task: pull its image and write its logs.
fn add_execution_role(template: &mut Template, sample: &Sample, logs: &Id) -> Id {
    let role = iam::Role { assume_role_policy_document: trust_in_tasks() };
    let role = template.add(sample.part("ExecutionRole"), role);
    let policy = iam::Policy {
        policy_name: sample.part("ExecutionPolicy"),
        roles: vec![role.reference()],
        policy_document: iam::PolicyDocument::new(vec![
            iam::Statement::allow(
                &[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:GetDownloadUrlForLayer",
                    "ecr:BatchGetImage",
                ],
                repository_arn(sample),
            ),
            iam::Statement::allow(&["ecr:GetAuthorizationToken"], Value::from("*")),
            iam::Statement::allow(
                &["logs:CreateLogStream", "logs:PutLogEvents"],
                logs.attribute("Arn"),
            ),
        ]),
    };
    template.add(sample.part("ExecutionPolicy"), policy);
    role
}

fn trust_in_tasks() -> iam::PolicyDocument {
    iam::PolicyDocument::new(vec![iam::Statement::trust("ecs-tasks.amazonaws.com")])
}

fn repository_arn(sample: &Sample) -> Value {
    Value::sub(format!(
        "arn:${{AWS::Partition}}:ecr:${{AWS::Region}}:${{AWS::AccountId}}:repository/{}",
        sample.address.name
    ))
}

fn discovery(shared: &Shared, sample: &Sample) -> service_discovery::Service {
    service_discovery::Service {
        name: sample.address.name,
        namespace_id: shared.namespace.attribute("Id"),
        dns_config: service_discovery::DnsConfig {
            namespace_id: shared.namespace.attribute("Id"),
            routing_policy: "MULTIVALUE",
            dns_records: vec![service_discovery::DnsRecord { r#type: "A", ttl: 60 }],
        },
        health_check_custom_config: service_discovery::HealthCheckCustomConfig {
            failure_threshold: 1,
        },
    }
}

// === impl Shared ===

impl Shared {
    pub(super) fn add(
        template: &mut Template,
        parameters: &Parameters,
        network: &Network,
        groups: &SecurityGroups,
    ) -> Self {
        let namespace = service_discovery::PrivateDnsNamespace {
            name: NAMESPACE,
            vpc: network.vpc.reference(),
        };
        Self {
            cluster: template.add("Cluster", ecs::Cluster { cluster_name: "Services" }),
            namespace: template.add("Namespace", namespace),
            desired_count: parameters.desired_count.reference(),
            security_group: groups.services.attribute("GroupId"),
            subnets: network.private_subnets.iter().map(Id::reference).collect(),
        }
    }

    fn network_configuration(&self) -> ecs::NetworkConfiguration {
        ecs::NetworkConfiguration {
            awsvpc_configuration: ecs::AwsvpcConfiguration {
                assign_public_ip: "DISABLED",
                security_groups: vec![self.security_group.clone()],
                subnets: self.subnets.clone(),
            },
        }
    }
}
