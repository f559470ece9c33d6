//! Changes of what a running environment runs.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::mpsc;

use super::{Error, sources::Reading};
use crate::{
    ecs::{CommandBook, Commands},
    environment::{Order, Update},
    project::Process,
};
use scheduler::Revision;
use stack::{LogicalId, Stack};

/// What an environment runs now, and how that is changed. Cheap to clone; all clones are one.
#[derive(Clone)]
pub(crate) struct Changes {
    current: Arc<Mutex<Current>>,
    orders: mpsc::UnboundedSender<Order>,
    /// How each container is run, by revision; empty where something else runs the tasks.
    commands: CommandBook,
    has_containers: bool,
}

struct Current {
    revision: Revision,
    reading: Reading,
}

// === impl Changes ===

impl Changes {
    pub(super) fn new(
        reading: Reading,
        commands: CommandBook,
        has_containers: bool,
    ) -> (Self, mpsc::UnboundedReceiver<Order>) {
        let (orders, obeyed) = mpsc::unbounded_channel();
        let current = Arc::new(Mutex::new(Current { revision: Revision(1), reading }));
        (Self { current, orders, commands, has_containers }, obeyed)
    }

    /// Returns the stack that runs now.
    pub(crate) fn stack(&self) -> Arc<Stack> {
        Arc::clone(&self.lock().reading.stack)
    }

    /// Returns how the containers are run now.
    pub(crate) fn commands(&self) -> Arc<Commands> {
        self.commands.at(self.lock().revision)
    }

    /// Returns whether the environment has ended, so that nothing can be changed any more.
    pub(crate) fn is_over(&self) -> bool {
        self.orders.is_closed()
    }

    /// Returns how the containers of another reading are run; none is where something else runs the
    /// tasks.
    pub(crate) fn commands_of(&self, reading: &Reading) -> Result<Commands, Error> {
        if self.commands.is_empty() {
            return Ok(Commands::default());
        }
        reading.commands(self.has_containers)
    }

    /// Runs another reading of the stack, with the commands that are its own. Services that have
    /// changed are rolled, and so are those with the logical ids in `rolled`.
    pub(crate) fn apply(
        &self,
        reading: Reading,
        commands: Commands,
        rolled: BTreeSet<LogicalId>,
    ) -> Result<(), Error> {
        // Updates are sent in the order of their revisions, so the lock is held until then.
        let mut current = self.lock();
        let revision = Revision(current.revision.0 + 1);
        if !self.commands.is_empty() {
            self.commands.add(revision, commands);
        }
        let update = Update { stack: Stack::clone(&reading.stack), revision, rolled };
        *current = Current { revision, reading };
        self.order(Order::Update(Box::new(update)))
    }

    /// Runs another version of the stack.
    pub(super) fn update(&self, stack: Stack) -> Result<(), Error> {
        let reading = Reading { stack: Arc::new(stack), ..self.lock().reading.clone() };
        self.apply_read(reading, BTreeSet::new())
    }

    /// Rolls the service with one of these names, with another program for its main container where
    /// one is given.
    pub(super) fn roll(&self, service: &str, process: Option<&Process>) -> Result<(), Error> {
        let mut reading = self.lock().reading.clone();
        let stack = Arc::clone(&reading.stack);
        let service = stack.service_named(service)?;
        if let Some(process) = process {
            reading.project.run(&stack, service, None, process)?;
        }
        self.apply_read(reading, BTreeSet::from([service.logical_id.clone()]))
    }

    fn apply_read(&self, reading: Reading, rolled: BTreeSet<LogicalId>) -> Result<(), Error> {
        let commands = self.commands_of(&reading)?;
        self.apply(reading, commands, rolled)
    }

    pub(super) fn scale(&self, logical_id: LogicalId, count: u32) -> Result<(), Error> {
        self.order(Order::Scale(logical_id, count))
    }

    fn order(&self, order: Order) -> Result<(), Error> {
        self.orders.send(order).map_err(|_| Error::Ended)
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        // No holder of this lock can panic half-way through a change.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
