//! Types that are not emulated: what the common ones are called, and something likely for the rest.

use super::{Maker, partition, url_suffix};
use crate::{identity::Identity, inputs::Inputs};

/// Returns the prefix of a type's identifiers and the attribute that repeats them, where `Ref` gives
/// one.
fn prefix(resource_type: &str) -> Option<(&'static str, &'static str)> {
    Some(match resource_type {
        "EC2::Subnet" => ("subnet", "SubnetId"),
        "EC2::InternetGateway" => ("igw", "InternetGatewayId"),
        "EC2::EgressOnlyInternetGateway" => ("eigw", "Id"),
        "EC2::NatGateway" => ("nat", "NatGatewayId"),
        "EC2::TransitGateway" => ("tgw", "Id"),
        "EC2::VPNGateway" => ("vgw", "VPNGatewayId"),
        "EC2::RouteTable" => ("rtb", "RouteTableId"),
        "EC2::SubnetRouteTableAssociation" => ("rtbassoc", "Id"),
        "EC2::SecurityGroupIngress" | "EC2::SecurityGroupEgress" => ("sgr", "Id"),
        "EC2::VPCEndpoint" => ("vpce", "Id"),
        "EC2::NetworkAcl" => ("acl", "Id"),
        "EC2::PrefixList" => ("pl", "PrefixListId"),
        "EC2::FlowLog" => ("fl", "Id"),
        "EC2::DHCPOptions" => ("dopt", "DhcpOptionsId"),
        "EC2::NetworkInterface" => ("eni", "Id"),
        "EC2::Instance" => ("i", "InstanceId"),
        "EC2::Volume" => ("vol", "VolumeId"),
        "EC2::LaunchTemplate" => ("lt", "LaunchTemplateId"),
        "EFS::FileSystem" => ("fs", "FileSystemId"),
        "EFS::AccessPoint" => ("fsap", "AccessPointId"),
        "EFS::MountTarget" => ("fsmt", "Id"),
        _ => return None,
    })
}

/// Returns the property that names a resource, and what stands before the name in its ARN, where
/// `Ref` gives the name.
fn named(resource_type: &str) -> Option<(&'static str, &'static str)> {
    Some(match resource_type {
        "DynamoDB::Table" | "DynamoDB::GlobalTable" => ("TableName", "table/"),
        "Lambda::Function" => ("FunctionName", "function:"),
        "Events::Rule" => ("Name", "rule/"),
        "Kinesis::Stream" => ("Name", "stream/"),
        "KinesisFirehose::DeliveryStream" => ("DeliveryStreamName", "deliverystream/"),
        "ECS::CapacityProvider" => ("Name", "capacity-provider/"),
        "CloudWatch::Alarm" => ("AlarmName", "alarm:"),
        "CodeBuild::Project" => ("Name", "project/"),
        "AutoScaling::AutoScalingGroup" => ("AutoScalingGroupName", "autoScalingGroup:"),
        _ => return None,
    })
}

/// Returns the property that names a resource, what stands before the name in its ARN, and the
/// attributes that repeat ARN and name, where `Ref` gives the ARN.
fn by_arn(resource_type: &str) -> Option<(&'static str, &'static str, &'static str, &'static str)> {
    Some(match resource_type {
        "SNS::Topic" => ("TopicName", "", "TopicArn", "TopicName"),
        "StepFunctions::StateMachine" => ("StateMachineName", "stateMachine:", "Arn", "Name"),
        "AppMesh::Mesh" => ("MeshName", "mesh/", "Arn", "MeshName"),
        "Batch::JobQueue" => ("JobQueueName", "job-queue/", "JobQueueArn", "JobQueueName"),
        _ => return None,
    })
}

// === impl Maker ===

impl Maker<'_> {
    /// Returns the identity of a type of which not all attributes are known here.
    pub(super) fn other(&self, name: &str) -> Identity {
        let service = name.split("::").next().unwrap_or_default().to_lowercase();
        let identity = match name {
            "EC2::VPC" => self.vpc(),
            "EC2::SecurityGroup" => self.security_group(),
            "EC2::EIP" => self.elastic_ip(),
            "IAM::Role" => self.role(),
            "IAM::ManagedPolicy" => self.managed_policy(),
            "Logs::LogGroup" => self.log_group(),
            "Route53::HostedZone" => self.hosted_zone(),
            "Route53::RecordSet" => Identity::new(self.name("Name", 255)),
            "ECR::Repository" => self.repository(),
            "SQS::Queue" => self.queue(),
            "S3::Bucket" => self.bucket(),
            "KMS::Key" => self.key(),
            "KMS::Alias" => Identity::new(self.name("AliasName", 256)),
            "SecretsManager::Secret" => self.secret(),
            "SecretsManager::SecretTargetAttachment" | "SecretsManager::ResourcePolicy" => {
                Identity::new(self.name("SecretId", 512)).with_reference("Id")
            }
            "SSM::Parameter" => self.parameter(),
            "RDS::DBInstance" => self.database("DBInstanceIdentifier", "Endpoint.", ""),
            "RDS::DBCluster" => self.database("DBClusterIdentifier", "Endpoint.", "cluster-"),
            "ElastiCache::ReplicationGroup" => {
                self.database("ReplicationGroupId", "PrimaryEndPoint.", "")
            }
            "CloudFront::Distribution" => self.distribution(),
            "Cognito::UserPool" => self.user_pool(),
            "WAFv2::WebACL" => self.web_acl(),
            name => self.of_tables(name, &service),
        };
        identity.open(self.logical_id, self.arn(&service, &self.generated_name(255)))
    }

    fn of_tables(&self, name: &str, service: &str) -> Identity {
        if let Some((prefix, attribute)) = prefix(name) {
            return self.identifier(prefix, attribute);
        }
        if let Some((property, kind)) = named(name) {
            let name = self.name(property, 255);
            let arn = self.arn(service, &format!("{kind}{name}"));
            return Identity::new(name).with("Arn", arn);
        }
        if let Some((property, kind, arn_name, own_name)) = by_arn(name) {
            let name = self.name(property, 80);
            let service = if service == "stepfunctions" { "states" } else { service };
            let arn = self.arn(service, &format!("{kind}{name}"));
            return Identity::new(arn).with_reference(arn_name).with(own_name, name);
        }
        Identity::new(self.generated_name(255))
    }

    fn vpc(&self) -> Identity {
        self.identifier("vpc", "VpcId")
            .with("DefaultSecurityGroup", format!("sg-{}", self.hex("default group", 17)))
            .with("DefaultNetworkAcl", format!("acl-{}", self.hex("default acl", 17)))
    }

    fn security_group(&self) -> Identity {
        self.identifier("sg", "GroupId")
            .with_reference("Id")
            .with_property(self.properties, "VpcId")
    }

    fn elastic_ip(&self) -> Identity {
        // TEST-NET-3 (RFC 5737): an address that is nobody's.
        let last = u8::from_str_radix(&self.hex("address", 2), 16).unwrap_or(1);
        Identity::new(format!("203.0.113.{last}"))
            .with_reference("PublicIp")
            .with("AllocationId", format!("eipalloc-{}", self.hex("allocation", 17)))
    }

    fn role(&self) -> Identity {
        let name = self.name("RoleName", 64);
        let path = self.text("Path").unwrap_or_else(|| "/".to_owned());
        let arn = self.global_arn("iam", &format!("role{path}{name}"));
        let id = format!("AROA{}", self.base32(17).to_uppercase());
        Identity::new(name).with("Arn", arn).with("RoleId", id)
    }

    fn managed_policy(&self) -> Identity {
        let name = self.name("ManagedPolicyName", 128);
        let path = self.text("Path").unwrap_or_else(|| "/".to_owned());
        Identity::new(self.global_arn("iam", &format!("policy{path}{name}")))
            .with_reference("PolicyArn")
    }

    fn log_group(&self) -> Identity {
        let name = self.name("LogGroupName", 512);
        let arn = self.arn("logs", &format!("log-group:{name}:*"));
        Identity::new(name).with("Arn", arn)
    }

    fn hosted_zone(&self) -> Identity {
        Identity::new(self.zone_id("zone")).with_reference("Id")
    }

    fn repository(&self) -> Identity {
        let name = self.name("RepositoryName", 256).to_lowercase();
        let Inputs { region, account, .. } = self.inputs;
        let uri = format!("{account}.dkr.ecr.{region}.{}/{name}", url_suffix(region));
        let arn = self.arn("ecr", &format!("repository/{name}"));
        Identity::new(name).with("Arn", arn).with("RepositoryUri", uri)
    }

    fn queue(&self) -> Identity {
        let name = self.name("QueueName", 80);
        let Inputs { region, account, .. } = self.inputs;
        let url = format!("https://sqs.{region}.{}/{account}/{name}", url_suffix(region));
        let arn = self.arn("sqs", &name);
        Identity::new(url).with_reference("QueueUrl").with("Arn", arn).with("QueueName", name)
    }

    fn bucket(&self) -> Identity {
        let name = self.name("BucketName", 63).to_lowercase();
        let region = &self.inputs.region;
        let suffix = url_suffix(region);
        Identity::new(name.clone())
            .with("Arn", format!("arn:{}:s3:::{name}", partition(region)))
            .with("DomainName", format!("{name}.s3.{suffix}"))
            .with("RegionalDomainName", format!("{name}.s3.{region}.{suffix}"))
            .with("WebsiteURL", format!("http://{name}.s3-website.{region}.{suffix}"))
    }

    fn key(&self) -> Identity {
        let id = self.uuid("key");
        let arn = self.arn("kms", &format!("key/{id}"));
        Identity::new(id).with_reference("KeyId").with("Arn", arn)
    }

    /// Returns a secret's identity; its ARN ends with six characters of Secrets Manager's own.
    fn secret(&self) -> Identity {
        let name = self.text("Name");
        let name =
            name.unwrap_or_else(|| format!("{}-{}", self.logical_id, self.mixed("name", 12)));
        let arn = self.arn("secretsmanager", &format!("secret:{name}-{}", self.mixed("secret", 6)));
        Identity::new(arn).with_reference("Id")
    }

    fn parameter(&self) -> Identity {
        let name = self.text("Name");
        let name =
            name.unwrap_or_else(|| format!("CFN-{}-{}", self.logical_id, self.mixed("name", 12)));
        let kind = self.text("Type").unwrap_or_else(|| "String".to_owned());
        Identity::new(name).with("Type", kind).with_property(self.properties, "Value")
    }

    fn database(&self, property: &str, endpoint: &str, kind: &str) -> Identity {
        let name = self.name(property, 63).to_lowercase();
        let Inputs { region, .. } = self.inputs;
        let host = self.digits("endpoint", 12, b"abcdefghijklmnopqrstuvwxyz0123456789");
        let host = format!("{name}.{kind}{host}.{region}.rds.{}", url_suffix(region));
        let port = self.text("Port").unwrap_or_else(|| self.usual_port().to_owned());
        Identity::new(name)
            .with(format!("{endpoint}Address"), host)
            .with(format!("{endpoint}Port"), port)
    }

    /// Returns the port that a database's engine has by default.
    fn usual_port(&self) -> &'static str {
        let engine = self.text("Engine").unwrap_or_default();
        let ports = [
            ("postgres", "5432"),
            ("oracle", "1521"),
            ("sqlserver", "1433"),
            ("redis", "6379"),
            ("valkey", "6379"),
        ];
        let port = ports.iter().find(|(name, _)| engine.contains(name));
        port.map_or("3306", |(_, port)| *port)
    }

    fn distribution(&self) -> Identity {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        let id = format!("E{}", self.digits("distribution", 13, alphabet));
        let domain = self.digits("domain", 13, b"abcdefghijklmnopqrstuvwxyz0123456789");
        Identity::new(id)
            .with_reference("Id")
            .with("DomainName", format!("d{domain}.cloudfront.net"))
    }

    fn user_pool(&self) -> Identity {
        let Inputs { region, .. } = self.inputs;
        let id = format!("{region}_{}", self.mixed("pool", 9));
        let arn = self.arn("cognito-idp", &format!("userpool/{id}"));
        let provider = format!("cognito-idp.{region}.{}/{id}", url_suffix(region));
        Identity::new(id)
            .with_reference("UserPoolId")
            .with("Arn", arn)
            .with("ProviderURL", format!("https://{provider}"))
            .with("ProviderName", provider)
    }

    fn web_acl(&self) -> Identity {
        let (name, id) = (self.name("Name", 128), self.uuid("acl"));
        let scope = self.text("Scope").unwrap_or_else(|| "REGIONAL".to_owned());
        let arn = self.arn("wafv2", &format!("{}/webacl/{name}/{id}", scope.to_lowercase()));
        Identity::new(format!("{name}|{id}|{scope}")).with("Arn", arn).with("Id", id)
    }

    fn identifier(&self, prefix: &str, attribute: &'static str) -> Identity {
        Identity::new(format!("{prefix}-{}", self.hex(prefix, 17)))
            .with_reference(attribute)
            .with_property(self.properties, "CidrBlock")
            .with_property(self.properties, "AvailabilityZone")
    }

    fn mixed(&self, purpose: &str, count: usize) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        self.digits(purpose, count, alphabet)
    }
}
