//! What a task definition says of its tasks as a whole, which the definitions of its containers are
//! held against.

pub(super) struct Task {
    /// CPU units.
    pub(super) cpu: u32,
    /// MiB.
    pub(super) memory: u32,
    /// Whether it is registered for Fargate, which refuses much that EC2 takes.
    pub(super) fargate: bool,
    /// Whether each task has an address of its own in AWS.
    pub(super) awsvpc: bool,
    pub(super) has_execution_role: bool,
}
