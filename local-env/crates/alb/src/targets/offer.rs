//! What a target group has for a request: the targets that may get it, and how one of them is chosen.
//!
//! It has no socket and no clock. The group replaces it whole whenever a check, a registration or the
//! template changes it, so that a request reads it without a lock.

use std::{sync::Arc, time::SystemTime};

use tokio::time::Instant;

use super::{
    chosen::ChosenTarget,
    eligible::{Eligible, Turn},
    stickiness::Session,
    terms::Terms,
};
use crate::head::Fields;
use stack::{Algorithm, ProtocolVersion};

/// The targets that may get a request, and the terms on which they do.
pub(super) struct Offer {
    eligible: Eligible,
    terms: Arc<Terms>,
}

// === impl Offer ===

impl Offer {
    /// Makes the offer of these targets on these terms.
    pub(super) fn new(eligible: Eligible, terms: Arc<Terms>) -> Self {
        Self { eligible, terms }
    }

    /// Returns what its targets speak.
    pub(super) fn version(&self) -> ProtocolVersion {
        self.terms.model.version
    }

    /// Returns how many targets may get a request.
    pub(super) fn len(&self) -> usize {
        self.eligible.len()
    }

    /// Chooses the target for a request: the one that its client stays with (alb §4.7), or another by
    /// the group's algorithm (alb §4.5). Returns `None` where no target may get one.
    #[inline]
    pub(super) fn choose(
        &self,
        request: &Fields,
        turn: &Turn,
        random: &mut fastrand::Rng,
        (now, date): (Instant, SystemTime),
    ) -> Option<ChosenTarget> {
        let Self { eligible, terms } = self;
        let algorithm = terms.model.attributes.algorithm;
        let session = terms.stickiness.as_ref().map(|it| it.session(request, date));
        let stays = match session {
            Some(Session::With(seat)) => eligible.with_id(seat.target()),
            _ => None,
        };
        let chosen = stays.or_else(|| eligible.choose(algorithm, turn, random, now))?;
        let counts = algorithm == Algorithm::LeastOutstandingRequests;
        Some(ChosenTarget {
            target: Arc::clone(chosen),
            protocol: terms.model.protocol,
            version: terms.model.version,
            fail_open: eligible.is_fail_open(),
            session,
            _in_flight: counts.then(|| chosen.begin()),
        })
    }

    /// Adds the values of the `Set-Cookie` headers that go with the answer of a chosen target.
    pub(super) fn set_cookies(
        &self,
        chosen: &ChosenTarget,
        response: &Fields,
        date: SystemTime,
        out: &mut Vec<Vec<u8>>,
    ) {
        let (Some(session), Some(stickiness)) = (chosen.session, &self.terms.stickiness) else {
            return;
        };
        stickiness.set_cookies(session, chosen.target.id, response, date, out);
    }
}
