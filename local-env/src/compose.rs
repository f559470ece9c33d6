//! A stack as a file for Docker Compose: the services in containers with the environment and the
//! limits of their task definitions, and `local-env` among them as load balancer and resolver.
//!
//! The file is text made from the model, so that it can carry comments. Nothing stands in it for the
//! emulation's sake but the `dns` of the containers, which a VPC sets as well.

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
};

use stack::{Action, Container, Service, Stack};

/// The first three octets of the network's addresses, whose resolver is at `.2`, as a VPC's is.
const SUBNET: &str = "10.213.0";
/// How many CPU units a processor is.
const CPU_UNITS: f64 = 1024.0;
/// The port at which tasks are told of themselves, by the address that they ask from.
const METADATA_PORT: u16 = 51_678;
/// The ports at which listeners are published on the machine; they are the same inside, for redirects to
/// lead there.
const PUBLISHED: [(u16, &str); 2] = [(80, "${HTTP_PORT:-8080}"), (443, "${HTTPS_PORT:-8443}")];

/// Where the images of a file come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Images {
    /// The images are built from the Dockerfile beside the file, with the repository's name as `BIN`.
    Built,
    /// The images are those that the template names.
    AsNamed {
        /// The name of the template, which is beside the file.
        template: String,
    },
}

/// Returns what of a stack a file for Compose has no place for, if there is any.
pub(crate) fn unfit(stack: &Stack) -> Option<String> {
    let unfit = |service: &Service| {
        let containers = &service.task_definition.containers;
        let asks = |asked: fn(&Container) -> bool| containers.iter().any(asked);
        let what = match containers.len() {
            0 | 1 if asks(|it| !it.secrets.is_empty()) => "secrets",
            0 | 1 if asks(|it| !it.environment_files.is_empty()) => "environment files",
            0 | 1 => return None,
            _ => "several containers",
        };
        Some(format!("the tasks of {} have {what}", stack.local_name(service)))
    };
    let connected = stack.services.iter().find(|service| service.connect.is_some());
    let connected = connected.map(|it| format!("{} uses Service Connect", stack.local_name(it)));
    let mut ports = BTreeSet::new();
    let mut listeners = stack.load_balancers.iter().flat_map(|balancer| &balancer.listeners);
    let twice = listeners.find(|listener| !ports.insert(listener.port));
    let twice = twice.map(|it| format!("two load balancers have a listener at port {}", it.port));
    stack.services.iter().find_map(unfit).or(connected).or(twice)
}

/// Returns the file for a stack. `parameters` are those of its template that `local-env.toml` doesn't
/// have.
pub(crate) fn file(stack: &Stack, images: &Images, parameters: &[(String, String)]) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = compose(&mut text, stack, images, parameters);
    text
}

fn compose(
    to: &mut String,
    stack: &Stack,
    images: &Images,
    parameters: &[(String, String)],
) -> fmt::Result {
    writeln!(to, "# Printed by `local-env compose`. Needs Docker Compose v2.20 or later.")?;
    writeln!(to, "#\n# docker compose up --build")?;
    writeln!(to, "# docker compose cp local-env:/data/ca.pem .    # the certificate to trust\n")?;
    writeln!(to, "name: {}\n\nservices:", stack.name.to_lowercase())?;
    local_env(to, stack, images, parameters)?;
    for service in &stack.services {
        writeln!(to)?;
        self::service(to, stack, service, images)?;
    }
    writeln!(to, "\nnetworks:\n  vpc:\n    ipam:\n      config:")?;
    writeln!(to, "        - subnet: {SUBNET}.0/24")?;
    writeln!(to, "          # A container that is started again may get another address.")?;
    writeln!(to, "          ip_range: {SUBNET}.128/25")?;
    writeln!(
        to,
        "\nvolumes:\n  # The certificate authority, which outlives `docker compose down`."
    )?;
    writeln!(to, "  certificates:")
}

fn local_env(
    to: &mut String,
    stack: &Stack,
    images: &Images,
    parameters: &[(String, String)],
) -> fmt::Result {
    writeln!(to, "  # The load balancer, and the resolver at the network's .2, as a VPC has it.")?;
    writeln!(to, "  local-env:")?;
    writeln!(to, "    image: local-env:${{IMAGE_TAG:-latest}}")?;
    if *images == Images::Built {
        build(to, "local-env", "local-env")?;
    }
    writeln!(to, "    command:\n      - observe")?;
    if let Images::AsNamed { template } = images {
        writeln!(to, "      - /{template}")?;
    }
    writeln!(to, "      - --bind=0.0.0.0\n      - --dns=0.0.0.0:53")?;
    writeln!(to, "      - --dns-upstream=127.0.0.11\n      - --data-folder=/data")?;
    writeln!(to, "      - --task-metadata=0.0.0.0:{METADATA_PORT}")?;
    for (name, value) in parameters {
        writeln!(to, "      - {}", quoted(&format!("--parameter={name}={value}")))?;
    }
    if leaves_out_authentication(stack) {
        writeln!(to, "      - --allow-unauthenticated")?;
    }
    for (port, published) in published(stack) {
        writeln!(to, "      - --publish={published}:{port}")?;
    }
    writeln!(to, "    ports:")?;
    for (_, published) in published(stack) {
        writeln!(to, "      - 127.0.0.1:{published}:{published}")?;
    }
    writeln!(to, "    volumes:\n      - certificates:/data")?;
    writeln!(to, "      - ./local-env.toml:/local-env.toml:ro")?;
    if let Images::AsNamed { template } = images {
        writeln!(to, "      - ./{template}:/{template}:ro")?;
    }
    writeln!(to, "    networks:\n      vpc:\n        ipv4_address: {SUBNET}.2")?;
    confined(to)
}

/// Returns whether the template was read with `--allow-unauthenticated`, without which the command of
/// the file would not read it either.
fn leaves_out_authentication(stack: &Stack) -> bool {
    let mut listeners = stack.load_balancers.iter().flat_map(|balancer| &balancer.listeners);
    listeners.any(|listener| {
        let rules = listener.rules.iter().map(|rule| &rule.action);
        let mut actions = rules.chain([&listener.default_action]);
        actions.any(|action| matches!(action, Action::Unauthenticated(..)))
    })
}

fn service(to: &mut String, stack: &Stack, service: &Service, images: &Images) -> fmt::Result {
    let definition = &service.task_definition;
    writeln!(to, "  {}:", stack.local_name(service))?;
    for container in &definition.containers {
        match images {
            Images::Built => {
                writeln!(to, "    image: {}:${{IMAGE_TAG:-latest}}", container.repository())?;
                build(to, container.repository(), "service")?;
            }
            Images::AsNamed { .. } => writeln!(to, "    image: {}", quoted(&container.image))?,
        }
        writeln!(to, "    environment:")?;
        for (name, value) in &container.environment {
            writeln!(to, "      {name}: {}", quoted(value))?;
        }
        for (name, path) in [
            ("ECS_AGENT_URI", "api/self"),
            ("ECS_CONTAINER_METADATA_URI", "v3/self"),
            ("ECS_CONTAINER_METADATA_URI_V4", "v4/self"),
        ] {
            writeln!(to, "      {name}: http://{SUBNET}.2:{METADATA_PORT}/{path}")?;
        }
        writeln!(to, "    stop_grace_period: {}s", container.stop_timeout.as_secs())?;
    }
    writeln!(to, "    scale: {}", service.desired_count)?;
    if definition.memory > 0 {
        writeln!(to, "    mem_limit: {}m", definition.memory)?;
    }
    writeln!(to, "    cpus: {}", f64::from(definition.cpu) / CPU_UNITS)?;
    writeln!(to, "    dns: {SUBNET}.2\n    networks:\n      - vpc")?;
    writeln!(to, "    depends_on:\n      local-env:\n        condition: service_healthy")?;
    confined(to)
}

fn build(to: &mut String, bin: &str, target: &str) -> fmt::Result {
    writeln!(to, "    build:\n      context: .\n      target: {target}")?;
    writeln!(to, "      args:\n        BIN: {bin}")
}

/// Writes what takes from a container what none needs.
fn confined(to: &mut String) -> fmt::Result {
    writeln!(to, "    init: true\n    read_only: true\n    cap_drop:\n      - ALL")?;
    writeln!(to, "    security_opt:\n      - no-new-privileges:true")
}

fn published(stack: &Stack) -> impl Iterator<Item = (u16, String)> + '_ {
    let listeners = stack.load_balancers.iter().flat_map(|balancer| &balancer.listeners);
    listeners.map(|listener| {
        let known = PUBLISHED.iter().find(|(port, _)| *port == listener.port);
        let own = || listener.port.to_string();
        (listener.port, known.map_or_else(own, |(_, variable)| (*variable).to_owned()))
    })
}

/// Quotes a text, in YAML as in JSON; a dollar sign would be Compose's own.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text.replace('$', "$$")).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudformation::{Inputs, Source, Template};
    use stack::{Allowed, Authentication};

    fn sample() -> Stack {
        let source = Source::new("template", &infra::services_template().to_json());
        let mut inputs = Inputs::new("services");
        for (name, value) in [("DomainName", "a.example"), ("HostedZoneId", "Z1")] {
            inputs.parameters.insert(name.into(), value.into());
        }
        stack_reader::read(
            &Template::parse(&source).unwrap().resolve(&inputs).unwrap(),
            Allowed::default(),
        )
        .unwrap()
    }

    #[test]
    fn the_file_at_the_root_is_what_is_printed() {
        let expected = file(&sample(), &Images::Built, &[]);
        assert_eq!(include_str!("../../docker-compose.yml"), expected, "print it anew");
    }

    #[test]
    fn a_template_of_ones_own_runs_the_images_that_it_names() {
        let images = Images::AsNamed { template: "shop.json".into() };
        let text = file(&sample(), &images, &[("Size".into(), "a$b".into())]);
        assert!(!text.contains("build:"), "{text}");
        assert!(text.contains("amazonaws.com/service1:latest\"\n"), "{text}");
        assert!(text.contains("      - /shop.json\n"), "{text}");
        assert!(text.contains("      - ./shop.json:/shop.json:ro\n"), "{text}");
        assert!(text.contains("      - \"--parameter=Size=a$$b\"\n"), "{text}");
    }

    #[test]
    fn what_the_file_has_no_place_for_is_told() {
        use stack::{Secret, ServiceConnect, TaskDefinition};
        use std::sync::Arc;

        let secret = Secret { name: "KEY".into(), value_from: "key".into() };
        let plain = Container::new("web", "team/web");
        let secrets = Container { secrets: vec![secret], ..plain.clone() };
        let files = Container { environment_files: vec!["a.env".into()], ..plain.clone() };
        for (containers, what) in [
            (vec![plain.clone()], None),
            (vec![secrets], Some("secrets")),
            (vec![files], Some("environment files")),
            (vec![plain.clone(), plain], Some("several containers")),
        ] {
            let mut stack = sample();
            stack.services[1].task_definition = Arc::new(TaskDefinition::new("web", containers));
            let expected = what.map(|what| format!("the tasks of service2 have {what}"));
            assert_eq!(unfit(&stack), expected);
        }
        let mut stack = sample();
        let (namespace, endpoints) = ("shop".to_owned(), Vec::new());
        stack.services[0].connect = Some(ServiceConnect { namespace, endpoints });
        assert_eq!(unfit(&stack).unwrap(), "service1 uses Service Connect");
        let mut stack = sample();
        stack.load_balancers.push(stack.load_balancers[0].clone());
        assert_eq!(unfit(&stack).unwrap(), "two load balancers have a listener at port 80");
    }

    #[test]
    fn authentication_is_left_out_inside_if_it_is_outside() {
        let mut stack = sample();
        let option = "      - --allow-unauthenticated\n";
        assert!(!file(&stack, &Images::Built, &[]).contains(option));
        let action = &mut stack.load_balancers[0].listeners[1].rules[0].action;
        *action = Action::Unauthenticated(Authentication::Oidc, Box::new(action.clone()));
        assert!(file(&stack, &Images::Built, &[]).contains(option));
    }
}
