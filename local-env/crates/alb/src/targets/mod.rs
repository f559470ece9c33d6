//! Target groups: who is registered, what the checks say of them, and who gets a request (alb §4).
//!
//! The data plane sees only the list of targets that may get a request ([`eligible`]), which is
//! replaced whole when anything changes; a request reads it without a lock. Registration and health
//! belong to the control side: [`registry`] decides, [`group`] is the shell around it that has the
//! lock, the clock and the tasks, and [`check`] speaks with targets.

mod anomaly;
mod any_certificate;
mod check;
mod choice;
mod eligible;
mod group;
mod health;
mod registry;
mod slow_start;
mod state;
mod stickiness;
mod target;
mod terms;

pub(super) use any_certificate::any_certificate;
pub(super) use choice::Choice;
pub use group::{TargetGroup, TargetStates};
pub use state::{Reason, TargetState, Unused};
pub(super) use target::Target;
