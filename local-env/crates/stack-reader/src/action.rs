//! What a listener or a rule does with a request (alb §3): one action that answers it, and before
//! that at most one that authenticates the client.

use super::{
    Context,
    field::{Field, Properties, Result},
    fixed_response,
    forward::{self, Way},
    redirect,
};
use stack::{Action, Authentication};

/// An action of the list, before its configuration is read.
struct Item<'a> {
    field: Field<'a>,
    action: Properties<'a>,
    kind: Kind,
    order: u32,
}

#[derive(Clone, Copy)]
enum Kind {
    Forward,
    Redirect,
    FixedResponse,
    Authenticate(Authentication),
}

/// What a list of actions comes to; `https` tells what the listener speaks.
pub(super) fn read(actions: &Field<'_>, context: &Context<'_>, https: bool) -> Result<Action> {
    let (before, answers): (Vec<_>, Vec<_>) =
        items(actions)?.into_iter().partition(|it| matches!(it.kind, Kind::Authenticate(_)));
    let [answer] = answers.as_slice() else {
        let why = format!("has {} actions that answer a request", answers.len());
        return Err(actions.refused(why, "give exactly one of forward, redirect, fixed-response"));
    };
    let before = match before.as_slice() {
        [] => None,
        [item] => Some(item),
        items => {
            let why = format!("has {} actions that authenticate", items.len());
            return Err(actions.refused(why, "AWS takes one, before the action that answers"));
        }
    };
    if before.is_some_and(|item| item.order > answer.order) {
        let help = "give the action that answers the highest `Order`";
        return Err(actions.refused("answers a request before it authenticates", help));
    }
    let left_out = before.map(|item| authentication(item, context, https)).transpose()?.flatten();
    let action = answer.read(context, Way { https, alone: before.is_none() })?;
    Ok(match left_out {
        Some(kind) => Action::Unauthenticated(kind, Box::new(action)),
        None => action,
    })
}

/// The actions, each with its place in the order.
fn items<'a>(actions: &Field<'a>) -> Result<Vec<Item<'a>>> {
    let fields = actions.items()?;
    let several = fields.len() > 1;
    let mut items: Vec<Item<'_>> = Vec::new();
    for field in fields {
        let item = Item::new(field, several)?;
        if items.iter().any(|other| other.order == item.order) {
            let why = format!("has the order {} again", item.order);
            return Err(item.field.refused(why, "give each action an `Order` of its own"));
        }
        items.push(item);
    }
    Ok(items)
}

/// The authentication that is left out, if the user said that it may be.
fn authentication(
    item: &Item<'_>,
    context: &Context<'_>,
    https: bool,
) -> Result<Option<Authentication>> {
    let Kind::Authenticate(kind) = item.kind else { return Ok(None) };
    let name = kind.name();
    if !https {
        let help = "only a listener with the protocol HTTPS authenticates clients";
        return Err(item.field.refused(format!("is `{name}` at a listener without TLS"), help));
    }
    if !context.allowed.unauthenticated {
        let help = "start with --allow-unauthenticated to let every client pass instead";
        return Err(item.field.not_emulated(format!("the action `{name}`"), help));
    }
    Ok(Some(kind))
}

// === impl Item ===

impl<'a> Item<'a> {
    /// Where there are several, AWS wants each to have its order.
    fn new(field: Field<'a>, several: bool) -> Result<Self> {
        let action = field.map()?;
        let kind = Kind::read(&action.need("Type")?)?;
        let order = match action.get("Order") {
            Some(order) => order.number(1..=50_000)?,
            None if several => {
                return Err(action.missing("Order", "several actions need an order"));
            }
            None => 1,
        };
        Ok(Self { field, action, kind, order })
    }

    fn read(&self, context: &Context<'_>, way: Way) -> Result<Action> {
        match self.kind {
            Kind::Redirect => redirect::read(&self.action.need("RedirectConfig")?, way.https)
                .map(Action::Redirect),
            Kind::FixedResponse => {
                fixed_response::read(&self.action.need("FixedResponseConfig")?.map()?)
                    .map(Action::FixedResponse)
            }
            Kind::Forward | Kind::Authenticate(_) => {
                forward::read(&self.action, context, way).map(Action::Forward)
            }
        }
    }
}

// === impl Kind ===

impl Kind {
    fn read(field: &Field<'_>) -> Result<Self> {
        Ok(match &*field.text()? {
            "forward" => Self::Forward,
            "redirect" => Self::Redirect,
            "fixed-response" => Self::FixedResponse,
            "authenticate-oidc" => Self::Authenticate(Authentication::Oidc),
            "authenticate-cognito" => Self::Authenticate(Authentication::Cognito),
            "jwt-validation" => Self::Authenticate(Authentication::Jwt),
            other => {
                let help = "AWS knows forward, redirect, fixed-response, authenticate-oidc, \
                            authenticate-cognito and jwt-validation";
                return Err(field.refused(format!("is `{other}`, which is no action"), help));
            }
        })
    }
}
