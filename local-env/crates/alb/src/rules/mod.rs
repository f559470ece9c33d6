//! A listener's rules, compiled: which one takes a request, and what is done with it.
//!
//! Rules are tried by ascending priority and the first whose conditions all hold wins; the default
//! rule comes last (alb §2.1). [`Routes::choose`] decides for a [`Request`], whose parts are bytes
//! as the client sent them; [`Routes::explain`] tells why.
//!
//! There is no socket and no clock in here, and a request that is ordinary costs no allocation.

mod action;
mod condition;
#[cfg(any(test, fuzzing))]
pub mod definition;
mod error;
mod explain;
mod forward;
mod path;
mod redirect;
mod request;
#[cfg(test)]
pub(crate) mod tests;
mod transform;
mod wildcard;

use std::{collections::HashMap, sync::Arc};

pub use action::Action;
pub use error::RouteError;
pub use explain::{Explanation, Unmatched};
pub use forward::Forward;
pub use path::AboveRoot;
pub use redirect::{LocationError, PublishedPorts, Redirect, Subject};
pub use request::Request;
pub use transform::{TransformError, Transformed, Transforms};

use self::condition::Condition;
use crate::targets::TargetGroup;
use stack::{self, Arn, Authentication, LogicalId};

/// What a listener does with each request. A clone has its own memory for running regular
/// expressions: threads that have one each do not wait for one another.
#[derive(Clone, Debug)]
pub struct Routes {
    rules: Box<[Rule]>,
    default_rule: Effect,
}

#[derive(Clone, Debug)]
struct Rule {
    conditions: Box<[Condition]>,
    effect: Effect,
    /// What is told to people.
    model: Arc<stack::Rule>,
}

#[derive(Clone, Debug)]
struct Effect {
    action: Action,
    unauthenticated: Option<Authentication>,
    transforms: Transforms,
}

/// The rule that takes a request.
#[derive(Clone, Copy, Debug)]
pub struct MatchedRule<'a> {
    /// The priority, which is 0 for the default rule.
    pub priority: u32,
    /// Its name in the template; the default rule has none.
    pub logical_id: Option<&'a LogicalId>,
    /// What is done.
    pub action: &'a Action,
    /// The authentication that AWS would ask for first.
    pub unauthenticated: Option<Authentication>,
    /// What is rewritten on the way to a target.
    pub transforms: &'a Transforms,
}

// === impl Routes ===

impl Routes {
    /// Compiles the rules of a listener, whose actions forward to some of `groups`.
    pub fn compile(
        listener: &stack::Listener,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
    ) -> Result<Self, RouteError> {
        let mut rules: Vec<_> = listener.rules.iter().collect();
        rules.sort_by_key(|rule| rule.priority);
        let rules = rules.into_iter().map(|rule| Rule::compile(rule, groups));
        let none = stack::Transforms::default();
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
            default_rule: Effect::compile(&listener.default_action, &none, groups)?,
        })
    }

    /// Returns the rule that takes a request. `OPTIONS *` is about no path, so that the default
    /// rule has it.
    #[inline]
    pub fn choose(&self, request: &Request<'_>) -> Result<MatchedRule<'_>, AboveRoot> {
        let Some(path) = request.normalised_path()? else { return Ok(self.default_choice()) };
        let rule = self.rules.iter().find(|rule| rule.matches(request, &path));
        Ok(rule.map_or_else(|| self.default_choice(), Rule::choice))
    }

    fn default_choice(&self) -> MatchedRule<'_> {
        self.default_rule.choice(0, None)
    }
}

// === impl Rule ===

impl Rule {
    fn compile(
        rule: &stack::Rule,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
    ) -> Result<Self, RouteError> {
        Ok(Self {
            conditions: rule.conditions.iter().map(Condition::compile).collect::<Result<_, _>>()?,
            effect: Effect::compile(&rule.action, &rule.transforms, groups)?,
            model: Arc::new(rule.clone()),
        })
    }

    #[inline]
    fn matches(&self, request: &Request<'_>, path: &[u8]) -> bool {
        self.conditions.iter().all(|condition| condition.holds(request, path))
    }

    fn choice(&self) -> MatchedRule<'_> {
        self.effect.choice(self.model.priority, Some(&self.model.logical_id))
    }
}

// === impl Effect ===

impl Effect {
    fn compile(
        action: &stack::Action,
        transforms: &stack::Transforms,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
    ) -> Result<Self, RouteError> {
        let (action, unauthenticated) = Action::compile(action, groups)?;
        Ok(Self { action, unauthenticated, transforms: Transforms::compile(transforms)? })
    }

    fn choice<'a>(&'a self, priority: u32, logical_id: Option<&'a LogicalId>) -> MatchedRule<'a> {
        MatchedRule {
            priority,
            logical_id,
            action: &self.action,
            unauthenticated: self.unauthenticated,
            transforms: &self.transforms,
        }
    }
}
