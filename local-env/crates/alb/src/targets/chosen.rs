//! The target that a request goes to.

use std::sync::Arc;

use super::{
    stickiness::Session,
    target::{InFlight, Target},
};
use stack::{ProtocolVersion, TargetProtocol};

/// The target that a request goes to. Lives until the request has been answered.
#[derive(Debug)]
pub(crate) struct ChosenTarget {
    pub(crate) target: Arc<Target>,
    /// Whether the target is spoken to over TLS.
    pub(crate) protocol: TargetProtocol,
    /// What the target speaks.
    pub(crate) version: ProtocolVersion,
    pub(super) fail_open: bool,
    /// What the client's cookies say; `None` in a group without stickiness.
    pub(super) session: Option<Session>,
    /// A count of the request, where it matters how many there are.
    pub(super) _in_flight: Option<InFlight>,
}

// === impl ChosenTarget ===

impl ChosenTarget {
    /// Returns whether unhealthy targets got requests too, for want of healthy ones
    /// (`UnhealthyRoutingRequestCount`).
    pub(crate) fn is_fail_open(&self) -> bool {
        self.fail_open
    }

    /// Returns whether the client is to stay with its target and was not sent where it stayed
    /// before (`NonStickyRequestCount`).
    pub(crate) fn is_new_session(&self) -> bool {
        match self.session {
            None => false,
            Some(Session::With(seat)) => seat.target() != self.target.id,
            Some(_) => true,
        }
    }
}
