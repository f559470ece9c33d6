//! What reading a template finds by itself, given codes of its own.
//!
//! The table goes by the type of the resource and its property, and by words of the message where
//! one property can be wrong in several ways.

use super::{
    Code, Finding, Findings, Place, Severity, code,
    subject::{Subject, is_for_fargate},
};
use cloudformation::{Resource, Source, Span, TemplateError, TemplateProblem};
use stack::Warning;
use stack_reader::StackProblem;
use stack_reader::resource_type::{
    DISCOVERY_SERVICE, LISTENER, LISTENER_RULE, SERVICE, TARGET_GROUP, TASK_DEFINITION,
};

/// Of which resources, of any if none is named, at which property or below it, with which words.
struct Row(&'static str, &'static str, &'static str, &'static Code);

const CONTAINER: &str = "ContainerDefinitions";

static TABLE: [Row; 25] = [
    Row("", "", "AWS takes up to 5", &code::QUOTA),
    Row(LISTENER_RULE, "Conditions", " in one rule", &code::QUOTA),
    Row(TASK_DEFINITION, "", "not valid for Fargate", &code::NOT_ON_FARGATE),
    Row(TASK_DEFINITION, "Cpu", "", &code::TASK_SIZE),
    Row(TASK_DEFINITION, "Memory", "", &code::TASK_SIZE),
    Row(TASK_DEFINITION, "NetworkMode", "", &code::NETWORK_MODE),
    Row(TASK_DEFINITION, ".Cpu", "", &code::TASK_SIZE),
    Row(TASK_DEFINITION, ".Memory", "", &code::TASK_SIZE),
    Row(TASK_DEFINITION, ".PortMappings.HostPort", "", &code::HOST_PORT),
    Row(TASK_DEFINITION, ".Image", "execution role", &code::EXECUTION_ROLE),
    Row(TASK_DEFINITION, ".LogConfiguration", "execution role", &code::EXECUTION_ROLE),
    Row(TASK_DEFINITION, ".LogConfiguration", "", &code::LOG_OPTIONS),
    Row(TASK_DEFINITION, ".DependsOn", "", &code::CONTAINER_DEPENDENCY),
    Row(TASK_DEFINITION, ".StopTimeout", "", &code::CONTAINER_TIMEOUT),
    Row(TASK_DEFINITION, ".StartTimeout", "", &code::CONTAINER_TIMEOUT),
    Row(SERVICE, "LoadBalancers.ContainerName", "", &code::CONTAINER_PORT),
    Row(SERVICE, "LoadBalancers.ContainerPort", "", &code::CONTAINER_PORT),
    Row(SERVICE, "ServiceRegistries.ContainerName", "", &code::CONTAINER_PORT),
    Row(SERVICE, "ServiceRegistries.ContainerPort", "", &code::CONTAINER_PORT),
    Row(SERVICE, "ServiceRegistries", "", &code::REGISTRY_PORT),
    Row(SERVICE, "LoadBalancers.TargetGroupArn", "a target group of type", &code::TARGET_TYPE),
    Row(TARGET_GROUP, "", "the timeout must be", &code::HEALTH_CHECK_TIMING),
    Row(LISTENER, "Certificates", "", &code::LISTENER_CERTIFICATE),
    Row(DISCOVERY_SERVICE, "HealthCheckConfig", "", &code::DISCOVERY_HEALTH),
    Row(DISCOVERY_SERVICE, "DnsConfig", "", &code::DISCOVERY_RECORDS),
];

pub(super) fn check(subject: &Subject<'_>, problems: &[StackProblem]) {
    for problem in problems {
        tell(subject, problem);
    }
    for warning in &subject.stack.coverage.warnings {
        warn(subject, warning);
    }
}

/// Each as a finding.
pub(super) fn of_templates(errors: &[TemplateError]) -> Findings {
    let errors: Vec<_> = errors.iter().flat_map(with_nested).collect();
    let sources: Vec<_> = errors.iter().map(|error| error.text().clone()).collect();
    let (source, starts) = Source::joined(&sources);
    let finding = |problem: &TemplateProblem, start: usize| {
        let span = span(problem);
        let span = Span::from((start.saturating_add(span.offset()), span.len()));
        Finding {
            code: &code::TEMPLATE,
            severity: code::TEMPLATE.severity,
            place: Place::new(&source, "", String::new(), span),
            message: problem.to_string(),
            mend: help(problem),
        }
    };
    let of_one = |(error, start)| {
        let problems = TemplateError::problems(error).iter();
        problems.filter(|it| it.nested().is_none()).map(move |problem| (problem, start))
    };
    let problems = errors.into_iter().zip(starts).flat_map(of_one);
    let all = problems.map(|(problem, start)| finding(problem, start)).collect();
    Findings::new(source.clone(), all)
}

/// An error, and those of the nested stacks that it is made of.
fn with_nested(error: &TemplateError) -> Vec<&TemplateError> {
    let nested = error.problems().iter().filter_map(TemplateProblem::nested).flat_map(with_nested);
    [error].into_iter().chain(nested).collect()
}

fn tell(subject: &Subject<'_>, problem: &StackProblem) {
    let (resource, property) = place(subject, problem);
    let id = resource.map_or("", |it| it.logical_id.as_str());
    let place = Place::new(&subject.resolved.source, id, property.clone(), span(problem));
    let code = code_of(problem, resource, &property);
    // What AWS refuses is no matter of asking for more.
    let refused = matches!(problem, StackProblem::Refused { .. });
    let severity = if refused { Severity::Error } else { code.severity };
    subject.tell_as(severity, code, place, problem.to_string(), help(problem));
}

/// The problem's resource, and the property in it.
fn place<'a>(subject: &Subject<'a>, problem: &StackProblem) -> (Option<&'a Resource>, String) {
    let path = match problem {
        StackProblem::Twice { second, .. } => {
            return (subject.resolved.resources.get(second), String::new());
        }
        StackProblem::Missing { path, .. }
        | StackProblem::WrongType { path, .. }
        | StackProblem::Refused { path, .. }
        | StackProblem::NotEmulated { path, .. }
        | StackProblem::NotInTemplate { path, .. } => path,
    };
    let path = path.strip_prefix("Resources.").unwrap_or(path);
    let (id, rest) = path.split_once('.').unwrap_or((path, ""));
    let property = rest.strip_prefix("Properties").unwrap_or(rest).trim_start_matches('.');
    (subject.resolved.resources.get(id), property.to_owned())
}

fn code_of(problem: &StackProblem, resource: Option<&Resource>, property: &str) -> &'static Code {
    let kind = resource.map_or("", |it| it.resource_type.as_str());
    match problem {
        StackProblem::Twice { .. } => match kind {
            LISTENER_RULE => return &code::SAME_PRIORITY,
            LISTENER => return &code::SAME_PORT,
            _ => return &code::SAME_NAME,
        },
        StackProblem::NotInTemplate { .. } => return &code::NOT_IN_TEMPLATE,
        _ => {}
    }
    let words = format!("{problem} {}", help(problem));
    let row = TABLE.iter().find(|row| row.is_about(kind, property, &words));
    let code = row.map_or(&code::REFUSED, |Row(.., code)| code);
    let not_emulated = matches!(problem, StackProblem::NotEmulated { .. });
    match resource {
        // What is wrong for Fargate may be right elsewhere.
        Some(resource) if kind == TASK_DEFINITION && !is_for_fargate(resource) => match problem {
            StackProblem::Refused { .. } => code,
            _ => &code::NOT_EMULATED,
        },
        _ if not_emulated => &code::NOT_EMULATED,
        _ => code,
    }
}

fn warn(subject: &Subject<'_>, warning: &Warning) {
    match warning {
        Warning::NoPeer { logical_id, property } => {
            let path = property.as_deref().unwrap_or_default().replace('[', ".").replace(']', "");
            let place = subject.at_id(logical_id, &path);
            let mend =
                "SourceSecurityGroupId: !GetAtt TheOtherGroup.GroupId   # or CidrIp: 10.0.0.0/16";
            subject.tell(&code::EMPTY_RULE, place, warning.to_string(), mend);
        }
        // What is left out is not looked at, and what is run otherwise here is right in AWS.
        Warning::LeftOut { .. } | Warning::RunOtherwise { .. } => {}
        Warning::LostEgress { logical_id, rule, .. } => {
            let place = subject.at_id(logical_id, "SecurityGroupEgress");
            let mend =
                format!("remove the resource `{rule}`, or `SecurityGroupEgress` of `{logical_id}`");
            subject.tell(&code::LOST_EGRESS, place, warning.to_string(), mend);
        }
    }
}

/// The innermost of the places that it marks.
fn span(problem: &dyn miette::Diagnostic) -> Span {
    let labels = problem.labels().into_iter().flatten();
    labels.last().map_or_else(|| Span::from(0_usize), |label| *label.inner())
}

fn help(problem: &dyn miette::Diagnostic) -> String {
    problem.help().map(|help| help.to_string()).unwrap_or_default()
}

// === impl Row ===

impl Row {
    fn is_about(&self, kind: &str, property: &str, words: &str) -> bool {
        let Self(own_kind, own_property, own_words, _) = self;
        (own_kind.is_empty() || *own_kind == kind)
            && is_within(property, own_property)
            && words.contains(own_words)
    }
}

/// Whether a property is another one or within it; a leading dot stands for any container.
fn is_within(property: &str, outer: &str) -> bool {
    let plain: String = property.split(['[', ']']).step_by(2).collect();
    let rest = match outer.strip_prefix('.') {
        Some(outer) => plain
            .strip_prefix(CONTAINER)
            .and_then(|it| it.strip_prefix('.'))
            .and_then(|it| it.strip_prefix(outer)),
        None => plain.strip_prefix(outer),
    };
    rest.is_some_and(|rest| outer.is_empty() || rest.is_empty() || rest.starts_with('.'))
}
