//! The features that local-env and the services ask of what both depend on; there is no code here.
//!
//! `cargo run -p local-env` goes on to build the services. A crate of which one of them wants more
//! features than the other would be compiled twice, and with it all that depends on it. So both depend
//! on this one, which asks for all of them. `.ci/run` tells which are missing here.
