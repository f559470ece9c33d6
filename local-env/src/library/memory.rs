//! What an environment has told lately, kept for those who ask only when something is wrong.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::mpsc;

use crate::{ecs::OutputLine, environment::Notice};
use scheduler::{Stopped, TaskId};

/// Lines of each task that are kept.
const KEPT_LINES: usize = 20;
/// Tasks whose lines are kept, the latest ones that have written any.
const KEPT_TASKS: usize = 256;
/// Reasons of tasks that have ended that are kept.
const KEPT_ENDS: usize = 20;

/// What happened last. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    lines: HashMap<TaskId, VecDeque<String>>,
    /// The tasks in the order of their first lines.
    tasks: VecDeque<TaskId>,
    ends: VecDeque<End>,
}

/// The end of a task.
#[derive(Debug)]
struct End {
    /// What people call its service.
    service: String,
    task: TaskId,
    why: Stopped,
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

    /// Returns why tasks of a service have ended, each with what it wrote last, the last one first.
    pub(super) fn ends(&self, service: &str) -> Vec<String> {
        let kept = self.lock();
        let ends = kept.ends.iter().rev().filter(|end| end.service == service);
        ends.map(|end| kept.told(end)).collect()
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
        self.ends.push_back(End { service, task, why });
        if self.ends.len() > KEPT_ENDS {
            self.ends.pop_front();
        }
    }

    fn keep(&mut self, OutputLine { task, text, .. }: OutputLine) {
        if !self.lines.contains_key(&task.id) {
            self.tasks.push_back(task.id.clone());
        }
        let lines = self.lines.entry(task.id).or_default();
        lines.push_back(text);
        if lines.len() > KEPT_LINES {
            lines.pop_front();
        }
        if self.tasks.len() > KEPT_TASKS
            && let Some(oldest) = self.tasks.pop_front()
        {
            self.lines.remove(&oldest);
        }
    }

    fn told(&self, End { task, why, .. }: &End) -> String {
        let mut told = format!("{} has ended: {why}", task.short());
        for line in self.lines.get(task).into_iter().flatten() {
            told.push_str("\n    ");
            told.push_str(line);
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecs::Task;
    use scheduler::{Revision, StopCode};
    use stack::{Service, TaskDefinition};

    fn line(id: &TaskId, text: &str) -> OutputLine {
        let service =
            Arc::new(Service::new("web", Arc::new(TaskDefinition::new("web", Vec::new()))));
        let task = Task { id: id.clone(), service, revision: Revision(1) };
        OutputLine { task, container: 0, text: text.to_owned() }
    }

    #[test]
    fn what_a_task_says_last_is_told_though_its_end_was_heard_of_before() {
        let (mut kept, id) = (Kept::default(), TaskId::random());
        let why = Stopped::new(StopCode::EssentialContainerExited, "exited");
        let service = "web".to_owned();
        kept.note(Notice::Stopped { service, task: id.clone(), why, expected: false });
        kept.keep(line(&id, "no database"));
        let told = kept.told(&kept.ends[0]);
        assert_eq!(told, format!("{} has ended: exited\n    no database", id.short()));
    }

    #[test]
    fn only_the_latest_tasks_and_lines_are_kept() {
        let mut kept = Kept::default();
        let ids: Vec<_> = (0..=KEPT_TASKS).map(|_| TaskId::random()).collect();
        for id in &ids {
            (0..=KEPT_LINES).for_each(|number| kept.keep(line(id, &number.to_string())));
        }
        assert!(!kept.lines.contains_key(&ids[0]));
        assert_eq!((kept.lines.len(), kept.tasks.len()), (KEPT_TASKS, KEPT_TASKS));
        assert!(kept.lines.values().all(|lines| lines.len() == KEPT_LINES && lines[0] == "1"));
    }
}
