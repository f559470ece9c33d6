//! ECS services (cloudmap-ecs §3.6, §3.9).

mod circuit_breaker;
mod connect;

use std::sync::Arc;

use crate::{
    field::{Field, Properties, Reading, Result},
    lookup::{attribute, named, of_type},
    namespace,
    problem::{Kind, NotEmulated, Part, ServiceFault, TargetType},
    resource_type::{DISCOVERY_SERVICE, TARGET_GROUP, TASK_DEFINITION},
    security_group, target_group, task_definition,
};
use cloudformation::{Resolved, Resource, Value};
use stack::{
    CircuitBreaker, Otherwise, Service, ServiceLoadBalancer, ServiceRegistry, TaskDefinition,
};

const FARGATE: &str = "FARGATE";
const MOST_TARGET_GROUPS: usize = 5;

/// A `DeploymentConfiguration`.
struct Deployment {
    minimum_healthy_percent: u32,
    maximum_percent: u32,
    circuit_breaker: Option<CircuitBreaker>,
}

// === impl Deployment ===

impl Default for Deployment {
    fn default() -> Self {
        Self { minimum_healthy_percent: 100, maximum_percent: 200, circuit_breaker: None }
    }
}

/// Reads a service; `None` if its task definition has problems of its own.
pub(super) fn read(
    reading: &Reading<'_>,
    resolved: &Resolved,
    definitions: &[Arc<TaskDefinition>],
) -> Result<Option<Service>> {
    let properties = reading.properties();
    kind(&properties)?;
    let definition = definition(&properties, resolved)?;
    target_groups_fit(&properties, resolved, definition)?;
    let is_meant = |it: &&Arc<TaskDefinition>| it.arn.as_str() == definition.reference();
    let Some(task_definition) = definitions.iter().find(is_meant).cloned() else {
        return Ok(None);
    };
    let deployment = deployment(&properties)?;
    let longest_grace = i32::MAX as u32;
    let cluster = properties.text("Cluster")?.unwrap_or("default".into());
    properties.text("ServiceName")?;
    let resource = reading.resource;
    Ok(Some(Service {
        arn: resource.reference().into(),
        name: attribute(resource, "Name"),
        cluster: cluster.rsplit('/').next().unwrap_or_default().to_owned(),
        desired_count: properties.number("DesiredCount", 0..=u32::MAX, 1)?,
        minimum_healthy_percent: deployment.minimum_healthy_percent,
        maximum_percent: deployment.maximum_percent,
        circuit_breaker: deployment.circuit_breaker,
        health_check_grace_period: properties.seconds(
            "HealthCheckGracePeriodSeconds",
            0..=longest_grace,
            0,
        )?,
        load_balancers: load_balancers(&properties, resolved, &task_definition)?,
        registry: registry(&properties, resolved, &task_definition)?,
        connect: connect::read(&properties, resolved, &task_definition)?,
        security_groups: security_group::of_service(&properties, resolved)?,
        ..Service::new(&resource.logical_id, task_definition)
    }))
}

fn kind(properties: &Properties<'_>) -> Result<()> {
    let launch_type = properties.get("LaunchType");
    let elsewhere = launch_type.filter(|it| it.text().is_ok_and(|text| text != FARGATE));
    if let Some(launch_type) = &elsewhere {
        let text = launch_type.text()?;
        launch_type.run_otherwise(Otherwise::LaunchType(text.into_owned()));
    }
    properties.ignore_unless("PlatformVersion", &["LATEST", "1.4.0"])?;
    if let Some(strategy) = properties.get("SchedulingStrategy")
        && strategy.text()? != "REPLICA"
    {
        let text = strategy.text()?;
        if elsewhere.is_none() {
            let found = text.into_owned();
            return Err(strategy.refused(ServiceFault::SchedulingStrategy { found }));
        }
        strategy.run_otherwise(Otherwise::SchedulingStrategy(text.into_owned()));
    }
    if let Some(controller) = properties.map("DeploymentController")?
        && let Some(kind) = controller.get("Type")
        && kind.text()? != "ECS"
    {
        let text = kind.text()?;
        if text != "CODE_DEPLOY" {
            let found = text.into_owned();
            return Err(kind.refused(NotEmulated::DeploymentController { found }));
        }
        kind.run_otherwise(Otherwise::DeploymentController(text.into_owned()));
    }
    Ok(())
}

fn deployment(properties: &Properties<'_>) -> Result<Deployment> {
    let Some(config) = properties.map("DeploymentConfiguration")? else {
        return Ok(Deployment::default());
    };
    if let Some(strategy) = config.get("Strategy")
        && strategy.text()? != "ROLLING"
    {
        let found = strategy.text()?.into_owned();
        strategy.run_otherwise(Otherwise::DeploymentStrategy(found));
    }
    if let Some(alarms) = config.switched_on("Alarms", "Enable")? {
        alarms.ignore();
    }
    let default = Deployment::default();
    Ok(Deployment {
        minimum_healthy_percent: config.number(
            "MinimumHealthyPercent",
            0..=100,
            default.minimum_healthy_percent,
        )?,
        maximum_percent: config.number("MaximumPercent", 0..=u32::MAX, default.maximum_percent)?,
        circuit_breaker: circuit_breaker::read(&config)?,
    })
}

/// Returns the task definition, by ARN, by family, or by family and revision.
fn definition<'a>(properties: &Properties<'_>, resolved: &'a Resolved) -> Result<&'a Resource> {
    let field = properties.need("TaskDefinition")?;
    let name = field.text()?;
    let is_named = |arn: &str| {
        let tail = arn.rsplit('/').next().unwrap_or_default();
        arn == name
            || tail == name
            || tail.rsplit_once(':').is_some_and(|(family, _)| family == name)
    };
    match of_type(resolved, TASK_DEFINITION).find(|resource| is_named(resource.reference())) {
        Some(definition) => Ok(definition),
        None => Err(field.not_in_template(Kind::TaskDefinition)),
    }
}

fn load_balancers(
    properties: &Properties<'_>,
    resolved: &Resolved,
    definition: &TaskDefinition,
) -> Result<Vec<ServiceLoadBalancer>> {
    let items = properties.items("LoadBalancers")?;
    let most = MOST_TARGET_GROUPS;
    if let Some(surplus) = items.get(most) {
        return Err(surplus.refused(ServiceFault::TooManyTargetGroups { most }));
    }
    items.iter().map(|item| load_balancer(item, resolved, definition)).collect()
}

fn load_balancer(
    item: &Field<'_>,
    resolved: &Resolved,
    definition: &TaskDefinition,
) -> Result<ServiceLoadBalancer> {
    let entry = item.map()?;
    if let Some(classic) = entry.get("LoadBalancerName") {
        return Err(classic.refused(NotEmulated::ServiceOfClassicLoadBalancer));
    }
    // Its second target group is for blue/green deployments, in place of which tasks are rolled.
    entry.get("AdvancedConfiguration").iter().for_each(Field::ignore);
    let group = entry.need("TargetGroupArn")?;
    if named(resolved, TARGET_GROUP, &group.text()?).is_none() {
        return Err(group.not_in_template(Kind::TargetGroup));
    }
    let container = entry.of(Part::ContainerPort);
    let (name, port) = (container.need("ContainerName")?, container.need("ContainerPort")?);
    Ok(ServiceLoadBalancer {
        target_group: group.arn()?,
        container_port: mapped_port(&name, &port, definition)?,
        container_name: name.text()?.into_owned(),
    })
}

/// Checks whether tasks of this network mode can be registered in these target groups.
fn target_groups_fit(
    properties: &Properties<'_>,
    resolved: &Resolved,
    definition: &Resource,
) -> Result<()> {
    for item in properties.items("LoadBalancers")? {
        let Some(field) = item.map()?.get("TargetGroupArn") else { continue };
        if let Some(group) = named(resolved, TARGET_GROUP, &field.text()?) {
            fits(&field, group, definition)?;
        }
    }
    Ok(())
}

fn fits(field: &Field<'_>, group: &Resource, definition: &Resource) -> Result<()> {
    let wanted = if task_definition::wants_addresses(definition) {
        TargetType::Ip
    } else {
        TargetType::Instance
    };
    match target_group::type_of(group) {
        Some(found) if found != wanted => Err(field.refused(ServiceFault::TargetType {
            group: (&group.logical_id).into(),
            found,
            definition: (&definition.logical_id).into(),
        })),
        _ => Ok(()),
    }
}

fn registry(
    properties: &Properties<'_>,
    resolved: &Resolved,
    definition: &TaskDefinition,
) -> Result<Option<ServiceRegistry>> {
    let items = properties.of(Part::Registry).items("ServiceRegistries")?;
    if let Some(second) = items.get(1) {
        return Err(second.refused(ServiceFault::SecondRegistry));
    }
    let Some(item) = items.first() else { return Ok(None) };
    let entry = item.map()?;
    let service = entry.need("RegistryArn")?;
    let arn = service.text()?;
    let of_arn = Value::String(arn.clone().into_owned());
    let mut discovery = of_type(resolved, DISCOVERY_SERVICE);
    let Some(discovery) = discovery.find(|it| it.attribute("Arn").as_ref() == Some(&of_arn)) else {
        return Err(service.not_in_template(Kind::DiscoveryService));
    };
    let container = entry.of(Part::ContainerPort);
    let (name, port) = (container.get("ContainerName"), container.get("ContainerPort"));
    let port = match (entry.get("Port"), name, port) {
        (None, None, None) => None,
        (Some(port), None, None) => Some(port.port()?),
        (None, Some(name), Some(port)) => Some(mapped_port(&name, &port, definition)?),
        _ => return Err(item.refused(ServiceFault::HalfPort)),
    };
    namespace::check_registry(item, discovery, port)?;
    Ok(Some(ServiceRegistry { service: service.arn()?, port }))
}

/// Returns a port that the named container maps.
fn mapped_port(name: &Field<'_>, port: &Field<'_>, definition: &TaskDefinition) -> Result<u16> {
    let text = name.text()?;
    let Some(container) = definition.containers.iter().find(|container| container.name == text)
    else {
        return Err(name.refused(ServiceFault::UnknownContainer {
            found: text.into_owned(),
            definition: definition.logical_id.clone(),
            known: definition.containers.iter().map(|it| it.name.clone()).collect(),
        }));
    };
    let number = port.port()?;
    if container.ports.contains(&number) {
        return Ok(number);
    }
    Err(port.refused(ServiceFault::UnmappedPort {
        port: number,
        container: text.into_owned(),
        mapped: container.ports.clone(),
    }))
}
