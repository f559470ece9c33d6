//! The table of where everything is, shown once when the stack has come up.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    time::Duration,
};

use super::screen::{BOLD, DIM, Screen};
use crate::{
    connect::PublishedAlias,
    environment::{Addresses, Status},
};
use clock::Clock;
use stack::{Coverage, IgnoredPart, Stack};

/// Where a list goes on in the next line.
const WIDTH: usize = 100;
const INDENT: &str = "            ";

/// What the table shows and does not change while the environment runs.
pub(super) struct Facts {
    stack_name: String,
    region: String,
    listeners: Vec<String>,
    names: Vec<String>,
    connect: Vec<String>,
    dns: String,
    discovery: Option<String>,
    metrics: Option<String>,
    ca_file: Option<String>,
    clock: Clock,
    /// What limits the tasks have, where that is not Docker's affair.
    pub(super) limits: Option<&'static str>,
    ignored: Vec<String>,
    warnings: Vec<String>,
}

// === impl Facts ===

impl Facts {
    pub(super) fn new(
        stack: &Stack,
        addresses: &Addresses,
        clock: Clock,
        show_ignored: bool,
    ) -> Self {
        let listeners = addresses.listeners.iter();
        let names = stack.namespaces.iter().flat_map(|namespace| {
            let name = |name: &str| format!("{name}.{}", namespace.name);
            let resolved = namespace.services.iter().filter(|service| !service.records.is_empty());
            resolved.map(move |service| name(&service.name))
        });
        Self {
            stack_name: stack.name.clone(),
            region: stack.region.clone(),
            listeners: listeners
                .map(|one| format!("{:<23} {} port {}", one.url, one.load_balancer, one.port))
                .collect(),
            names: names.collect(),
            connect: addresses.aliases.iter().map(|it| alias(stack, it)).collect(),
            dns: addresses.dns.to_string(),
            discovery: addresses.discovery.map(|address| format!("http://{address}")),
            metrics: addresses.metrics.map(|it| format!("http://{it}/metrics")),
            ca_file: addresses.ca_file.as_ref().map(|path| path.display().to_string()),
            clock,
            limits: None,
            ignored: if show_ignored {
                wrapped(&ignored(&stack.coverage), ", ")
            } else {
                summary(&stack.coverage)
            },
            warnings: stack.coverage.warnings.iter().map(ToString::to_string).collect(),
        }
    }

    /// The table with the tasks as they are, `since` the start.
    pub(super) fn table(&self, screen: &Screen, status: &Status, since: Duration) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.compose(&mut text, screen, status, since);
        text
    }

    fn compose(
        &self,
        to: &mut String,
        screen: &Screen,
        status: &Status,
        since: Duration,
    ) -> fmt::Result {
        writeln!(to, "\n{BOLD}{}{BOLD:#} {DIM}{}{DIM:#}\n", self.stack_name, self.region)?;
        row(to, "listeners", &self.listeners)?;
        row(to, "tasks", &tasks(screen, status))?;
        row(to, "names", &wrapped(&self.names, " "))?;
        row(to, "connect", &wrapped(&self.connect, ", "))?;
        row(to, "DNS", std::slice::from_ref(&self.dns))?;
        row(to, "discovery", self.discovery.as_slice())?;
        row(to, "metrics", self.metrics.as_slice())?;
        row(to, "CA", self.ca_file.as_slice())?;
        row(to, "clock", &[clock(self.clock)])?;
        let limits = self.limits.map(str::to_owned);
        row(to, "limits", limits.as_slice())?;
        row(to, "ignored", &self.ignored)?;
        row(to, "look at", &self.warnings)?;
        row(to, "stop", &["Ctrl-C".to_owned()])?;
        let since = since.as_secs_f32();
        if status.is_steady() {
            writeln!(to, "\nall tasks run and are healthy after {since:.1} s")
        } else {
            writeln!(to, "\nafter {since:.1} s not all tasks are healthy; their output tells more")
        }
    }
}

fn row(to: &mut String, title: &str, lines: &[String]) -> fmt::Result {
    for (index, line) in lines.iter().enumerate() {
        let title = if index == 0 { title } else { "" };
        writeln!(to, "  {BOLD}{title:<9}{BOLD:#} {line}")?;
    }
    Ok(())
}

fn tasks(screen: &Screen, status: &Status) -> Vec<String> {
    let mut lines = Vec::new();
    for service in &status.services {
        let label = screen.label(&service.name);
        lines.extend(service.tasks.iter().map(|task| {
            let port = task.port.map(|port| format!(":{port}")).unwrap_or_default();
            let state = task.target.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{label} {DIM}{}{DIM:#} {}{port} {state}", task.id.short(), task.address)
        }));
        let missing = service.desired.saturating_sub(service.tasks.len());
        if missing > 0 {
            lines.push(format!("{label} {missing} of {} not running", service.desired));
        }
    }
    lines
}

fn clock(clock: Clock) -> String {
    if clock.is_real() {
        return "AWS's own pace".to_owned();
    }
    format!("AWS's waits pass {} times faster; --real-time for its own pace", clock.speed())
}

/// `orders:80→shop`, with where it is reached if that is at another port.
fn alias(stack: &Stack, published: &PublishedAlias) -> String {
    let PublishedAlias { alias, address, service } = published;
    let service = stack.services.iter().find(|it| it.logical_id == *service);
    let service = service.map_or("", |service| stack.local_name(service));
    let here = match address.port() {
        port if port == alias.port => String::new(),
        port => format!(" (at {port} here)"),
    };
    format!("{}:{}→{service}{here}", alias.name, alias.port)
}

/// Enough to see at a glance whether more is ignored than one thinks.
fn summary(coverage: &Coverage) -> Vec<String> {
    let (properties, resources): (Vec<_>, Vec<_>) =
        coverage.ignored.iter().partition(|entry| !entry.part.is_whole());
    let mut services: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in resources {
        let service = resource.resource_type.trim_start_matches("AWS::").split("::").next();
        *services.entry(service.unwrap_or_default()).or_default() += 1;
    }
    let mut parts: Vec<_> =
        services.iter().map(|(service, count)| format!("{count} {service}")).collect();
    if !properties.is_empty() {
        parts.push(format!("{} properties", properties.len()));
    }
    let mut told = Vec::new();
    if !parts.is_empty() {
        told.push(format!("{}; --show-ignored names them", parts.join(", ")));
    }
    if coverage.approximated > 0 {
        let count = coverage.approximated;
        told.push(format!("{count} approximated; `local-env report` tells how"));
    }
    told
}

/// Each type of resource with how many of it there are, and each property of the types that are
/// emulated likewise.
fn ignored(coverage: &Coverage) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for entry in &coverage.ignored {
        let kind = entry.resource_type.trim_start_matches("AWS::");
        let name = match &entry.part {
            IgnoredPart::Whole => kind.to_owned(),
            part => format!("{kind}.{part}"),
        };
        *counts.entry(name).or_default() += 1;
    }
    let counted = |(name, count)| if count == 1 { name } else { format!("{count} {name}") };
    counts.into_iter().map(counted).collect()
}

fn wrapped(words: &[String], separator: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if INDENT.len() + line.len() + word.len() < WIDTH => {
                line.push_str(separator);
                line.push_str(word);
            }
            Some(line) => {
                line.push_str(separator.trim_end());
                lines.push(word.clone());
            }
            None => lines.push(word.clone()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use property_path::PropertyPath;
    use stack::Ignored;

    fn coverage() -> Coverage {
        let entry = |resource_type: &str, property: Option<&str>| Ignored {
            logical_id: "Any".into(),
            resource_type: resource_type.into(),
            part: property.map_or(IgnoredPart::Whole, |key| {
                IgnoredPart::Property(PropertyPath::default().key(key))
            }),
        };
        Coverage {
            ignored: vec![
                entry("AWS::IAM::Role", None),
                entry("AWS::IAM::Role", None),
                entry("AWS::EC2::VPC", None),
                entry("AWS::ECS::Service", Some("PropagateTags")),
            ],
            approximated: 7,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn what_is_ignored_is_counted_by_name() {
        assert_eq!(ignored(&coverage()), ["EC2::VPC", "ECS::Service.PropagateTags", "2 IAM::Role"]);
    }

    #[test]
    fn what_is_ignored_or_approximated_is_summed_up() {
        assert_eq!(
            summary(&coverage()),
            [
                "1 EC2, 2 IAM, 1 properties; --show-ignored names them",
                "7 approximated; `local-env report` tells how"
            ]
        );
        assert_eq!(summary(&Coverage::default()), [""; 0]);
    }

    #[test]
    fn a_long_list_goes_on_in_the_next_line() {
        let words: Vec<_> = (0..30).map(|n| format!("word{n:02}")).collect();
        let lines = wrapped(&words, ", ");
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|line| INDENT.len() + line.len() <= WIDTH + 2), "{lines:?}");
        assert_eq!(lines.join(" "), words.join(", "));
    }
}
