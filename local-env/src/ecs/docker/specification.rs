//! A container of a task definition as Docker is asked for it.

use std::thread;

use super::{
    engine::Labels,
    model::{self, ContainerCreateBody, HealthConfig, HostConfig},
};
use stack::{Container, TaskDefinition, Ulimit};

const MIB: i64 = 1024 * 1024;
/// How many of Docker's units a processor is.
const NANO_CPUS: i64 = 1_000_000_000;
/// How many of ECS's units a processor is.
const CPU_UNITS: i64 = 1024;

/// What a container is made of besides its task definition.
pub(super) struct Placed<'a> {
    /// The name of the image.
    pub(super) image: &'a str,
    /// The id of the container whose network namespace the new one shares.
    pub(super) namespace: &'a str,
    pub(super) variables: Vec<(String, String)>,
    pub(super) labels: Labels,
}

/// Returns what Docker is asked to create.
pub(super) fn of(
    definition: &TaskDefinition,
    container: &Container,
    placed: Placed<'_>,
) -> ContainerCreateBody {
    let variables = placed.variables.into_iter().map(|(name, value)| format!("{name}={value}"));
    ContainerCreateBody {
        image: Some(placed.image.to_owned()),
        env: Some(variables.collect()),
        entrypoint: container.entry_point.clone(),
        cmd: container.command.clone(),
        working_dir: container.working_directory.clone(),
        attach_stdout: true,
        attach_stderr: true,
        labels: placed.labels,
        // The image's own is not looked at; those of the task definition are run by us.
        healthcheck: Some(HealthConfig { test: vec!["NONE".into()] }),
        host_config: HostConfig {
            network_mode: Some(format!("container:{}", placed.namespace)),
            memory: Some(i64::from(container.memory.unwrap_or(definition.memory)) * MIB)
                .filter(|limit| *limit > 0),
            nano_cpus: processors(definition),
            cpu_shares: (container.cpu > 0).then(|| container.cpu.into()),
            ulimits: container.ulimits.iter().map(ulimit).collect(),
            readonly_rootfs: container.read_only_root,
            ..HostConfig::default()
        },
        ..ContainerCreateBody::default()
    }
}

/// Returns the processor time that a container may use: what its task has, but no more than the machine
/// has, for which Docker can't be asked.
fn processors(definition: &TaskDefinition) -> Option<i64> {
    let there_are =
        thread::available_parallelism().map_or(1, |it| i64::try_from(it.get()).unwrap_or(1));
    let wanted = i64::from(definition.cpu) * NANO_CPUS / CPU_UNITS;
    (definition.cpu > 0).then(|| wanted.min(there_are * NANO_CPUS))
}

fn ulimit(ulimit: &Ulimit) -> model::Ulimit {
    // Docker knows no more than this, which stands for no limit as well.
    let number = |limit: u64| i64::try_from(limit).unwrap_or(-1);
    model::Ulimit {
        name: ulimit.name.clone(),
        soft: number(ulimit.soft),
        hard: number(ulimit.hard),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(definition: &TaskDefinition) -> ContainerCreateBody {
        let variables = vec![("A".to_owned(), "b=c".to_owned())];
        let placed = Placed { image: "web:1", namespace: "n", variables, labels: Labels::new() };
        of(definition, &definition.containers[0], placed)
    }

    #[test]
    fn a_container_has_its_own_memory_and_processor_share_within_its_tasks() {
        let mut web = Container::new("web", "ignored");
        let definition = TaskDefinition::new("shop", vec![web.clone()]);
        let host = made(&definition).host_config;
        assert_eq!((host.memory, host.nano_cpus), (Some(512 * MIB), Some(NANO_CPUS / 4)));
        assert_eq!((host.cpu_shares, host.network_mode.as_deref()), (None, Some("container:n")));
        (web.memory, web.cpu) = (Some(100), 128);
        let own = made(&TaskDefinition::new("shop", vec![web.clone()])).host_config;
        assert_eq!((own.memory, own.cpu_shares), (Some(100 * MIB), Some(128)));
        let mut large = TaskDefinition::new("shop", vec![web]);
        large.cpu = u32::MAX;
        let there_are = i64::try_from(thread::available_parallelism().unwrap().get()).unwrap();
        assert_eq!(made(&large).host_config.nano_cpus, Some(there_are * NANO_CPUS));
    }

    #[test]
    fn ecs_058_a_health_check_of_the_image_alone_is_switched_off() {
        let definition = TaskDefinition::new("shop", vec![Container::new("web", "checks-itself")]);
        let check = made(&definition).healthcheck.unwrap();
        assert_eq!(check.test, ["NONE"]);
    }

    #[test]
    fn what_the_definition_does_not_say_is_left_to_the_image() {
        let mut web = Container::new("web", "ignored");
        let body = made(&TaskDefinition::new("shop", vec![web.clone()]));
        assert_eq!((body.entrypoint, body.cmd, body.working_dir), (None, None, None));
        assert_eq!(body.image.as_deref(), Some("web:1"));
        assert_eq!(body.env, Some(vec!["A=b=c".to_owned()]));
        web.command = Some(vec!["serve".to_owned()]);
        web.read_only_root = true;
        web.ulimits = vec![Ulimit { name: "nofile".to_owned(), soft: 1, hard: u64::MAX }];
        let body = made(&TaskDefinition::new("shop", vec![web]));
        assert_eq!(body.cmd, Some(vec!["serve".to_owned()]));
        let host = body.host_config;
        assert!(host.readonly_rootfs);
        let [limit] = &host.ulimits[..] else { panic!("one limit") };
        assert_eq!((limit.soft, limit.hard), (1, -1));
    }
}
