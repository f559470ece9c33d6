//! Every place where our template is meant to differ from the CDK's. The README gives the reason
//! for each row.

use serde_json::{Value, json};

use crate::comparison::Found;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cdk {
    V1,
    V2,
}

/// A difference on purpose.
#[derive(Debug)]
pub(crate) struct Listed {
    /// The row of the README's table that gives the reason.
    pub(crate) row: &'static str,
    /// Where: `?` is any one character, `*` any whole name.
    path: String,
    theirs: Side,
    ours: Side,
    /// At how many places.
    places: Places,
}

/// With v1, and with v2.
type Places = [usize; 2];

#[derive(Debug)]
enum Side {
    Absent,
    Anything,
    Is(Value),
}

/// Rows of the README's table that the comparison does not see, since it gives parameters the
/// CDK's literals and resources our logical ids.
pub(crate) const UNSEEN: [&str; 4] = [
    "Logical ids",
    "Account, region, partition",
    "Domain, hosted zone, image tag",
    "Availability zones",
];

use Side::{Absent, Anything, Is};

pub(crate) fn listed() -> Vec<Listed> {
    [of_services(), of_properties(), of_dependencies(), of_bookkeeping()]
        .into_iter()
        .flatten()
        .collect()
}

fn of_services() -> Vec<Listed> {
    let third = |property: &str| {
        format!("Resources/Service3TaskDefinition/Properties/ContainerDefinitions/0/{property}")
    };
    let url = json!([{"Name": "SERVICE_URL", "Value": "http://service1.services:7071"}]);
    let prefix = third("LogConfiguration/Options/awslogs-stream-prefix");
    let mut listed = vec![
        one("Log stream prefix of service3", &prefix, is("service2"), is("service3")),
        one("`SERVICE_URL` of service3", &third("Environment"), Absent, Is(url)),
        one("Container memory of service3", &third("Memory"), Absent, is(512)),
        Listed::new("`DesiredCount`", "Resources/Service?/Properties/DesiredCount", [3, 3])
            .sides(Absent, is("1")),
    ];
    for number in 1..=3 {
        let family = format!("Resources/Service{number}TaskDefinition/Properties/Family");
        let ours = format!("${{AWS::StackName}}-service{number}");
        listed.push(one("`Family`", &family, Anything, is(ours)));
        let name = format!("Resources/Service{number}ExecutionPolicy/Properties/PolicyName");
        let ours = format!("Service{number}ExecutionPolicy");
        listed.push(one("`PolicyName`", &name, Anything, is(ours)));
    }
    listed
}

fn of_properties() -> Vec<Listed> {
    let description = |group: &str| format!("Resources/{group}/Properties/GroupDescription");
    let off = |key: &str| Is(json!([{"Key": key, "Value": "false"}]));
    let alarms = json!({"AlarmNames": [], "Enable": false, "Rollback": false});
    let groups = "Group descriptions";
    vec![
        one(groups, &description("LoadBalancerSecurityGroup"), Anything, is("Load balancer")),
        one(groups, &description("ServicesSecurityGroup"), Anything, is("Tasks of the services")),
        one(
            "`LoadBalancerAttributes`",
            "Resources/LoadBalancer/Properties/LoadBalancerAttributes",
            off("deletion_protection.enabled"),
            Absent,
        ),
        Listed::new(
            "`TargetGroupAttributes`",
            "Resources/Service?TargetGroup/Properties/TargetGroupAttributes",
            [0, 3],
        )
        .sides(off("stickiness.enabled"), Absent),
        Listed::new(
            "`DeploymentConfiguration.Alarms`",
            "Resources/Service?/Properties/DeploymentConfiguration/Alarms",
            [0, 3],
        )
        .sides(Is(alarms), Absent),
        Listed::new(
            "`EnableECSManagedTags`",
            "Resources/Service?/Properties/EnableECSManagedTags",
            [3, 3],
        )
        .sides(is(false), Absent),
        Listed::new("`Tags`", "Resources/*/Properties/Tags", [13, 14]).sides(Anything, Absent),
        // Tags are all that it has.
        one("`Tags`", "Resources/InternetGateway/Properties", Anything, Absent),
    ]
}

fn of_dependencies() -> Vec<Listed> {
    let roles = "`DependsOn` the task role";
    let associations = "`DependsOn` the public routes";
    vec![
        Listed::new(roles, "Resources/Service?/DependsOn/Service?TaskRole", [0, 3])
            .sides(is(true), Absent),
        Listed::new(roles, "Resources/Service?Discovery/DependsOn/Service?TaskRole", [0, 3])
            .sides(is(true), Absent),
        Listed::new(
            associations,
            "Resources/LoadBalancer/DependsOn/PublicSubnet?RouteTableAssociation",
            [2, 0],
        )
        .sides(Absent, is(true)),
        Listed::new(associations, "Resources/PublicSubnet?NatGateway/DependsOn/*", [4, 0])
            .sides(Absent, is(true)),
    ]
}

fn of_bookkeeping() -> Vec<Listed> {
    let bootstrap = "`BootstrapVersion`";
    vec![
        Listed::new("`Metadata`", "Resources/*/Metadata", [68, 68]).sides(Anything, Absent),
        one("`CDKMetadata`", "Resources/CDKMetadata", Anything, Absent),
        Listed::new(bootstrap, "Parameters/BootstrapVersion", [0, 1]).sides(Anything, Absent),
        Listed::new(bootstrap, "Rules", [0, 1]).sides(Anything, Absent),
        one("`Parameters`", "Parameters/DomainName", Absent, Anything),
        one("`Parameters`", "Parameters/HostedZoneId", Absent, Anything),
        one("`Parameters`", "Parameters/ImageTag", Absent, Anything),
        one("`Parameters`", "Parameters/DesiredCount", Absent, Anything),
        one("`Outputs`", "Outputs", Absent, Anything),
        one("`Description`, format version", "Description", Absent, Anything),
        one("`Description`, format version", "AWSTemplateFormatVersion", Absent, is("2010-09-09")),
    ]
}

fn one(row: &'static str, path: &str, theirs: Side, ours: Side) -> Listed {
    Listed::new(row, path, [1, 1]).sides(theirs, ours)
}

fn is(value: impl Into<Value>) -> Side {
    Is(value.into())
}

// === impl Listed ===

impl Listed {
    pub(crate) fn covers(&self, found: &Found) -> bool {
        self.is_at(&found.path)
            && self.theirs.covers(found.theirs.as_ref())
            && self.ours.covers(found.ours.as_ref())
    }

    pub(crate) fn places(&self, cdk: Cdk) -> usize {
        match cdk {
            Cdk::V1 => self.places[0],
            Cdk::V2 => self.places[1],
        }
    }

    fn new(row: &'static str, path: &str, places: Places) -> Self {
        Self { row, path: path.to_owned(), theirs: Absent, ours: Absent, places }
    }

    fn sides(self, theirs: Side, ours: Side) -> Self {
        Self { theirs, ours, ..self }
    }

    fn is_at(&self, path: &str) -> bool {
        let (pattern, path): (Vec<_>, Vec<_>) =
            (self.path.split('/').collect(), path.split('/').collect());
        pattern.len() == path.len()
            && pattern
                .iter()
                .zip(path)
                .all(|(pattern, name)| *pattern == "*" || fits(pattern, name))
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    pattern.chars().count() == name.chars().count()
        && pattern.chars().zip(name.chars()).all(|(p, c)| p == '?' || p == c)
}

// === impl Side ===

impl Side {
    fn covers(&self, value: Option<&Value>) -> bool {
        match self {
            Absent => value.is_none(),
            Anything => value.is_some(),
            Is(expected) => value == Some(expected),
        }
    }
}
