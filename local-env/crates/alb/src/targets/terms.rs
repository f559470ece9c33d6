//! What a target group's model means here: the durations in local time, and the keys that it takes.

use std::{sync::Arc, time::Duration};

use super::{health::Policy, registrations::GroupSettings, stickiness::Stickiness};
use crate::cookie::Sealer;
use clock::Clock;
use stack::{self, Algorithm};

/// A target group's model at work.
pub(super) struct Terms {
    pub(super) model: Arc<stack::TargetGroup>,
    pub(super) deregistration_delay: Duration,
    pub(super) stickiness: Option<Arc<Stickiness>>,
}

// === impl Terms ===

impl Terms {
    pub(super) fn new(model: &stack::TargetGroup, clock: Clock) -> Self {
        Self::with(model, clock, stickiness(model))
    }

    /// Makes the terms of the group's next model. Clients stay where they are if the stickiness is
    /// the same.
    pub(super) fn changed(&self, model: &stack::TargetGroup, clock: Clock) -> Self {
        let is_same = self.model.attributes.stickiness == model.attributes.stickiness;
        let stickiness = if is_same { self.stickiness.clone() } else { stickiness(model) };
        Self::with(model, clock, stickiness)
    }

    fn with(model: &stack::TargetGroup, clock: Clock, stickiness: Option<Arc<Stickiness>>) -> Self {
        let deregistration_delay = clock.wait(model.attributes.deregistration_delay);
        Self { model: Arc::new(model.clone()), deregistration_delay, stickiness }
    }

    /// Returns whether targets are spoken to in the same way.
    pub(super) fn speaks_as(&self, other: &Self) -> bool {
        let speaks = |terms: &Self| (terms.model.protocol, terms.model.version);
        speaks(self) == speaks(other)
    }

    pub(super) fn settings(&self, clock: Clock) -> GroupSettings {
        let attributes = &self.model.attributes;
        GroupSettings {
            policy: Policy::new(&self.model.health_check, clock),
            minimum_healthy: attributes.minimum_healthy,
            slow_start: clock.wait(attributes.slow_start),
            mitigates: attributes.anomaly_mitigation
                && attributes.algorithm == Algorithm::WeightedRandom,
        }
    }
}

fn stickiness(model: &stack::TargetGroup) -> Option<Arc<Stickiness>> {
    let kind = model.attributes.stickiness.clone()?;
    match Sealer::new() {
        Ok(sealer) => Some(Arc::new(Stickiness::new(kind, sealer, model.arn.as_str()))),
        Err(error) => {
            let group = &model.name;
            tracing::error!(%group, %error, "clients do not stay with their targets");
            None
        }
    }
}
