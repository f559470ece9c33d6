//! ECS services and task definitions.

use super::*;

#[test]
fn task_definitions_are_checked() {
    let ports = "PortMappings: [{ContainerPort: 8080}]";
    let mapping = |mapping: &str| format!("PortMappings: [{{ContainerPort: 8080, {mapping}}}]");
    let container = "- {Name: web, ";
    each_is_told(
        "Task",
        &[
            (
                "Memory: 512",
                "Memory: 4096",
                "`@.Memory` is 4096 with 256 CPU units: no Fargate configuration exists for given values",
            ),
            ("Cpu: 256", "Cpu: 300", "`@.Cpu` is 300: no Fargate task has that"),
            ("Cpu: 256", "Cpu: much", "`@.Cpu` is `much`"),
            ("Memory: 512", "X: 512", "`@.Memory` is absent"),
            (
                "NetworkMode: awsvpc",
                "NetworkMode: host",
                "`@.NetworkMode` asks for network mode `host`, which is not emulated",
            ),
            ("NetworkMode: awsvpc", "X: y", "`@.NetworkMode` is absent"),
            (
                container,
                "- {Name: other, Image: x}\n        - {Name: web, ",
                "`@.ContainerDefinitions[1]` asks for a second container, which is not emulated",
            ),
            (
                container,
                "- {Name: web, Secrets: [{Name: A}], ",
                "`@.ContainerDefinitions[0].Secrets` asks for secrets, which is not emulated",
            ),
            (
                container,
                "- {Name: web, EnvironmentFiles: [{}], ",
                "`@.ContainerDefinitions[0].EnvironmentFiles` asks for environment files, which is not emulated",
            ),
            (
                container,
                "- {Name: web, Essential: 'false', ",
                "`@.ContainerDefinitions[0].Essential` is false for the only container",
            ),
            (
                container,
                "- {Name: web, Memory: 1024, ",
                "`@.ContainerDefinitions[0].Memory` is 1024 MiB, more than the whole task's 512",
            ),
            (
                container,
                "- {Name: web, StopTimeout: 121, ",
                "`@.ContainerDefinitions[0].StopTimeout` is 121",
            ),
            (
                ports,
                &(mapping("HostPort: 80") + ", Environment: []"),
                "`@.ContainerDefinitions[0].PortMappings[0].HostPort` is 80 for container port 8080",
            ),
            (
                ports,
                &mapping("Protocol: udp"),
                "`@.ContainerDefinitions[0].PortMappings[0].Protocol` asks for a port of another protocol, which is not emulated",
            ),
        ],
    );
}

#[test]
fn services_are_checked() {
    let balancer = "ContainerName: web, ContainerPort: 8080, Target";
    let registry = "[{RegistryArn: !GetAtt Names.Arn}]";
    let launch = "LaunchType: FARGATE";
    each_is_told(
        "Web",
        &[
            (
                balancer,
                "ContainerName: api, ContainerPort: 8080, Target",
                "`@.LoadBalancers[0].ContainerName` is `api`, which does not exist in the task definition",
            ),
            (
                balancer,
                "ContainerName: web, ContainerPort: 80, Target",
                "`@.LoadBalancers[0].ContainerPort` is 80, which the container `web` does not map",
            ),
            (
                balancer,
                "ContainerName: web, Target",
                "`@.LoadBalancers[0].ContainerPort` is absent",
            ),
            (
                "TaskDefinition: !Ref Task",
                "TaskDefinition: other",
                "`@.TaskDefinition` is `other`, which is no task definition of this template",
            ),
            (
                registry,
                "[{RegistryArn: arn}]",
                "`@.ServiceRegistries[0].RegistryArn` is `arn`, which is no Cloud Map service of this template",
            ),
            (
                registry,
                "[{RegistryArn: !GetAtt Names.Arn, ContainerPort: 8080}]",
                "`@.ServiceRegistries[0]` names its port in two ways or by half",
            ),
            (launch, "DesiredCount: -1", "`@.DesiredCount` must be a whole number, and is `-1`"),
            (
                launch,
                "SchedulingStrategy: DAEMON",
                "`@.SchedulingStrategy` asks for the scheduling strategy `DAEMON`, which is not emulated",
            ),
            (
                launch,
                "ServiceConnectConfiguration: {Enabled: true}",
                "`@.ServiceConnectConfiguration` asks for Service Connect, which is not emulated",
            ),
            (
                launch,
                "DeploymentController: {Type: EXTERNAL}",
                "`@.DeploymentController.Type` asks for deployments by `EXTERNAL`, which is not emulated",
            ),
        ],
    );
    for family in ["shop", "shop:1"] {
        changed("TaskDefinition: !Ref Task", &format!("TaskDefinition: {family}"));
    }
}
