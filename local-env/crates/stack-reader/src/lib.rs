//! Resolved resources to a [`Stack`].
//!
//! Each resource is read on its own, which gives at most one problem a resource; then what belongs
//! together is put together. Properties that nobody asked for, and resources of types that the
//! environment does not run, end up in [`Coverage`].

mod action;
mod approximated;
mod attributes;
mod certificate;
mod condition;
mod container;
mod expression;
mod field;
mod firewall;
mod fixed_response;
mod forward;
mod health_check;
mod listener;
mod load_balancer;
mod matcher;
mod namespace;
mod partial;
mod pattern;
mod problem;
mod redirect;
pub mod resource_type;
mod response_header;
mod rule;
mod security_group;
mod service;
mod ssl_policy;
mod target_group;
mod target_group_attributes;
mod task_definition;
#[cfg(test)]
mod tests;
mod transform;
mod unresolved;

use ipnet::Ipv4Net;

use cloudformation::{Note, Problems, PropertyPath, Resolved, Resource, Span, is_nested};
use stack::{
    Allowed, Arn, Certificate, Coverage, Direction, Ignored, IgnoredPart, Listener,
    ListenerProtocol, LoadBalancer, Namespace, SecurityGroup, Stack, TargetGroup, Warning,
};

pub use approximated::approximation;
use field::{Reading, Result};
pub use problem::{
    ActionFault, AttributeFault, Claim, ContainerFault, DependencyFault, DiscoveryFault, Expected,
    ExpressionFault, Form, Found, GivenIn, Kind, ListenerFault, Need, NotEmulated, Part,
    PropertyFault, Reason, RuleFault, SecurityGroupFault, ServiceFault, StackError, StackProblem,
    Syntax, Taken, TargetGroupFault, TaskDefinitionFault, TaskResource,
};
use resource_type::{
    CDK_METADATA, CERTIFICATE, CLASSIC_LOAD_BALANCER, CLUSTER, DISCOVERY_INSTANCE,
    DISCOVERY_SERVICE, EXPRESS_SERVICE, HTTP_NAMESPACE, LISTENER, LISTENER_CERTIFICATE,
    LISTENER_RULE, LOAD_BALANCER, MACRO, PRIVATE_NAMESPACE, PUBLIC_NAMESPACE, SECURITY_GROUP,
    SECURITY_GROUP_EGRESS, SECURITY_GROUP_INGRESS, SERVICE, TARGET_GROUP, TASK_DEFINITION,
    TASK_SET, VPC,
};
pub use target_group::TargetType;

const EMULATED: [&str; 17] = [
    LOAD_BALANCER,
    LISTENER,
    LISTENER_RULE,
    LISTENER_CERTIFICATE,
    TARGET_GROUP,
    CERTIFICATE,
    CLUSTER,
    SERVICE,
    TASK_DEFINITION,
    PRIVATE_NAMESPACE,
    PUBLIC_NAMESPACE,
    HTTP_NAMESPACE,
    DISCOVERY_SERVICE,
    DISCOVERY_INSTANCE,
    SECURITY_GROUP,
    SECURITY_GROUP_INGRESS,
    SECURITY_GROUP_EGRESS,
];

/// Types without which a stack would route or resolve otherwise than in AWS, and what they are.
const REFUSED: [(&str, &str); 4] = [
    (CLASSIC_LOAD_BALANCER, "a classic load balancer"),
    (TASK_SET, "a task set of an external deployment"),
    (EXPRESS_SERVICE, "a service of ECS's Express Mode"),
    (MACRO, "a macro"),
];

/// Resources of tools, which stand for nothing.
const BOOKKEEPING: [&str; 1] = [CDK_METADATA];

/// What belongs to another resource.
struct Child<T> {
    parent: Arn,
    item: T,
    /// Its own resource's place.
    span: Span,
}

/// What listeners and rules refer to, and what they may do.
struct Context<'a> {
    resolved: &'a Resolved,
    target_groups: &'a [TargetGroup],
    certificates: &'a [Certificate],
    allowed: Allowed,
}

struct Reader<'a> {
    resolved: &'a Resolved,
    allowed: Allowed,
    problems: Vec<StackProblem>,
    ignored: Vec<Ignored>,
    warnings: Vec<Warning>,
}

/// Reads and validates a template's resources.
///
/// # Errors
/// Tells every resource that AWS would refuse or that cannot be run here, each with its place.
pub fn read(resolved: &Resolved, allowed: Allowed) -> std::result::Result<Stack, StackError> {
    if allowed.partial { partial::read(resolved, allowed) } else { whole(resolved, allowed) }
}

/// Reads what can be read: the stack without what has a problem and what cannot be without that,
/// and all the problems.
pub fn read_in_part(resolved: &Resolved, allowed: Allowed) -> (Stack, Vec<StackProblem>) {
    let (problems, ignored, warnings) = Default::default();
    let mut reader = Reader { resolved, allowed, problems, ignored, warnings };
    let stack = reader.stack();
    (stack, reader.problems)
}

/// All of it, or what is wrong.
fn whole(resolved: &Resolved, allowed: Allowed) -> std::result::Result<Stack, StackError> {
    let (stack, problems) = read_in_part(resolved, allowed);
    match Problems::unless_empty(&resolved.source, problems) {
        Some(error) => Err(error),
        None => Ok(stack),
    }
}

/// Its name is read from its identity, and its default namespace where services want it.
fn cluster(reading: &Reading<'_>) -> Result<()> {
    let properties = reading.properties();
    properties.text("ClusterName")?;
    if let Some(defaults) = properties.map("ServiceConnectDefaults")? {
        defaults.text("Namespace")?;
    }
    Ok(())
}

/// What a resource of this type is, if it cannot be run and the rest would be another stack without.
fn refused(resource_type: &str) -> Option<&'static str> {
    if is_nested(resource_type) {
        return Some("a nested stack whose template is not beside this one");
    }
    REFUSED.iter().find(|(refused, _)| *refused == resource_type).map(|(_, what)| *what)
}

/// Whether resources of this type are acted upon.
pub fn is_emulated(resource_type: &str) -> bool {
    EMULATED.contains(&resource_type) || BOOKKEEPING.contains(&resource_type)
}

// === impl Context ===

impl Context<'_> {
    /// The target group with this name, if nothing was wrong with it.
    fn target_group(&self, arn: &Arn) -> Option<&TargetGroup> {
        self.target_groups.iter().find(|group| group.arn == *arn)
    }
}

// === impl Reader ===

impl Reader<'_> {
    fn stack(&mut self) -> Stack {
        let resolved = self.resolved;
        let task_definitions = self.all(TASK_DEFINITION, task_definition::read);
        self.all(CLUSTER, cluster);
        let services = self.all(SERVICE, |it| service::read(it, resolved, &task_definitions));
        let target_groups = self.all(TARGET_GROUP, target_group::read);
        let stack = Stack {
            name: resolved.stack_name.clone(),
            region: resolved.region.clone(),
            account: resolved.account.clone(),
            load_balancers: self.load_balancers(&target_groups),
            target_groups,
            services: services.into_iter().flatten().collect(),
            namespaces: self.namespaces(),
            security_groups: self.security_groups(),
            networks: self.networks(),
            coverage: Coverage::default(),
        };
        self.others();
        Stack { coverage: self.coverage(), ..stack }
    }

    fn load_balancers(&mut self, target_groups: &[TargetGroup]) -> Vec<LoadBalancer> {
        let (resolved, allowed) = (self.resolved, self.allowed);
        let certificates = &self.all(CERTIFICATE, certificate::read);
        let context = Context { resolved, target_groups, certificates, allowed };
        let mut rules = self.all(LISTENER_RULE, |it| rule::read(it, &context));
        let further = self.all(LISTENER_CERTIFICATE, |it| listener::read_certificate(it, &context));
        let mut listeners = self.all(LISTENER, |it| listener::read(it, &context));
        let mut load_balancers = self.all(LOAD_BALANCER, |it| load_balancer::read(it, resolved));
        self.unique(&mut rules, |rule| rule.priority, |rule| &rule.logical_id, Claim::Priority);
        self.unique(
            &mut listeners,
            |listener| listener.port,
            |listener| &listener.logical_id,
            Claim::Port,
        );
        adopt(
            &mut listeners,
            rules,
            |listener| &mut listener.item.rules,
            |listener| &listener.item.arn,
        );
        for certificate in further {
            certify(&mut listeners, certificate);
        }
        adopt(&mut load_balancers, listeners, |it| &mut it.listeners, |it| &it.arn);
        load_balancers
    }

    fn namespaces(&mut self) -> Vec<Namespace> {
        let resolved = self.resolved;
        let mut instances =
            self.all(DISCOVERY_INSTANCE, |it| namespace::read_instance(it, resolved));
        let mut services = self.all(DISCOVERY_SERVICE, |it| namespace::read_service(it, resolved));
        let mut namespaces = Vec::new();
        for (resource_type, kind) in namespace::KINDS {
            namespaces.extend(self.all(resource_type, |it| namespace::read(it, kind)));
        }
        self.unique(
            &mut namespaces,
            |namespace| (namespace.kind, namespace.name.to_lowercase()),
            |namespace| &namespace.logical_id,
            |(_, name)| Claim::NamespaceName(name),
        );
        self.unique(
            &mut instances,
            |instance| instance.id.clone(),
            |instance| &instance.logical_id,
            Claim::InstanceId,
        );
        self.unique(
            &mut services,
            namespace::unique_name,
            |service| &service.logical_id,
            Claim::DiscoveryServiceName,
        );
        adopt(&mut services, instances, |it| &mut it.item.instances, |it| &it.item.arn);
        adopt(&mut namespaces, services, |it| &mut it.item.services, |it| &it.item.arn);
        namespaces.into_iter().map(|namespace| namespace.item).collect()
    }

    fn security_groups(&mut self) -> Vec<SecurityGroup> {
        let resolved = self.resolved;
        let mut groups = self.all(SECURITY_GROUP, |it| security_group::read(it, resolved));
        groups.push(security_group::default_of_vpc());
        for (resource_type, direction) in [
            (SECURITY_GROUP_INGRESS, Direction::Ingress),
            (SECURITY_GROUP_EGRESS, Direction::Egress),
        ] {
            let rules =
                self.all(resource_type, |it| security_group::read_rule(it, resolved, direction));
            security_group::add(&mut groups, rules);
        }
        self.warnings.extend(groups.iter().filter_map(security_group::lost_egress));
        security_group::complete(groups)
    }

    /// Of VPCs nothing but their addresses is looked at, so that they stay listed as ignored.
    fn networks(&mut self) -> Vec<Ipv4Net> {
        let mut networks = Vec::new();
        for resource in of_type(self.resolved, VPC) {
            match security_group::network(&Reading::new(resource)) {
                Ok(network) => networks.extend(network),
                Err(problem) => self.problems.push(problem),
            }
        }
        networks
    }

    /// Reads every resource of a type.
    fn all<T>(&mut self, resource_type: &str, read: impl Fn(&Reading<'_>) -> Result<T>) -> Vec<T> {
        let mut items = Vec::new();
        for resource in of_type(self.resolved, resource_type) {
            let reading = Reading::new(resource);
            match read(&reading) {
                Ok(item) => items.push(item),
                Err(problem) => self.problems.push(self.judged(problem)),
            }
            self.warnings.extend(reading.warnings());
            self.ignored.extend(reading.ignored());
        }
        items
    }

    /// What only AWS knows is no mistake where a number or a word should stand.
    fn judged(&self, problem: StackProblem) -> StackProblem {
        let Reason::Property(_, PropertyFault::WrongType { found: Found::Text(value), .. }) =
            &problem.reason
        else {
            return problem;
        };
        let given_in = self.resolved.notes.iter().find_map(|note| match note {
            Note::UnknownAttribute { name } => (name == value).then_some(GivenIn::Attributes),
            Note::SsmValue { name, .. } => (name == value).then_some(GivenIn::Ssm),
            Note::SsmReference { name, .. } => value.contains(name).then_some(GivenIn::Ssm),
            _ => None,
        });
        let Some(given_in) = given_in else { return problem };
        let unknown = NotEmulated::UnknownValue { value: value.clone(), given_in };
        StackProblem { reason: unknown.into(), ..problem }
    }

    /// Sorts by a key that the children of one parent must not share.
    fn unique<T, K: Ord + Clone>(
        &mut self,
        children: &mut [Child<T>],
        key: impl Fn(&T) -> K,
        id: impl Fn(&T) -> &String,
        claim: impl Fn(K) -> Claim,
    ) {
        children.sort_by_key(|child| (child.parent.clone(), key(&child.item)));
        for pair in children.windows(2) {
            let [first, second] = pair else { continue };
            let claimed = key(&second.item);
            if first.parent == second.parent && key(&first.item) == claimed {
                let taken = Taken {
                    first: id(&first.item).clone(),
                    first_line: self.resolved.source.line(first.span),
                    claim: claim(claimed),
                };
                self.problems.push(StackProblem {
                    path: PropertyPath::of_resource(id(&second.item)),
                    span: second.span,
                    reason: taken.into(),
                });
            }
        }
    }

    /// Resources of all other types.
    fn others(&mut self) {
        for resource in self.resolved.resources.values() {
            let resource_type = resource.resource_type.as_str();
            if let Some(what) = refused(resource_type) {
                let what = NotEmulated::Resource { what };
                self.problems.push(Reading::new(resource).not_emulated(what));
            } else if let Some(problem) = firewall::problem(resource) {
                self.problems.push(problem);
            } else if is_emulated(resource_type) {
                self.problems.extend(unresolved::problem(resource));
            } else {
                self.ignored.push(Ignored {
                    logical_id: resource.logical_id.clone(),
                    resource_type: resource_type.to_owned(),
                    part: IgnoredPart::Whole,
                });
            }
        }
    }

    fn coverage(&mut self) -> Coverage {
        let notes = self.resolved.notes.iter().filter_map(noted);
        let mut ignored: Vec<_> = notes.chain(std::mem::take(&mut self.ignored)).collect();
        ignored.sort_by_key(|it| self.resolved.resources.get_index_of(&it.logical_id));
        let mut warnings = std::mem::take(&mut self.warnings);
        warnings.sort_by_key(|it| self.resolved.resources.get_index_of(it.logical_id()));
        let approximated = self.resolved.resources.values().map(approximated::count).sum();
        Coverage { ignored, approximated, warnings }
    }
}

/// As what it is listed, if it is.
fn noted(note: &Note) -> Option<Ignored> {
    let property = |key: &str| IgnoredPart::Property(PropertyPath::default().key(key));
    let (logical_id, resource_type, part) = match note {
        Note::SsmValue { parameter, .. } => (parameter, "Parameter", property("Type")),
        Note::UncheckedPattern { parameter } => {
            (parameter, "Parameter", property("AllowedPattern"))
        }
        Note::SsmReference { name, logical_id } => {
            (logical_id, "Dynamic reference", IgnoredPart::DynamicReference(name.clone()))
        }
        Note::LeftOut { logical_id, resource_type } => {
            (logical_id, &**resource_type, IgnoredPart::Whole)
        }
        Note::UncheckedRule { rule } => (rule, "Rule", property("Assertions")),
        Note::UnknownAttribute { .. } => return None,
    };
    Some(Ignored { logical_id: logical_id.clone(), resource_type: resource_type.to_owned(), part })
}

/// Gives each child to its parent, in order; each was found to have one when it was read.
fn adopt<P, T>(
    parents: &mut [P],
    children: Vec<Child<T>>,
    list: impl Fn(&mut P) -> &mut Vec<T>,
    name: impl Fn(&P) -> &Arn,
) {
    for child in children {
        if let Some(parent) = parents.iter_mut().find(|parent| *name(parent) == child.parent) {
            list(parent).push(child.item);
        }
    }
}

/// Gives a listener a further certificate, which AWS may be told of twice.
fn certify(listeners: &mut [Child<Listener>], further: Child<Certificate>) {
    let listener = listeners.iter_mut().find(|listener| listener.item.arn == further.parent);
    if let Some(Child { item: listener, .. }) = listener
        && let ListenerProtocol::Https { certificates, .. } = &mut listener.protocol
        && certificates.iter().all(|certificate| certificate.arn != further.item.arn)
    {
        certificates.push(further.item);
    }
}

fn of_type<'a>(resolved: &'a Resolved, name: &str) -> impl Iterator<Item = &'a Resource> {
    resolved.resources.values().filter(move |resource| resource.resource_type == name)
}

/// The resource of this type that `Ref` gives this value for.
fn named<'a>(resolved: &'a Resolved, resource_type: &str, reference: &str) -> Option<&'a Resource> {
    of_type(resolved, resource_type).find(|resource| resource.reference() == reference)
}

/// An attribute that every resource of this type has.
fn attribute(resource: &Resource, name: &str) -> String {
    use cloudformation::Value;
    match resource.attribute(name) {
        Some(Value::String(text) | Value::Number(text)) => text,
        _ => resource.logical_id.clone(),
    }
}
