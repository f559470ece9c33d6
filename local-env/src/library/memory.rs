//! What an environment has told lately, kept for those who ask only when something is wrong.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::mpsc;

use crate::{ecs::OutputLine, environment::Notice};
use scheduler::TaskId;

/// Lines of each task that are kept.
const KEPT_LINES: usize = 20;
/// Reasons of tasks that have ended that are kept.
const KEPT_ENDS: usize = 20;

/// What happened last. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    lines: HashMap<TaskId, VecDeque<String>>,
    /// The service's name and why its task has ended, with what the task said last.
    ends: VecDeque<(String, String)>,
}

// === impl Memory ===

impl Memory {
    /// Returns where to send what happens, for as long as anybody does.
    pub(super) fn notices(&self) -> mpsc::UnboundedSender<Notice> {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let memory = self.clone();
        tokio::spawn(async move {
            while let Some(notice) = receiver.recv().await {
                memory.lock().note(notice);
            }
        });
        sender
    }

    /// Returns where to send what tasks say, for as long as anybody does.
    pub(super) fn output(&self, waiting: usize) -> mpsc::Sender<OutputLine> {
        let (sender, mut receiver) = mpsc::channel::<OutputLine>(waiting);
        let memory = self.clone();
        tokio::spawn(async move {
            while let Some(line) = receiver.recv().await {
                memory.lock().keep(line);
            }
        });
        sender
    }

    /// Returns the last lines that a task has written.
    pub(super) fn lines(&self, task: &TaskId) -> Vec<String> {
        self.lock().lines.get(task).into_iter().flatten().cloned().collect()
    }

    /// Returns why tasks of a service have ended, the last one first.
    pub(super) fn ends(&self, service: &str) -> Vec<String> {
        let kept = self.lock();
        let ends = kept.ends.iter().rev().filter(|(name, _)| name == service);
        ends.map(|(_, why)| why.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // No holder of this lock can panic half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Kept ===

impl Kept {
    fn note(&mut self, notice: Notice) {
        let Notice::Stopped { service, task, why, .. } = notice else { return };
        let mut told = format!("{} has ended: {why}", task.short());
        for line in self.lines.remove(&task).into_iter().flatten() {
            told.push_str("\n    ");
            told.push_str(&line);
        }
        self.ends.push_back((service, told));
        if self.ends.len() > KEPT_ENDS {
            self.ends.pop_front();
        }
    }

    fn keep(&mut self, OutputLine { task, text, .. }: OutputLine) {
        let lines = self.lines.entry(task.id).or_default();
        lines.push_back(text);
        if lines.len() > KEPT_LINES {
            lines.pop_front();
        }
    }
}
