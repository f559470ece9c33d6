//! Target groups: who is registered, what the checks say of them, and who gets a request (alb §4).
//!
//! What decides has no socket, no clock and no task, and is given the time: [`offer`] chooses the
//! target of a request, from a list that is replaced whole when anything changes and is read without a
//! lock; [`registrations`] knows who is registered and how healthy, by [`health`], [`slow_start`] and
//! [`anomaly`]. [`group`] is the shell around the two that has the lock, the clock and the tasks, and
//! [`check`] asks targets how they are.

mod anomaly;
mod any_certificate;
mod check;
mod chosen;
mod eligible;
mod group;
mod health;
mod offer;
mod registrations;
mod slow_start;
mod state;
mod stickiness;
mod target;
mod terms;

pub(super) use any_certificate::any_certificate;
pub(super) use chosen::ChosenTarget;
pub use group::TargetGroup;
pub use state::{TargetState, TargetStates, UnhealthyReason, Unused};
pub(super) use target::Target;
