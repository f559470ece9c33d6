//! When a deployment is given up (cloudmap-ecs §3.6).

use super::{Properties, Result};
use stack::{CircuitBreaker, Threshold};

/// What a `Type` makes of its `Value`.
type OfValue = fn(u32) -> Threshold;

const DEFAULT_THRESHOLD: Threshold = Threshold::BoundedPercent(50);
const TYPES: [(&str, OfValue); 3] = [
    ("BOUNDED_PERCENT", Threshold::BoundedPercent),
    ("UNBOUNDED_PERCENT", Threshold::UnboundedPercent),
    ("COUNT", Threshold::Count),
];

/// Reads the circuit breaker of a `DeploymentConfiguration`.
pub(super) fn read(config: &Properties<'_>) -> Result<Option<CircuitBreaker>> {
    let Some(field) = config.switched_on("DeploymentCircuitBreaker", "Enable")? else {
        return Ok(None);
    };
    let breaker = field.map()?;
    Ok(Some(CircuitBreaker {
        rollback: breaker.need("Rollback")?.flag()?,
        reset_on_healthy_task: breaker.flag("ResetOnHealthyTask")?.unwrap_or(true),
        threshold: threshold(&breaker)?,
    }))
}

fn threshold(breaker: &Properties<'_>) -> Result<Threshold> {
    let Some(threshold) = breaker.map("ThresholdConfiguration")? else {
        return Ok(DEFAULT_THRESHOLD);
    };
    let of_value = threshold.need("Type")?.choice(&TYPES)?;
    Ok(of_value(threshold.need("Value")?.number(1..=i32::MAX as u32)?))
}
