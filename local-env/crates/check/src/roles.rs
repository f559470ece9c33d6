//! Whether ECS may do what it does to start a task (cloudmap-ecs §3.11).
//!
//! Only roles of the template are looked at, and only as long as all of their policies are known.

use super::{code, pattern, subject::Subject, value};
use cloudformation::{Node, Resource};
use stack_reader::resource_type::{MANAGED_POLICY, POLICY, ROLE, ROLE_POLICY, TASK_DEFINITION};

const TASKS: &str = "ecs-tasks.amazonaws.com";
/// AWS's own policy for execution roles.
const EXECUTION_POLICY: &str = "AmazonECSTaskExecutionRolePolicy";
const OF_EXECUTION_POLICY: [&str; 6] = [
    "ecr:GetAuthorizationToken",
    "ecr:BatchCheckLayerAvailability",
    "ecr:GetDownloadUrlForLayer",
    "ecr:BatchGetImage",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
];

/// A grant: the actions that are allowed, and on which resources.
struct Grant {
    actions: Vec<String>,
    resources: Vec<String>,
}

/// A need: an action, and the end that the ARN of its resource must have.
struct Need {
    action: &'static str,
    end: Option<String>,
}

pub(super) fn check(subject: &Subject<'_>) {
    for definition in subject.of_type(TASK_DEFINITION) {
        for key in ["ExecutionRoleArn", "TaskRoleArn"] {
            if let Some(role) = role(subject, definition, key) {
                trust(subject, role, definition);
            }
        }
        let needs = needs(definition);
        if needs.is_empty() {
            continue;
        }
        let given = definition.properties.get("ExecutionRoleArn").is_some();
        match role(subject, definition, "ExecutionRoleArn") {
            Some(role) => permissions(subject, definition, role, &needs),
            None if !given => no_role(subject, definition),
            None => {}
        }
    }
}

fn role<'a>(subject: &Subject<'a>, definition: &Resource, key: &str) -> Option<&'a Resource> {
    let arn = value::text(definition, key)?;
    subject.with_arn(ROLE, &arn).or_else(|| subject.named(ROLE, &arn))
}

/// Tells of a role that does not let tasks take it on.
fn trust(subject: &Subject<'_>, role: &Resource, definition: &Resource) {
    let document = role.properties.get("AssumeRolePolicyDocument");
    let Some(document) = document.and_then(value::document) else { return };
    let trusted = statements(&document).any(|statement| {
        let mut found = false;
        if let Some(principal) = statement.get("Principal") {
            value::texts(principal, &mut |it| found |= it == TASKS || it == "*");
        }
        found
    });
    if trusted {
        return;
    }
    let message = format!(
        "the role `{}` does not trust {TASKS}, but `{}` gives it to tasks",
        role.logical_id, definition.logical_id
    );
    let mend = format!(
        "AssumeRolePolicyDocument:\n  Version: '2012-10-17'\n  Statement:\n    \
         - Effect: Allow\n      Action: sts:AssumeRole\n      Principal: {{Service: {TASKS}}}"
    );
    subject.tell(
        &code::ROLE_TRUST,
        subject.at(role, &value::key("AssumeRolePolicyDocument")),
        message,
        mend,
    );
}

fn statements(document: &Node) -> impl Iterator<Item = &Node> {
    let statement = document.get("Statement");
    let items = statement.map(|it| it.items().unwrap_or(std::slice::from_ref(it)));
    let allows = |it: &&Node| it.get("Effect").and_then(Node::text).is_some_and(|it| it == "Allow");
    items.unwrap_or_default().iter().filter(allows)
}

/// Returns what starting the tasks of a definition takes.
fn needs(definition: &Resource) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    let mut need = |action, end: Option<String>| {
        if !needs.iter().any(|it| it.action == action && it.end == end) {
            needs.push(Need { action, end });
        }
    };
    for container in value::items(&definition.properties, "ContainerDefinitions") {
        let image = container.get("Image").and_then(Node::text).unwrap_or_default();
        if let Some(repository) = ecr_repository(&image) {
            need("ecr:GetAuthorizationToken", None);
            let end = format!("repository/{repository}");
            need("ecr:BatchGetImage", Some(end.clone()));
            need("ecr:GetDownloadUrlForLayer", Some(end));
        }
        if let Some(log) = container.get("LogConfiguration").filter(|it| value::is_awslogs(it)) {
            need("logs:CreateLogStream", None);
            need("logs:PutLogEvents", None);
            if value::is_true(log.get("Options").and_then(|it| it.get("awslogs-create-group"))) {
                need("logs:CreateLogGroup", None);
            }
        }
        for secret in value::items(container, "Secrets") {
            let from = secret.get("ValueFrom").and_then(Node::text).unwrap_or_default();
            let of_manager = from.contains(":secretsmanager:");
            need(
                if of_manager { "secretsmanager:GetSecretValue" } else { "ssm:GetParameters" },
                None,
            );
        }
    }
    needs
}

/// Returns the repository of an image in ECR: `team/web` of
/// `111122223333.dkr.ecr.us-west-2.amazonaws.com/team/web:v1`.
pub(super) fn ecr_repository(image: &str) -> Option<&str> {
    let (registry, rest) = image.split_once('/')?;
    registry.contains(".dkr.ecr.").then(|| rest.split([':', '@']).next().unwrap_or(rest))
}

fn no_role(subject: &Subject<'_>, definition: &Resource) {
    // Reading the template has told of images and logs already.
    let containers = value::items(&definition.properties, "ContainerDefinitions");
    let secret = containers.iter().position(|it| !value::items(it, "Secrets").is_empty());
    let Some(index) = secret else { return };
    let message = format!("`{}` has secrets but no execution role", definition.logical_id);
    let place = subject.at(definition, &value::item("ContainerDefinitions", index).key("Secrets"));
    subject.tell(
        &code::EXECUTION_ROLE,
        place,
        message,
        "ExecutionRoleArn: !GetAtt ExecutionRole.Arn",
    );
}

fn permissions(subject: &Subject<'_>, definition: &Resource, role: &Resource, needs: &[Need]) {
    let Some(grants) = grants(subject, role) else { return };
    let missing: Vec<_> =
        needs.iter().filter(|it| !grants.iter().any(|grant| grant.gives(it))).collect();
    let Some(first) = missing.first() else { return };
    let mut actions: Vec<_> = missing.iter().map(|it| it.action).collect();
    actions.dedup();
    let of = first.end.as_ref().map(|it| format!(" of `{it}`")).unwrap_or_default();
    let message = format!(
        "the execution role `{}` of `{}` does not allow {}{of}",
        role.logical_id,
        definition.logical_id,
        actions.join(", ")
    );
    let resource = if first.action == "ecr:GetAuthorizationToken" {
        "'*'   # no other resource will do"
    } else {
        "'*'   # or the ARNs that are meant"
    };
    let mend = format!(
        "Policies:\n  - PolicyName: execution\n    PolicyDocument:\n      Version: '2012-10-17'\n      \
         Statement:\n        - Effect: Allow\n          Action: [{}]\n          Resource: {resource}",
        actions.join(", ")
    );
    subject.tell(
        &code::EXECUTION_PERMISSIONS,
        subject.at(role, &value::key("Policies")),
        message,
        mend,
    );
}

/// Returns what a role's policies allow; `None` where one of them is not known.
fn grants(subject: &Subject<'_>, role: &Resource) -> Option<Vec<Grant>> {
    let mut grants = Vec::new();
    for policy in value::items(&role.properties, "Policies") {
        grants.extend(of_document(policy)?);
    }
    for arn in value::items(&role.properties, "ManagedPolicyArns") {
        let arn = arn.text()?;
        match subject.named(MANAGED_POLICY, &arn) {
            Some(policy) => grants.extend(of_document(&policy.properties)?),
            None if arn.ends_with(EXECUTION_POLICY) => grants.push(Grant::of_execution_policy()),
            None => return None,
        }
    }
    let of_others = subject.of_type(POLICY).chain(subject.of_type(MANAGED_POLICY));
    let attached = of_others.filter(|policy| {
        let roles = value::items(&policy.properties, "Roles");
        roles.iter().any(|it| it.text().is_some_and(|it| it == role.reference()))
    });
    let own = subject
        .of_type(ROLE_POLICY)
        .filter(|policy| value::text(policy, "RoleName").is_some_and(|it| it == role.reference()));
    for policy in attached.chain(own) {
        grants.extend(of_document(&policy.properties)?);
    }
    Some(grants)
}

fn of_document(policy: &Node) -> Option<Vec<Grant>> {
    let document = value::document(policy.get("PolicyDocument")?)?;
    Some(statements(&document).map(Grant::of_statement).collect())
}

// === impl Grant ===

impl Grant {
    /// Returns the grant of a statement; one that says what it does not allow is taken to allow all
    /// else.
    fn of_statement(statement: &Node) -> Self {
        let listed =
            |key| statement.get(key).map_or_else(|| vec!["*".to_owned()], value::one_or_more);
        Self { actions: listed("Action"), resources: listed("Resource") }
    }

    fn of_execution_policy() -> Self {
        Self {
            actions: OF_EXECUTION_POLICY.map(str::to_owned).into(),
            resources: vec!["*".to_owned()],
        }
    }

    fn gives(&self, need: &Need) -> bool {
        let action = need.action.to_ascii_lowercase();
        self.actions.iter().any(|it| pattern::covers(&it.to_ascii_lowercase(), &action))
            && self.resources.iter().any(|it| need.is_met_by(it))
    }
}

// === impl Need ===

impl Need {
    /// Returns whether it is met by a resource. Accounts and regions are not compared, since they
    /// are made up here where a template asks for them.
    fn is_met_by(&self, resource: &str) -> bool {
        match &self.end {
            _ if resource == "*" => true,
            None => self.action != "ecr:GetAuthorizationToken",
            Some(end) => {
                let own = resource.splitn(6, ':').last().unwrap_or(resource);
                pattern::covers(own, end)
            }
        }
    }
}
