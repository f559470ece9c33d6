//! What the listeners and rules of a template are read with.

use cloudformation::Resolved;
use stack::{Allowed, Arn, Certificate, TargetGroup};

/// The things that listeners and rules refer to, and what they may do.
pub(super) struct Context<'a> {
    pub(super) resolved: &'a Resolved,
    pub(super) target_groups: &'a [TargetGroup],
    pub(super) certificates: &'a [Certificate],
    pub(super) allowed: Allowed,
}

// === impl Context ===

impl Context<'_> {
    /// Returns the target group with this name, if nothing was wrong with it.
    pub(super) fn target_group(&self, arn: &Arn) -> Option<&TargetGroup> {
        self.target_groups.iter().find(|group| group.arn == *arn)
    }
}
