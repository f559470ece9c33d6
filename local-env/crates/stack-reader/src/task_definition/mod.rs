//! Task definitions as Fargate takes them (cloudmap-ecs §3.1); those for EC2 instances run as Fargate's
//! do.

mod size;

use std::sync::Arc;

use super::{
    container,
    field::{Field, Properties, Reading, Result},
    task::Task,
};
use cloudformation::{Node, Resource};
use stack::{Container, TaskDefinition};

const FARGATE: &str = "FARGATE";
/// How tasks of other network modes than `awsvpc` are run.
const OWN_ADDRESS: &str = ": each task has an address of its own here, as in `awsvpc`";

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

/// Whether it is `awsvpc`, which AWS's default is not.
fn is_awsvpc(properties: &Properties<'_>, kinds: &[String]) -> Result<bool> {
    let help = "Fargate needs `NetworkMode: awsvpc`; AWS's default is `bridge`";
    let fargate = kinds.iter().any(|kind| kind == FARGATE);
    let Some(mode) = properties.get("NetworkMode") else {
        if fargate {
            return Err(properties.missing("NetworkMode", help));
        }
        properties
            .run_otherwise("NetworkMode", format!("is absent, which means `bridge`{OWN_ADDRESS}"));
        return Ok(false);
    };
    let text = mode.text()?;
    if text == "awsvpc" {
        return Ok(true);
    }
    if fargate {
        return Err(mode.refused(format!("is `{text}`"), help));
    }
    mode.run_otherwise(format!("is `{text}`{OWN_ADDRESS}"));
    Ok(false)
}

/// Whether its tasks are to have addresses of their own in AWS, for who registers them.
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
    container::check_together(&definitions, &containers, task)?;
    fits(&definitions, "Cpu", task.cpu, "CPU units")?;
    if task.memory > 0 {
        fits(&definitions, "Memory", task.memory, "MiB")?;
    }
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
