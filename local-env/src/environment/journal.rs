//! What a service says of itself: its events, in ECS's words, and notices for whoever watches.

use std::time::SystemTime;

use super::status::Notice;
use scheduler::{Event, EventLog, LastStatus, ServiceEvent, TaskId};

/// A record of what a service has said, and of what has yet to be sent to whoever watches.
pub(super) struct Journal {
    /// What people call the service.
    name: String,
    events: EventLog,
    notices: Vec<Notice>,
}

// === impl Journal ===

impl Journal {
    /// Starts a journal of the service that people call `name`.
    pub(super) fn new(name: String) -> Self {
        Self { name, events: EventLog::default(), notices: Vec::new() }
    }

    /// Returns what people call the service.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Records an event of the service, which has this name in ECS.
    pub(super) fn record_event(&mut self, service_name: &str, event: &Event<'_>) {
        let message = event.message(service_name);
        self.events.add(ServiceEvent { created_at: SystemTime::now(), message: message.clone() });
        self.notices.push(Notice::Event { service: self.name.clone(), message });
    }

    /// Records where a task is in its life.
    pub(super) fn record_status(&mut self, task: &TaskId, status: LastStatus) {
        self.record(|service| Notice::Status { service, task: task.clone(), status });
    }

    /// Records a notice, which is made of the service's name.
    pub(super) fn record(&mut self, notice: impl FnOnce(String) -> Notice) {
        self.notices.push(notice(self.name.clone()));
    }

    /// Returns the notices that have been recorded since this was called last.
    pub(super) fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }
}
