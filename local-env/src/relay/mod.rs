//! The relays between a network of containers and the environment.
//!
//! Nothing of the environment listens anywhere but on loopback, where no container gets to. So the
//! program itself runs in containers of that network too, as a relay: what connects to it there goes
//! through a unix socket in a shared folder to the [`Gate`], the environment's end, which knows where
//! it is meant to go. A relay that passes nothing on holds a task's network namespace.

mod gate;
mod inside;
mod purpose;

pub(crate) use gate::{Gate, Reachable};
pub(crate) use inside::{Inside, PortAndTarget};
