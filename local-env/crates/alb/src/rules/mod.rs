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
mod explain;
mod forward;
mod path;
mod redirect;
#[cfg(test)]
pub(crate) mod tests;
mod transform;
mod wildcard;

use std::{borrow::Cow, collections::HashMap, net::IpAddr, sync::Arc};

pub use action::Action;
pub use explain::{Explanation, Unmatched};
pub use forward::Forward;
pub use path::AboveRoot;
pub use redirect::{LocationError, PublishedPorts, Redirect, Subject};
pub use transform::{TransformError, Transformed, Transforms};

use self::condition::Condition;
use super::{head::Fields, targets::TargetGroup};
use stack::{self, Arn, Authentication};

/// What conditions look at.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// As it was sent.
    pub method: &'a [u8],
    /// Without its port, in any case.
    pub host: &'a [u8],
    /// As it was sent, without the query; or `*`.
    pub path: &'a [u8],
    /// As it was sent, without the question mark.
    pub query: Option<&'a [u8]>,
    /// All header fields.
    pub fields: &'a Fields,
    /// The connection's other end, whatever headers say.
    pub source: IpAddr,
}

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
    /// 0 for the default rule.
    pub priority: u32,
    /// Its name in the template; the default rule has none.
    pub logical_id: Option<&'a str>,
    /// What is done.
    pub action: &'a Action,
    /// The authentication that AWS would ask for first.
    pub unauthenticated: Option<Authentication>,
    /// What is rewritten on the way to a target.
    pub transforms: &'a Transforms,
}

/// Why a listener's rules can't be compiled.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// An action forwards to a target group that the stack doesn't have.
    #[error("no target group has the name {0}")]
    UnknownTargetGroup(Arn),
    /// A fixed response's status is none that AWS takes.
    #[error("{0} is no status for a fixed response: it has to be 2xx, 4xx or 5xx")]
    BadStatus(u16),
    /// A regular expression that can't be read or is too large.
    #[error("`{0}` is no regular expression that can be used")]
    Regex(String, #[source] regex::Error),
}

// === impl Routes ===

impl Routes {
    /// The rules of a listener, whose actions forward to some of `groups`.
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

    /// The rule that takes a request. `OPTIONS *` is about no path, so that the default rule has it.
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

// === impl Request ===

impl<'a> Request<'a> {
    /// The path as conditions see it, if there is one.
    pub fn normalised_path(&self) -> Result<Option<Cow<'a, [u8]>>, AboveRoot> {
        if self.path == b"*" { Ok(None) } else { path::normalised(self.path).map(Some) }
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

    fn choice<'a>(&'a self, priority: u32, logical_id: Option<&'a str>) -> MatchedRule<'a> {
        MatchedRule {
            priority,
            logical_id,
            action: &self.action,
            unauthenticated: self.unauthenticated,
            transforms: &self.transforms,
        }
    }
}
