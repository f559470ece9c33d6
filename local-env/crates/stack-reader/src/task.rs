//! What a task definition says of its tasks as a whole, which the definitions of its containers are
//! held against.

/// The task that a container's definition is held against.
pub(super) struct Task {
    /// The CPU units that it has.
    pub(super) cpu: u32,
    /// The MiB that it has; 0 is no limit.
    pub(super) memory: u32,
    /// Whether it is registered for Fargate, which refuses much that EC2 takes.
    pub(super) fargate: bool,
    /// Whether each task has an address of its own in AWS.
    pub(super) awsvpc: bool,
    /// Whether it has a role for what is done before its containers start.
    pub(super) has_execution_role: bool,
}
