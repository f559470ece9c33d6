//! `up --log-dir`: what the tasks say, a file for each stream, in folders named after their groups, as
//! the driver `awslogs` names both (cloudmap-ecs §3.12).

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write as _},
    path::{Component, Path, PathBuf},
};

use miette::{IntoDiagnostic as _, WrapErr as _};
use tokio::{sync::mpsc, task::JoinHandle};

use super::screen::Screen;
use crate::ecs::{OutputLine, Task};
use scheduler::TaskId;
use stack::Container;

/// Lines that may wait to be written before the tasks that say more are held up.
const WAITING_LINES: usize = 256;
/// Streams whose files are kept open; the oldest are closed beyond that.
const OPEN_FILES: usize = 256;

/// A folder of log files.
pub(super) struct LogFiles {
    folder: PathBuf,
    open: HashMap<(TaskId, usize), BufWriter<File>>,
    has_failed: bool,
}

// === impl LogFiles ===

impl LogFiles {
    /// Makes the folder if it is not there.
    pub(super) fn open(folder: PathBuf) -> miette::Result<Self> {
        fs::create_dir_all(&folder)
            .into_diagnostic()
            .wrap_err_with(|| format!("cannot keep logs in {}", folder.display()))?;
        Ok(Self { folder, open: HashMap::new(), has_failed: false })
    }

    /// Writes each line before it is shown; the handle ends with the last one.
    pub(super) fn keep(
        self,
        lines: mpsc::Receiver<OutputLine>,
    ) -> (mpsc::Receiver<OutputLine>, JoinHandle<()>) {
        let (shown, to_show) = mpsc::channel(WAITING_LINES);
        (to_show, tokio::spawn(self.follow(lines, shown)))
    }

    async fn follow(
        mut self,
        mut lines: mpsc::Receiver<OutputLine>,
        shown: mpsc::Sender<OutputLine>,
    ) {
        let mut waiting = Vec::with_capacity(WAITING_LINES);
        while lines.recv_many(&mut waiting, WAITING_LINES).await > 0 {
            for line in &waiting {
                self.write(line);
            }
            self.flush();
            for line in waiting.drain(..) {
                // Whoever would have shown it has gone; it is kept all the same.
                let _ = shown.send(line).await;
            }
        }
    }

    fn write(&mut self, line: &OutputLine) {
        let written = self.file(line).and_then(|file| writeln!(file, "{}", line.text));
        if let Err(error) = written
            && !std::mem::replace(&mut self.has_failed, true)
        {
            let folder = self.folder.display();
            Screen::warn(&format!("what the tasks say is not kept in {folder}: {error}"));
        }
    }

    fn flush(&mut self) {
        let failed = self.open.values_mut().any(|file| file.flush().is_err());
        self.has_failed |= failed;
    }

    fn file(&mut self, line: &OutputLine) -> io::Result<&mut BufWriter<File>> {
        if self.open.len() >= OPEN_FILES {
            self.open.clear();
        }
        let key = (line.task.id.clone(), line.container);
        let path = self.folder.join(stream(&line.task, line.container));
        match self.open.entry(key) {
            std::collections::hash_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            std::collections::hash_map::Entry::Vacant(entry) => {
                Ok(entry.insert(BufWriter::new(append_to(&path)?)))
            }
        }
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).append(true).open(path)
}

/// `group/prefix/container/task`; without a log configuration `service/container/task`.
fn stream(task: &Task, container: usize) -> PathBuf {
    let model = task.service.task_definition.containers.get(container);
    let name = model.map_or("container", |container| &container.name);
    let option = |name| model.and_then(|it: &Container| it.log.as_ref()?.option(name));
    let (group, prefix) = (option("awslogs-group"), option("awslogs-stream-prefix"));
    let group = group.unwrap_or(&task.service.name);
    below(group).join(below(prefix.unwrap_or_default())).join(name).join(task.id.as_str())
}

/// A name as folders, none of which leads elsewhere.
fn below(name: &str) -> PathBuf {
    let parts = Path::new(name).components();
    parts.filter(|part| matches!(part, Component::Normal(_))).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use scheduler::Revision;
    use stack::{LogConfiguration, Service, TaskDefinition};

    fn task(log: Option<&[(&str, &str)]>) -> Task {
        let mut container = Container::new("web", "web");
        let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        container.log = log.map(|options| LogConfiguration {
            driver: "awslogs".into(),
            options: options.iter().map(own).collect(),
        });
        let definition = Arc::new(TaskDefinition::new("web", vec![container]));
        let service = Arc::new(Service::new("Web", definition));
        Task { id: TaskId::random(), service, revision: Revision(1) }
    }

    #[test]
    fn ecs_078_a_stream_is_named_after_prefix_container_and_task() {
        let task = task(Some(&[("awslogs-group", "/ecs/web"), ("awslogs-stream-prefix", "p")]));
        assert_eq!(stream(&task, 0), Path::new("ecs/web/p/web").join(task.id.as_str()));
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let task =
            task(Some(&[("awslogs-group", "../../etc"), ("awslogs-stream-prefix", "/x/..")]));
        assert_eq!(stream(&task, 0), Path::new("etc/x/web").join(task.id.as_str()));
    }

    #[tokio::test]
    async fn every_line_is_kept_though_nobody_is_shown_it() {
        let folder = tempfile::tempdir().unwrap();
        let task = task(None);
        let (shown, _) = mpsc::channel(1);
        let (sender, lines) = mpsc::channel(2);
        let logs = LogFiles::open(folder.path().to_owned()).unwrap();
        let say = async {
            for number in 0..1000 {
                let (task, text) = (task.clone(), number.to_string());
                sender.send(OutputLine { task, container: 0, text }).await.unwrap();
            }
            drop(sender);
        };
        tokio::join!(logs.follow(lines, shown), say);
        let path = folder.path().join(stream(&task, 0));
        let kept = fs::read_to_string(path).unwrap();
        assert!(kept.lines().map(str::parse).eq((0..1000).map(Ok)));
    }
}
