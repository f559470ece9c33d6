//! What is checked, and where findings are gathered.

use stack_reader::resource_type::TASK_DEFINITION;
use std::cell::RefCell;

use super::{Code, Finding, Findings, Place, Severity, value};
use cloudformation::{Node, PropertyPath, Resolved, Resource, Span, Step, Value};
use stack::{LogicalId, Service, Stack};

/// A template, and as much of its stack as could be read.
pub(super) struct Subject<'a> {
    pub(super) resolved: &'a Resolved,
    pub(super) stack: &'a Stack,
    findings: RefCell<Vec<Finding>>,
}

// === impl Subject ===

impl<'a> Subject<'a> {
    pub(super) fn new(resolved: &'a Resolved, stack: &'a Stack) -> Self {
        Self { resolved, stack, findings: RefCell::default() }
    }

    /// Returns the resource that has this name in the template.
    pub(super) fn resource(&self, logical_id: &LogicalId) -> Option<&'a Resource> {
        self.resolved.resources.get(logical_id.as_str())
    }

    /// Returns the resources of a type, in the template's order.
    pub(super) fn of_type(&self, name: &str) -> impl Iterator<Item = &'a Resource> {
        self.resolved.resources.values().filter(move |it| it.resource_type == name)
    }

    /// Returns the resource of this type that `Ref` gives this value for.
    pub(super) fn named(&self, resource_type: &str, reference: &str) -> Option<&'a Resource> {
        self.of_type(resource_type).find(|it| it.reference() == reference)
    }

    /// Returns the resource of this type with this ARN, where `Ref` gives something else.
    pub(super) fn with_arn(&self, resource_type: &str, arn: &str) -> Option<&'a Resource> {
        let arn = Value::String(arn.to_owned());
        self.of_type(resource_type).find(|it| it.attribute("Arn").as_ref() == Some(&arn))
    }

    /// Returns the task definition of a service, if it is one of the template.
    pub(super) fn definition(&self, service: &Resource) -> Option<&'a Resource> {
        self.named(TASK_DEFINITION, &value::text(service, "TaskDefinition")?)
    }

    /// Returns whether a service's tasks are members of its own groups; those of the other network
    /// modes than `awsvpc` are where their instances are, of which a template tells little.
    pub(super) fn has_groups(&self, service: &Service) -> bool {
        let definition = self.resource(&service.task_definition.logical_id);
        let mode = definition.and_then(|it| value::text(it, "NetworkMode"));
        mode.is_some_and(|mode| mode == "awsvpc")
    }

    /// Returns whether a service's tasks run on Fargate, as far as the template tells.
    pub(super) fn is_on_fargate(&self, service: &Resource) -> bool {
        let launch = value::text(service, "LaunchType");
        launch.is_none_or(|it| it == "FARGATE")
            && self.definition(service).is_none_or(is_for_fargate)
    }

    /// Returns the place of a resource.
    pub(super) fn whole(&self, logical_id: &LogicalId) -> Place {
        self.at_id(logical_id, &PropertyPath::default())
    }

    /// Returns the place of a property, or of as much of the way to it as there is.
    pub(super) fn at(&self, resource: &Resource, path: &PropertyPath) -> Place {
        let (mut node, mut span) = (&resource.properties, resource.span);
        let mut property = PropertyPath::default();
        for step in path.steps() {
            let Some((child, place)) = child(node, step) else { break };
            (node, span) = (child, place);
            property = match step {
                Step::Key(key) => property.key(key),
                Step::Index(index) => property.index(*index),
            };
        }
        Place::new(&self.resolved.source, &resource.logical_id, property, span)
    }

    /// Returns the place of a property by its resource's name in the template.
    pub(super) fn at_id(&self, logical_id: &LogicalId, path: &PropertyPath) -> Place {
        if let Some(resource) = self.resource(logical_id) {
            return self.at(resource, path);
        }
        let (source, nowhere) = (&self.resolved.source, Span::from(0_usize));
        Place::new(source, logical_id.as_str(), PropertyPath::default(), nowhere)
    }

    pub(super) fn tell(
        &self,
        code: &'static Code,
        place: Place,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.tell_as(code.severity, code, place, message, mend);
    }

    /// Tells a finding that is less certain, or worse, than such findings mostly are.
    pub(super) fn tell_as(
        &self,
        severity: Severity,
        code: &'static Code,
        place: Place,
        message: impl Into<String>,
        mend: impl Into<String>,
    ) {
        let (message, mend) = (message.into(), mend.into());
        let finding = Finding { code, severity, place, message, mend };
        let mut findings = self.findings.borrow_mut();
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }

    pub(super) fn findings(self) -> Findings {
        Findings::new(self.resolved.source.clone(), self.findings.into_inner())
    }
}

/// Returns whether a task definition is registered for Fargate, or for whatever it is run on.
pub(super) fn is_for_fargate(definition: &Resource) -> bool {
    let kinds = value::items(&definition.properties, "RequiresCompatibilities");
    let awsvpc = || value::text(definition, "NetworkMode").is_some_and(|mode| mode == "awsvpc");
    kinds.is_empty() && awsvpc()
        || kinds.iter().any(|kind| kind.text().is_some_and(|it| it == "FARGATE"))
}

/// Returns what stands a step further, and its place: scalars are marked themselves, the rest by
/// its key.
fn child<'a>(node: &'a Node, step: &Step) -> Option<(&'a Node, Span)> {
    let key = match step {
        Step::Index(index) => return node.items()?.get(*index).map(|item| (item, item.span)),
        Step::Key(key) => key,
    };
    let entry = node.entries()?.get(key)?;
    let scalar = entry.node.entries().is_none() && entry.node.items().is_none();
    Some((&entry.node, if scalar { entry.node.span } else { entry.key_span }))
}
