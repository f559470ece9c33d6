//! Statements that are proven by asking what decides: there is no socket in them.

mod checks;
mod security_groups;
