//! `up --watch`: sees that the template, local-env.toml or a service's program has changed, and has
//! the services concerned rolled.
//!
//! Files are looked at a few times a second, which works on every file system; a file counts as
//! changed once it stays as it is, since a linker writes for a while.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use tokio::time::{MissedTickBehavior, interval};

use super::screen::Screen;
use crate::{
    ecs::{Commands, ContainerCommand},
    library::{Changes, Error, Reading, Remark, Sources},
};
use stack::{Container, LogicalId, Service, Stack};

/// Between two looks.
const INTERVAL: Duration = Duration::from_millis(250);

/// What is watched, and what was seen last.
pub(super) struct Watch {
    sources: Sources,
    changes: Changes,
    /// The programs of each service, by its logical id.
    programs: BTreeMap<LogicalId, BTreeSet<PathBuf>>,
    seen: Snapshot,
}

/// What tells one state of the files from another; a file that is not there has none.
type Snapshot = BTreeMap<PathBuf, Option<(SystemTime, u64)>>;

// === impl Watch ===

impl Watch {
    pub(super) fn new(sources: Sources, changes: Changes) -> Self {
        let programs = programs(&changes.stack(), &changes.commands());
        let mut watch = Self { sources, changes, programs, seen: Snapshot::new() };
        watch.seen = watch.look();
        watch
    }

    /// Applies what has changed, until the environment has ended.
    pub(super) async fn run(mut self) {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut before = self.seen.clone();
        while !self.changes.is_over() {
            ticks.tick().await;
            let now = self.look();
            let is_settled = now == before;
            before.clone_from(&now);
            if now == self.seen || !is_settled || self.is_incomplete(&now) {
                continue;
            }
            if let Err(error) = self.update(&now) {
                Screen::warn(&format!("nothing is changed: {:?}", miette::Report::from(error)));
            }
            self.seen = self.look();
            before.clone_from(&self.seen);
        }
    }

    fn look(&self) -> Snapshot {
        let files = self.sources.files().into_iter();
        let programs = self.programs.values().flatten().cloned();
        files.chain(programs).map(|path| (path.clone(), stamp(&path))).collect()
    }

    /// A program that is not there yet is being built.
    fn is_incomplete(&self, now: &Snapshot) -> bool {
        let mut programs = self.programs.values().flatten();
        programs.any(|path| {
            let was_there = self.seen.get(path).is_some_and(Option::is_some);
            was_there && now.get(path).is_some_and(Option::is_none)
        })
    }

    fn update(&mut self, now: &Snapshot) -> Result<(), Error> {
        let reading = self.sources.read()?;
        let Reading { stack, project } = &reading;
        for entry in project.unused(stack) {
            Screen::warn(&Remark::UnusedEntry(entry).to_string());
        }
        let (before, commands) = (self.changes.commands(), self.changes.commands_of(&reading)?);
        let mut rolled = BTreeSet::new();
        for service in &stack.services {
            let id = &service.logical_id;
            let programs = self.programs.get(id).into_iter().flatten();
            let mut changed = programs.map(|path| now.get(path) != self.seen.get(path));
            if changed.any(|changed| changed) || is_run_otherwise(service, &before, &commands) {
                rolled.insert(id.clone());
            }
        }
        self.programs = programs(stack, &commands);
        self.changes.apply(reading, commands, rolled)
    }
}

fn is_run_otherwise(service: &Service, before: &Commands, now: &Commands) -> bool {
    service.task_definition.containers.iter().any(|container| {
        let id = service.logical_id.as_str();
        before.get(id, &container.name) != now.get(id, &container.name)
    })
}

/// The files that run each service; what is looked for in `PATH` is somebody else's.
fn programs(stack: &Stack, commands: &Commands) -> BTreeMap<LogicalId, BTreeSet<PathBuf>> {
    let of_service = |service: &Service| {
        let containers = service.task_definition.containers.iter();
        let program = |container: &Container| match commands
            .get(service.logical_id.as_str(), &container.name)?
        {
            ContainerCommand::Run(command) => Some(command.program.clone()),
            // A rebuilt image is not noticed.
            ContainerCommand::Image(_) | ContainerCommand::Skip => None,
        };
        let programs = containers.filter_map(program).filter(|path| path.is_absolute());
        (service.logical_id.clone(), programs.collect())
    };
    stack.services.iter().map(of_service).collect()
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
