//! Containers of a task definition (cloudmap-ecs §3.1, §3.5).

use std::time::Duration;

use super::field::{Field, Properties, Result};
use crate::stack::Container;

/// The only container of a task of this size.
pub(super) fn read(container: &Properties<'_>, cpu: u32, memory: u32) -> Result<Container> {
    for (key, what) in [("Secrets", "secrets"), ("EnvironmentFiles", "environment files")] {
        if let Some(field) = container.get(key).filter(|field| !field.is_empty()) {
            let help = "give the values under `Environment` in the template that you run here";
            return Err(field.not_emulated(what, help));
        }
    }
    within(container, "Memory", memory, "MiB")?;
    within(container, "Cpu", cpu, "CPU units")?;
    if let Some(essential) = container.get("Essential")
        && !essential.flag()?
    {
        let help = "a task needs an essential container: leave `Essential` out";
        return Err(essential.refused("is false for the only container", help));
    }
    let stop_timeout = container.number("StopTimeout", 0..=120, 30)?;
    let name = name(&container.need("Name")?)?;
    Ok(Container {
        environment: container.items("Environment")?.iter().map(variable).collect::<Result<_>>()?,
        ports: container.items("PortMappings")?.iter().map(port).collect::<Result<_>>()?,
        stop_timeout: Duration::from_secs(stop_timeout.into()),
        ..Container::new(name, container.need("Image")?.text()?)
    })
}

/// A container's limit is one of AWS's bookkeeping here, but it must fit into the task's.
fn within(container: &Properties<'_>, key: &str, most: u32, unit: &str) -> Result<()> {
    let Some(field) = container.get(key) else { return Ok(()) };
    let amount = field.number(0..=u32::MAX)?;
    if amount <= most {
        return Ok(());
    }
    let why = format!("is {amount} {unit}, more than the whole task's {most}");
    Err(field.refused(why, "raise the task's, or lower the container's"))
}

fn name(field: &Field<'_>) -> Result<String> {
    let name = field.text()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if (1..=255).contains(&name.len()) && name.chars().all(legal) {
        return Ok(name.into_owned());
    }
    let help = "a name has up to 255 letters, digits, hyphens and underscores";
    Err(field.refused(format!("is `{name}`"), help))
}

fn variable(field: &Field<'_>) -> Result<(String, String)> {
    let variable = field.map()?;
    let name = variable.need("Name")?.text()?.into_owned();
    let value = variable.text("Value")?.unwrap_or_default().into_owned();
    Ok((name, value))
}

fn port(field: &Field<'_>) -> Result<u16> {
    let mapping = field.map()?;
    if let Some(range) = mapping.get("ContainerPortRange") {
        return Err(range.not_emulated("a range of ports", "map each port on its own"));
    }
    let port = mapping.need("ContainerPort")?.port()?;
    if let Some(host) = mapping.get("HostPort") {
        let host_port = host.number(0..=u16::MAX.into())?;
        if host_port != 0 && host_port != u32::from(port) {
            let why = format!("is {host_port} for container port {port}");
            let help = "with awsvpc the host ports and container ports in port mappings must match";
            return Err(host.refused(why, help));
        }
    }
    if let Some(protocol) = mapping.get("Protocol")
        && !protocol.text()?.eq_ignore_ascii_case("tcp")
    {
        return Err(protocol.not_emulated("a port of another protocol", "only `tcp` is emulated"));
    }
    Ok(port)
}
