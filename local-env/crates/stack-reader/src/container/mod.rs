//! Containers of a task definition (cloudmap-ecs §3.1, §3.5, §3.13).

mod depends_on;
mod environment;
mod fargate;
mod health_check;
mod log_configuration;
mod port_mapping;
mod restart_policy;
mod ulimit;

use std::{borrow::Cow, time::Duration};

use crate::{
    field::{Field, Properties, Result},
    problem::{ContainerFault, Form, NotEmulated, Part},
    task::Task,
};
use stack::Container;

pub(super) use fargate::not_on_fargate;

/// Reads one container, as far as it can be judged without the others.
pub(super) fn read(definition: &Properties<'_>, task: &Task) -> Result<Container> {
    fargate::check(definition, task)?;
    let name = name(&definition.need("Name")?)?;
    let image = image(&definition.need("Image")?, task)?;
    let mappings = definition.items("PortMappings")?;
    let ports = mappings.iter().filter_map(|it| port_mapping::read(it, task).transpose());
    let ports = ports.collect::<Result<Vec<_>>>()?;
    let (size, timeouts) = (definition.of(Part::TaskSize), definition.of(Part::Timeouts));
    Ok(Container {
        essential: definition.flag("Essential")?.unwrap_or(true),
        cpu: size.number("Cpu", 0..=u32::MAX, 0)?,
        memory: size.get("Memory").map(|it| it.number(1..=u32::MAX)).transpose()?,
        entry_point: replaced(definition, "EntryPoint")?,
        command: replaced(definition, "Command")?,
        working_directory: working_directory(definition)?,
        environment: environment::variables(definition)?,
        environment_files: environment::files(definition)?,
        secrets: environment::secrets(definition)?,
        ports: ports.iter().map(|(port, _)| *port).collect(),
        named_ports: ports.into_iter().filter_map(|(_, name)| name).collect(),
        depends_on: depends_on::read(definition)?,
        health_check: health_check::read(definition)?,
        restart_policy: restart_policy::read(definition)?,
        ulimits: ulimit::read(definition, task)?,
        start_timeout: start_timeout(&timeouts)?,
        stop_timeout: timeouts.seconds("StopTimeout", 0..=120, 30)?,
        read_only_root: read_only_root(definition)?,
        log: log_configuration::read(definition, task)?,
        ..Container::new(name, image)
    })
}

/// Checks what only several containers can have wrong.
pub(super) fn check_together(
    definitions: &[Properties<'_>],
    containers: &[Container],
    task: &Task,
) -> Result<()> {
    for (index, (definition, container)) in definitions.iter().zip(containers).enumerate() {
        let before = || containers.iter().take(index);
        if before().any(|other| other.name == container.name) {
            let name = container.name.clone();
            return Err(definition.need("Name")?.refused(ContainerFault::NameTaken { name }));
        }
        let is_taken = |port| before().any(|other| other.ports.contains(port));
        if let Some(port) = container.ports.iter().find(|port| !task.awsvpc && is_taken(port)) {
            let mappings = definition.need("PortMappings")?;
            return Err(mappings.refused(NotEmulated::SharedPort { port: *port }));
        }
    }
    depends_on::check(definitions, containers)
}

fn name(field: &Field<'_>) -> Result<String> {
    let name = field.text()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if (1..=255).contains(&name.len()) && name.chars().all(legal) {
        return Ok(name.into_owned());
    }
    Err(field.malformed(&name, Form::ContainerName))
}

/// Reads the image. ECR gives one only to those who may have it:
/// `123456789012.dkr.ecr.region.amazonaws.com/…`.
fn image(field: &Field<'_>, task: &Task) -> Result<String> {
    let image = field.text()?;
    let registry = image.split_once('/').map_or("", |(registry, _)| registry);
    if task.fargate && !task.has_execution_role && registry.contains(".dkr.ecr.") {
        let image = image.into_owned();
        return Err(field.refused(ContainerFault::ImageNeedsRole { image }));
    }
    Ok(image.into_owned())
}

/// Returns what replaces a part of the image.
fn replaced(definition: &Properties<'_>, key: &str) -> Result<Option<Vec<String>>> {
    let Some(field) = definition.get(key).filter(|field| !field.is_empty()) else {
        return Ok(None);
    };
    field.texts().map(Some)
}

fn working_directory(definition: &Properties<'_>) -> Result<Option<String>> {
    Ok(definition.text("WorkingDirectory")?.map(Cow::into_owned))
}

fn start_timeout(definition: &Properties<'_>) -> Result<Option<Duration>> {
    if definition.get("StartTimeout").is_none() {
        return Ok(None);
    }
    definition.seconds("StartTimeout", 2..=120, 0).map(Some)
}

fn read_only_root(definition: &Properties<'_>) -> Result<bool> {
    let Some(field) = definition.get("ReadonlyRootFilesystem") else { return Ok(false) };
    let read_only = field.flag()?;
    if read_only {
        field.ignore();
    }
    Ok(read_only)
}
