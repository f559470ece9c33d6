//! Task definitions as Fargate takes them (cloudmap-ecs §3.1); those for EC2 instances run as Fargate's
//! do.

mod size;

use std::sync::Arc;

use crate::{
    container,
    field::{Field, Properties, Reading, Result},
    problem::{Need, Part, TaskDefinitionFault, TaskResource},
    task::Task,
};
use cloudformation::{Node, Resource};
use stack::{Container, Otherwise, TaskDefinition};

const FARGATE: &str = "FARGATE";

pub(super) fn read(reading: &Reading<'_>) -> Result<Arc<TaskDefinition>> {
    let properties = reading.properties();
    let task = task(&properties)?;
    modes(&properties, &task)?;
    let resource = reading.resource;
    // `…:task-definition/family:1`
    let name = resource.reference().rsplit('/').next().unwrap_or_default();
    let family = name.rsplit_once(':').map_or(name, |(family, _)| family);
    properties.text("Family")?;
    Ok(Arc::new(TaskDefinition {
        logical_id: (&resource.logical_id).into(),
        arn: resource.reference().into(),
        family: family.to_owned(),
        revision: 1,
        cpu: task.cpu,
        memory: task.memory,
        task_role: properties.get("TaskRoleArn").map(|role| role.arn()).transpose()?,
        containers: containers(&properties, &task)?,
    }))
}

/// Returns whether it is `awsvpc`, which AWS's default is not.
fn is_awsvpc(properties: &Properties<'_>, kinds: &[String]) -> Result<bool> {
    let properties = properties.of(Part::NetworkMode);
    let fargate = kinds.iter().any(|kind| kind == FARGATE);
    let Some(mode) = properties.get("NetworkMode") else {
        if fargate {
            return Err(properties.missing("NetworkMode", Need::NetworkMode));
        }
        properties.run_otherwise("NetworkMode", Otherwise::NoNetworkMode);
        return Ok(false);
    };
    let text = mode.text()?;
    if text == "awsvpc" {
        return Ok(true);
    }
    if fargate {
        return Err(mode.refused(TaskDefinitionFault::NetworkMode { found: text.into_owned() }));
    }
    mode.run_otherwise(Otherwise::NetworkMode(text.into_owned()));
    Ok(false)
}

/// Returns whether its tasks are to have addresses of their own in AWS, for who registers them.
pub(super) fn wants_addresses(definition: &Resource) -> bool {
    let kinds = definition.properties.get("RequiresCompatibilities").and_then(Node::items);
    let is = |node: &Node, text: &str| node.text().is_some_and(|it| it == text);
    kinds.is_some_and(|kinds| kinds.iter().any(|kind| is(kind, FARGATE)))
        || definition.properties.get("NetworkMode").is_some_and(|mode| is(mode, "awsvpc"))
}

fn task(properties: &Properties<'_>) -> Result<Task> {
    let kinds = properties.get("RequiresCompatibilities").map(|kinds| kinds.texts());
    let kinds = kinds.transpose()?.unwrap_or_default();
    let awsvpc = is_awsvpc(properties, &kinds)?;
    let fargate = kinds.iter().any(|kind| kind == FARGATE) || kinds.is_empty() && awsvpc;
    let (cpu, memory) = size::read(properties, fargate)?;
    // What may be done with its rights is done by nobody here.
    let execution_role = properties.get("ExecutionRoleArn");
    let has_execution_role = execution_role.inspect(Field::ignore).is_some();
    Ok(Task { cpu, memory, fargate, awsvpc, has_execution_role })
}

/// Refuses what Fargate does not share, place or store, and lists the rest as ignored.
fn modes(properties: &Properties<'_>, task: &Task) -> Result<()> {
    for key in ["IpcMode", "PlacementConstraints"] {
        container::not_on_fargate(properties, key, task)?;
    }
    if let Some(mode) = properties.get("PidMode") {
        if task.fargate && mode.text()? != "task" {
            let found = mode.text()?.into_owned();
            return Err(mode.refused(TaskDefinitionFault::PidMode { found }));
        }
        mode.ignore();
    }
    if let Some(storage) = properties.map("EphemeralStorage")? {
        storage.need("SizeInGiB")?.number(21..=200)?;
        properties.get("EphemeralStorage").iter().for_each(Field::ignore);
    }
    Ok(())
}

fn containers(properties: &Properties<'_>, task: &Task) -> Result<Vec<Container>> {
    let field = properties.need("ContainerDefinitions")?;
    let definitions = field.items()?.iter().map(Field::map).collect::<Result<Vec<_>>>()?;
    let containers = definitions.iter().map(|it| container::read(it, task));
    let containers = containers.collect::<Result<Vec<_>>>()?;
    if containers.is_empty() {
        return Err(field.refused(TaskDefinitionFault::NoContainers));
    }
    if !containers.iter().any(|container| container.essential) {
        return Err(field.refused(TaskDefinitionFault::NoEssentialContainer));
    }
    container::check_together(&definitions, &containers, task)?;
    fits(&definitions, "Cpu", task.cpu, TaskResource::Cpu)?;
    if task.memory > 0 {
        fits(&definitions, "Memory", task.memory, TaskResource::Memory)?;
    }
    Ok(containers)
}

/// Checks whether what the containers are given is there to be given.
fn fits(
    definitions: &[Properties<'_>],
    key: &str,
    most: u32,
    resource: TaskResource,
) -> Result<()> {
    let mut sum = 0_u32;
    for field in definitions.iter().filter_map(|it| it.of(Part::TaskSize).get(key)) {
        sum = sum.saturating_add(field.whole()?);
        if sum > most {
            return Err(field.refused(TaskDefinitionFault::Surplus { sum, most, resource }));
        }
    }
    Ok(())
}
