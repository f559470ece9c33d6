//! The rules of listeners (alb §2, §10.1).

use crate::{
    action,
    child::Child,
    condition,
    context::Context,
    field::{Reading, Result},
    listener,
    problem::Kind,
    resource_type::LISTENER,
    transform,
};
use stack::Rule;

pub(super) fn read(reading: &Reading<'_>, context: &Context<'_>) -> Result<Child<Rule>> {
    let properties = reading.properties();
    let listener = properties.need("ListenerArn")?;
    let parent = listener::parent(&listener, context.resolved, LISTENER, Kind::Listener)?;
    let https = listener::speaks_tls(context.resolved, &parent);
    let item = Rule {
        logical_id: (&reading.resource.logical_id).into(),
        priority: properties.need("Priority")?.number(1..=50_000)?,
        conditions: condition::read(&properties.need("Conditions")?)?,
        transforms: transform::read(&properties)?,
        action: action::read(&properties.need("Actions")?, context, https)?,
    };
    Ok(Child { parent, item, span: reading.resource.span })
}
