"""What a load balancer can be asked to do, and what has no counterpart at a desk."""

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_elasticloadbalancingv2_actions as actions
from aws_cdk import aws_elasticloadbalancingv2_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as aliases
from aws_cdk import aws_wafv2 as waf

from patterns import given_vpc, image


def service(scope, name, cluster, port):
    task = ecs.FargateTaskDefinition(scope, f"{name}Task")
    task.add_container(
        name, image=image(f"{name.lower()}:1"), port_mappings=[ecs.PortMapping(container_port=port)]
    )
    return ecs.FargateService(scope, name, cluster=cluster, task_definition=task)


class Routes(cdk.Stack):
    """Every kind of condition and action."""

    def __init__(self, scope, name, **rest):
        super().__init__(scope, name, **rest)
        vpc = given_vpc(self)
        cluster = ecs.Cluster(self, "Cluster", vpc=vpc)
        blue, green = service(self, "Blue", cluster, 8080), service(self, "Green", cluster, 8080)
        balancer = elbv2.ApplicationLoadBalancer(
            self, "Balancer", vpc=vpc, internet_facing=True, idle_timeout=cdk.Duration.seconds(30)
        )
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id="Z0123456789", zone_name="example.com"
        )
        certificate = acm.Certificate(
            self,
            "Certificate",
            domain_name="example.com",
            subject_alternative_names=["*.example.com"],
            validation=acm.CertificateValidation.from_dns(zone),
        )
        route53.ARecord(
            self,
            "Record",
            zone=zone,
            target=route53.RecordTarget.from_alias(aliases.LoadBalancerTarget(balancer)),
        )
        balancer.add_redirect()
        listener = balancer.add_listener(
            "Https",
            port=443,
            certificates=[certificate],
            ssl_policy=elbv2.SslPolicy.RECOMMENDED_TLS,
            default_action=elbv2.ListenerAction.fixed_response(
                404, content_type="application/json", message_body='{"error": "none"}'
            ),
        )
        group = {}
        for target in [blue, green]:
            group[target] = elbv2.ApplicationTargetGroup(
                self,
                f"{target.node.id}Group",
                vpc=vpc,
                port=8080,
                protocol=elbv2.ApplicationProtocol.HTTP,
                targets=[target],
                stickiness_cookie_duration=cdk.Duration.hours(1),
                deregistration_delay=cdk.Duration.seconds(10),
            )
        condition = elbv2.ListenerCondition
        listener.add_action(
            "Weighted",
            priority=10,
            conditions=[condition.path_patterns(["/shop", "/shop/*"])],
            action=elbv2.ListenerAction.weighted_forward(
                [
                    elbv2.WeightedTargetGroup(target_group=group[blue], weight=9),
                    elbv2.WeightedTargetGroup(target_group=group[green], weight=1),
                ],
                stickiness_duration=cdk.Duration.minutes(5),
            ),
        )
        listener.add_action(
            "Beta",
            priority=20,
            conditions=[
                condition.host_headers(["beta.example.com"]),
                condition.http_request_methods(["GET", "HEAD"]),
            ],
            action=elbv2.ListenerAction.forward([group[green]]),
        )
        listener.add_action(
            "Query",
            priority=30,
            conditions=[
                condition.query_strings([elbv2.QueryStringCondition(key="version", value="2")]),
                condition.http_header("X-Preview", ["yes*"]),
                condition.source_ips(["10.0.0.0/8", "127.0.0.0/8"]),
            ],
            action=elbv2.ListenerAction.forward([group[green]]),
        )
        listener.add_action(
            "Moved",
            priority=40,
            conditions=[condition.path_patterns(["/old/*"])],
            action=elbv2.ListenerAction.redirect(
                host="www.#{host}", path="/new/#{path}", query="from=old&#{query}", permanent=True
            ),
        )


class Elsewhere(cdk.Stack):
    """A Lambda target, a network load balancer, a web ACL, users to be authenticated."""

    def __init__(self, scope, name, **rest):
        super().__init__(scope, name, **rest)
        vpc = given_vpc(self)
        cluster = ecs.Cluster(self, "Cluster", vpc=vpc)
        web, admin = service(self, "Web", cluster, 8080), service(self, "Admin", cluster, 9000)
        balancer = elbv2.ApplicationLoadBalancer(self, "Balancer", vpc=vpc, internet_facing=True)
        certificate = acm.Certificate.from_certificate_arn(
            self, "Certificate", "arn:aws:acm:us-west-2:111122223333:certificate/00000000"
        )
        listener = balancer.add_listener("Https", port=443, certificates=[certificate])
        listener.add_targets("Web", port=8080, protocol=elbv2.ApplicationProtocol.HTTP, targets=[web])
        function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_12,
            handler="index.handler",
            code=lambda_.Code.from_inline("def handler(event, context):\n    return {}\n"),
        )
        listener.add_targets(
            "Function",
            priority=10,
            conditions=[elbv2.ListenerCondition.path_patterns(["/function"])],
            targets=[targets.LambdaTarget(function)],
        )
        group = elbv2.ApplicationTargetGroup(
            self, "AdminGroup", vpc=vpc, port=9000, protocol=elbv2.ApplicationProtocol.HTTP, targets=[admin]
        )
        listener.add_action(
            "Admin",
            priority=20,
            conditions=[elbv2.ListenerCondition.path_patterns(["/admin*"])],
            action=elbv2.ListenerAction.authenticate_oidc(
                authorization_endpoint="https://users.example.com/authorize",
                client_id="desk",
                client_secret=cdk.SecretValue.unsafe_plain_text("not secret"),
                issuer="https://users.example.com",
                token_endpoint="https://users.example.com/token",
                user_info_endpoint="https://users.example.com/info",
                next=elbv2.ListenerAction.forward([group]),
            ),
        )
        network = elbv2.NetworkLoadBalancer(self, "Network", vpc=vpc, internet_facing=False)
        network.add_listener("Tcp", port=5000).add_targets("Raw", port=9000, targets=[admin])
        acl = waf.CfnWebACL(
            self,
            "Wall",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            scope="REGIONAL",
            visibility_config=waf.CfnWebACL.VisibilityConfigProperty(
                cloud_watch_metrics_enabled=False, metric_name="wall", sampled_requests_enabled=False
            ),
        )
        waf.CfnWebACLAssociation(
            self, "Walled", resource_arn=balancer.load_balancer_arn, web_acl_arn=acl.attr_arn
        )
