//! Where a container's output goes (cloudmap-ecs §3.12).

use super::{Field, Properties, Result, Task};
use crate::problem::{ContainerFault, Part};
use stack::LogConfiguration;

const AWSLOGS: &str = "awslogs";
/// Fargate's others.
const DRIVERS: [&str; 2] = ["splunk", "awsfirelens"];
/// Options of `awslogs` that it is emulated with.
const OPTIONS: [&str; 4] =
    ["awslogs-group", "awslogs-region", "awslogs-stream-prefix", "awslogs-create-group"];
static NEEDED: [&str; 2] = ["awslogs-group", "awslogs-region"];
static NEEDED_ON_FARGATE: [&str; 3] = ["awslogs-group", "awslogs-region", "awslogs-stream-prefix"];

pub(super) fn read(definition: &Properties<'_>, task: &Task) -> Result<Option<LogConfiguration>> {
    let Some(field) = definition.of(Part::Logs).get("LogConfiguration") else { return Ok(None) };
    let driver = field.map()?.need("LogDriver")?;
    let log =
        LogConfiguration { driver: driver.text()?.into_owned(), options: options(&field.map()?)? };
    if log.driver == AWSLOGS {
        awslogs(&field.map()?, &driver, &log, task)?;
        return Ok(Some(log));
    }
    if task.fargate && !DRIVERS.contains(&log.driver.as_str()) {
        return Err(driver.refused(ContainerFault::LogDriver { found: log.driver }));
    }
    // Asked for again, so that it is listed as a whole.
    definition.get("LogConfiguration").iter().for_each(Field::ignore);
    Ok(Some(log))
}

fn options(configuration: &Properties<'_>) -> Result<Vec<(String, String)>> {
    let Some(options) = configuration.map("Options")? else { return Ok(Vec::new()) };
    let option = |(key, field): (&str, Field<'_>)| Ok((key.to_owned(), field.text()?.into_owned()));
    options.entries().map(option).collect()
}

fn awslogs(
    configuration: &Properties<'_>,
    driver: &Field<'_>,
    log: &LogConfiguration,
    task: &Task,
) -> Result<()> {
    if task.fargate && !task.has_execution_role {
        return Err(driver.refused(ContainerFault::LogsNeedRole));
    }
    let needed = if task.fargate { &NEEDED_ON_FARGATE[..] } else { &NEEDED[..] };
    if let Some(absent) = needed.iter().find(|name| log.option(name).is_none()) {
        return Err(driver.refused(ContainerFault::LogOption { absent, needed }));
    }
    let Some(options) = configuration.map("Options")? else { return Ok(()) };
    if let (Some(pattern), Some(_)) =
        (options.get("awslogs-multiline-pattern"), options.get("awslogs-datetime-format"))
    {
        return Err(pattern.refused(ContainerFault::TwoLogPatterns));
    }
    let other = options.entries().filter(|(key, _)| !OPTIONS.contains(key));
    other.for_each(|(_, field)| field.ignore());
    Ok(())
}
