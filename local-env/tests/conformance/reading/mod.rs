//! Statements that are proven by what is read of a template, or refused in it.

mod task_definitions;
