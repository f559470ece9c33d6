//! Containers of task definitions.

use std::time::Duration;

use super::*;
use stack::{
    Container, ContainerHealthCheck, Dependency, DependencyCondition, HealthCommand,
    LogConfiguration, RestartPolicy, Secret, TaskDefinition, Ulimit,
};

/// What stands before a container's properties.
const WEB: &str = "- {Name: web, ";
const ROLE: (&str, &str) = ("Family: shop", "ExecutionRoleArn: role");
const AWSLOGS: &str = "{awslogs-group: g, awslogs-region: us-west-2, awslogs-stream-prefix: p";

/// `web` with more properties, after other containers.
fn definition(web: &str, others: &[&str]) -> String {
    let mut containers = others.iter().map(|other| format!("- {{{other}}}")).collect::<Vec<_>>();
    containers.push(format!("{WEB}{web}"));
    containers.join("\n        ")
}

/// As they are where nothing is wrong with them.
fn task(web: &str, others: &[&str]) -> TaskDefinition {
    let stack = changed(WEB, &definition(web, others));
    TaskDefinition::clone(&stack.services[0].task_definition)
}

fn web(properties: &str) -> Container {
    task(properties, &[]).containers.remove(0)
}

/// The problem with `web` alone.
#[track_caller]
fn is_told(properties: &str, expected: &str) {
    let told = problem(read(WEB, &definition(properties, &[])));
    let path = "Resources.Task.Properties.ContainerDefinitions[0]";
    assert_eq!(told, expected.replace('@', path), "{properties}");
}

/// The problem with several containers.
#[track_caller]
fn are_told(web: &str, others: &[&str], expected: &str) {
    let told = problem(read(WEB, &definition(web, others)));
    let path = "Resources.Task.Properties.ContainerDefinitions";
    assert_eq!(told, expected.replace('@', path), "{others:?}, {web}");
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_silent_container_has_awss_defaults() {
    let expected = Container { ports: vec![8080], ..Container::new("web", "team/web") };
    assert_eq!(web(""), expected);
}

#[test]
fn ecs_051_a_container_has_30_seconds_to_stop_unless_it_says_otherwise() {
    assert_eq!(web("").stop_timeout, seconds(30));
    assert_eq!(web("StopTimeout: 5, ").stop_timeout, seconds(5));
}

#[test]
fn every_property_is_read() {
    let container = web("Cpu: 128, Memory: 256, EntryPoint: [/bin/web], Command: [a, b c], \
         WorkingDirectory: /srv, Environment: [{Name: A, Value: '1'}, {Name: B}], \
         EnvironmentFiles: [{Type: s3, Value: 'arn:aws:s3:::config/a.env'}], \
         Secrets: [{Name: KEY, ValueFrom: /shop/key}], StartTimeout: 60, StopTimeout: 120, \
         ReadonlyRootFilesystem: true, \
         Ulimits: [{Name: nofile, SoftLimit: 10, HardLimit: 1048576}, \
                   {Name: memlock, SoftLimit: -1, HardLimit: -1}], \
         RestartPolicy: {Enabled: true, IgnoredExitCodes: [0, 137]}, \
         LogConfiguration: {LogDriver: splunk, Options: {splunk-url: u}}, ");
    let text = |text: &str| text.to_owned();
    let ulimit = |name: &str, soft, hard| Ulimit { name: name.to_owned(), soft, hard };
    let expected = Container {
        cpu: 128,
        memory: Some(256),
        entry_point: Some(vec![text("/bin/web")]),
        command: Some(vec![text("a"), text("b c")]),
        working_directory: Some(text("/srv")),
        environment: vec![(text("A"), text("1")), (text("B"), text(""))],
        environment_files: vec![text("arn:aws:s3:::config/a.env")],
        secrets: vec![Secret { name: text("KEY"), value_from: text("/shop/key") }],
        ports: vec![8080],
        start_timeout: Some(seconds(60)),
        stop_timeout: seconds(120),
        read_only_root: true,
        ulimits: vec![ulimit("nofile", 10, 1_048_576), ulimit("memlock", u64::MAX, u64::MAX)],
        restart_policy: Some(RestartPolicy {
            ignored_exit_codes: vec![0, 137],
            attempt_period: seconds(300),
        }),
        log: Some(LogConfiguration {
            driver: text("splunk"),
            options: vec![(text("splunk-url"), text("u"))],
        }),
        ..Container::new("web", "team/web")
    };
    assert_eq!(container, expected);
}

#[test]
fn containers_keep_their_order_and_say_what_they_wait_for() {
    let check = "HealthCheck: {Command: [CMD, /bin/check]}";
    let log = format!("Name: log, Image: team/log, Essential: false, {check}");
    let task = task(
        "DependsOn: [{ContainerName: log, Condition: HEALTHY}, \
         {ContainerName: init, Condition: SUCCESS}], ",
        &[&log, "Name: init, Image: team/init, Essential: 'false'"],
    );
    let names: Vec<_> = task.containers.iter().map(|it| (&*it.name, it.essential)).collect();
    assert_eq!(names, [("log", false), ("init", false), ("web", true)]);
    let waits = |container: &str, condition| Dependency { container: container.into(), condition };
    assert_eq!(
        task.containers[2].depends_on,
        [waits("log", DependencyCondition::Healthy), waits("init", DependencyCondition::Success)]
    );
}

#[test]
fn ecs_056_health_checks_have_awss_defaults() {
    let check = |properties: &str| web(&format!("HealthCheck: {{{properties}}}, ")).health_check;
    let default = ContainerHealthCheck {
        command: HealthCommand::Shell("curl -f localhost || exit 1".to_owned()),
        interval: seconds(30),
        timeout: seconds(5),
        retries: 3,
        start_period: Duration::ZERO,
    };
    let shell = "Command: [CMD-SHELL, curl -f localhost || exit 1]";
    assert_eq!(check(shell), Some(default.clone()));
    let numbers = "Interval: 300, Timeout: 60, Retries: 10, StartPeriod: 300";
    let other = ContainerHealthCheck {
        command: HealthCommand::Program(vec!["/check".to_owned(), "-v".to_owned()]),
        interval: seconds(300),
        timeout: seconds(60),
        retries: 10,
        start_period: seconds(300),
    };
    assert_eq!(check(&format!("Command: [CMD, /check, -v], {numbers}")), Some(other));
}

#[test]
fn health_checks_are_checked() {
    for (check, expected) in [
        ("Interval: 10", "`@.Command` is absent"),
        ("Command: [curl, localhost]", "`@.Command` begins with `curl`"),
        ("Command: []", "`@.Command` begins with ``"),
        ("Command: [CMD]", "`@.Command` has no command"),
        ("Command: curl", "`@.Command` must be a list, and is a text"),
        (
            "Command: [CMD-SHELL, curl, localhost]",
            "`@.Command` asks for a `CMD-SHELL` of several parts, which is not emulated",
        ),
        ("Command: [CMD, a], Interval: 4", "`@.Interval` is 4"),
        ("Command: [CMD, a], Interval: 301", "`@.Interval` is 301"),
        ("Command: [CMD, a], Timeout: 1", "`@.Timeout` is 1"),
        ("Command: [CMD, a], Timeout: 61", "`@.Timeout` is 61"),
        ("Command: [CMD, a], Retries: 0", "`@.Retries` is 0"),
        ("Command: [CMD, a], Retries: 11", "`@.Retries` is 11"),
        ("Command: [CMD, a], StartPeriod: 301", "`@.StartPeriod` is 301"),
    ] {
        let expected = expected.replace('@', "@.HealthCheck");
        is_told(&format!("HealthCheck: {{{check}}}, "), &expected);
    }
}

#[test]
fn each_container_is_checked() {
    for (properties, expected) in [
        ("StartTimeout: 1, ", "`@.StartTimeout` is 1"),
        ("StartTimeout: 121, ", "`@.StartTimeout` is 121"),
        ("StopTimeout: 121, ", "`@.StopTimeout` is 121"),
        (
            "Essential: 'false', ",
            "`Resources.Task.Properties.ContainerDefinitions` has no essential container",
        ),
        ("Memory: 1024, ", "`@.Memory` makes 1024 MiB in all, more than the whole task's 512"),
        (
            "RestartPolicy: {Enabled: true, RestartAttemptPeriod: 59}, ",
            "`@.RestartPolicy.RestartAttemptPeriod` is 59",
        ),
        (
            "RestartPolicy: {Enabled: true, IgnoredExitCodes: [one]}, ",
            "`@.RestartPolicy.IgnoredExitCodes[0]` must be a whole number, and is `one`",
        ),
        (
            "Ulimits: [{Name: files, SoftLimit: 1, HardLimit: 1}], ",
            "`@.Ulimits[0].Name` is `files`",
        ),
        (
            "Ulimits: [{Name: nofile, SoftLimit: 2, HardLimit: 1}], ",
            "`@.Ulimits[0].SoftLimit` is more than `HardLimit`",
        ),
        (
            "Ulimits: [{Name: nofile, SoftLimit: 2, HardLimit: -1}], ",
            "`@.Ulimits[0].HardLimit` is -1",
        ),
        (
            "Environment: [{Name: A}], Secrets: [{Name: A, ValueFrom: a}], ",
            "`@.Secrets[0].Name` is `A`, which is given twice",
        ),
        (
            "Secrets: [{Name: A, ValueFrom: a}, {Name: A, ValueFrom: b}], ",
            "`@.Secrets[1].Name` is `A`, which is given twice",
        ),
        ("Secrets: [{Name: A}], ", "`@.Secrets[0].ValueFrom` is absent"),
        ("Secrets: [{Name: A, ValueFrom: ''}], ", "`@.Secrets[0].ValueFrom` is empty"),
        (
            "EnvironmentFiles: [{Type: s3, Value: a.txt}], ",
            "`@.EnvironmentFiles[0].Value` is `a.txt`",
        ),
        ("EnvironmentFiles: [{Value: a.env}], ", "`@.EnvironmentFiles[0].Type` is absent"),
    ] {
        is_told(properties, expected);
    }
    let ignored: Vec<_> = (0..51).map(|code| code.to_string()).collect();
    is_told(
        &format!("RestartPolicy: {{Enabled: true, IgnoredExitCodes: [{}]}}, ", ignored.join(", ")),
        "`@.RestartPolicy.IgnoredExitCodes[50]` is one code too many",
    );
    let files = "{Type: s3, Value: a.env}, ".repeat(11);
    is_told(
        &format!("EnvironmentFiles: [{files}], "),
        "`@.EnvironmentFiles[10]` is one file too many",
    );
}

#[test]
fn a_restart_policy_that_is_off_says_nothing() {
    let policy = "RestartPolicy: {Enabled: false, RestartAttemptPeriod: 1}, ";
    assert_eq!(web(policy).restart_policy, None);
    assert_eq!(ignored(WEB, &definition(policy, &[])), [""; 0]);
}

#[test]
fn ports_that_no_load_balancer_can_name_are_listed() {
    let ports = "PortMappings: [{ContainerPort: 8080}]";
    let more = "PortMappings: [{ContainerPort: 8080}, {ContainerPort: 2000, Protocol: udp}, \
                {ContainerPortRange: 1-2}]";
    assert_eq!(changed(ports, more).services[0].task_definition.containers[0].ports, [8080]);
    let mappings = "Task.ContainerDefinitions[0].PortMappings";
    assert_eq!(
        ignored(ports, more),
        [format!("{mappings}[1].Protocol"), format!("{mappings}[2].ContainerPortRange")]
    );
}

#[test]
fn port_mappings_are_checked() {
    for (mapping, expected) in [
        ("HostPort: 80", "HostPort` is 80 for container port 8080"),
        ("Protocol: sctp", "Protocol` is `sctp`"),
    ] {
        let ports = "PortMappings: [{ContainerPort: 8080}]";
        let other = format!("PortMappings: [{{ContainerPort: 8080, {mapping}}}]");
        let told = problem(read(ports, &other));
        let path = "`Resources.Task.Properties.ContainerDefinitions[0].PortMappings[0]";
        assert_eq!(told, format!("{path}.{expected}"));
    }
}

#[test]
fn containers_are_held_against_one_another() {
    let log = "Name: log, Image: team/log, Essential: false";
    are_told("", &["Name: web, Image: x"], "`@[1].Name` is `web`, as that of another container is");
    are_told(
        "Cpu: 129, ",
        &["Name: log, Image: x, Cpu: 128"],
        "`@[1].Cpu` makes 257 CPU units in all, more than the whole task's 256",
    );
    are_told("Essential: false, ", &[log], "`@` has no essential container");
    are_told(
        "DependsOn: [{ContainerName: lgo, Condition: START}], ",
        &[log],
        "`@[1].DependsOn[0].ContainerName` is `lgo`, which does not exist in the task definition",
    );
    are_told(
        "DependsOn: [{ContainerName: log, Condition: HEALTHY}], ",
        &[log],
        "`@[1].DependsOn[0].Condition` is `HEALTHY`, and `log` has no health check",
    );
    are_told(
        "DependsOn: [{ContainerName: log, Condition: STARTED}], ",
        &[log],
        "`@[1].DependsOn[0].Condition` is `STARTED`",
    );
}

#[test]
fn containers_that_wait_for_each_other_are_refused() {
    are_told(
        "DependsOn: [{ContainerName: web, Condition: START}], ",
        &[],
        "`@[0].DependsOn` makes `web` wait for itself: web, web",
    );
    let waits = |name: &str, other: &str| {
        format!("Name: {name}, Image: x, DependsOn: [{{ContainerName: {other}, Condition: START}}]")
    };
    are_told(
        "DependsOn: [{ContainerName: a, Condition: START}], ",
        &[&waits("a", "b"), &waits("b", "c"), &waits("c", "b"), "Name: d, Image: x"],
        "`@[1].DependsOn` makes `b` wait for itself: b, c, b",
    );
}

#[test]
fn what_only_ec2_has_is_listed_for_ec2() {
    let kinds = ("RequiresCompatibilities: [FARGATE]", "RequiresCompatibilities: [EC2]");
    let definition = definition(
        "Privileged: true, DnsServers: [10.0.0.2], Links: [], \
         LinuxParameters: {SharedMemorySize: 64}, LogConfiguration: {LogDriver: json-file}, ",
        &[],
    );
    let stack = read_with(&[kinds, (WEB, &definition)], Allowed::default()).unwrap();
    let ignored = stack.coverage.ignored.iter().filter(|it| it.logical_id == "Task");
    let ignored: Vec<_> = ignored.map(|it| it.part.to_string()).collect();
    let expected = ["DnsServers", "Privileged", "LinuxParameters", "LogConfiguration"]
        .map(|key| format!("ContainerDefinitions[0].{key}"));
    assert_eq!(ignored, expected);
}

#[test]
fn fargates_limits_on_linux_are_checked() {
    for (properties, expected) in [
        (
            "LinuxParameters: {Tmpfs: [{Size: 1}]}, ",
            "`@.LinuxParameters.Tmpfs` is not valid for Fargate",
        ),
        (
            "LinuxParameters: {Swappiness: 1}, ",
            "`@.LinuxParameters.Swappiness` is not valid for Fargate",
        ),
        (
            "LinuxParameters: {Capabilities: {Add: [SYS_PTRACE, NET_ADMIN]}}, ",
            "`@.LinuxParameters.Capabilities.Add[1]` is `NET_ADMIN`, which is not valid for Fargate",
        ),
        (
            "ResourceRequirements: [{Type: GPU, Value: '1'}], ",
            "`@.ResourceRequirements[0]` is not valid for Fargate",
        ),
    ] {
        is_told(properties, expected);
    }
}

#[test]
fn what_changes_nothing_for_a_process_is_listed() {
    let definition = definition(
        "ReadonlyRootFilesystem: true, User: web, MountPoints: [{SourceVolume: a}], \
         LinuxParameters: {InitProcessEnabled: true, Capabilities: {Add: [SYS_PTRACE]}}, \
         Privileged: false, WorkingDirectory: /srv, LogConfiguration: {LogDriver: awsfirelens}, ",
        &[],
    );
    let expected =
        ["User", "MountPoints", "LinuxParameters", "ReadonlyRootFilesystem", "LogConfiguration"];
    assert_eq!(
        ignored(WEB, &definition),
        expected.map(|key| format!("Task.ContainerDefinitions[0].{key}"))
    );
}

#[test]
fn log_drivers_are_checked() {
    let log = |driver: &str, options: &str| {
        let log = format!("{{LogDriver: {driver}, Options: {options}}}");
        definition(&format!("LogConfiguration: {log}, "), &[])
    };
    let path = "Resources.Task.Properties.ContainerDefinitions[0].LogConfiguration";
    for (driver, options, expected) in [
        ("syslog", "{}", "`@.LogDriver` is `syslog`"),
        ("awslogs", "{}", "`@.LogDriver` is `awslogs` without the option `awslogs-group`"),
        (
            "awslogs",
            "{awslogs-group: g}",
            "`@.LogDriver` is `awslogs` without the option `awslogs-region`",
        ),
        (
            "awslogs",
            &format!("{AWSLOGS}, awslogs-datetime-format: x, awslogs-multiline-pattern: y}}"),
            "`@.Options.awslogs-multiline-pattern` stands beside `awslogs-datetime-format`",
        ),
    ] {
        let told = problem(read_with(&[ROLE, (WEB, &log(driver, options))], Allowed::default()));
        assert_eq!(told, expected.replace('@', path));
    }
    let told = problem(read(WEB, &log("awslogs", &format!("{AWSLOGS}}}"))));
    let why = "Fargate requires task definition to have execution role ARN to support log driver \
               awslogs";
    assert_eq!(told, format!("`{path}.LogDriver` is `awslogs`: {why}"));
}

#[test]
fn options_of_awslogs_that_change_nothing_are_listed() {
    let log = format!("{{LogDriver: awslogs, Options: {AWSLOGS}, mode: non-blocking}}}}");
    let definition = definition(&format!("LogConfiguration: {log}, "), &[]);
    let stack = read_with(&[ROLE, (WEB, &definition)], Allowed::default()).unwrap();
    let log = stack.services[0].task_definition.containers[0].log.as_ref().unwrap();
    assert_eq!(log.option("awslogs-stream-prefix"), Some("p"));
    let ignored = stack.coverage.ignored.iter().map(|it| it.part.to_string());
    assert_eq!(
        ignored.collect::<Vec<_>>(),
        ["ExecutionRoleArn", "ContainerDefinitions[0].LogConfiguration.Options.mode", "Vpc"]
    );
}
