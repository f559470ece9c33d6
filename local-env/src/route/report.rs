//! What happens to a request, told in the order in which it happens.

use std::{
    collections::HashMap,
    fmt::{self, Write as _},
    sync::Arc,
};

use super::{
    AskError, Told,
    asked::{Asked, without_port},
    listener::{protocol, published},
};
use alb::{
    PublishedPorts, TargetGroup,
    rules::{Action, Forward, MatchedRule, Redirect, Routes, Subject},
};
use clock::Clock;
use stack::{Arn, FixedResponse, Listener, LoadBalancer, LogicalId, Stack};

/// What a listener's default action is called among its rules.
const DEFAULT_RULE: &str = "default";

/// All that is known where a report is written.
struct Report<'a> {
    stack: &'a Stack,
    balancer: &'a LoadBalancer,
    listener: &'a Listener,
    asked: &'a Asked,
}

/// Tells the rules that don't match, the one that does, and what it does.
pub(crate) fn told(
    stack: &Stack,
    balancer: &LoadBalancer,
    listener: &Listener,
    asked: &Asked,
) -> Result<Told, AskError> {
    let group = |model| TargetGroup::new(model, Clock::DESK);
    let groups: HashMap<Arn, Arc<TargetGroup>> =
        stack.target_groups.iter().map(|model| (model.arn.clone(), group(model))).collect();
    let routes = Routes::compile(listener, &groups)?;
    let mut text = String::new();
    let report = Report { stack, balancer, listener, asked };
    // Writing to a string does not fail.
    let _ = report.write(&mut text, &routes);
    let choice = routes.choose(&asked.request()).ok();
    Ok(Told {
        text,
        rule: choice
            .as_ref()
            .map(|it| it.logical_id.map_or(DEFAULT_RULE, LogicalId::as_str).to_owned()),
        target_groups: choice.map(|it| report.target_groups(it.action)).unwrap_or_default(),
    })
}

// === impl Report ===

impl Report<'_> {
    fn write(&self, to: &mut String, routes: &Routes) -> fmt::Result {
        let (speaks, port) = (protocol(self.listener), self.listener.port);
        writeln!(to, "{speaks} listener at port {port} of {}\n", self.balancer.name)?;
        let request = self.asked.request();
        writeln!(to, "{}", routes.explain(&request))?;
        match routes.choose(&request) {
            Ok(choice) => self.action(to, &choice),
            Err(_) => Ok(()),
        }
    }

    fn action(&self, to: &mut String, choice: &MatchedRule<'_>) -> fmt::Result {
        if let Some(authentication) = choice.unauthenticated {
            writeln!(to, "  {} in AWS, which is left out here", authentication.name())?;
        }
        match choice.action {
            Action::Forward(forward) => {
                self.forward(to, forward)?;
                self.target(to, choice)
            }
            Action::Redirect(redirect) => self.redirect(to, redirect),
            Action::FixedResponse(fixed) => answer(to, fixed),
        }
    }

    fn forward(&self, to: &mut String, forward: &Forward) -> fmt::Result {
        let total = forward.groups().map(|(_, weight)| weight).fold(0, u32::saturating_add);
        let several = forward.groups().nth(1).is_some();
        for (group, weight) in forward.groups() {
            let share = if several { format!(" by {weight} of {total}") } else { String::new() };
            writeln!(to, "  forward to {}{}{share}", group.name(), self.services(group.arn()))?;
        }
        if total == 0 {
            writeln!(to, "  no group has any weight: the answer is 503")?;
        }
        match forward.stickiness() {
            Some(stickiness) if several => {
                writeln!(to, "  a client stays with its group for {} s", stickiness.as_secs())
            }
            _ => Ok(()),
        }
    }

    /// The logical ids of the groups that an action forwards to.
    fn target_groups(&self, action: &Action) -> Vec<String> {
        let Action::Forward(forward) = action else { return Vec::new() };
        let model = |arn: &Arn| self.stack.target_group(arn).map(|it| it.logical_id.to_string());
        forward.groups().filter_map(|(group, _)| model(group.arn())).collect()
    }

    /// Whose tasks a group's targets are.
    fn services(&self, group: &Arn) -> String {
        let services = self.stack.services.iter();
        let theirs =
            services.filter(|one| one.load_balancers.iter().any(|it| it.target_group == *group));
        let names: Vec<_> = theirs.map(|service| self.stack.local_name(service)).collect();
        match &names[..] {
            [] => " (no service's tasks)".to_owned(),
            names => format!(" (tasks of {})", names.join(" and ")),
        }
    }

    fn target(&self, to: &mut String, choice: &MatchedRule<'_>) -> fmt::Result {
        let Asked { method, url, host, .. } = self.asked;
        let sent = without_port(host);
        match choice.transforms.apply(sent.as_bytes(), url.target.as_bytes()) {
            Ok(transformed) => {
                let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
                let target = transformed.target.map_or_else(|| url.target.clone(), text);
                let host = self.host(transformed.host.map(text).as_deref());
                writeln!(to, "  the target gets {method} {target} with Host {host}")
            }
            Err(error) => writeln!(to, "  {error}: the answer is 500 ({})", error.name()),
        }
    }

    /// What a target gets as `Host` (alb §5.2).
    fn host(&self, rewritten: Option<&str>) -> String {
        let sent = &self.asked.host;
        if self.balancer.attributes.preserve_host && rewritten.is_none() {
            return sent.clone();
        }
        let name = rewritten.unwrap_or_else(|| without_port(sent)).to_ascii_lowercase();
        let port = sent[without_port(sent).len()..].strip_prefix(':');
        match (self.listener.port, port) {
            (80 | 443, None) => name,
            (own @ (80 | 443), Some(port)) if port == own.to_string() => name,
            (own, None) => format!("{name}:{own}"),
            (_, Some(port)) => format!("{name}:{port}"),
        }
    }

    fn redirect(&self, to: &mut String, redirect: &Redirect) -> fmt::Result {
        let scheme = protocol(self.listener).to_ascii_lowercase();
        let subject = Subject {
            protocol: &scheme,
            host: without_port(&self.asked.host).as_bytes(),
            port: self.listener.port,
            path: self.asked.path().as_bytes(),
            query: self.asked.query().unwrap_or_default().as_bytes(),
        };
        let ports = published(self.stack, self.balancer);
        let location = |ports| redirect.location(subject, ports);
        match (location(&ports), location(&PublishedPorts::new())) {
            (Ok(here), Ok(in_aws)) => {
                let (here, in_aws) = (here.escape_ascii(), in_aws.escape_ascii());
                writeln!(to, "  redirect {} to {here}\n  in AWS to {in_aws}", redirect.status())
            }
            (Err(error), _) | (_, Err(error)) => writeln!(to, "  no redirect: {error}"),
        }
    }
}

fn answer(to: &mut String, fixed: &FixedResponse) -> fmt::Result {
    let kind = fixed.content_type.as_deref().unwrap_or("text/plain");
    let body = if fixed.body.is_empty() { "no body" } else { &fixed.body };
    writeln!(to, "  answer {} {kind}: {body}", fixed.status)
}
