//! What becomes of a template's resources, gathered by type and property.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use cloudformation::{Resolved, Resource};
use property_path::{PropertyPath, Step};
use stack::{Coverage, Ignored, IgnoredPart, LogicalId, Warning};
use stack_reader::{approximation, is_emulated};

/// Of the whole template.
pub(super) struct Account {
    /// Each type, and after it its properties.
    pub(super) lines: Vec<Line>,
    /// Resources that stop `up`, and why.
    pub(super) not_emulated: Vec<(String, String)>,
}

/// Of a type, or one of its properties.
pub(super) struct Line {
    resource_type: String,
    property: Option<String>,
    pub(super) status: Status,
    pub(super) how: Option<String>,
    resources: BTreeSet<String>,
}

/// The worst is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    Emulated,
    Approximated,
    Ignored,
    NotEmulated,
}

/// By type and property; what is not emulated has a line for each resource.
type Lines = BTreeMap<(String, Option<String>, Option<String>), Line>;

// === impl Account ===

impl Account {
    pub(super) fn new(resolved: &Resolved, coverage: &Coverage) -> Self {
        let mut lines = Lines::new();
        let not_emulated: Vec<_> = coverage.warnings.iter().filter_map(left_out).collect();
        for resource in resolved.resources.values() {
            let is_left_out = |warning| whole(warning).is_some_and(|it| *it == resource.logical_id);
            if !coverage.warnings.iter().any(is_left_out) {
                add_resource(&mut lines, resource);
            }
        }
        for ignored in &coverage.ignored {
            add_ignored(&mut lines, ignored);
        }
        for warning in &coverage.warnings {
            add_warning(&mut lines, resolved, warning);
        }
        Self { lines: lines.into_values().collect(), not_emulated }
    }

    pub(super) fn json(&self) -> Json {
        let not_emulated = self.not_emulated.iter();
        let not_emulated: Vec<_> =
            not_emulated.map(|(name, why)| json!({ "resource": name, "why": why })).collect();
        let lines: Vec<_> = self.lines.iter().map(Line::json).collect();
        json!({ "lines": lines, "notEmulated": not_emulated })
    }
}

fn left_out(warning: &Warning) -> Option<(String, String)> {
    match warning {
        Warning::LeftOut { logical_id, cause, .. } => {
            Some((logical_id.to_string(), cause.to_string()))
        }
        _ => None,
    }
}

/// The resource of which nothing is left.
fn whole(warning: &Warning) -> Option<&LogicalId> {
    match warning {
        Warning::LeftOut { logical_id, property, .. } if property.is_empty() => Some(logical_id),
        _ => None,
    }
}

fn add_resource(lines: &mut Lines, resource: &Resource) {
    if !is_emulated(&resource.resource_type) {
        line(lines, resource, None, Status::Ignored, None);
        return;
    }
    for property in [PropertyPath::default()].into_iter().chain(properties(resource)) {
        let how = approximation(&resource.resource_type, &property);
        let status = if how.is_some() { Status::Approximated } else { Status::Emulated };
        line(lines, resource, of_any_item(&property), status, how);
    }
}

/// The properties, and those within the items of lists, which are types of their own.
fn properties(resource: &Resource) -> Vec<PropertyPath> {
    let mut paths = Vec::new();
    for (name, entry) in resource.properties.entries().into_iter().flatten() {
        let path = PropertyPath::default().key(name);
        paths.push(path.clone());
        for (index, item) in entry.node.items().unwrap_or_default().iter().enumerate() {
            let inner = item.entries().into_iter().flatten();
            paths.extend(inner.map(|(inner, _)| path.clone().index(index).key(inner)));
        }
    }
    paths
}

fn add_ignored(lines: &mut Lines, ignored: &Ignored) {
    let property = match &ignored.part {
        IgnoredPart::Whole => None,
        IgnoredPart::Property(path) => of_any_item(path),
        other => Some(other.to_string()),
    };
    let line = entry(
        lines,
        &ignored.resource_type,
        property,
        Status::Ignored,
        ignored.logical_id.as_str(),
    );
    line.worsen(Status::Ignored, None);
}

fn add_warning(lines: &mut Lines, resolved: &Resolved, warning: &Warning) {
    let Some(resource) = resolved.resources.get(warning.logical_id().as_str()) else { return };
    match warning {
        Warning::LeftOut { property, cause, .. } => {
            let (property, why) = (of_any_item(property), cause.to_string());
            line(lines, resource, property, Status::NotEmulated, Some(&why));
        }
        Warning::RunOtherwise { property, how, .. } => {
            let (property, how) = (of_any_item(property), how.to_string());
            line(lines, resource, property, Status::Approximated, Some(&how));
        }
        _ => {}
    }
}

fn line(
    lines: &mut Lines,
    resource: &Resource,
    property: Option<String>,
    status: Status,
    how: Option<&str>,
) {
    let line = entry(lines, &resource.resource_type, property, status, &resource.logical_id);
    line.worsen(status, how);
}

fn entry<'a>(
    lines: &'a mut Lines,
    resource_type: &str,
    property: Option<String>,
    status: Status,
    logical_id: &str,
) -> &'a mut Line {
    let alone = (status == Status::NotEmulated).then(|| logical_id.to_owned());
    let key = (resource_type.to_owned(), property.clone(), alone);
    let line = lines.entry(key).or_insert_with(|| Line::new(resource_type, property, status));
    line.resources.insert(logical_id.to_owned());
    line
}

/// What a property is called whichever item of its lists it is in: `A[3].B` as `A[].B`. `None` for
/// the resource as a whole.
fn of_any_item(path: &PropertyPath) -> Option<String> {
    let name = path.steps().iter().fold(String::new(), |name, step| match step {
        Step::Key(key) if name.is_empty() => key.clone(),
        Step::Key(key) => format!("{name}.{key}"),
        Step::Index(_) => name + "[]",
    });
    (!name.is_empty()).then_some(name)
}

// === impl Line ===

impl Line {
    fn new(resource_type: &str, property: Option<String>, status: Status) -> Self {
        let resource_type = resource_type.to_owned();
        Self { resource_type, property, status, how: None, resources: BTreeSet::new() }
    }

    fn worsen(&mut self, status: Status, how: Option<&str>) {
        if status >= self.status {
            self.status = status;
            self.how = how.map(String::from);
        }
    }

    /// As it is told: a type with its count, a property indented.
    pub(super) fn name(&self) -> String {
        match &self.property {
            Some(property) => format!("  {property}"),
            None if self.resources.len() > 1 => {
                format!("{} ({})", self.resource_type, self.resources.len())
            }
            None => self.resource_type.clone(),
        }
    }

    fn json(&self) -> Json {
        json!({
            "type": self.resource_type,
            "property": self.property,
            "status": self.status.name(),
            "how": self.how,
            "resources": self.resources,
        })
    }
}

// === impl Status ===

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Emulated => "emulated",
            Self::Approximated => "approximated",
            Self::Ignored => "ignored",
            Self::NotEmulated => "not emulated",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudformation::{Inputs, Source, Template};
    use stack::Allowed;

    const SHOP: &str = "
Resources:
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Subnets: [a, b]}}
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {Port: 80, Protocol: HTTP, TargetType: ip, VpcId: v, HealthCheckIntervalSeconds: 30}
  Classic: {Type: AWS::ElasticLoadBalancing::LoadBalancer}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
  Other: {Type: AWS::SQS::Queue}
";

    fn account() -> Account {
        let resolved = Template::parse(&Source::new("t", SHOP))
            .unwrap()
            .resolve(&Inputs::new("Shop"))
            .unwrap();
        let allowed = Allowed { partial: true, ..Allowed::default() };
        let stack =
            stack_reader::read(&resolved, allowed).unwrap_or_else(|error| panic!("{error:?}"));
        Account::new(&resolved, &stack.coverage)
    }

    #[test]
    fn every_type_and_property_has_its_line() {
        let account = account();
        let found = |name: &str| {
            let line = account.lines.iter().find(|line| line.name().trim() == name);
            line.unwrap_or_else(|| panic!("no {name}")).status
        };
        assert_eq!(found("AWS::ElasticLoadBalancingV2::LoadBalancer"), Status::Emulated);
        assert_eq!(found("HealthCheckIntervalSeconds"), Status::Approximated);
        assert_eq!(found("Protocol"), Status::Emulated);
        assert_eq!(found("AWS::SQS::Queue (2)"), Status::Ignored);
        assert_eq!(found("AWS::ElasticLoadBalancing::LoadBalancer"), Status::NotEmulated);
        assert_eq!(account.not_emulated.len(), 1);
        assert_eq!(account.json()["notEmulated"][0]["resource"], "Classic");
    }

    #[test]
    fn items_of_a_list_are_one_line() {
        let path = PropertyPath::default().key("A").index(3).key("B").index(10).key("C");
        assert_eq!(of_any_item(&path).as_deref(), Some("A[].B[].C"));
        assert_eq!(of_any_item(&PropertyPath::default()), None);
    }
}
