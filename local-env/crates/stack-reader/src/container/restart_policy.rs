//! When a container is restarted in its task (cloudmap-ecs §3.5).

use super::{Field, Properties, Result};
use crate::problem::ContainerFault;
use stack::RestartPolicy;

const MOST_CODES: usize = 50;

pub(super) fn read(definition: &Properties<'_>) -> Result<Option<RestartPolicy>> {
    let Some(field) = definition.switched_on("RestartPolicy", "Enabled")? else { return Ok(None) };
    let policy = field.map()?;
    let codes = policy.items("IgnoredExitCodes")?;
    if let Some(surplus) = codes.get(MOST_CODES) {
        return Err(surplus.refused(ContainerFault::TooManyExitCodes { most: MOST_CODES }));
    }
    Ok(Some(RestartPolicy {
        ignored_exit_codes: codes.iter().map(Field::whole).collect::<Result<_>>()?,
        attempt_period: policy.seconds("RestartAttemptPeriod", 60..=1800, 300)?,
    }))
}
