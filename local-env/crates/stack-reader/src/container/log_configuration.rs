//! Where a container's output goes (cloudmap-ecs §3.12).

use super::{Field, Properties, Result, Task};
use stack::LogConfiguration;

const AWSLOGS: &str = "awslogs";
/// Fargate's others.
const DRIVERS: [&str; 2] = ["splunk", "awsfirelens"];
/// Options of `awslogs` that it is emulated with.
const OPTIONS: [&str; 4] =
    ["awslogs-group", "awslogs-region", "awslogs-stream-prefix", "awslogs-create-group"];

pub(super) fn read(definition: &Properties<'_>, task: &Task) -> Result<Option<LogConfiguration>> {
    let Some(field) = definition.get("LogConfiguration") else { return Ok(None) };
    let driver = field.map()?.need("LogDriver")?;
    let log =
        LogConfiguration { driver: driver.text()?.into_owned(), options: options(&field.map()?)? };
    if log.driver == AWSLOGS {
        awslogs(&field.map()?, &driver, &log, task)?;
        return Ok(Some(log));
    }
    if task.fargate && !DRIVERS.contains(&log.driver.as_str()) {
        let help = "Fargate has `awslogs`, `splunk` and `awsfirelens`";
        return Err(driver.refused(format!("is `{}`", log.driver), help));
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
        let why = "is `awslogs`: Fargate requires task definition to have execution role ARN to \
                   support log driver awslogs";
        return Err(driver.refused(why, "give the task definition an `ExecutionRoleArn`"));
    }
    let needed = if task.fargate { &OPTIONS[..3] } else { &OPTIONS[..2] };
    if let Some(absent) = needed.iter().find(|name| log.option(name).is_none()) {
        let help = format!("`awslogs` needs the options {} on Fargate", needed.join(", "));
        return Err(driver.refused(format!("is `awslogs` without the option `{absent}`"), help));
    }
    let Some(options) = configuration.map("Options")? else { return Ok(()) };
    if let (Some(pattern), Some(_)) =
        (options.get("awslogs-multiline-pattern"), options.get("awslogs-datetime-format"))
    {
        let help = "only one of the two says where an event begins";
        return Err(pattern.refused("stands beside `awslogs-datetime-format`", help));
    }
    let other = options.entries().filter(|(key, _)| !OPTIONS.contains(key));
    other.for_each(|(_, field)| field.ignore());
    Ok(())
}
