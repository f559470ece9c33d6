//! What the user sees: a table of where everything is, then the tasks' output and what happens to
//! them. The table and the output go to standard output, progress to standard error.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, Write as _},
    path::Path,
};

use anstyle::{AnsiColor, Style};

use crate::{
    clock::Clock,
    environment::{Environment, Notice, Status},
    stack::{Coverage, Stack},
};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
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
    styles: RefCell<BTreeMap<String, Style>>,
}

/// What the table shows and does not change while the environment runs.
pub(super) struct Facts {
    stack_name: String,
    region: String,
    listeners: Vec<String>,
    names: Vec<String>,
    dns: String,
    ca_file: Option<String>,
    clock: Clock,
    ignored: String,
}

// === impl Screen ===

impl Screen {
    pub(super) fn new(stack: &Stack) -> Self {
        let names = stack.services.iter().map(|service| stack.local_name(service));
        let width = names.clone().map(str::len).max().unwrap_or_default();
        let colour = |colour: &AnsiColor| Style::new().fg_color(Some((*colour).into()));
        let styles = names.map(str::to_owned).zip(COLOURS.iter().cycle().map(colour)).collect();
        Self { width, styles: RefCell::new(styles) }
    }

    /// A line of progress. There is nobody to tell where standard error is gone.
    pub(super) fn progress(&self, service: &str, text: &str) {
        let _ = writeln!(anstream::stderr().lock(), "{} {text}", self.label(service));
    }

    pub(super) fn warn(text: &str) {
        let style = AnsiColor::Yellow.on_default();
        let _ = writeln!(anstream::stderr().lock(), "{style}warning{style:#}: {text}");
    }

    pub(super) fn say(text: &str) -> io::Result<()> {
        writeln!(anstream::stdout().lock(), "{text}")
    }

    /// Something happened.
    pub(super) fn notice(&self, notice: &Notice) -> io::Result<()> {
        let mut out = anstream::stdout().lock();
        match notice {
            Notice::Output { service, task, line } => {
                writeln!(out, "{} {DIM}{}{DIM:#} │ {line}", self.label(service), task.short())
            }
            Notice::Running { service, task, address } => {
                let task = task.short();
                writeln!(out, "{} {DIM}{task}{DIM:#} runs at {address}", self.label(service))
            }
            Notice::Target { service, task, state } => {
                let task = task.short();
                writeln!(out, "{} {DIM}{task}{DIM:#} is {state}", self.label(service))
            }
            Notice::Stopped { service, task, why, expected } => {
                let style = if *expected { DIM } else { AnsiColor::Red.on_default() };
                let task = task.short();
                writeln!(out, "{} {DIM}{task}{DIM:#} {style}{why}{style:#}", self.label(service))
            }
        }
    }

    /// The table, with the tasks as they are now.
    pub(super) fn table(&self, facts: &Facts, status: &Status) -> io::Result<()> {
        let mut text = String::new();
        self.compose(&mut text, facts, status).map_err(io::Error::other)?;
        anstream::stdout().lock().write_all(text.as_bytes())
    }

    fn compose(&self, to: &mut String, facts: &Facts, status: &Status) -> std::fmt::Result {
        writeln!(to, "\n{BOLD}{}{BOLD:#}  {DIM}{}{DIM:#}\n", facts.stack_name, facts.region)?;
        for (index, listener) in facts.listeners.iter().enumerate() {
            writeln!(to, "  {BOLD}{:<9}{BOLD:#} {listener}", if index == 0 { "listeners" } else { "" })?;
        }
        for service in &status.services {
            writeln!(to)?;
            let label = self.label(&service.name);
            let missing = service.desired.saturating_sub(service.tasks.len());
            for task in &service.tasks {
                let port = task.port.map(|port| format!(":{port}")).unwrap_or_default();
                let state = task.target.as_ref().map(ToString::to_string).unwrap_or_default();
                let (id, address) = (task.id.short(), task.address);
                writeln!(to, "  {label} {DIM}{id}{DIM:#}  {address}{port}  {state}")?;
            }
            if missing > 0 {
                writeln!(to, "  {label} {missing} of {} tasks not running", service.desired)?;
            }
        }
        writeln!(to, "\n  {BOLD}names{BOLD:#}     {}  {DIM}{}{DIM:#}", facts.dns, facts.names.join(" "))?;
        if let Some(ca_file) = &facts.ca_file {
            writeln!(to, "  {BOLD}CA{BOLD:#}        {ca_file}")?;
        }
        writeln!(to, "  {BOLD}clock{BOLD:#}     {}", clock(facts.clock))?;
        if !facts.ignored.is_empty() {
            writeln!(to, "  {BOLD}ignored{BOLD:#}   {DIM}{}{DIM:#}", facts.ignored)?;
        }
        writeln!(to, "  {BOLD}stop{BOLD:#}      Ctrl-C\n")
    }

    fn label(&self, service: &str) -> String {
        let width = self.width;
        let style = self.styles.borrow().get(service).copied().unwrap_or_default();
        format!("{style}{service:<width$}{style:#}")
    }
}

// === impl Facts ===

impl Facts {
    pub(super) fn new(stack: &Stack, environment: &Environment, clock: Clock) -> Self {
        let listeners = environment.listeners().iter();
        let names = stack.namespaces.iter().flat_map(|namespace| {
            let name = |name: &str| format!("{name}.{}", namespace.name);
            namespace.services.iter().map(move |service| name(&service.name))
        });
        Self {
            stack_name: stack.name.clone(),
            region: stack.region.clone(),
            listeners: listeners
                .map(|one| format!("{:<23} {} port {}", one.url, one.load_balancer, one.port))
                .collect(),
            names: names.collect(),
            dns: environment.dns_address().to_string(),
            ca_file: environment.ca_file().map(Path::display).map(|path| path.to_string()),
            clock,
            ignored: ignored(&stack.coverage),
        }
    }
}

fn clock(clock: Clock) -> String {
    if clock.is_real() {
        return "AWS's own pace".to_owned();
    }
    format!("AWS's waits pass {} times faster (--real-time for its own pace)", clock.speed())
}

/// One line: each type of resource with its number, then single properties by name.
fn ignored(coverage: &Coverage) -> String {
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    let mut properties = Vec::new();
    for entry in &coverage.ignored {
        match &entry.property {
            Some(property) => properties.push(format!("{}.{property}", entry.logical_id)),
            None => *types.entry(entry.resource_type.trim_start_matches("AWS::")).or_default() += 1,
        }
    }
    let types = types.iter().map(|(name, count)| match count {
        1 => (*name).to_owned(),
        count => format!("{count} {name}"),
    });
    types.chain(properties).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::Ignored;

    #[test]
    fn what_is_ignored_is_counted_by_type_and_properties_are_named() {
        let entry = |logical_id: &str, resource_type: &str, property: Option<&str>| Ignored {
            logical_id: logical_id.into(),
            resource_type: resource_type.into(),
            property: property.map(Into::into),
        };
        let coverage = Coverage {
            ignored: vec![
                entry("A", "AWS::IAM::Role", None),
                entry("B", "AWS::IAM::Role", None),
                entry("C", "AWS::EC2::VPC", None),
                entry("Web", "AWS::ECS::Service", Some("PropagateTags")),
            ],
        };
        assert_eq!(ignored(&coverage), "EC2::VPC, 2 IAM::Role, Web.PropagateTags");
    }
}
