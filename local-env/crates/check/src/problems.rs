//! What reading a template finds by itself, given codes.
//!
//! The code of a problem goes by its reason alone, one match a family, so that a new reason does not
//! compile until it has one. What a property's own kind of value forbids goes by the part of the
//! stack that the property belongs to.

use super::{Code, Finding, Findings, Place, Severity, code, subject::Subject, value};
use cloudformation::{PropertyPath, Source, Span, TemplateError, TemplateProblem};
use stack::Warning;
use stack_reader::problem::{
    ActionFault, AttributeFault, Claim, ContainerFault, DependencyFault, DiscoveryFault,
    ListenerFault, Part, Reason, RuleFault, SecurityGroupFault, ServiceFault, StackProblem,
    TargetGroupFault, TaskDefinitionFault,
};

pub(super) fn check(subject: &Subject<'_>, problems: &[StackProblem]) {
    for problem in problems {
        tell(subject, problem);
    }
    for warning in &subject.stack.coverage.warnings {
        warn(subject, warning);
    }
}

/// Returns each problem as a finding.
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
            place: Place::new(&source, "", PropertyPath::default(), span),
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

/// Returns an error, and those of the nested stacks that it is made of.
fn with_nested(error: &TemplateError) -> Vec<&TemplateError> {
    let nested = error.problems().iter().filter_map(TemplateProblem::nested).flat_map(with_nested);
    [error].into_iter().chain(nested).collect()
}

fn tell(subject: &Subject<'_>, problem: &StackProblem) {
    let code = code_of(&problem.reason);
    let property = problem.path.within_properties();
    let place = Place::new(&subject.resolved.source, problem.logical_id(), property, problem.span);
    let severity = match problem.reason {
        Reason::NotEmulated(_) | Reason::NotInTemplate { .. } => code.severity,
        // What AWS refuses is an error even where more can be asked for elsewhere.
        Reason::Property(..)
        | Reason::Action(_)
        | Reason::Rule(_)
        | Reason::Listener(_)
        | Reason::Attribute(_)
        | Reason::TargetGroup(_)
        | Reason::Service(_)
        | Reason::TaskDefinition(_)
        | Reason::Container(_)
        | Reason::Dependency(_)
        | Reason::Discovery(_)
        | Reason::SecurityGroup(_)
        | Reason::Taken(_) => Severity::Error,
    };
    subject.tell_as(severity, code, place, problem.to_string(), help(problem));
}

/// Returns the code of a problem that stops the stack.
fn code_of(reason: &Reason) -> &'static Code {
    match reason {
        Reason::Property(part, _) => of_property(*part),
        Reason::Action(fault) => of_action(fault),
        Reason::Rule(fault) => of_rule(fault),
        Reason::Listener(fault) => of_listener(fault),
        Reason::Attribute(AttributeFault::Repeated { .. } | AttributeFault::Unknown { .. }) => {
            &code::REFUSED
        }
        Reason::TargetGroup(fault) => of_target_group(fault),
        Reason::Service(fault) => of_service(fault),
        Reason::TaskDefinition(fault) => of_task_definition(fault),
        Reason::Container(fault) => of_container(fault),
        Reason::Dependency(
            DependencyFault::UnknownContainer { .. }
            | DependencyFault::EndOfEssential { .. }
            | DependencyFault::NoHealthCheck { .. }
            | DependencyFault::Circle { .. },
        ) => &code::CONTAINER_DEPENDENCY,
        Reason::Discovery(fault) => of_discovery(fault),
        Reason::SecurityGroup(fault) => of_security_group(fault),
        Reason::Taken(taken) => of_claim(&taken.claim),
        Reason::NotEmulated(_) => &code::NOT_EMULATED,
        Reason::NotInTemplate { .. } => &code::NOT_IN_TEMPLATE,
    }
}

fn of_property(part: Part) -> &'static Code {
    match part {
        Part::Other => &code::REFUSED,
        Part::ListenerCertificates => &code::LISTENER_CERTIFICATE,
        Part::TaskSize => &code::TASK_SIZE,
        Part::NetworkMode => &code::NETWORK_MODE,
        Part::HostPort => &code::HOST_PORT,
        Part::Logs => &code::LOG_OPTIONS,
        Part::Dependencies => &code::CONTAINER_DEPENDENCY,
        Part::Timeouts => &code::CONTAINER_TIMEOUT,
        Part::ContainerPort => &code::CONTAINER_PORT,
        Part::Registry => &code::REGISTRY_PORT,
        Part::DiscoveryHealth => &code::DISCOVERY_HEALTH,
        Part::DiscoveryRecords => &code::DISCOVERY_RECORDS,
    }
}

fn of_action(fault: &ActionFault) -> &'static Code {
    match fault {
        ActionFault::TooManyTargetGroups { .. } => &code::QUOTA,
        ActionFault::UnknownType { .. }
        | ActionFault::Answers { .. }
        | ActionFault::Authentications { .. }
        | ActionFault::AnswersFirst
        | ActionFault::OrderTaken { .. }
        | ActionFault::AuthenticationWithoutTls { .. }
        | ActionFault::TwoTargetGroups
        | ActionFault::StickyTargetGroup
        | ActionFault::GrpcWithoutTls
        | ActionFault::Http2AfterAuthentication
        | ActionFault::SameAddress
        | ActionFault::HttpsToHttp
        | ActionFault::FixedStatus { .. } => &code::REFUSED,
    }
}

fn of_rule(fault: &RuleFault) -> &'static Code {
    match fault {
        RuleFault::TooManyValues { .. } | RuleFault::TooManyWildcards { .. } => &code::QUOTA,
        RuleFault::NoConditions
        | RuleFault::NoValues
        | RuleFault::UnknownCondition { .. }
        | RuleFault::RepeatedCondition { .. }
        | RuleFault::RegexBesideValues
        | RuleFault::ValuesTwice { .. }
        | RuleFault::BroadcastAddress
        | RuleFault::HostAsHeader { .. }
        | RuleFault::UnknownTransform { .. }
        | RuleFault::RepeatedTransform { .. }
        | RuleFault::Rewrites { .. }
        | RuleFault::Expression(_) => &code::REFUSED,
    }
}

fn of_listener(fault: &ListenerFault) -> &'static Code {
    match fault {
        ListenerFault::SecondCertificate => &code::LISTENER_CERTIFICATE,
        ListenerFault::Transforms
        | ListenerFault::CertificateWithoutTls
        | ListenerFault::AddsNoCertificate
        | ListenerFault::AddsTwoCertificates
        | ListenerFault::UnknownPolicy { .. } => &code::REFUSED,
    }
}

fn of_target_group(fault: &TargetGroupFault) -> &'static Code {
    match fault {
        TargetGroupFault::TimeoutOfInterval { .. } => &code::HEALTH_CHECK_TIMING,
        TargetGroupFault::HealthCheckOff
        | TargetGroupFault::OtherMatcher { .. }
        | TargetGroupFault::StickyWithinZone
        | TargetGroupFault::AnomalyMitigation
        | TargetGroupFault::SlowStart { .. }
        | TargetGroupFault::SlowStartAlgorithm
        | TargetGroupFault::StickyAtRandom
        | TargetGroupFault::UnnamedCookie
        | TargetGroupFault::ReservedCookie { .. } => &code::REFUSED,
    }
}

fn of_service(fault: &ServiceFault) -> &'static Code {
    match fault {
        ServiceFault::TooManyTargetGroups { .. } => &code::QUOTA,
        ServiceFault::TargetType { .. } => &code::TARGET_TYPE,
        ServiceFault::UnknownContainer { .. } | ServiceFault::UnmappedPort { .. } => {
            &code::CONTAINER_PORT
        }
        ServiceFault::SecondRegistry
        | ServiceFault::HalfPort
        | ServiceFault::NoPortForSrv
        | ServiceFault::CnameRegistry => &code::REGISTRY_PORT,
        ServiceFault::SchedulingStrategy { .. }
        | ServiceFault::NoNamespace
        | ServiceFault::UnknownPortName { .. } => &code::REFUSED,
    }
}

fn of_task_definition(fault: &TaskDefinitionFault) -> &'static Code {
    match fault {
        TaskDefinitionFault::NetworkMode { .. } => &code::NETWORK_MODE,
        TaskDefinitionFault::NotOnFargate { .. }
        | TaskDefinitionFault::Gpu
        | TaskDefinitionFault::Capability { .. } => &code::NOT_ON_FARGATE,
        TaskDefinitionFault::Surplus { .. }
        | TaskDefinitionFault::NoSuchCpu { .. }
        | TaskDefinitionFault::NoSuchMemory { .. } => &code::TASK_SIZE,
        TaskDefinitionFault::PidMode { .. }
        | TaskDefinitionFault::NoContainers
        | TaskDefinitionFault::NoEssentialContainer => &code::REFUSED,
    }
}

fn of_container(fault: &ContainerFault) -> &'static Code {
    match fault {
        ContainerFault::ImageNeedsRole { .. } | ContainerFault::LogsNeedRole => {
            &code::EXECUTION_ROLE
        }
        ContainerFault::LogDriver { .. }
        | ContainerFault::LogOption { .. }
        | ContainerFault::TwoLogPatterns => &code::LOG_OPTIONS,
        ContainerFault::HostPort { .. } => &code::HOST_PORT,
        ContainerFault::NameTaken { .. }
        | ContainerFault::NoCommand { .. }
        | ContainerFault::CommandKind { .. }
        | ContainerFault::TooManyExitCodes { .. }
        | ContainerFault::TooManyEnvironmentFiles { .. }
        | ContainerFault::SecretTaken { .. }
        | ContainerFault::NoSecret
        | ContainerFault::SoftLimit
        | ContainerFault::OpenFiles { .. } => &code::REFUSED,
    }
}

fn of_discovery(fault: &DiscoveryFault) -> &'static Code {
    match fault {
        DiscoveryFault::NoRecords
        | DiscoveryFault::RecordTypes { .. }
        | DiscoveryFault::CnameRouting
        | DiscoveryFault::RecordsWithoutDns
        | DiscoveryFault::TwoNamespaces => &code::DISCOVERY_RECORDS,
        DiscoveryFault::PrivateHealthCheck
        | DiscoveryFault::TwoHealthChecks
        | DiscoveryFault::CnameHealthCheck => &code::DISCOVERY_HEALTH,
        DiscoveryFault::AttributeName { .. } | DiscoveryFault::AttributeValue { .. } => {
            &code::REFUSED
        }
    }
}

fn of_security_group(fault: &SecurityGroupFault) -> &'static Code {
    match fault {
        SecurityGroupFault::TooManyGroups { .. } => &code::QUOTA,
        SecurityGroupFault::PortOrder { .. }
        | SecurityGroupFault::CodeWithoutType { .. }
        | SecurityGroupFault::SecondPeer { .. } => &code::REFUSED,
    }
}

fn of_claim(claim: &Claim) -> &'static Code {
    match claim {
        Claim::Priority(_) => &code::SAME_PRIORITY,
        Claim::Port(_) => &code::SAME_PORT,
        Claim::NamespaceName(_) | Claim::DiscoveryServiceName(_) | Claim::InstanceId(_) => {
            &code::SAME_NAME
        }
    }
}

fn warn(subject: &Subject<'_>, warning: &Warning) {
    match warning {
        Warning::NoPeer { logical_id, property } => {
            let place = subject.at_id(logical_id, property);
            let mend =
                "SourceSecurityGroupId: !GetAtt TheOtherGroup.GroupId   # or CidrIp: 10.0.0.0/16";
            subject.tell(&code::EMPTY_RULE, place, warning.to_string(), mend);
        }
        // What is left out is not looked at, and what is run otherwise here is right in AWS.
        Warning::LeftOut { .. } | Warning::RunOtherwise { .. } => {}
        Warning::LostEgress { logical_id, rule, .. } => {
            let place = subject.at_id(logical_id, &value::key("SecurityGroupEgress"));
            let mend =
                format!("remove the resource `{rule}`, or `SecurityGroupEgress` of `{logical_id}`");
            subject.tell(&code::LOST_EGRESS, place, warning.to_string(), mend);
        }
    }
}

/// Returns the innermost of the places that a problem marks.
fn span(problem: &dyn miette::Diagnostic) -> Span {
    let labels = problem.labels().into_iter().flatten();
    labels.last().map_or_else(|| Span::from(0_usize), |label| *label.inner())
}

fn help(problem: &dyn miette::Diagnostic) -> String {
    problem.help().map(|help| help.to_string()).unwrap_or_default()
}
