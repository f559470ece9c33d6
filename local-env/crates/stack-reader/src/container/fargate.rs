//! What a definition for EC2 may say and one for Fargate may not (cloudmap-ecs §3.1).

use super::{Properties, Result, Task};
use crate::problem::TaskDefinitionFault;

const NOT_OF_CONTAINERS: [&str; 8] = [
    "DisableNetworking",
    "DnsSearchDomains",
    "DnsServers",
    "DockerSecurityOptions",
    "ExtraHosts",
    "Hostname",
    "Links",
    "Privileged",
];
const NOT_OF_LINUX: [&str; 5] = ["Devices", "MaxSwap", "SharedMemorySize", "Swappiness", "Tmpfs"];
const ADDABLE_CAPABILITY: &str = "SYS_PTRACE";

pub(super) fn check(definition: &Properties<'_>, task: &Task) -> Result<()> {
    for key in NOT_OF_CONTAINERS {
        not_on_fargate(definition, key, task)?;
    }
    if task.fargate {
        gpus(definition)?;
        linux_parameters(definition)?;
    }
    for key in ["LinuxParameters", "ResourceRequirements"] {
        if let Some(field) = definition.get(key).filter(|field| !field.is_empty()) {
            field.ignore();
        }
    }
    Ok(())
}

/// Refuses a property that asks for something, or lists it where the task is not for Fargate.
pub(in super::super) fn not_on_fargate(
    properties: &Properties<'_>,
    key: &'static str,
    task: &Task,
) -> Result<()> {
    match properties.get(key).filter(|field| !field.says_nothing()) {
        Some(field) if task.fargate => {
            Err(field.refused(TaskDefinitionFault::NotOnFargate { property: key }))
        }
        Some(field) => {
            field.ignore();
            Ok(())
        }
        None => Ok(()),
    }
}

fn gpus(definition: &Properties<'_>) -> Result<()> {
    for requirement in definition.items("ResourceRequirements")? {
        if requirement.map()?.text("Type")?.as_deref() == Some("GPU") {
            return Err(requirement.refused(TaskDefinitionFault::Gpu));
        }
    }
    Ok(())
}

fn linux_parameters(definition: &Properties<'_>) -> Result<()> {
    let Some(parameters) = definition.map("LinuxParameters")? else { return Ok(()) };
    for key in NOT_OF_LINUX {
        if let Some(field) = parameters.get(key).filter(|field| !field.is_empty()) {
            return Err(field.refused(TaskDefinitionFault::NotOnFargate { property: key }));
        }
    }
    let Some(capabilities) = parameters.map("Capabilities")? else { return Ok(()) };
    for capability in capabilities.items("Add")? {
        let name = capability.text()?;
        if name != ADDABLE_CAPABILITY {
            let found = name.into_owned();
            return Err(capability.refused(TaskDefinitionFault::Capability { found }));
        }
    }
    Ok(())
}
