//! What containers are told to call: whether the name exists, whether somebody listens there, and
//! whether he may be reached (cloudmap-ecs §1, §2).

use super::{
    Place, Severity,
    address::{Address, addresses},
    code, reachability,
    subject::Subject,
    value,
};
use crate::vpc::{End, Passage, Protocol, Reach};
use cloudformation::nearest;
use stack::{DiscoveryService, Namespace, NamespaceKind, RecordKind, Service};
use stack_reader::resource_type::{
    DISCOVERY_INSTANCE, DISCOVERY_SERVICE, PRIVATE_NAMESPACE, RECORD_SET, SERVICE, VPC,
};

/// Ends of the names of variables that hold a host by itself.
const HOSTS: [&str; 6] = ["ADDR", "ADDRESS", "ENDPOINT", "HOST", "HOSTNAME", "URL"];

/// A service that calls another one, and where the template says so.
struct Caller<'a> {
    service: &'a Service,
    /// The name of the variable.
    name: &'a str,
    place: Place,
}

pub(super) fn check(subject: &Subject<'_>) {
    let reach = Reach::new(subject.stack);
    for service in &subject.stack.services {
        let definition = &service.task_definition;
        for (index, container) in definition.containers.iter().enumerate() {
            for (number, (name, value)) in container.environment.iter().enumerate() {
                let path = value::variable(index, number);
                let place = subject.at_id(&definition.logical_id, &path);
                let caller = Caller { service, name, place };
                for address in addresses(value) {
                    call(subject, &reach, &caller, &address);
                }
            }
        }
    }
    for namespace in subject.of_type(PRIVATE_NAMESPACE) {
        let vpc = value::text(namespace, "Vpc").and_then(|id| subject.named(VPC, &id));
        let Some(vpc) = vpc else { continue };
        let on = |key| vpc.properties.get(key);
        let support = on("EnableDnsSupport");
        if !value::is_true(on("EnableDnsHostnames"))
            || support.is_some() && !value::is_true(support)
        {
            let message = format!(
                "the names of `{}` resolve only if both DNS settings of `{}` are on, and AWS turns \
                 on only one by default",
                namespace.logical_id, vpc.logical_id
            );
            let mend = "EnableDnsHostnames: true\nEnableDnsSupport: true";
            subject.tell(
                &code::VPC_DNS,
                subject.at(vpc, &value::key("EnableDnsHostnames")),
                message,
                mend,
            );
        }
    }
}

fn call(subject: &Subject<'_>, reach: &Reach, caller: &Caller<'_>, address: &Address) {
    if is_alias(subject, reach, caller, address) {
        return;
    }
    if !address.host.contains('.') {
        return bare(subject, caller, address);
    }
    let Some((namespace, name)) = namespace(subject, &address.host) else { return };
    match namespace.services.iter().find(|it| it.name.eq_ignore_ascii_case(name)) {
        Some(service) => known(subject, reach, caller, address, service),
        None => unknown(subject, caller, address, (namespace, name)),
    }
}

/// Returns whether it is a name of Service Connect, and tells what is wrong with it then.
fn is_alias(subject: &Subject<'_>, reach: &Reach, caller: &Caller<'_>, address: &Address) -> bool {
    let own = caller.service.connect.as_ref().map(|connect| connect.namespace.as_str());
    let mut ports = Vec::new();
    for target in &subject.stack.services {
        let connect = target.connect.iter().filter(|it| own == Some(it.namespace.as_str()));
        for endpoint in connect.flat_map(|connect| &connect.endpoints) {
            let mut aliases = endpoint.aliases.iter();
            let Some(alias) = aliases.find(|it| it.name.eq_ignore_ascii_case(&address.host)) else {
                continue;
            };
            if address.port.is_none_or(|port| port == alias.port) {
                let place = (address.host.as_str(), endpoint.container_port);
                connect_to(subject, reach, caller, target, place);
                return true;
            }
            ports.push(alias.port.to_string());
        }
    }
    if let (Some(first), Some(port)) = (ports.first(), address.port) {
        let (name, host) = (caller.name, &address.host);
        let listed = ports.join(" and ");
        let message =
            format!("`{name}` calls `{host}` on port {port}, but its proxy listens on {listed}");
        let mend = format!("{host}:{first}");
        subject.tell(&code::WRONG_PORT, caller.place.clone(), message, mend);
    }
    !ports.is_empty()
}

/// Returns the namespace that answers for a host, and what is before its name.
fn namespace<'a, 'b>(subject: &Subject<'a>, host: &'b str) -> Option<(&'a Namespace, &'b str)> {
    let name = |namespace: &'a Namespace| {
        let zone = namespace.name.to_ascii_lowercase();
        let name = host.strip_suffix(&zone)?.strip_suffix('.')?;
        (namespace.kind != NamespaceKind::Http).then_some((namespace, name))
    };
    let found = subject.stack.namespaces.iter().filter_map(name);
    found.min_by_key(|(_, name)| name.len())
}

fn bare(subject: &Subject<'_>, caller: &Caller<'_>, address: &Address) {
    let is_host = || HOSTS.iter().any(|end| caller.name.to_ascii_uppercase().ends_with(end));
    if !address.explicit && !is_host() {
        return;
    }
    let found = subject.stack.namespaces.iter().find_map(|namespace| {
        let its = |it: &&DiscoveryService| it.name.eq_ignore_ascii_case(&address.host);
        Some((namespace, namespace.services.iter().find(its)?))
    });
    let Some((namespace, service)) = found else { return };
    let full = format!("{}.{}", service.name, namespace.name);
    let message = format!(
        "`{}` calls `{}`, which does not resolve by itself: the full name is `{full}`",
        caller.name, address.host
    );
    let port = address.port.map(|port| format!(":{port}")).unwrap_or_default();
    subject.tell(
        &code::BARE_NAME,
        caller.place.clone(),
        message,
        format!("Value: {full}{port}   # instead of {}{port}", address.host),
    );
}

fn unknown(
    subject: &Subject<'_>,
    caller: &Caller<'_>,
    address: &Address,
    (namespace, name): (&Namespace, &str),
) {
    // Others may put names into a public zone, and a task's own name is made when it starts.
    let below =
        |it: &DiscoveryService| name.ends_with(&format!(".{}", it.name.to_ascii_lowercase()));
    if namespace.kind == NamespaceKind::Public
        || namespace.services.iter().any(below)
        || is_made_elsewhere(subject, &address.host, name)
    {
        return;
    }
    let names: Vec<_> = namespace.services.iter().map(|it| it.name.as_str()).collect();
    let mend = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("`{}` has [{}]", namespace.name, names.join(", ")),
    };
    let message = format!(
        "`{}` calls `{}`, but the namespace `{}` has no service `{name}`",
        caller.name, address.host, namespace.name
    );
    // Another stack may put services into a namespace that it is told of.
    let severity =
        if is_exported(subject, namespace) { Severity::Warning } else { Severity::Error };
    subject.tell_as(severity, &code::UNKNOWN_NAME, caller.place.clone(), message, mend);
}

fn is_exported(subject: &Subject<'_>, namespace: &Namespace) -> bool {
    let mut outputs = subject.resolved.outputs.values();
    outputs.any(|it| it.export.is_some() && it.value.contains(namespace.id()))
}

/// Returns whether a service that could not be read, or a record, has this name.
fn is_made_elsewhere(subject: &Subject<'_>, host: &str, name: &str) -> bool {
    let called = |text: Option<String>, name: &str| {
        text.is_some_and(|it| it.trim_end_matches('.').eq_ignore_ascii_case(name))
    };
    subject.of_type(DISCOVERY_SERVICE).any(|it| called(value::text(it, "Name"), name))
        || subject.of_type(RECORD_SET).any(|it| called(value::text(it, "Name"), host))
}

fn known(
    subject: &Subject<'_>,
    reach: &Reach,
    caller: &Caller<'_>,
    address: &Address,
    service: &DiscoveryService,
) {
    let has_address = service.records.iter().any(|it| it.kind != RecordKind::Srv);
    if !has_address {
        let message = format!(
            "`{}` calls `{}`, which has no address: `{}` has no record of type A",
            caller.name, address.host, service.logical_id
        );
        let mend = "DnsConfig:\n  DnsRecords:\n    - {Type: A, TTL: 60}";
        return subject.tell(&code::UNKNOWN_NAME, caller.place.clone(), message, mend);
    }
    let registered: Vec<_> = subject
        .stack
        .services
        .iter()
        .filter(|it| it.registry.as_ref().is_some_and(|registry| registry.service == service.arn))
        .collect();
    if registered.is_empty() {
        return nobody(subject, caller, address, service);
    }
    let Some(port) = address.port else { return };
    for target in registered {
        connect_to(subject, reach, caller, target, (&address.host, port));
    }
}

fn nobody(
    subject: &Subject<'_>,
    caller: &Caller<'_>,
    address: &Address,
    service: &DiscoveryService,
) {
    let all_read = subject.stack.services.len() == subject.of_type(SERVICE).count();
    let registers = || subject.of_type(DISCOVERY_INSTANCE).next().is_some();
    if !all_read || registers() {
        return;
    }
    let id = &service.logical_id;
    let message = format!(
        "`{}` calls `{}`, in which no ECS service registers its tasks",
        caller.name, address.host
    );
    let mend = format!("ServiceRegistries:\n  - RegistryArn: !GetAtt {id}.Arn");
    subject.tell(&code::UNREGISTERED_NAME, caller.place.clone(), message, mend);
}

fn connect_to(
    subject: &Subject<'_>,
    reach: &Reach,
    caller: &Caller<'_>,
    target: &Service,
    (host, port): (&str, u16),
) {
    let from = End::Task(caller.service.logical_id.clone());
    let to = End::Task(target.logical_id.clone());
    let has_groups = subject.has_groups(caller.service) && subject.has_groups(target);
    let passage = reach.may(&from, &to, Protocol::Tcp, port);
    let containers = target.task_definition.containers.iter();
    let ports: Vec<u16> = containers.flat_map(|it| it.ports.iter().copied()).collect();
    if !ports.is_empty() && !ports.contains(&port) {
        let listed: Vec<_> = ports.iter().map(u16::to_string).collect();
        let message = format!(
            "`{}` calls `{host}` on port {port}, but `{}` listens on {}",
            caller.name,
            target.logical_id,
            listed.join(" and ")
        );
        let mend = format!("{host}:{}", listed.first().map_or("", String::as_str));
        // Programs may listen where no mapping says so.
        let severity =
            if passage.is_allowed() || !has_groups { Severity::Warning } else { Severity::Error };
        subject.tell_as(severity, &code::WRONG_PORT, caller.place.clone(), message, mend);
    } else if let Passage::Denied { side, .. } = passage
        && has_groups
    {
        let message = format!(
            "`{}` calls `{host}`, but {from} cannot reach {to} on port {port}: {passage}",
            caller.name
        );
        let mend = reachability::rule(
            side,
            &caller.service.security_groups,
            &target.security_groups,
            port,
        );
        subject.tell(&code::TASK_TO_TASK, caller.place.clone(), message, mend);
    }
}
