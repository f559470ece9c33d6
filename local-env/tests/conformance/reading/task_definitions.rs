//! What may stand in a task definition (cloudmap-ecs §3.1, §3.5, §3.12).

use cloudformation::{Inputs, Source, Template};
use miette::Diagnostic as _;
use stack::{Allowed, TaskDefinition};

/// A task definition of one container, and a service of it.
struct Definition {
    cpu: String,
    memory: String,
    role: &'static str,
    image: &'static str,
    /// More properties of the container.
    web: String,
    /// More containers.
    others: &'static str,
}

// === impl Definition ===

impl Default for Definition {
    fn default() -> Self {
        Self {
            cpu: "256".to_owned(),
            memory: "512".to_owned(),
            role: "arn:aws:iam::123456789012:role/execution",
            image: "team/web",
            web: "PortMappings: [{ContainerPort: 8080}]".to_owned(),
            others: "",
        }
    }
}

impl Definition {
    fn with(web: &str) -> Self {
        Self { web: web.to_owned(), ..Self::default() }
    }

    fn text(&self) -> String {
        let Self { cpu, memory, role, image, web, others } = self;
        let role =
            if role.is_empty() { String::new() } else { format!("ExecutionRoleArn: '{role}'") };
        format!(
            "
Resources:
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Cpu: {cpu}
      Memory: {memory}
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      {role}
      ContainerDefinitions:
        - {{Name: web, Image: {image}, {web}}}
        {others}
  Web: {{Type: AWS::ECS::Service, Properties: {{TaskDefinition: !Ref Task}}}}
"
        )
    }

    fn read(&self) -> Result<TaskDefinition, String> {
        let source = Source::new("test.yaml", &self.text());
        let resolved = Template::parse(&source).unwrap().resolve(&Inputs::new("Shop")).unwrap();
        match stack_reader::read(&resolved, Allowed::default()) {
            Ok(stack) => Ok(TaskDefinition::clone(&stack.services[0].task_definition)),
            Err(error) => {
                let told = error.problems().iter().map(|problem| {
                    let help = problem.help().map(|help| help.to_string());
                    format!("{problem}; {}", help.unwrap_or_default())
                });
                Err(told.collect::<Vec<_>>().join("\n"))
            }
        }
    }

    /// All of these are in the only problem that there is.
    #[track_caller]
    fn is_refused(&self, words: &[&str]) {
        let told = self.read().expect_err(&self.text());
        assert_eq!(told.lines().count(), 1, "{told}");
        for word in words {
            assert!(told.contains(word), "`{word}` is not in: {told}");
        }
    }
}

#[test]
fn cloudmap_042_settings_of_names_are_not_valid_on_fargate() {
    for (key, value) in [
        ("DnsServers", "[10.0.0.2]"),
        ("DnsSearchDomains", "[local]"),
        ("ExtraHosts", "[{Hostname: a, IpAddress: 10.0.0.2}]"),
        ("Hostname", "web"),
        ("Links", "[other]"),
        ("DisableNetworking", "true"),
        ("DockerSecurityOptions", "[no-new-privileges]"),
        ("Privileged", "true"),
    ] {
        let definition = Definition::with(&format!("{key}: {value}"));
        definition.is_refused(&[&format!("[0].{key}` is not valid for Fargate")]);
    }
}

#[test]
fn ecs_043_fargates_sizes_are_those_of_awss_table() {
    let size = |cpu: &str, memory: &str| {
        let (cpu, memory) = (cpu.to_owned(), memory.to_owned());
        Definition { cpu, memory, ..Definition::default() }
    };
    for (cpu, first, last, step) in [
        (512, 1024, 4096, 1024),
        (1024, 2048, 8192, 1024),
        (2048, 4096, 16384, 1024),
        (4096, 8192, 30720, 1024),
        (8192, 16384, 61440, 4096),
        (16384, 32768, 122_880, 8192),
    ] {
        for memory in (first..=last).step_by(step) {
            let task = size(&cpu.to_string(), &memory.to_string()).read().unwrap();
            assert_eq!((task.cpu, task.memory), (cpu, memory));
        }
        for memory in [first - 1024, first + 512, last + 1024] {
            size(&cpu.to_string(), &memory.to_string())
                .is_refused(&["no Fargate configuration exists for given values"]);
        }
    }
    for memory in ["512", "1024", "2048"] {
        size("256", memory).read().unwrap();
    }
    size("256", "4096").is_refused(&["no Fargate configuration exists for given values"]);
    size("100", "512").is_refused(&["`Resources.Task.Properties.Cpu` is 100"]);
    let task = size("1 vCPU", "2GB").read().unwrap();
    assert_eq!((task.cpu, task.memory), (1024, 2048));
}

#[test]
fn ecs_044_an_image_of_ecr_needs_a_role_and_ports_must_match() {
    let ecr = "123456789012.dkr.ecr.us-west-2.amazonaws.com/web:v1";
    Definition { image: ecr, ..Definition::default() }.read().unwrap();
    Definition { image: ecr, role: "", ..Definition::default() }.is_refused(&[
        "Fargate requires task definition to have execution role ARN to support ECR images",
    ]);
    Definition { role: "", ..Definition::default() }.read().unwrap();
    Definition::with("PortMappings: [{ContainerPort: 8080, HostPort: 80}]").is_refused(&[
        "HostPort` is 80 for container port 8080",
        "host ports and container ports in port mappings must match",
    ]);
    Definition::with("PortMappings: [{ContainerPort: 8080, HostPort: 8080}]").read().unwrap();
}

#[test]
fn ecs_054_an_end_is_not_waited_for_where_it_ends_the_task() {
    for condition in ["COMPLETE", "SUCCESS"] {
        let web = format!("DependsOn: [{{ContainerName: init, Condition: {condition}}}]");
        let init = "- {Name: init, Image: team/init}";
        Definition { others: init, ..Definition::with(&web) }.is_refused(&[&format!(
            "DependsOn[0].Condition` is `{condition}`, and `init` is essential"
        )]);
        let init = "- {Name: init, Image: team/init, Essential: false}";
        Definition { others: init, ..Definition::with(&web) }.read().unwrap();
    }
}

#[test]
fn ecs_078_awslogs_needs_a_stream_prefix_on_fargate() {
    let log = |prefix: &str| {
        let options = format!("{{awslogs-group: web, awslogs-region: us-west-2{prefix}}}");
        Definition::with(&format!("LogConfiguration: {{LogDriver: awslogs, Options: {options}}}"))
    };
    log("").is_refused(&["is `awslogs` without the option `awslogs-stream-prefix`"]);
    log(", awslogs-stream-prefix: p").read().unwrap();
}
