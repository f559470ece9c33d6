//! The values that parameters are bound to, held against the rules of their declarations.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use regex::Regex;

use super::{
    nearest::nearest,
    node::{Node, Value},
    note::Note,
    parameter::Parameter,
    problem::{ParameterRule, TemplateProblem as Problem},
};

/// A parameter's value and what could not be made sure of.
pub(super) struct Bound {
    pub(super) value: Value,
    /// What to note once the parameter is used.
    pub(super) unknown: Option<Note>,
    /// What to note in any case.
    pub(super) unchecked: Option<Note>,
}

/// Returns the value of every parameter, which is what is given, else the default.
pub(super) fn bind(
    parameters: &IndexMap<String, Parameter>,
    given: &BTreeMap<String, String>,
    ssm: &BTreeMap<String, String>,
) -> Result<IndexMap<String, Bound>, Vec<Problem>> {
    let mut problems: Vec<Problem> = given
        .keys()
        .filter(|name| !parameters.contains_key(*name))
        .map(|name| Problem::UnknownParameter {
            name: name.clone(),
            near: nearest(name, parameters.keys().map(String::as_str)).map(String::from),
        })
        .collect();
    let mut bound = IndexMap::new();
    let mut missing = Vec::new();
    for (name, parameter) in parameters {
        let own = given.get(name);
        let Some(value) = own.or(parameter.default.as_ref()) else {
            missing.push((name.clone(), parameter.span));
            continue;
        };
        let kept = ssm.get(value).filter(|_| parameter.kind.ssm);
        match parameter.bind(name, kept.unwrap_or(value)) {
            // What the user gives is the value itself; a default only tells where AWS keeps it.
            Ok(value) => {
                let unknown = value.unknown.filter(|_| own.is_none() && kept.is_none());
                bound.insert(name.clone(), Bound { unknown, ..value });
            }
            Err(problem) => problems.push(problem),
        }
    }
    if let Some(&(_, span)) = missing.first() {
        let names = missing.into_iter().map(|(name, _)| name).collect();
        problems.push(Problem::MissingParameters { names, span });
    }
    if problems.is_empty() { Ok(bound) } else { Err(problems) }
}

// === impl Parameter ===

impl Parameter {
    fn bind(&self, name: &str, given: &str) -> Result<Bound, Problem> {
        let items: Vec<&str> =
            if self.kind.list { given.split(',').map(str::trim).collect() } else { vec![given] };
        let mut unchecked = None;
        let pattern = self.pattern(name, &mut unchecked);
        for item in &items {
            self.check(name, item, pattern.as_ref())?;
        }
        let value = if self.kind.list {
            let items = items.iter().map(|item| Node::new(self.kind.scalar(item), self.span));
            Value::List(items.collect())
        } else {
            self.kind.scalar(given)
        };
        let (parameter, kept) = (name.to_owned(), given.to_owned());
        let unknown = self.kind.ssm.then_some(Note::SsmValue { parameter, name: kept });
        Ok(Bound { value, unknown, unchecked })
    }

    fn check(&self, name: &str, item: &str, pattern: Option<&Regex>) -> Result<(), Problem> {
        match self.broken(item, pattern) {
            None => Ok(()),
            Some(rule) => Err(Problem::ParameterValue {
                name: name.to_owned(),
                value: (!self.hidden).then(|| item.to_owned()),
                rule: Box::new(rule),
                description: self.constraint_description.clone(),
                span: self.span,
            }),
        }
    }

    /// Returns the first rule that a value does not keep.
    fn broken(&self, item: &str, pattern: Option<&Regex>) -> Option<ParameterRule> {
        if self.kind.number {
            let number = item.trim().parse::<f64>().ok().filter(|number| number.is_finite());
            let Some(number) = number else { return Some(ParameterRule::Number) };
            if !self.range.hold(number) {
                return Some(ParameterRule::Range(self.range));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "no text has 2^52 characters")]
        let length = item.chars().count() as f64;
        if !self.length.hold(length) {
            return Some(ParameterRule::Length(self.length));
        }
        if let Some(allowed) = &self.allowed_values
            && !allowed.iter().any(|value| value == item)
        {
            return Some(ParameterRule::OneOf(allowed.clone()));
        }
        let is_matched = pattern.is_none_or(|pattern| pattern.is_match(item));
        self.allowed_pattern.clone().filter(|_| !is_matched).map(ParameterRule::Pattern)
    }

    /// Returns the parameter's pattern. CloudFormation's are Java's; the few that cannot be read here
    /// are noted. Matching takes time in proportion to the text, whatever the pattern.
    fn pattern(&self, name: &str, unchecked: &mut Option<Note>) -> Option<Regex> {
        let pattern = self.allowed_pattern.as_ref()?;
        let regex = Regex::new(&format!("^(?:{pattern})$")).ok();
        if regex.is_none() {
            *unchecked = Some(Note::UncheckedPattern { parameter: name.to_owned() });
        }
        regex
    }
}
