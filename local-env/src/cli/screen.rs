//! What the user sees: the tasks' output and what happens to them on standard output, progress on
//! standard error.
//!
//! [`Screen`] makes the text and [`Paper`] writes it, without holding up anything else where the
//! reader is slow or a terminal is paused.

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
};

use anstream::{AutoStream, ColorChoice, adapter::strip_str};
use anstyle::{AnsiColor, Style};

use tokio::io::AsyncWriteExt as _;

use crate::{ecs::OutputLine, environment::Notice};
use stack::{LogicalId, Stack};

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
const COLOURS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::Red,
];

/// Writes for the services of one stack: their names in columns, each in its colour.
pub(super) struct Screen {
    width: usize,
    styles: BTreeMap<String, Style>,
    /// What people call each service, by its logical id.
    names: BTreeMap<LogicalId, String>,
}

/// Standard output.
pub(super) struct Paper {
    stdout: tokio::io::Stdout,
    plain: bool,
}

// === impl Screen ===

impl Screen {
    pub(super) fn new(stack: &Stack) -> Self {
        let local = |service| stack.local_name(service).to_owned();
        let names: BTreeMap<_, _> =
            stack.services.iter().map(|one| (one.logical_id.clone(), local(one))).collect();
        let colour = |colour: &AnsiColor| Style::new().fg_color(Some((*colour).into()));
        let colours = COLOURS.iter().cycle().map(colour);
        Self {
            width: names.values().map(String::len).max().unwrap_or_default(),
            styles: stack.services.iter().map(local).zip(colours).collect(),
            names,
        }
    }

    /// A line of progress. There is nobody to tell where standard error is gone.
    pub(super) fn progress(&self, service: &str, text: &str) {
        let _ = writeln!(anstream::stderr().lock(), "{} {text}", self.label(service));
    }

    pub(super) fn warn(text: &str) {
        let style = AnsiColor::Yellow.on_default();
        let _ = writeln!(anstream::stderr().lock(), "{style}warning{style:#}: {text}");
    }

    /// A line of a task's output.
    pub(super) fn output(&self, OutputLine { task, container, text }: &OutputLine) -> String {
        let service = self.names.get(&task.service.logical_id).unwrap_or(&task.service.name);
        let containers = &task.service.task_definition.containers;
        // Which container speaks goes without saying where there is only one.
        let container = containers.get(*container).filter(|_| containers.len() > 1);
        let container = container.map(|it| format!("{} ", it.name)).unwrap_or_default();
        let (label, id) = (self.label(service), task.id.short());
        format!("{label} {DIM}{id} {container}│{DIM:#} {text}\n")
    }

    /// Something happened. Empty for what nobody has to be told.
    pub(super) fn notice(&self, notice: &Notice) -> String {
        let (service, task, text) = match notice {
            Notice::Status { .. } => return String::new(),
            Notice::Event { service, message } => {
                return format!("{} {message}\n", self.label(service));
            }
            Notice::NotApplied { what } => {
                return format!("not applied: {what}: restart to apply that\n");
            }
            Notice::Running { service, task, address } => {
                (service, task, format!("runs at {address}"))
            }
            Notice::Target { service, task, state } => (service, task, format!("is {state}")),
            Notice::Stopped { service, task, why, expected } => {
                let style = if *expected { Style::new() } else { AnsiColor::Red.on_default() };
                (service, task, format!("{style}{why}{style:#}"))
            }
        };
        format!("{} {DIM}{}{DIM:#} {text}\n", self.label(service), task.short())
    }

    /// A service's name in its column and colour.
    pub(super) fn label(&self, service: &str) -> String {
        let width = self.width;
        let style = self.styles.get(service).copied().unwrap_or_default();
        format!("{style}{service:<width$}{style:#}")
    }
}

// === impl Paper ===

impl Paper {
    pub(super) fn new() -> Self {
        let plain = AutoStream::choice(&io::stdout()) == ColorChoice::Never;
        Self { stdout: tokio::io::stdout(), plain }
    }

    /// Writes a text, without its colours where they are not wanted.
    pub(super) async fn write(&mut self, text: &str) -> io::Result<()> {
        if self.plain {
            self.stdout.write_all(strip_str(text).to_string().as_bytes()).await?;
        } else {
            self.stdout.write_all(text.as_bytes()).await?;
        }
        self.stdout.flush().await
    }
}
