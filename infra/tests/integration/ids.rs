//! Which of our logical ids stands for which of the CDK's.

const SERVICES: [(&str, &str, &str); 3] =
    [("1", "One", "7071"), ("2", "Two", "7072"), ("3", "Three", "7073")];

/// The CDK's construct path, without the stack's name, to our logical id. A `#` in a line for
/// the services is the number, `$` the number as a word, `@` the port.
const ONCE: [(&str, &str); 33] = [
    ("VPC/Resource", "Vpc"),
    ("VPC/IGW", "InternetGateway"),
    ("VPC/VPCGW", "InternetGatewayAttachment"),
    ("VPC/PublicSubnet1/Subnet", "PublicSubnet1"),
    ("VPC/PublicSubnet1/RouteTable", "PublicSubnet1RouteTable"),
    ("VPC/PublicSubnet1/RouteTableAssociation", "PublicSubnet1RouteTableAssociation"),
    ("VPC/PublicSubnet1/DefaultRoute", "PublicSubnet1DefaultRoute"),
    ("VPC/PublicSubnet1/EIP", "PublicSubnet1Eip"),
    ("VPC/PublicSubnet1/NATGateway", "PublicSubnet1NatGateway"),
    ("VPC/PublicSubnet2/Subnet", "PublicSubnet2"),
    ("VPC/PublicSubnet2/RouteTable", "PublicSubnet2RouteTable"),
    ("VPC/PublicSubnet2/RouteTableAssociation", "PublicSubnet2RouteTableAssociation"),
    ("VPC/PublicSubnet2/DefaultRoute", "PublicSubnet2DefaultRoute"),
    ("VPC/PublicSubnet2/EIP", "PublicSubnet2Eip"),
    ("VPC/PublicSubnet2/NATGateway", "PublicSubnet2NatGateway"),
    ("VPC/PrivateSubnet1/Subnet", "PrivateSubnet1"),
    ("VPC/PrivateSubnet1/RouteTable", "PrivateSubnet1RouteTable"),
    ("VPC/PrivateSubnet1/RouteTableAssociation", "PrivateSubnet1RouteTableAssociation"),
    ("VPC/PrivateSubnet1/DefaultRoute", "PrivateSubnet1DefaultRoute"),
    ("VPC/PrivateSubnet2/Subnet", "PrivateSubnet2"),
    ("VPC/PrivateSubnet2/RouteTable", "PrivateSubnet2RouteTable"),
    ("VPC/PrivateSubnet2/RouteTableAssociation", "PrivateSubnet2RouteTableAssociation"),
    ("VPC/PrivateSubnet2/DefaultRoute", "PrivateSubnet2DefaultRoute"),
    ("Cluster/Resource", "Cluster"),
    ("ALB/Resource", "LoadBalancer"),
    ("ALB/SecurityGroup/Resource", "LoadBalancerSecurityGroup"),
    ("ALB/port80Listener/Resource", "HttpListener"),
    ("ALB/Listener/Resource", "HttpsListener"),
    ("servicesSecurityGroup/Resource", "ServicesSecurityGroup"),
    ("serviceDiscoveryNamespace/Resource", "Namespace"),
    ("GrittsDev/Resource", "Certificate"),
    ("servicesSubdomain/Resource", "AliasRecord"),
    ("CDKMetadata/Default", "CDKMetadata"),
];

const EACH_SERVICE: [(&str, &str); 12] = [
    (
        "ALB/SecurityGroup/to EcsFargateMultipleServicesStackservicesSecurityGroup2A07D68E:@",
        "Service#LoadBalancerEgress",
    ),
    (
        "servicesSecurityGroup/from EcsFargateMultipleServicesStackALBSecurityGroupB21E5A11:@",
        "Service#LoadBalancerIngress",
    ),
    (
        "servicesSecurityGroup/from EcsFargateMultipleServicesStackservicesSecurityGroup2A07D68E:@",
        "Service#PeerIngress",
    ),
    ("ALB/Listener/service#Group/Resource", "Service#TargetGroup"),
    ("ALB/Listener/service#Rule/Resource", "Service#Rule"),
    ("Service$_TaskDef/TaskRole/Resource", "Service#TaskRole"),
    ("Service$_TaskDef/Resource", "Service#TaskDefinition"),
    ("Service$_TaskDef/Service$_Container/LogGroup/Resource", "Service#LogGroup"),
    ("Service$_TaskDef/ExecutionRole/Resource", "Service#ExecutionRole"),
    ("Service$_TaskDef/ExecutionRole/DefaultPolicy/Resource", "Service#ExecutionPolicy"),
    ("Service$/Service", "Service#"),
    ("Service$/CloudmapService/Resource", "Service#Discovery"),
];

/// Our logical id for a resource of the CDK's, by its construct path.
pub(crate) fn ours(path: &str) -> Option<String> {
    let path = path.strip_prefix("EcsFargateMultipleServicesStack/")?;
    let once = ONCE.iter().find(|(theirs, _)| *theirs == path).map(|(_, ours)| (*ours).to_owned());
    once.or_else(|| of_a_service(path))
}

fn of_a_service(path: &str) -> Option<String> {
    SERVICES.iter().find_map(|(number, word, port)| {
        let here = |text: &str| text.replace('#', number).replace('$', word).replace('@', port);
        EACH_SERVICE.iter().find(|(theirs, _)| here(theirs) == path).map(|(_, ours)| here(ours))
    })
}
