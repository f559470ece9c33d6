//! Where tasks write their logs (cloudmap-ecs §3.12).

use super::{Severity, code, subject::Subject, value};
use cloudformation::Node;
use stack_reader::resource_type::{LOG_GROUP, TASK_DEFINITION};

pub(super) fn check(subject: &Subject<'_>) {
    // Who makes none at all may well have made them elsewhere.
    let makes_none = subject.of_type(LOG_GROUP).next().is_none();
    let severity = if makes_none { Severity::Advice } else { code::LOG_GROUP.severity };
    for definition in subject.of_type(TASK_DEFINITION) {
        let containers = value::items(&definition.properties, "ContainerDefinitions");
        for (index, container) in containers.iter().enumerate() {
            let Some(log) = container.get("LogConfiguration") else { continue };
            let driver = log.get("LogDriver").and_then(Node::text);
            let option = |name: &str| log.get("Options").and_then(|options| options.get(name));
            let Some(group) = option("awslogs-group").and_then(Node::text) else { continue };
            if driver.as_deref() != Some("awslogs")
                || value::is_true(option("awslogs-create-group"))
                || subject.named(LOG_GROUP, &group).is_some()
            {
                continue;
            }
            let path = value::item("ContainerDefinitions", index).key("LogConfiguration");
            let path = path.key("Options").key("awslogs-group");
            let message = format!("no log group of the template is called `{group}`");
            let mend = format!(
                "TaskLogs:\n  Type: {LOG_GROUP}\n  Properties: {{LogGroupName: {group}}}\n# and in \
                 the container: awslogs-group: !Ref TaskLogs"
            );
            let place = subject.at(definition, &path);
            subject.tell_as(severity, &code::LOG_GROUP, place, message, mend);
        }
    }
}
