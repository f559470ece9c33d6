//! The table of mistakes: one after another, which is why the file is long. It holds nothing else.

/// A change to the base that trips one check, and one close to it that is right.
pub struct Mistake {
    pub code: &'static str,
    pub resource: &'static str,
    /// Words of the line that is marked, the first that has them.
    pub line: &'static str,
    pub trips: &'static [(&'static str, &'static str)],
    pub passes: &'static [(&'static str, &'static str)],
}

const fn mistake(
    code: &'static str,
    resource: &'static str,
    line: &'static str,
    trips: &'static [(&'static str, &'static str)],
    passes: &'static [(&'static str, &'static str)],
) -> Mistake {
    Mistake { code, resource, line, trips, passes }
}

const TRUST: &str = "
        Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: ecs-tasks.amazonaws.com}}]";
const PERMISSIONS: &str = "
            Statement:
              - {Effect: Allow, Action: 'ecr:GetAuthorizationToken', Resource: '*'}
              - {Effect: Allow, Action: ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'], Resource: !Sub 'arn:aws:ecr:us-west-2:${AWS::AccountId}:repository/api'}
              - {Effect: Allow, Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: !GetAtt Logs.Arn}";
const API_PATHS: &str = "Values: [/service1, /service1/*]";
const API_GROUP: &str = "SecurityGroups: [!GetAtt TaskGroup.GroupId]\n  Worker:";
const API_CIRCUIT: &str =
    "DeploymentConfiguration: {DeploymentCircuitBreaker: {Enable: true, Rollback: true}}";
const ECR_IMAGE: &str = "Image: !Sub '${AWS::AccountId}.dkr.ecr.us-west-2.amazonaws.com/api:v1'";

pub const MISTAKES: &[Mistake] = &[
    mistake(
        "balancer-to-task",
        "Api",
        "LoadBalancers: [{ContainerName: api",
        &[("FromPort: 8080\n      ToPort: 8080", "FromPort: 80\n      ToPort: 80")],
        &[("FromPort: 8080\n      ToPort: 8080", "FromPort: 8000\n      ToPort: 8100")],
    ),
    mistake(
        "balancer-to-task",
        "Api",
        "LoadBalancers: [{ContainerName: api",
        &[(
            "GroupDescription: load balancer",
            "GroupDescription: load balancer\n      SecurityGroupEgress: [{IpProtocol: icmp, FromPort: 252, ToPort: 86, CidrIp: 255.255.255.255/32}]",
        )],
        &[(
            "GroupDescription: load balancer",
            "GroupDescription: load balancer\n      SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 8080, ToPort: 8080, CidrIp: 10.0.0.0/16}]",
        )],
    ),
    mistake(
        "task-to-task",
        "ApiTask",
        "Value: http://worker.local:8081",
        &[("FromPort: 8080, ToPort: 8081", "FromPort: 8080, ToPort: 8080")],
        &[("FromPort: 8080, ToPort: 8081", "FromPort: 8081, ToPort: 8081")],
    ),
    mistake(
        "task-egress",
        "Api",
        "SecurityGroups: [!GetAtt ApiGroup.GroupId]",
        &[
            (
                "  FromBalancer:\n",
                "  ApiGroup:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: api\n      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 8080, ToPort: 8080, CidrIp: 10.0.0.0/16}]\n      SecurityGroupEgress: [{IpProtocol: tcp, FromPort: 8081, ToPort: 8081, CidrIp: 10.0.0.0/16}]\n  FromBalancer:\n",
            ),
            (API_GROUP, "SecurityGroups: [!GetAtt ApiGroup.GroupId]\n  Worker:"),
            (
                "SourceSecurityGroupId: !GetAtt TaskGroup.GroupId, IpProtocol: tcp",
                "CidrIp: 10.0.0.0/16, IpProtocol: tcp",
            ),
        ],
        &[(
            "- {IpProtocol: '-1', CidrIp: 0.0.0.0/0}",
            "- {IpProtocol: tcp, FromPort: 443, ToPort: 8443, CidrIp: 0.0.0.0/0}",
        )],
    ),
    mistake(
        "health-check-port",
        "ApiTargets",
        "HealthCheckPort: '9000'",
        &[("TargetType: ip", "TargetType: ip\n      HealthCheckPort: '9000'")],
        &[("TargetType: ip", "TargetType: ip\n      HealthCheckPort: '8080'")],
    ),
    mistake(
        "closed-listener",
        "Listener",
        "Port: 443",
        &[
            (
                "FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0",
                "FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0",
            ),
            ("      Port: 443\n", "      Port: 443 \n"),
        ],
        &[(
            "FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0",
            "FromPort: 443, ToPort: 443, SourcePrefixListId: pl-1",
        )],
    ),
    mistake(
        "empty-rule",
        "FromTasks",
        "FromTasks:",
        &[(
            "  FromTasks:\n",
            "  FromTasks:\n    Type: AWS::EC2::SecurityGroupIngress\n    Properties: {GroupId: !GetAtt TaskGroup.GroupId, IpProtocol: tcp, FromPort: 1, ToPort: 2}\n  FromAll:\n",
        )],
        &[],
    ),
    mistake(
        "lost-egress",
        "TaskGroup",
        "SecurityGroupEgress:",
        &[(
            "  FromTasks:\n",
            "  ToAll:\n    Type: AWS::EC2::SecurityGroupEgress\n    Properties: {GroupId: !GetAtt TaskGroup.GroupId, CidrIp: 0.0.0.0/0, IpProtocol: tcp, FromPort: 443, ToPort: 443}\n  FromTasks:\n",
        )],
        &[],
    ),
    mistake(
        "unknown-name",
        "ApiTask",
        "Value: http://werker.local:8081",
        &[("http://worker.local:8081", "http://werker.local:8081")],
        &[("http://worker.local:8081", "http://worker.example:8081")],
    ),
    mistake(
        "bare-name",
        "ApiTask",
        "Value: http://worker:8081",
        &[("http://worker.local:8081", "http://worker:8081")],
        &[(
            "Name: SERVICE_URL\n              Value: http://worker.local:8081",
            "Name: KIND\n              Value: worker",
        )],
    ),
    mistake(
        "wrong-port",
        "ApiTask",
        "Value: http://worker.local/",
        &[("http://worker.local:8081", "http://worker.local/")],
        &[("http://worker.local:8081", "worker.local")],
    ),
    mistake(
        "wrong-port",
        "ApiTask",
        "Value: http://worker.local:8080",
        &[("http://worker.local:8081", "http://worker.local:8080")],
        &[("http://worker.local:8081", "http://user@WORKER.local.:8081/path?query")],
    ),
    mistake(
        "unregistered-name",
        "ApiTask",
        "Value: http://worker.local:8081",
        &[("\n      ServiceRegistries: [{RegistryArn: !GetAtt WorkerName.Arn}]", "")],
        &[],
    ),
    mistake(
        "vpc-dns",
        "Vpc",
        "Vpc:",
        &[("      EnableDnsHostnames: true\n", "")],
        &[("      EnableDnsSupport: true\n", "")],
    ),
    mistake(
        "discovery-health",
        "ApiName",
        "HealthCheckConfig:",
        &[
            ("HealthCheckCustomConfig: {FailureThreshold: 1}", "HealthCheckConfig: {Type: HTTP}"),
            ("\n      ServiceRegistries: [{RegistryArn: !GetAtt ApiName.Arn}]", ""),
        ],
        &[("      HealthCheckCustomConfig: {FailureThreshold: 1}\n", "")],
    ),
    mistake(
        "discovery-records",
        "ApiName",
        "DnsConfig: {DnsRecords: [{Type: CNAME",
        &[
            (
                "DnsConfig: {DnsRecords: [{Type: A, TTL: 60}]}\n",
                "DnsConfig: {DnsRecords: [{Type: CNAME, TTL: 60}]}\n",
            ),
            ("\n      ServiceRegistries: [{RegistryArn: !GetAtt ApiName.Arn}]", ""),
        ],
        &[(
            "DnsConfig: {DnsRecords: [{Type: A, TTL: 60}]}\n",
            "DnsConfig: {RoutingPolicy: WEIGHTED, DnsRecords: [{Type: A, TTL: '60'}]}\n",
        )],
    ),
    mistake(
        "registry-port",
        "Api",
        "ServiceRegistries: [{RegistryArn: !GetAtt ApiName.Arn}]",
        &[(
            "DnsConfig: {DnsRecords: [{Type: A, TTL: 60}]}\n",
            "DnsConfig: {DnsRecords: [{Type: SRV, TTL: 60}]}\n",
        )],
        &[
            (
                "DnsConfig: {DnsRecords: [{Type: A, TTL: 60}]}\n",
                "DnsConfig: {DnsRecords: [{Type: SRV, TTL: 60}]}\n",
            ),
            (
                "{RegistryArn: !GetAtt ApiName.Arn}",
                "{RegistryArn: !GetAtt ApiName.Arn, Port: 8080}",
            ),
        ],
    ),
    mistake(
        "registry-port",
        "Api",
        "ServiceRegistries: [{RegistryArn: !GetAtt ApiName.Arn",
        &[(
            "{RegistryArn: !GetAtt ApiName.Arn}",
            "{RegistryArn: !GetAtt ApiName.Arn, Port: 8080, ContainerName: api, ContainerPort: 8080}",
        )],
        &[(
            "{RegistryArn: !GetAtt ApiName.Arn}",
            "{RegistryArn: !GetAtt ApiName.Arn, ContainerName: api, ContainerPort: 8080}",
        )],
    ),
    mistake(
        "neighbour-path",
        "ApiRule",
        "Values: ['/service1*']",
        &[(API_PATHS, "Values: ['/service1*']")],
        &[(API_PATHS, "Values: ['/service1*']"), ("Priority: 20", "Priority: 5")],
    ),
    mistake(
        "shadowed-rule",
        "OtherRule",
        "Priority: 20",
        &[("Values: [/service10, /service10/*]", "Values: [/service1/admin]")],
        &[
            ("Values: [/service10, /service10/*]", "Values: [/service1/admin]"),
            ("Priority: 20", "Priority: 5"),
        ],
    ),
    mistake(
        "open-prefix",
        "ApiRule",
        "Values: ['/service1*']",
        &[(API_PATHS, "Values: ['/service1*']"), ("Priority: 20", "Priority: 5")],
        &[(API_PATHS, "Values: ['/service1/*']")],
    ),
    mistake(
        "health-check-path",
        "ApiTargets",
        "ApiTargets:",
        &[
            ("      HealthCheckPath: /service1/health\n", ""),
            ("  ApiTargets:\n", "  ApiTargets: \n"),
        ],
        &[(
            "HealthCheckPath: /service1/health",
            "HealthCheckPath: /\n      Matcher: {HttpCode: 200-404}",
        )],
    ),
    mistake(
        "health-check-path",
        "ApiTargets",
        "HealthCheckPath: /other",
        &[("HealthCheckPath: /service1/health", "HealthCheckPath: /other")],
        &[("HealthCheckPath: /service1/health", "HealthCheckPath: /service1?full=1")],
    ),
    mistake(
        "same-priority",
        "OtherRule",
        "OtherRule:",
        &[("Priority: 20", "Priority: 10")],
        &[("Priority: 20", "Priority: 11")],
    ),
    mistake(
        "same-port",
        "Second",
        "Second:",
        &[(
            "  ApiRule:\n",
            "  Second:\n    Type: AWS::ElasticLoadBalancingV2::Listener\n    Properties: {LoadBalancerArn: !Ref Balancer, Port: 443, Protocol: HTTP, DefaultActions: [{Type: fixed-response, FixedResponseConfig: {StatusCode: '404'}}]}\n  ApiRule:\n",
        )],
        &[],
    ),
    mistake(
        "same-name",
        "Twin",
        "Twin:",
        &[(
            "  WorkerName:\n",
            "  Twin:\n    Type: AWS::ServiceDiscovery::Service\n    Properties: {Name: API, NamespaceId: !Ref Namespace, DnsConfig: {DnsRecords: [{Type: A, TTL: 60}]}}\n  WorkerName:\n",
        )],
        &[],
    ),
    mistake(
        "listener-certificate",
        "Listener",
        "Listener:",
        &[
            ("      Certificates: [{CertificateArn: !Ref Certificate}]\n", ""),
            (
                "  ApiRule:\n    Type: AWS::ElasticLoadBalancingV2::ListenerRule\n",
                "  ApiRule:\n    Type: AWS::ElasticLoadBalancingV2::ListenerRule\n",
            ),
        ],
        &[(
            "      Protocol: HTTPS\n      Certificates: [{CertificateArn: !Ref Certificate}]\n",
            "      Protocol: HTTP\n",
        )],
    ),
    mistake(
        "container-port",
        "Api",
        "LoadBalancers: [{ContainerName: api, ContainerPort: 8082",
        &[("ContainerName: api, ContainerPort: 8080", "ContainerName: api, ContainerPort: 8082")],
        &[],
    ),
    mistake(
        "container-port",
        "Api",
        "LoadBalancers: [{ContainerName: app",
        &[("ContainerName: api, ContainerPort: 8080", "ContainerName: app, ContainerPort: 8080")],
        &[],
    ),
    mistake(
        "port-variable",
        "ApiTask",
        "Value: '3000'",
        &[("Value: '8080'", "Value: '3000'")],
        &[(
            "Name: PORT\n              Value: '8080'",
            "Name: METRICS_PORT\n              Value: '3000'",
        )],
    ),
    mistake(
        "target-type",
        "Api",
        "LoadBalancers: [{ContainerName: api",
        &[("TargetType: ip", "TargetType: instance")],
        &[],
    ),
    mistake(
        "target-type",
        "Api",
        "LoadBalancers: [{ContainerName: api",
        &[("      TargetType: ip\n", ""), ("  ApiTargets:\n", "  ApiTargets: \n")],
        &[],
    ),
    mistake(
        "unbound-target-group",
        "Api",
        "LoadBalancers: [{ContainerName: api",
        &[(
            "{Type: forward, TargetGroupArn: !Ref ApiTargets}]",
            "{Type: fixed-response, FixedResponseConfig: {StatusCode: '500'}}]",
        )],
        &[(
            "{Type: forward, TargetGroupArn: !Ref ApiTargets}]",
            "{Type: forward, ForwardConfig: {TargetGroups: [{TargetGroupArn: !Ref ApiTargets}]}}]",
        )],
    ),
    mistake(
        "missing-depends-on",
        "Api",
        "LoadBalancers: [{ContainerName: api",
        &[("    DependsOn: [ApiRule]\n", "")],
        &[
            ("    DependsOn: [ApiRule]\n", "    DependsOn: Logs\n"),
            (
                "Logs: {Type: AWS::Logs::LogGroup}",
                "Logs: {Type: AWS::Logs::LogGroup, DependsOn: ApiRule}",
            ),
        ],
    ),
    mistake(
        "health-check-timing",
        "ApiTargets",
        "HealthCheckTimeoutSeconds: 30",
        &[("HealthCheckTimeoutSeconds: 5", "HealthCheckTimeoutSeconds: 30")],
        &[("HealthCheckTimeoutSeconds: 5", "HealthCheckTimeoutSeconds: 29")],
    ),
    mistake(
        "task-size",
        "ApiTask",
        "Memory: '4096'",
        &[("Memory: '512'", "Memory: '4096'")],
        &[("Memory: '512'", "Memory: '2 GB'")],
    ),
    mistake(
        "task-size",
        "WorkerTask",
        "Memory: 2048",
        &[("Image: team/worker", "Image: team/worker\n          Memory: 2048")],
        &[("Image: team/worker", "Image: team/worker\n          Memory: 1024")],
    ),
    mistake(
        "network-mode",
        "WorkerTask",
        "NetworkMode: bridge",
        &[(
            "Memory: '1024'\n      NetworkMode: awsvpc",
            "Memory: '1024'\n      NetworkMode: bridge",
        )],
        &[],
    ),
    mistake(
        "network-configuration",
        "Worker",
        "Worker:",
        &[
            (
                "      NetworkConfiguration:\n        AwsvpcConfiguration: {Subnets: [!Ref PrivateSubnet], SecurityGroups: [!GetAtt TaskGroup.GroupId]}\n",
                "",
            ),
            ("http://worker.local:8081", "none"),
            ("\n  Worker:\n", "\n  Worker: \n"),
        ],
        &[],
    ),
    mistake(
        "launch-type",
        "Api",
        "Api:",
        &[(
            "      Cluster: !Ref Cluster\n      LaunchType: FARGATE\n",
            "      Cluster: !Ref Cluster\n",
        )],
        &[
            (
                "      Cluster: !Ref Cluster\n      LaunchType: FARGATE\n",
                "      Cluster: !Ref Cluster\n",
            ),
            (
                "{Type: AWS::ECS::Cluster}",
                "{Type: AWS::ECS::Cluster, Properties: {DefaultCapacityProviderStrategy: [{CapacityProvider: FARGATE_SPOT}]}}",
            ),
        ],
    ),
    mistake(
        "host-port",
        "ApiTask",
        "HostPort: 80}",
        &[(
            "PortMappings: [{ContainerPort: 8080}]",
            "PortMappings: [{ContainerPort: 8080, HostPort: 80}]",
        )],
        &[(
            "PortMappings: [{ContainerPort: 8080}]",
            "PortMappings: [{ContainerPort: 8080, HostPort: 8080}]",
        )],
    ),
    mistake(
        "not-on-fargate",
        "WorkerTask",
        "DnsServers:",
        &[("Image: team/side", "Image: team/side\n          DnsServers: [10.0.0.2]")],
        &[("Image: team/side", "Image: team/side\n          DnsServers: []")],
    ),
    mistake(
        "container-dependency",
        "WorkerTask",
        "DependsOn: [{ContainerName: side, Condition: HEALTHY}]",
        &[(
            "Image: team/worker",
            "Image: team/worker\n          DependsOn: [{ContainerName: side, Condition: HEALTHY}]",
        )],
        &[(
            "Image: team/worker",
            "Image: team/worker\n          DependsOn: [{ContainerName: side, Condition: SUCCESS}]",
        )],
    ),
    mistake(
        "container-dependency",
        "WorkerTask",
        "DependsOn: [{ContainerName: worker, Condition: COMPLETE}]",
        &[(
            "Image: team/side",
            "Image: team/side\n          DependsOn: [{ContainerName: worker, Condition: COMPLETE}]",
        )],
        &[(
            "Image: team/side",
            "Image: team/side\n          DependsOn: [{ContainerName: worker, Condition: START}]",
        )],
    ),
    mistake(
        "container-timeout",
        "WorkerTask",
        "StopTimeout: 121",
        &[("Image: team/side", "Image: team/side\n          StopTimeout: 121")],
        &[("Image: team/side", "Image: team/side\n          StopTimeout: 120")],
    ),
    mistake(
        "image-placeholder",
        "ApiTask",
        "Image: ACCOUNT_ID",
        &[(ECR_IMAGE, "Image: ACCOUNT_ID.dkr.ecr.us-west-2.amazonaws.com/api:v1")],
        &[],
    ),
    mistake(
        "example-account",
        "ApiTask",
        "Image: 123456789012",
        &[(ECR_IMAGE, "Image: 123456789012.dkr.ecr.us-west-2.amazonaws.com/api:v1")],
        &[(ECR_IMAGE, "Image: 123456789013.dkr.ecr.us-west-2.amazonaws.com/api:v1")],
    ),
    mistake(
        "curl-check",
        "WorkerTask",
        "HealthCheck:",
        &[(
            "Image: team/worker",
            "Image: team/worker\n          HealthCheck: {Command: [CMD-SHELL, 'curl -f localhost || exit 1']}",
        )],
        &[(
            "Image: team/worker",
            "Image: team/worker\n          HealthCheck: {Command: [CMD, /worker, healthcheck]}",
        )],
    ),
    mistake(
        "shell-signal",
        "WorkerTask",
        "Command: [sh, -c",
        &[(
            "Image: team/worker",
            "Image: team/worker\n          Command: [sh, -c, './worker --fast']",
        )],
        &[(
            "Image: team/worker",
            "Image: team/worker\n          Command: [sh, -c, 'exec ./worker --fast']",
        )],
    ),
    mistake(
        "execution-role",
        "ApiTask",
        "Image: !Sub",
        &[("      ExecutionRoleArn: !GetAtt Role.Arn\n", "")],
        &[(
            "ExecutionRoleArn: !GetAtt Role.Arn",
            "ExecutionRoleArn: arn:aws:iam::111122223334:role/execution",
        )],
    ),
    mistake(
        "execution-role",
        "WorkerTask",
        "Secrets:",
        &[(
            "Image: team/worker",
            "Image: team/worker\n          Secrets: [{Name: KEY, ValueFrom: key}]",
        )],
        &[],
    ),
    mistake(
        "execution-permissions",
        "Role",
        "Policies:",
        &[(
            "Action: 'ecr:GetAuthorizationToken', Resource: '*'",
            "Action: 'ecr:GetAuthorizationToken', Resource: 'arn:aws:ecr:us-west-2:1:repository/api'",
        )],
        &[("Action: 'ecr:GetAuthorizationToken'", "Action: 'ecr:Get*'")],
    ),
    mistake(
        "execution-permissions",
        "Role",
        "Policies:",
        &[("repository/api'}", "repository/other'}")],
        &[("repository/api'}", "repository/*'}")],
    ),
    mistake(
        "execution-permissions",
        "Role",
        "Policies:",
        &[(
            "awslogs-group: !Ref Logs",
            "awslogs-group: !Ref Logs\n              awslogs-create-group: 'true'",
        )],
        &[
            ("'logs:PutLogEvents'", "'logs:PutLogEvents', 'logs:CreateLogGroup'"),
            (
                "awslogs-group: !Ref Logs",
                "awslogs-group: /mine\n              awslogs-create-group: 'true'",
            ),
        ],
    ),
    mistake(
        "role-trust",
        "Role",
        "AssumeRolePolicyDocument:",
        &[("Service: ecs-tasks.amazonaws.com", "Service: ecs.amazonaws.com")],
        &[(
            "Service: ecs-tasks.amazonaws.com",
            "Service: [ec2.amazonaws.com, ecs-tasks.amazonaws.com]",
        )],
    ),
    // Policies may stand in texts, as JSON.
    mistake(
        "role-trust",
        "Role",
        "AssumeRolePolicyDocument:",
        &[(
            TRUST,
            " '{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"ec2.amazonaws.com\"}}}'",
        )],
        &[(
            TRUST,
            " '{\"Statement\": {\"Effect\": \"Allow\", \"Principal\": {\"Service\": \"ecs-tasks.amazonaws.com\"}}}'",
        )],
    ),
    mistake(
        "execution-permissions",
        "Role",
        "Policies:",
        &[(
            PERMISSIONS,
            " '{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"logs:*\", \"Resource\": \"*\"}}'",
        )],
        &[(
            PERMISSIONS,
            " '{\"Statement\": {\"Effect\": \"Allow\", \"Action\": [\"logs:*\", \"ecr:*\"], \"Resource\": \"*\"}}'",
        )],
    ),
    mistake(
        "log-group",
        "ApiTask",
        "awslogs-group: /shop/api",
        &[("awslogs-group: !Ref Logs", "awslogs-group: /shop/api")],
        &[
            ("awslogs-group: !Ref Logs", "awslogs-group: /shop/api"),
            (
                "Logs: {Type: AWS::Logs::LogGroup}",
                "Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /shop/api}}",
            ),
        ],
    ),
    mistake(
        "log-options",
        "ApiTask",
        "LogDriver: awslogs",
        &[("              awslogs-stream-prefix: api\n", "")],
        &[],
    ),
    mistake(
        "private-subnet",
        "Worker",
        "AwsvpcConfiguration: {Subnets: [!Ref LoneSubnet]",
        &[
            (
                "  PrivateTable:",
                "  LoneSubnet:\n    Type: AWS::EC2::Subnet\n    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.3.0/24}\n  PrivateTable:",
            ),
            (
                "AwsvpcConfiguration: {Subnets: [!Ref PrivateSubnet]",
                "AwsvpcConfiguration: {Subnets: [!Ref LoneSubnet]",
            ),
        ],
        &[(
            "AwsvpcConfiguration: {Subnets: [!Ref PrivateSubnet]",
            "AwsvpcConfiguration: {Subnets: [subnet-1]",
        )],
    ),
    mistake(
        "private-subnet",
        "Api",
        "Subnets: [!Ref LoneSubnet]",
        &[
            (
                "  PrivateTable:",
                "  LoneSubnet:\n    Type: AWS::EC2::Subnet\n    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.3.0/24}\n  PrivateTable:",
            ),
            ("Subnets: [!Ref PrivateSubnet]\n", "Subnets: [!Ref LoneSubnet]\n"),
        ],
        &[
            (
                "  PrivateTable:",
                "  LoneSubnet:\n    Type: AWS::EC2::Subnet\n    Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.3.0/24}\n  EcrApi: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, ServiceName: com.amazonaws.us-west-2.ecr.api}}\n  EcrDkr: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, ServiceName: com.amazonaws.us-west-2.ecr.dkr}}\n  LogsApi: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, ServiceName: com.amazonaws.us-west-2.logs}}\n  S3: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, ServiceName: com.amazonaws.us-west-2.s3}}\n  PrivateTable:",
            ),
            ("Subnets: [!Ref PrivateSubnet]\n", "Subnets: [!Ref LoneSubnet]\n"),
        ],
    ),
    mistake(
        "public-ip",
        "Worker",
        "AwsvpcConfiguration: {Subnets: [!Ref PublicSubnet]",
        &[(
            "AwsvpcConfiguration: {Subnets: [!Ref PrivateSubnet]",
            "AwsvpcConfiguration: {Subnets: [!Ref PublicSubnet]",
        )],
        &[(
            "AwsvpcConfiguration: {Subnets: [!Ref PrivateSubnet]",
            "AwsvpcConfiguration: {AssignPublicIp: ENABLED, Subnets: [!Ref PublicSubnet]",
        )],
    ),
    mistake(
        "no-room",
        "Worker",
        "{MaximumPercent: 110",
        &[("MaximumPercent: 150", "MaximumPercent: 110")],
        &[("MaximumPercent: 150", "MaximumPercent: 100, MinimumHealthyPercent: 50")],
    ),
    mistake(
        "circuit-breaker",
        "Api",
        "DeploymentConfiguration: {MaximumPercent: 200}",
        &[(API_CIRCUIT, "DeploymentConfiguration: {MaximumPercent: 200}")],
        &[],
    ),
    mistake(
        "grace-period",
        "Api",
        "HealthCheckGracePeriodSeconds: 0",
        &[("HealthCheckGracePeriodSeconds: 60", "HealthCheckGracePeriodSeconds: 0")],
        &[("HealthCheckGracePeriodSeconds: 60", "HealthCheckGracePeriodSeconds: 1")],
    ),
    mistake(
        "quota",
        "Worker",
        "Worker:",
        &[("DesiredCount: 4", "DesiredCount: 1001"), ("\n  Worker:\n", "\n  Worker: \n")],
        &[("DesiredCount: 4", "DesiredCount: 1000")],
    ),
    mistake(
        "quota",
        "ApiRule",
        "Values: [/a, /b, /c",
        &[(API_PATHS, "Values: [/a, /b, /c, /d, /e, /service1/*]")],
        &[(API_PATHS, "Values: [/a, /b, /c, /d, /service1/*]")],
    ),
    mistake(
        "refused",
        "ApiTargets",
        "HealthyThresholdCount: 11",
        &[("TargetType: ip", "TargetType: ip\n      HealthyThresholdCount: 11")],
        &[("TargetType: ip", "TargetType: ip\n      HealthyThresholdCount: 10")],
    ),
    mistake(
        "not-in-template",
        "WorkerTwin",
        "TaskDefinition: other",
        &[(
            "  Worker:\n",
            "  WorkerTwin:\n    Type: AWS::ECS::Service\n    Properties:\n      TaskDefinition: other:1\n      NetworkConfiguration: {}\n  Worker:\n",
        )],
        &[],
    ),
    mistake(
        "not-emulated",
        "Nested",
        "Nested:",
        &[(
            "  Gateway:",
            "  Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: https://a.example/b}}\n  Gateway:",
        )],
        &[],
    ),
];
