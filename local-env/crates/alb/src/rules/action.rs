//! What is done with a request, ready to be done (alb §3).

use std::{collections::HashMap, sync::Arc};

use super::{super::targets::TargetGroup, Forward, Redirect, RouteError};
use stack::{self, Arn, Authentication, FixedResponse};

/// A rule's action, compiled.
#[derive(Clone, Debug)]
pub enum Action {
    /// The request is sent to a target.
    Forward(Forward),
    /// The answer is another address.
    Redirect(Redirect),
    /// The answer is a text of the template's.
    FixedResponse(FixedResponse),
}

// === impl Action ===

impl Action {
    /// Compiles an action, and returns the authentication that is left out before it.
    pub(super) fn compile(
        action: &stack::Action,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
    ) -> Result<(Self, Option<Authentication>), RouteError> {
        Ok(match action {
            stack::Action::Unauthenticated(authentication, action) => {
                (Self::compile(action, groups)?.0, Some(*authentication))
            }
            stack::Action::Forward(forward) => {
                (Self::Forward(Forward::compile(forward, groups)?), None)
            }
            stack::Action::Redirect(redirect) => (Self::Redirect(Redirect::new(redirect)), None),
            stack::Action::FixedResponse(fixed) if matches!(fixed.status, 200..=299 | 400..=599) => {
                (Self::FixedResponse(fixed.clone()), None)
            }
            stack::Action::FixedResponse(fixed) => return Err(RouteError::BadStatus(fixed.status)),
        })
    }
}
