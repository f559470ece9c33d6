"""Stacks that use what CDK can write and a template reader has to understand: an export that
another stack imports, nested stacks, several target groups, sidecars, dynamic references."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from patterns import Beside, Connected, Instances, Patterns
from routes import Elsewhere, Routes


class Network(cdk.Stack):
    """What the other stacks share."""

    def __init__(self, scope, name, **rest):
        super().__init__(scope, name, **rest)
        self.vpc = ec2.Vpc(self, "Vpc", max_azs=2, nat_gateways=0)
        self.cluster = ecs.Cluster(self, "Cluster", vpc=self.vpc)
        self.cluster.add_default_cloud_map_namespace(name="shop.local")


class Jobs(cdk.NestedStack):
    """A service in a stack of its own, inside of another."""

    def __init__(self, scope, name, cluster, **rest):
        super().__init__(scope, name, **rest)
        task = ecs.FargateTaskDefinition(self, "Task")
        task.add_container("jobs", image=ecs.ContainerImage.from_registry("jobs:1"))
        service = ecs.FargateService(
            self,
            "Service",
            cluster=cluster,
            task_definition=task,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            cloud_map_options=ecs.CloudMapOptions(name="jobs"),
        )
        self.service_name = service.service_name


class Shop(cdk.Stack):
    """A service with a sidecar behind two target groups."""

    def __init__(self, scope, name, network, **rest):
        super().__init__(scope, name, **rest)
        secret = secretsmanager.Secret(self, "Db", secret_name="shop/db")
        size = ssm.StringParameter.value_for_string_parameter(self, "/shop/size")
        level = cdk.CfnParameter(self, "Level", default="info", allowed_values=["info", "debug"])
        task = ecs.FargateTaskDefinition(self, "Task", cpu=512, memory_limit_mib=1024)
        web = task.add_container(
            "web",
            image=ecs.ContainerImage.from_registry("web:1"),
            environment={
                "LEVEL": level.value_as_string,
                "SIZE": size,
                "URL": ssm.StringParameter.value_for_typed_string_parameter_v2(self, "/shop/url"),
                "PASSWORD": secret.secret_value_from_json("password").unsafe_unwrap(),
                "PLAIN": cdk.CfnDynamicReference(
                    cdk.CfnDynamicReferenceService.SSM, "/shop/plain"
                ).to_string(),
            },
            secrets={"USER_NAME": ecs.Secret.from_secrets_manager(secret, "user")},
            port_mappings=[
                ecs.PortMapping(container_port=8080, name="web"),
                ecs.PortMapping(container_port=8081, name="admin"),
            ],
        )
        proxy = task.add_container(
            "proxy",
            image=ecs.ContainerImage.from_registry("proxy:1"),
            essential=False,
            logging=ecs.LogDrivers.aws_logs(stream_prefix="proxy"),
        )
        web.add_container_dependencies(
            ecs.ContainerDependency(container=proxy, condition=ecs.ContainerDependencyCondition.START)
        )
        service = ecs.FargateService(
            self,
            "Web",
            cluster=network.cluster,
            task_definition=task,
            desired_count=2,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            cloud_map_options=ecs.CloudMapOptions(name="web"),
        )
        balancer = elbv2.ApplicationLoadBalancer(
            self, "Balancer", vpc=network.vpc, internet_facing=True
        )
        listener = balancer.add_listener("Http", port=80)
        listener.add_targets(
            "Web", port=8080, protocol=elbv2.ApplicationProtocol.HTTP,
            targets=[service.load_balancer_target(container_name="web", container_port=8080)],
        )
        listener.add_targets(
            "Admin",
            port=8081,
            protocol=elbv2.ApplicationProtocol.HTTP,
            priority=10,
            conditions=[elbv2.ListenerCondition.path_patterns(["/admin", "/admin/*"])],
            targets=[service.load_balancer_target(container_name="web", container_port=8081)],
        )
        jobs = Jobs(self, "Jobs", network.cluster)
        cdk.CfnOutput(self, "JobsName", value=jobs.service_name)
        cdk.CfnOutput(self, "Address", value=balancer.load_balancer_dns_name)


app = cdk.App(analytics_reporting=False)
network = Network(app, "Network")
Shop(app, "Shop", network)
# The same as new projects have it, which refer to another stack's outputs by its name.
stage = cdk.Stage(app, "Weak", env=cdk.Environment(account="111122223333", region="eu-central-1"))
stage.node.set_context("@aws-cdk/core:defaultCrossStackReferences", "weak")
Shop(stage, "Shop", Network(stage, "Network"))
stage = cdk.Stage(app, "Real")
for stack in [Patterns, Connected, Instances, Beside, Routes, Elsewhere]:
    stack(stage, stack.__name__)
app.synth()
