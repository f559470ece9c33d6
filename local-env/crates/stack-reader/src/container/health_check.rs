//! A container's own health check (cloudmap-ecs §3.5).

use super::{Field, Properties, Result};
use crate::problem::{ContainerFault, NotEmulated};
use stack::{ContainerHealthCheck, HealthCommand};

pub(super) fn read(definition: &Properties<'_>) -> Result<Option<ContainerHealthCheck>> {
    let Some(check) = definition.map("HealthCheck")? else { return Ok(None) };
    Ok(Some(ContainerHealthCheck {
        command: command(&check.need("Command")?)?,
        interval: check.seconds("Interval", 5..=300, 30)?,
        timeout: check.seconds("Timeout", 2..=60, 5)?,
        retries: check.number("Retries", 1..=10, 3)?,
        start_period: check.seconds("StartPeriod", 0..=300, 0)?,
    }))
}

fn command(field: &Field<'_>) -> Result<HealthCommand> {
    let mut words = field.texts()?.into_iter();
    let (kind, rest) = (words.next().unwrap_or_default(), words.collect::<Vec<_>>());
    match (kind.as_str(), rest.as_slice()) {
        ("CMD", [_, ..]) => Ok(HealthCommand::Program(rest)),
        ("CMD-SHELL", [line]) => Ok(HealthCommand::Shell(line.clone())),
        ("CMD-SHELL", [_, _, ..]) => Err(field.refused(NotEmulated::ShellOfSeveralParts)),
        ("CMD" | "CMD-SHELL", []) => Err(field.refused(ContainerFault::NoCommand { kind })),
        _ => Err(field.refused(ContainerFault::CommandKind { found: kind })),
    }
}
