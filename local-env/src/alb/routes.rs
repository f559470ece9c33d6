//! A listener's rules, compiled: which action takes a request.
//!
//! Rules are tried by ascending priority and the first whose conditions all hold wins; a condition
//! holds when any of its values matches (alb §2.1).

use std::{collections::HashMap, sync::Arc};

use http::StatusCode;

use super::{path_pattern::PathPattern, redirect::Redirect, target_group::TargetGroup};
use crate::stack::{self, Arn};

/// What a listener does with each request.
#[derive(Debug)]
pub(super) struct Routes {
    rules: Vec<Rule>,
    default_action: Action,
}

#[derive(Debug)]
struct Rule {
    conditions: Vec<Condition>,
    action: Action,
}

#[derive(Debug)]
enum Condition {
    PathPattern(Vec<PathPattern>),
}

/// What is done with a request, ready to be done.
#[derive(Debug)]
pub(super) enum Action {
    Forward(Arc<TargetGroup>),
    Redirect(Redirect),
    FixedResponse(StatusCode, stack::FixedResponse),
}

/// Why a listener's rules can't be compiled.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// An action forwards to a target group that the stack doesn't have.
    #[error("no target group has the name {0}")]
    UnknownTargetGroup(Arn),
    /// A fixed response's status is no HTTP status.
    #[error("{0} is not an HTTP status")]
    BadStatus(u16),
}

// === impl Routes ===

impl Routes {
    pub(super) fn compile(
        listener: &stack::Listener,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
    ) -> Result<Self, RouteError> {
        let mut rules: Vec<_> = listener.rules.iter().collect();
        rules.sort_by_key(|rule| rule.priority);
        let rules = rules.into_iter().map(|rule| Rule::compile(rule, groups));
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
            default_action: Action::compile(&listener.default_action, groups)?,
        })
    }

    /// The action for a request for `path`, which is without its query.
    pub(super) fn choose(&self, path: &str) -> &Action {
        let rule = self.rules.iter().find(|rule| rule.matches(path));
        rule.map_or(&self.default_action, |rule| &rule.action)
    }
}

// === impl Rule ===

impl Rule {
    fn compile(
        rule: &stack::Rule,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
    ) -> Result<Self, RouteError> {
        Ok(Self {
            conditions: rule.conditions.iter().map(Condition::compile).collect(),
            action: Action::compile(&rule.action, groups)?,
        })
    }

    fn matches(&self, path: &str) -> bool {
        self.conditions.iter().all(|condition| condition.holds(path))
    }
}

// === impl Condition ===

impl Condition {
    fn compile(condition: &stack::Condition) -> Self {
        match condition {
            stack::Condition::PathPattern(stack::Patterns::Wildcards(values)) => {
                Self::PathPattern(values.iter().map(|value| PathPattern::new(value)).collect())
            }
            _ => Self::PathPattern(Vec::new()),
        }
    }

    fn holds(&self, path: &str) -> bool {
        match self {
            Self::PathPattern(patterns) => {
                patterns.iter().any(|pattern| pattern.matches(path.as_bytes()))
            }
        }
    }
}

// === impl Action ===

impl Action {
    fn compile(
        action: &stack::Action,
        groups: &HashMap<Arn, Arc<TargetGroup>>,
    ) -> Result<Self, RouteError> {
        Ok(match action {
            stack::Action::Unauthenticated(_, action) => Self::compile(action, groups)?,
            stack::Action::Forward(forward) => {
                let arn = &forward.target_groups[0].target_group;
                let group = groups.get(arn);
                Self::Forward(
                    group.cloned().ok_or_else(|| RouteError::UnknownTargetGroup(arn.clone()))?,
                )
            }
            stack::Action::Redirect(redirect) => Self::Redirect(Redirect::new(redirect)),
            stack::Action::FixedResponse(fixed) => Self::FixedResponse(
                StatusCode::from_u16(fixed.status)
                    .map_err(|_| RouteError::BadStatus(fixed.status))?,
                fixed.clone(),
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::{FixedResponse, ListenerProtocol};

    fn answer(status: u16) -> stack::Action {
        let body = String::new();
        stack::Action::FixedResponse(FixedResponse { status, content_type: None, body })
    }

    fn rule(priority: u32, patterns: &[&str], status: u16) -> stack::Rule {
        let values = patterns.iter().map(ToString::to_string).collect();
        stack::Rule {
            logical_id: format!("Rule{priority}"),
            priority,
            conditions: vec![stack::Condition::PathPattern(stack::Patterns::Wildcards(values))],
            transforms: stack::Transforms::default(),
            action: answer(status),
        }
    }

    fn chosen(rules: Vec<stack::Rule>, path: &str) -> u16 {
        let listener = stack::Listener {
            logical_id: "Listener".into(),
            arn: Arn::from("listener"),
            port: 80,
            protocol: ListenerProtocol::Http,
            attributes: stack::ListenerAttributes::default(),
            rules,
            default_action: answer(200),
        };
        match Routes::compile(&listener, &HashMap::new()).unwrap().choose(path) {
            Action::FixedResponse(status, _) => status.as_u16(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_rule_with_the_lowest_priority_wins_whatever_the_order() {
        let rules = vec![rule(20, &["/a*"], 220), rule(10, &["/a*"], 210)];
        assert_eq!(chosen(rules, "/a"), 210);
    }

    #[test]
    fn a_condition_holds_when_any_of_its_values_matches() {
        let rules = vec![rule(1, &["/a", "/b"], 201)];
        assert_eq!(chosen(rules.clone(), "/b"), 201);
        assert_eq!(chosen(rules, "/c"), 200);
    }

    #[test]
    fn all_conditions_of_a_rule_must_hold() {
        let mut both = rule(1, &["/a*"], 201);
        both.conditions
            .push(stack::Condition::PathPattern(stack::Patterns::Wildcards(vec!["*/z".into()])));
        assert_eq!(chosen(vec![both.clone()], "/a/z"), 201);
        assert_eq!(chosen(vec![both], "/a/y"), 200);
    }

    #[test]
    fn without_a_matching_rule_the_default_action_takes_the_request() {
        assert_eq!(chosen(vec![rule(1, &["/a"], 201)], "/"), 200);
    }

    #[test]
    fn a_rule_for_an_unknown_target_group_is_refused() {
        let listener = stack::Listener {
            logical_id: "Listener".into(),
            arn: Arn::from("listener"),
            port: 80,
            protocol: ListenerProtocol::Http,
            attributes: stack::ListenerAttributes::default(),
            rules: vec![],
            default_action: stack::Action::Forward(stack::Forward::to(Arn::from("nobody"))),
        };
        let error = Routes::compile(&listener, &HashMap::new()).unwrap_err();
        assert_eq!(error.to_string(), "no target group has the name nobody");
    }
}
