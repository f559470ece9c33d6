//! A task that is to be run, with all that its containers are given, whatever runs them.

use std::{net::SocketAddr, rc::Rc, sync::Arc};

use tokio::sync::mpsc;

use super::{
    command::{Commands, ContainerCommand},
    task::{OutputLine, Task},
};
use stack::Container;

/// Returns variables for a container of a task, which is known by its index in the task definition.
pub(crate) type VariablesOf = Box<dyn Fn(&Task, usize) -> Vec<(String, String)>>;

/// What the containers of every task are given.
pub(super) struct RunContext {
    /// The address at which names are answered.
    pub(super) dns: SocketAddr,
    /// `AWS::Region`.
    pub(super) region: String,
    /// Variables that lead to what the environment offers.
    pub(super) variables: VariablesOf,
    /// Where the lines go that containers write.
    pub(super) output: mpsc::Sender<OutputLine>,
}

/// A task that is to be run, and how.
#[derive(Clone)]
pub(super) struct TaskRun {
    pub(super) task: Task,
    pub(super) commands: Arc<Commands>,
    pub(super) context: Rc<RunContext>,
}

// === impl TaskRun ===

impl TaskRun {
    /// Returns the task's containers in the task definition's order.
    pub(super) fn containers(&self) -> &[Container] {
        &self.task.service.task_definition.containers
    }

    /// Returns how a container is run; `None` if nobody has said.
    pub(super) fn command(&self, container: &Container) -> Option<&ContainerCommand> {
        self.commands.get(self.task.service.logical_id.as_str(), &container.name)
    }

    /// Returns whether a container is left out.
    pub(super) fn is_skipped(&self, container: &Container) -> bool {
        matches!(self.command(container), Some(ContainerCommand::Skip))
    }

    /// Returns whether the task's containers are run of images; all that run are of one kind.
    pub(super) fn is_of_images(&self) -> bool {
        let mut commands = self.containers().iter().filter_map(|it| self.command(it));
        commands.any(|command| matches!(command, ContainerCommand::Image(_)))
    }

    /// Returns the variables by which AWS tells a container where it runs, and those by which the
    /// container finds the environment.
    pub(super) fn own_variables(&self, index: usize) -> Vec<(String, String)> {
        let region = |name: &str| (name.to_owned(), self.context.region.clone());
        let mut variables = vec![("AWS_EXECUTION_ENV".to_owned(), "AWS_ECS_FARGATE".to_owned())];
        variables.extend([region("AWS_REGION"), region("AWS_DEFAULT_REGION")]);
        variables.extend((self.context.variables)(&self.task, index));
        variables
    }
}
