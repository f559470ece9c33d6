//! Task definitions as Fargate takes them (cloudmap-ecs §3.1).

mod size;

use std::sync::Arc;

use super::{
    container,
    field::{Field, Properties, Reading, Result},
};
use crate::stack::{Container, TaskDefinition};

/// What a container's definition is held against.
pub(super) struct Task {
    /// CPU units.
    cpu: u32,
    /// MiB.
    memory: u32,
    /// Whether it is registered for Fargate, which refuses much that EC2 takes.
    pub(super) fargate: bool,
    pub(super) has_execution_role: bool,
}

pub(super) fn read(reading: &Reading<'_>) -> Result<Arc<TaskDefinition>> {
    let properties = reading.properties();
    network_mode(&properties)?;
    let task = task(&properties)?;
    modes(&properties, &task)?;
    let resource = reading.resource;
    // `…:task-definition/family:1`
    let name = resource.reference().rsplit('/').next().unwrap_or_default();
    let family = name.rsplit_once(':').map_or(name, |(family, _)| family);
    properties.text("Family")?;
    Ok(Arc::new(TaskDefinition {
        logical_id: resource.logical_id.clone(),
        arn: resource.reference().into(),
        family: family.to_owned(),
        revision: 1,
        cpu: task.cpu,
        memory: task.memory,
        task_role: properties.get("TaskRoleArn").map(|role| role.arn()).transpose()?,
        containers: containers(&properties, &task)?,
    }))
}

fn network_mode(properties: &Properties<'_>) -> Result<()> {
    let help = "Fargate needs `NetworkMode: awsvpc`; AWS's default is `bridge`";
    let Some(mode) = properties.get("NetworkMode") else {
        return Err(properties.missing("NetworkMode", help));
    };
    let text = mode.text()?;
    if text == "awsvpc" {
        Ok(())
    } else {
        Err(mode.not_emulated(format!("network mode `{text}`"), help))
    }
}

fn task(properties: &Properties<'_>) -> Result<Task> {
    let kinds = properties.get("RequiresCompatibilities").map(|kinds| kinds.texts());
    let kinds = kinds.transpose()?.unwrap_or_default();
    let fargate = kinds.is_empty() || kinds.iter().any(|kind| kind == "FARGATE");
    let (cpu, memory) = size::read(properties, fargate)?;
    // What may be done with its rights is done by nobody here.
    let execution_role = properties.get("ExecutionRoleArn");
    let has_execution_role = execution_role.inspect(Field::ignore).is_some();
    Ok(Task { cpu, memory, fargate, has_execution_role })
}

/// What Fargate does not share, place or store; the rest is listed as ignored.
fn modes(properties: &Properties<'_>, task: &Task) -> Result<()> {
    for key in ["IpcMode", "PlacementConstraints"] {
        container::not_on_fargate(properties, key, task)?;
    }
    if let Some(mode) = properties.get("PidMode") {
        if task.fargate && mode.text()? != "task" {
            return Err(mode.refused(format!("is `{}`", mode.text()?), "Fargate knows `task` only"));
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
        return Err(field.refused("is empty", "a task needs a container"));
    }
    if !containers.iter().any(|container| container.essential) {
        let help = "a task needs an essential container: leave `Essential` out of one";
        return Err(field.refused("has no essential container", help));
    }
    container::check_together(&definitions, &containers)?;
    fits(&definitions, "Cpu", task.cpu, "CPU units")?;
    fits(&definitions, "Memory", task.memory, "MiB")?;
    Ok(containers)
}

/// Whether what the containers are given is there to be given.
fn fits(definitions: &[Properties<'_>], key: &str, most: u32, unit: &str) -> Result<()> {
    let mut sum = 0_u32;
    for field in definitions.iter().filter_map(|definition| definition.get(key)) {
        sum = sum.saturating_add(field.whole()?);
        if sum > most {
            let why = format!("makes {sum} {unit} in all, more than the whole task's {most}");
            return Err(field.refused(why, "raise the task's, or lower the containers'"));
        }
    }
    Ok(())
}
