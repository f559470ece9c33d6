//! `forward` actions (alb §3.1).

use std::time::Duration;

use crate::{
    context::Context,
    field::{Field, Properties, Result},
    lookup::named,
    problem::{ActionFault, Kind, Need},
    resource_type::TARGET_GROUP,
};
use stack::{Forward, ProtocolVersion, WeightedTargetGroup};

/// The most that AWS takes in one action.
const MAX_GROUPS: usize = 5;

/// The way in which a request comes to an action.
#[derive(Clone, Copy)]
pub(super) struct Way {
    /// Whether the listener speaks HTTPS.
    pub(super) https: bool,
    /// Whether no action comes before.
    pub(super) alone: bool,
}

pub(super) fn read(action: &Properties<'_>, context: &Context<'_>, way: Way) -> Result<Forward> {
    let config = action.map("ForwardConfig")?;
    let listed = config.as_ref().map(target_groups).transpose()?.unwrap_or_default();
    let stickiness = config.as_ref().map(stickiness).transpose()?.flatten();
    let fields = fields(action, listed)?;
    let mut target_groups = Vec::with_capacity(fields.len());
    for (field, weight) in &fields {
        let arn = field.arn()?;
        if named(context.resolved, TARGET_GROUP, arn.as_str()).is_none() {
            return Err(field.not_in_template(Kind::TargetGroup));
        }
        version(field, context, way)?;
        target_groups.push(WeightedTargetGroup { target_group: arn, weight: *weight });
    }
    if let [_, _, ..] = fields.as_slice()
        && stickiness.is_none()
        && let Some((field, _)) = fields.iter().find(|(field, _)| is_sticky(field, context))
    {
        return Err(field.refused(ActionFault::StickyTargetGroup));
    }
    Ok(Forward { target_groups, stickiness })
}

/// Returns the target groups with their weights, however they are given.
fn fields<'a>(
    action: &Properties<'a>,
    listed: Vec<(Field<'a>, u32)>,
) -> Result<Vec<(Field<'a>, u32)>> {
    let Some(single) = action.get("TargetGroupArn") else {
        if listed.is_empty() {
            return Err(action.missing("TargetGroupArn", Need::TargetGroup));
        }
        return Ok(listed);
    };
    match listed.as_slice() {
        [] => Ok(vec![(single, 1)]),
        [(group, _)] if single.text()? == group.text()? => Ok(listed),
        _ => Err(single.refused(ActionFault::TwoTargetGroups)),
    }
}

fn target_groups<'a>(config: &Properties<'a>) -> Result<Vec<(Field<'a>, u32)>> {
    let Some(groups) = config.get("TargetGroups") else { return Ok(Vec::new()) };
    let items = groups.items()?;
    if items.len() > MAX_GROUPS {
        let (found, most) = (items.len(), MAX_GROUPS);
        return Err(groups.refused(ActionFault::TooManyTargetGroups { found, most }));
    }
    let group = |item: &Field<'a>| {
        let item = item.map()?;
        Ok((item.need("TargetGroupArn")?, item.number("Weight", 0..=999, 1)?))
    };
    items.iter().map(group).collect()
}

fn stickiness(config: &Properties<'_>) -> Result<Option<Duration>> {
    let Some(field) = config.switched_on("TargetGroupStickinessConfig", "Enabled")? else {
        return Ok(None);
    };
    let seconds = field.map()?.need("DurationSeconds")?.number(1..=604_800)?;
    Ok(Some(Duration::from_secs(seconds.into())))
}

fn version(field: &Field<'_>, context: &Context<'_>, way: Way) -> Result<()> {
    let group = context.target_group(&field.arn()?);
    match group.map(|group| group.version) {
        Some(ProtocolVersion::Grpc) if !way.https => {
            Err(field.refused(ActionFault::GrpcWithoutTls))
        }
        Some(ProtocolVersion::Grpc | ProtocolVersion::Http2) if !way.alone => {
            Err(field.refused(ActionFault::Http2AfterAuthentication))
        }
        _ => Ok(()),
    }
}

fn is_sticky(field: &Field<'_>, context: &Context<'_>) -> bool {
    let group = field.arn().ok().and_then(|arn| context.target_group(&arn));
    group.is_some_and(|group| group.attributes.stickiness.is_some())
}
