//! The health check of a container, run where the container runs (cloudmap-ecs §3.5).

use std::{path::Path, process::Stdio};

use tokio::time::timeout;

use super::{
    container::{Variables, prepared},
    groups::kill_group,
    limits,
};
use crate::ecs::command::Command;
use stack::{ContainerHealthCheck, HealthCommand};

/// The container's shell.
const SHELL: &str = "/bin/sh";

/// Runs a check, and returns whether it ended with 0 in time.
pub(super) async fn passes(
    check: &ContainerHealthCheck,
    container: &Command,
    variables: Variables,
) -> bool {
    let command = of(check, container);
    let mut process = prepared(&command, variables);
    process
        .args(&command.arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    limits::apply(&mut process, Vec::new());
    let mut child = match process.spawn() {
        Ok(child) => child,
        Err(error) => {
            let program = command.program.display();
            tracing::warn!("the health check's {program} cannot be run: {error}");
            return false;
        }
    };
    let group = child.id().and_then(|id| i32::try_from(id).ok()).map(nix::unistd::Pid::from_raw);
    let ended = timeout(check.timeout, child.wait()).await;
    if ended.is_err() {
        group.into_iter().for_each(kill_group);
    }
    matches!(ended, Ok(Ok(status)) if status.success())
}

/// Returns what is run for a check. The image's own program is here the one that runs the container,
/// where it has the same name.
fn of(check: &ContainerHealthCheck, container: &Command) -> Command {
    let (program, arguments) = match &check.command {
        HealthCommand::Shell(line) => (SHELL.into(), vec!["-c".to_owned(), line.clone()]),
        HealthCommand::Program(words) => {
            let (program, arguments) =
                words.split_first().map_or(("", [].as_slice()), |it| (it.0.as_str(), it.1));
            let is_own = Path::new(program).file_name() == container.program.file_name();
            let program = if is_own { container.program.clone() } else { program.into() };
            (program, arguments.to_vec())
        }
    };
    Command { program, arguments, ..container.clone() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn container() -> Command {
        Command {
            program: "/build/web".into(),
            arguments: vec!["serve".into()],
            folder: ".".into(),
            definition: Vec::new(),
            environment: vec![("GREETING".into(), "hello".into())],
        }
    }

    async fn passes_within(timeout: Duration, command: HealthCommand) -> bool {
        let check = ContainerHealthCheck {
            command,
            interval: Duration::from_secs(30),
            timeout,
            retries: 3,
            start_period: Duration::ZERO,
        };
        passes(&check, &container(), Vec::new()).await
    }

    #[tokio::test]
    async fn ecs_056_a_check_passes_if_it_ends_with_0_in_time() {
        let passes = |command| passes_within(Duration::from_secs(30), command);
        let shell = |line: &str| HealthCommand::Shell(line.to_owned());
        assert!(passes(shell("test $GREETING = hello")).await);
        assert!(!passes(shell("exit 1")).await);
        assert!(!passes_within(Duration::from_millis(100), shell("sleep 60")).await);
        let program = |words: &[&str]| {
            HealthCommand::Program(words.iter().map(|&word| word.to_owned()).collect())
        };
        assert!(passes(program(&["true"])).await);
        assert!(!passes(program(&["/nowhere/at-all"])).await);
        assert!(!passes(program(&[])).await);
    }

    #[test]
    fn the_containers_own_program_is_the_one_that_runs_here() {
        let words = ["/app/web", "healthcheck"].map(str::to_owned).to_vec();
        let check = ContainerHealthCheck {
            command: HealthCommand::Program(words),
            interval: Duration::ZERO,
            timeout: Duration::ZERO,
            retries: 1,
            start_period: Duration::ZERO,
        };
        let command = of(&check, &container());
        assert_eq!(command.program, Path::new("/build/web"));
        assert_eq!(command.arguments, ["healthcheck"]);
    }
}
