//! The order in which resources are read, and how they are put together.
//!
//! Whatever others refer to is read before them. Each resource is read on its own, so that it has at
//! most one problem; children are given to their parents at the end.

use ipnet::Ipv4Net;

use crate::{
    approximated, certificate,
    child::Child,
    context::Context,
    field::{Reading, Result},
    firewall, listener, load_balancer,
    lookup::of_type,
    namespace, note,
    problem::{Claim, NotEmulated, StackError, StackProblem, Taken},
    resource_type::{
        CERTIFICATE, CLUSTER, DISCOVERY_INSTANCE, DISCOVERY_SERVICE, LISTENER,
        LISTENER_CERTIFICATE, LISTENER_RULE, LOAD_BALANCER, SECURITY_GROUP, SECURITY_GROUP_EGRESS,
        SECURITY_GROUP_INGRESS, SERVICE, TARGET_GROUP, TASK_DEFINITION, VPC,
    },
    rule, security_group, service,
    support::{is_emulated, refused},
    target_group, task_definition, unresolved,
};
use cloudformation::{Problems, PropertyPath, Resolved};
use stack::{
    Allowed, Arn, Certificate, Coverage, Direction, Ignored, IgnoredPart, Listener,
    ListenerProtocol, LoadBalancer, LogicalId, Namespace, SecurityGroup, Stack, TargetGroup,
    Warning,
};

/// A template while its resources are read, and what has been found so far.
pub(super) struct Reader<'a> {
    resolved: &'a Resolved,
    allowed: Allowed,
    problems: Vec<StackProblem>,
    ignored: Vec<Ignored>,
    warnings: Vec<Warning>,
}

// === impl Reader ===

impl<'a> Reader<'a> {
    pub(super) fn new(resolved: &'a Resolved, allowed: Allowed) -> Self {
        let (problems, ignored, warnings) = Default::default();
        Self { resolved, allowed, problems, ignored, warnings }
    }

    /// Returns the stack without what has a problem, and the problems.
    pub(super) fn read(mut self) -> (Stack, Vec<StackProblem>) {
        let stack = self.stack();
        (stack, self.problems)
    }

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

    /// Reads the addresses of VPCs. Nothing else of them is looked at, so that they stay listed as
    /// ignored.
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
                Err(problem) => self.problems.push(note::judged(&self.resolved.notes, problem)),
            }
            self.warnings.extend(reading.warnings());
            self.ignored.extend(reading.ignored());
        }
        items
    }

    /// Sorts by a key that the children of one parent must not share.
    fn unique<T, K: Ord + Clone>(
        &mut self,
        children: &mut [Child<T>],
        key: impl Fn(&T) -> K,
        id: impl Fn(&T) -> &LogicalId,
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
                    path: PropertyPath::of_resource(id(&second.item).as_str()),
                    span: second.span,
                    reason: taken.into(),
                });
            }
        }
    }

    /// Looks at the resources of all other types.
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
                    logical_id: (&resource.logical_id).into(),
                    resource_type: resource_type.to_owned(),
                    part: IgnoredPart::Whole,
                });
            }
        }
    }

    fn coverage(&mut self) -> Coverage {
        let notes = self.resolved.notes.iter().filter_map(note::ignored);
        let mut ignored: Vec<_> = notes.chain(std::mem::take(&mut self.ignored)).collect();
        ignored.sort_by_key(|it| self.resolved.resources.get_index_of(it.logical_id.as_str()));
        let mut warnings = std::mem::take(&mut self.warnings);
        warnings.sort_by_key(|it| self.resolved.resources.get_index_of(it.logical_id().as_str()));
        let approximated = self.resolved.resources.values().map(approximated::count).sum();
        Coverage { ignored, approximated, warnings }
    }
}

/// Reads a cluster: its name is known from its identity, its default namespace where services want
/// it.
fn cluster(reading: &Reading<'_>) -> Result<()> {
    let properties = reading.properties();
    properties.text("ClusterName")?;
    if let Some(defaults) = properties.map("ServiceConnectDefaults")? {
        defaults.text("Namespace")?;
    }
    Ok(())
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

/// Reads all of it, or tells what is wrong.
pub(super) fn whole(
    resolved: &Resolved,
    allowed: Allowed,
) -> std::result::Result<Stack, StackError> {
    let (stack, problems) = Reader::new(resolved, allowed).read();
    match Problems::unless_empty(&resolved.source, problems) {
        Some(error) => Err(error),
        None => Ok(stack),
    }
}
