//! What a listener or a rule does with a request (alb §3): one action that answers it, and before
//! that at most one that authenticates the client.

use crate::{
    context::Context,
    field::{Field, Properties, Result},
    fixed_response,
    forward::{self, Way},
    problem::{ActionFault, Need, NotEmulated},
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

/// Returns what a list of actions comes to; `https` tells what the listener speaks.
pub(super) fn read(actions: &Field<'_>, context: &Context<'_>, https: bool) -> Result<Action> {
    let (before, answers): (Vec<_>, Vec<_>) =
        items(actions)?.into_iter().partition(|it| matches!(it.kind, Kind::Authenticate(_)));
    let [answer] = answers.as_slice() else {
        return Err(actions.refused(ActionFault::Answers { found: answers.len() }));
    };
    let before = match before.as_slice() {
        [] => None,
        [item] => Some(item),
        items => {
            return Err(actions.refused(ActionFault::Authentications { found: items.len() }));
        }
    };
    if before.is_some_and(|item| item.order > answer.order) {
        return Err(actions.refused(ActionFault::AnswersFirst));
    }
    let left_out = before.map(|item| authentication(item, context, https)).transpose()?.flatten();
    let action = answer.read(context, Way { https, alone: before.is_none() })?;
    Ok(match left_out {
        Some(kind) => Action::Unauthenticated(kind, Box::new(action)),
        None => action,
    })
}

/// Returns the actions, each with its place in the order.
fn items<'a>(actions: &Field<'a>) -> Result<Vec<Item<'a>>> {
    let fields = actions.items()?;
    let several = fields.len() > 1;
    let mut items: Vec<Item<'_>> = Vec::new();
    for field in fields {
        let item = Item::new(field, several)?;
        if items.iter().any(|other| other.order == item.order) {
            return Err(item.field.refused(ActionFault::OrderTaken { order: item.order }));
        }
        items.push(item);
    }
    Ok(items)
}

/// Returns the authentication that is left out, if the user said that it may be.
fn authentication(
    item: &Item<'_>,
    context: &Context<'_>,
    https: bool,
) -> Result<Option<Authentication>> {
    let Kind::Authenticate(kind) = item.kind else { return Ok(None) };
    let action = kind.name();
    if !https {
        return Err(item.field.refused(ActionFault::AuthenticationWithoutTls { action }));
    }
    if !context.allowed.unauthenticated {
        return Err(item.field.refused(NotEmulated::Authentication { action }));
    }
    Ok(Some(kind))
}

// === impl Item ===

impl<'a> Item<'a> {
    /// Reads one action. Where there are several, AWS wants each to have its order.
    fn new(field: Field<'a>, several: bool) -> Result<Self> {
        let action = field.map()?;
        let kind = Kind::read(&action.need("Type")?)?;
        let order = match action.get("Order") {
            Some(order) => order.number(1..=50_000)?,
            None if several => {
                return Err(action.missing("Order", Need::Order));
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
            other => return Err(field.refused(ActionFault::UnknownType { found: other.into() })),
        })
    }
}
