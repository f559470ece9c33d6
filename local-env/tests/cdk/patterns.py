"""What CDK's own patterns for ECS make, and what stands beside a service in real stacks."""

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ecs_patterns as patterns
from aws_cdk import aws_efs as efs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_servicediscovery as discovery


def image(name):
    return ecs.ContainerImage.from_registry(name)


def given_vpc(scope):
    """One that stands in no template."""
    return ec2.Vpc.from_vpc_attributes(
        scope,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["us-west-2a", "us-west-2b"],
        public_subnet_ids=["subnet-public-a", "subnet-public-b"],
        private_subnet_ids=["subnet-private-a", "subnet-private-b"],
    )


class Patterns(cdk.Stack):
    """Load-balanced services, one with several target groups, a schedule and a queue's worker."""

    def __init__(self, scope, name, **rest):
        super().__init__(scope, name, **rest)
        vpc = given_vpc(self)
        cluster = ecs.Cluster(self, "Cluster", vpc=vpc)
        shop = patterns.ApplicationLoadBalancedFargateService(
            self,
            "Shop",
            cluster=cluster,
            cpu=256,
            memory_limit_mib=512,
            desired_count=2,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            task_image_options=patterns.ApplicationLoadBalancedTaskImageOptions(
                image=image("shop:1"), container_port=8080, environment={"LEVEL": "info"}
            ),
            certificate=acm.Certificate(self, "Certificate", domain_name="shop.example.com"),
            redirect_http=True,
        )
        shop.target_group.configure_health_check(path="/health", healthy_http_codes="200-204")
        target = shop.service.auto_scale_task_count(max_capacity=4)
        target.scale_on_cpu_utilization("Processor", target_utilization_percent=60)
        target.scale_on_schedule(
            "Morning", schedule=scaling.Schedule.cron(hour="8", minute="0"), min_capacity=2
        )
        several = patterns.ApplicationMultipleTargetGroupsFargateService(
            self,
            "Several",
            cluster=cluster,
            memory_limit_mib=1024,
            task_image_options=patterns.ApplicationLoadBalancedTaskImageProps(
                image=image("several:1"), container_ports=[80, 9090]
            ),
            load_balancers=[
                patterns.ApplicationLoadBalancerProps(
                    name="Front", listeners=[patterns.ApplicationListenerProps(name="Front")]
                ),
                patterns.ApplicationLoadBalancerProps(
                    name="Back",
                    public_load_balancer=False,
                    listeners=[patterns.ApplicationListenerProps(name="Back")],
                ),
            ],
            target_groups=[
                patterns.ApplicationTargetProps(container_port=80, listener="Front"),
                patterns.ApplicationTargetProps(
                    container_port=9090, listener="Back"
                ),
            ],
        )
        several.service.node.add_dependency(cluster)
        patterns.ScheduledFargateTask(
            self,
            "Nightly",
            cluster=cluster,
            schedule=scaling.Schedule.expression("rate(1 day)"),
            scheduled_fargate_task_image_options=patterns.ScheduledFargateTaskImageOptions(
                image=image("nightly:1"), memory_limit_mib=512
            ),
        )
        patterns.QueueProcessingFargateService(self, "Worker", cluster=cluster, image=image("worker:1"))


class Connected(cdk.Stack):
    """Services that call one another by Service Connect."""

    def __init__(self, scope, name, **rest):
        super().__init__(scope, name, **rest)
        cluster = ecs.Cluster(self, "Cluster", vpc=given_vpc(self))
        cluster.add_default_cloud_map_namespace(name="connected", use_for_service_connect=True)
        for service, port in [("orders", 9000), ("stock", 9001)]:
            task = ecs.FargateTaskDefinition(self, f"{service}Task")
            task.add_container(
                service,
                image=image(f"{service}:1"),
                environment={"STOCK_URL": "http://stock.shop:80", "ORDERS_URL": "http://orders:9000"},
                port_mappings=[
                    ecs.PortMapping(
                        container_port=port, name=service, app_protocol=ecs.AppProtocol.http
                    )
                ],
            )
            alias = (
                ecs.ServiceConnectService(port_mapping_name=service, dns_name="stock.shop", port=80)
                if service == "stock"
                else ecs.ServiceConnectService(
                    port_mapping_name=service, discovery_name="orders-api", dns_name="orders", port=9000
                )
            )
            ecs.FargateService(
                self,
                f"{service}Service",
                cluster=cluster,
                task_definition=task,
                service_name=service,
                service_connect_configuration=ecs.ServiceConnectProps(
                    services=[alias],
                    log_driver=ecs.LogDrivers.aws_logs(stream_prefix="connect"),
                ),
            ).connections.allow_from_any_ipv4(ec2.Port.tcp(port))


class Instances(cdk.Stack):
    """A service on EC2 instances, in bridge mode, and a daemon."""

    def __init__(self, scope, name, **rest):
        super().__init__(scope, name, **rest)
        vpc = given_vpc(self)
        cluster = ecs.Cluster(self, "Cluster", vpc=vpc)
        group = autoscaling.AutoScalingGroup(
            self,
            "Fleet",
            vpc=vpc,
            instance_type=ec2.InstanceType("t3.small"),
            machine_image=ecs.EcsOptimizedImage.amazon_linux2(),
        )
        capacity = ecs.AsgCapacityProvider(self, "Capacity", auto_scaling_group=group)
        cluster.add_asg_capacity_provider(capacity)
        task = ecs.Ec2TaskDefinition(self, "Task")
        task.add_container(
            "web",
            image=image("web:1"),
            memory_limit_mib=256,
            port_mappings=[ecs.PortMapping(container_port=8080)],
        )
        service = ecs.Ec2Service(
            self,
            "Service",
            cluster=cluster,
            task_definition=task,
            capacity_provider_strategies=[
                ecs.CapacityProviderStrategy(capacity_provider=capacity.capacity_provider_name, weight=1)
            ],
        )
        balancer = elbv2.ApplicationLoadBalancer(self, "Balancer", vpc=vpc, internet_facing=True)
        balancer.add_listener("Http", port=80).add_targets("Web", port=80, targets=[service])
        daemon = ecs.Ec2TaskDefinition(self, "DaemonTask")
        daemon.add_container("agent", image=image("agent:1"), memory_reservation_mib=64)
        ecs.Ec2Service(self, "Daemon", cluster=cluster, task_definition=daemon, daemon=True)


class Beside(cdk.Stack):
    """Volumes, log routers, Fargate Spot, an HTTP namespace, and a service without a load balancer."""

    def __init__(self, scope, name, **rest):
        super().__init__(scope, name, **rest)
        vpc = given_vpc(self)
        cluster = ecs.Cluster(
            self, "Cluster", vpc=vpc, container_insights_v2=ecs.ContainerInsights.ENHANCED
        )
        cluster.enable_fargate_capacity_providers()
        files = efs.FileSystem(self, "Files", vpc=vpc)
        task = ecs.FargateTaskDefinition(
            self,
            "Task",
            cpu=512,
            memory_limit_mib=1024,
            ephemeral_storage_gib=30,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
            volumes=[
                ecs.Volume(
                    name="files",
                    efs_volume_configuration=ecs.EfsVolumeConfiguration(file_system_id=files.file_system_id),
                )
            ],
        )
        task.add_firelens_log_router(
            "router",
            image=image("public.ecr.aws/aws-observability/aws-for-fluent-bit:stable"),
            firelens_config=ecs.FirelensConfig(type=ecs.FirelensLogRouterType.FLUENTBIT),
            essential=True,
        )
        app = task.add_container(
            "app",
            image=image("app:1"),
            logging=ecs.LogDrivers.firelens(options={"Name": "stdout"}),
            health_check=ecs.HealthCheck(command=["CMD-SHELL", "wget -q -O- localhost:8080 || exit 1"]),
            stop_timeout=cdk.Duration.seconds(60),
            user="1000",
            readonly_root_filesystem=True,
            port_mappings=[ecs.PortMapping(container_port=8080)],
        )
        app.add_mount_points(
            ecs.MountPoint(container_path="/files", read_only=True, source_volume="files")
        )
        app.add_ulimits(ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=1024, hard_limit=4096))
        service = ecs.FargateService(
            self,
            "Service",
            cluster=cluster,
            task_definition=task,
            enable_execute_command=True,
            capacity_provider_strategies=[
                ecs.CapacityProviderStrategy(capacity_provider="FARGATE_SPOT", weight=2),
                ecs.CapacityProviderStrategy(capacity_provider="FARGATE", weight=1, base=1),
            ],
        )
        discovery.HttpNamespace(self, "Space", name="beside")
        namespace = discovery.PublicDnsNamespace(self, "Zone", name="beside.example.com")
        service.enable_cloud_map(cloud_map_namespace=namespace, name="app")
