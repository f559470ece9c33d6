//! Security groups and their rules (cloudmap-ecs §5.1, §5.2).
//!
//! A group from outside the template is known by its id alone. Whatever names one is listed as
//! ignored where its rules would have counted.

mod rule;

use ipnet::Ipv4Net;

use crate::{
    field::{Field, Properties, Reading, Result},
    lookup::{named, of_type},
    problem::{NotEmulated, SecurityGroupFault},
    resource_type::{SECURITY_GROUP, VPC},
};
use cloudformation::{PropertyPath, Resolved, Resource, Value};
use stack::{
    Direction, RulePlace, SecurityGroup, SecurityGroupId, SecurityGroupPeer, SecurityGroupRule,
    Traffic, Warning,
};

const MOST_GROUPS_OF_A_TASK: usize = 5;

/// A rule of a resource of its own, and the group that it is for.
pub(super) struct StandAlone {
    group: SecurityGroupId,
    rule: SecurityGroupRule,
}

/// Reads a group with its inline rules.
pub(super) fn read(reading: &Reading<'_>, resolved: &Resolved) -> Result<SecurityGroup> {
    let properties = reading.properties();
    let inline = |direction: Direction| -> Result<Vec<_>> {
        let rules = properties.items(direction.property())?;
        let rule = |(index, item): (usize, &Field<'_>)| {
            let place = RulePlace::Inline(index);
            let rule = rule::read(reading, &item.map()?, resolved, (place, direction))?;
            no_peer(reading, &rule, item.property());
            Ok(rule)
        };
        rules.iter().enumerate().map(rule).collect()
    };
    let resource = reading.resource;
    Ok(SecurityGroup {
        logical_id: (&resource.logical_id).into(),
        id: SecurityGroupId::new(resource.reference(), (&resource.logical_id).into()),
        description: properties.need("GroupDescription")?.text()?.into_owned(),
        ingress: inline(Direction::Ingress)?,
        egress: inline(Direction::Egress)?,
    })
}

/// Reads a stand-alone rule; `None` for a group of which nothing is known.
pub(super) fn read_rule(
    reading: &Reading<'_>,
    resolved: &Resolved,
    direction: Direction,
) -> Result<Option<StandAlone>> {
    let properties = reading.properties();
    if let Some(name) = properties.get("GroupName") {
        return Err(name.refused(NotEmulated::GroupByName { instead: "GroupId" }));
    }
    let rule = rule::read(reading, &properties, resolved, (RulePlace::StandAlone, direction))?;
    no_peer(reading, &rule, &PropertyPath::default());
    let group = properties.need("GroupId")?;
    Ok(member(&group, resolved)?.map(|group| StandAlone { group, rule }))
}

/// Returns the VPC's own group, which loses what it lets out as any other does.
pub(super) fn default_of_vpc() -> SecurityGroup {
    SecurityGroup { egress: Vec::new(), ..SecurityGroup::default_of_vpc() }
}

/// Gives each rule to its group.
pub(super) fn add(groups: &mut [SecurityGroup], rules: Vec<Option<StandAlone>>) {
    for StandAlone { group, rule } in rules.into_iter().flatten() {
        // A group that could not be read has had its problem told.
        let Some(group) = groups.iter_mut().find(|it| it.id == group) else { continue };
        match rule.direction {
            Direction::Ingress => group.ingress.push(rule),
            Direction::Egress => group.egress.push(rule),
        }
    }
}

/// Returns the warning that a stand-alone rule may cost the group the one that lets everything out.
pub(super) fn lost_egress(group: &SecurityGroup) -> Option<Warning> {
    let everybody = |peer: &SecurityGroupPeer| match peer {
        SecurityGroupPeer::V4(network) => network.prefix_len() == 0,
        SecurityGroupPeer::V6(network) => network.prefix_len() == 0,
        _ => false,
    };
    let inline = |it: &&SecurityGroupRule| matches!(it.place, RulePlace::Inline(_));
    let mut inline = group.egress.iter().filter(inline);
    inline.find(|it| it.traffic == Traffic::All && everybody(&it.peer))?;
    let alone = group.egress.iter().find(|it| it.place == RulePlace::StandAlone)?;
    Some(Warning::LostEgress {
        logical_id: group.logical_id.clone(),
        group: group.id.clone(),
        rule: alone.logical_id.clone(),
    })
}

/// Lets everything leave a group that has no rule for it, be it one that lets nothing through.
pub(super) fn complete(groups: Vec<SecurityGroup>) -> Vec<SecurityGroup> {
    let complete = |mut group: SecurityGroup| {
        if group.egress.is_empty() {
            group.egress = SecurityGroupRule::everything_out(&group.logical_id);
        }
        group
    };
    groups.into_iter().map(complete).collect()
}

/// Returns the groups of a service's tasks.
pub(super) fn of_service(
    properties: &Properties<'_>,
    resolved: &Resolved,
) -> Result<Vec<SecurityGroupId>> {
    let Some(network) = properties.map("NetworkConfiguration")? else { return Ok(Vec::new()) };
    let Some(network) = network.map("AwsvpcConfiguration")? else { return Ok(Vec::new()) };
    network.ignore_unless("AssignPublicIp", &["DISABLED"])?;
    let most = MOST_GROUPS_OF_A_TASK;
    if let Some(surplus) = network.items("SecurityGroups")?.get(most) {
        return Err(surplus.refused(SecurityGroupFault::TooManyGroups { most }));
    }
    members(&network, resolved)
}

/// Returns the groups that `SecurityGroups` lists.
pub(super) fn members(
    properties: &Properties<'_>,
    resolved: &Resolved,
) -> Result<Vec<SecurityGroupId>> {
    let mut ids = Vec::new();
    for item in properties.items("SecurityGroups")? {
        member(&item, resolved)?;
        ids.push(id(&item, resolved)?);
    }
    Ok(ids)
}

/// Returns the addresses of a VPC, unless AWS is to choose them.
pub(super) fn network(reading: &Reading<'_>) -> Result<Option<Ipv4Net>> {
    reading.properties().get("CidrBlock").map(|field| rule::v4(&field)).transpose()
}

/// Returns a group whose rules count; one from outside the template is listed as ignored.
fn member(field: &Field<'_>, resolved: &Resolved) -> Result<Option<SecurityGroupId>> {
    let id = id(field, resolved)?;
    let known = id == SecurityGroupId::default_of_vpc()
        || named(resolved, SECURITY_GROUP, id.as_str()).is_some();
    if !known {
        field.ignore();
    }
    Ok(known.then_some(id))
}

fn id(field: &Field<'_>, resolved: &Resolved) -> Result<SecurityGroupId> {
    let text = field.text()?;
    if let Some(group) = named(resolved, SECURITY_GROUP, &text) {
        return Ok(SecurityGroupId::new(&text, (&group.logical_id).into()));
    }
    let default = |vpc: &Resource| {
        vpc.attribute("DefaultSecurityGroup") == Some(Value::String(text.clone().into_owned()))
    };
    if of_type(resolved, VPC).any(default) {
        return Ok(SecurityGroupId::default_of_vpc());
    }
    Ok(SecurityGroupId::from(&*text))
}

fn no_peer(reading: &Reading<'_>, rule: &SecurityGroupRule, property: &PropertyPath) {
    if rule.peer == SecurityGroupPeer::Nobody {
        let (logical_id, property) = (rule.logical_id.clone(), property.clone());
        reading.warn(Warning::NoPeer { logical_id, property });
    }
}
