//! The names of tasks and containers (cloudmap-ecs §3.8). All are made of the task's id, so that they
//! are the same whenever they are asked for.

use uuid::Uuid;

use super::facts::TaskFacts;
use scheduler::TaskId;

/// The number that those at the end of docker ids stay below.
const NUMBERS: u128 = 10_000_000_000;
/// The step from one container's number to the next one's. It shares no factor with the above, so that
/// no number comes twice.
const STEP: u128 = 2_654_435_761;

/// Returns the docker id of a container: `<task id>-<10 digits>`, as on Fargate.
pub(super) fn docker_id(task: &TaskId, container: usize) -> String {
    let number = (seed(task) % NUMBERS + container as u128 % NUMBERS * STEP) % NUMBERS;
    format!("{task}-{number:010}")
}

/// Returns the ARN of a task's cluster: `arn:aws:ecs:us-west-2:111122223333:cluster/C`.
pub(super) fn cluster_arn(task: &TaskFacts) -> String {
    arn(task, &format!("cluster/{}", task.service.cluster))
}

/// Returns the ARN of a task: `arn:aws:ecs:us-west-2:111122223333:task/C/<task id>`.
pub(super) fn task_arn(task: &TaskFacts) -> String {
    arn(task, &format!("task/{}/{}", task.service.cluster, task.id))
}

/// Returns the ARN of a container:
/// `arn:aws:ecs:us-west-2:111122223333:container/C/<task id>/<uuid>`.
pub(super) fn container_arn(task: &TaskFacts, container: usize) -> String {
    // No container's is the task's own id.
    let own = Uuid::from_u128(seed(&task.id) ^ (container as u128 + 1));
    arn(task, &format!("container/{}/{}/{own}", task.service.cluster, task.id))
}

fn arn(task: &TaskFacts, resource: &str) -> String {
    let (region, account) = (&task.region, &task.account);
    format!("arn:{}:ecs:{region}:{account}:{resource}", partition(region))
}

fn partition(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "aws-cn",
        _ if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// Returns the number that a task's id is, of 32 hexadecimal digits.
fn seed(task: &TaskId) -> u128 {
    u128::from_str_radix(task.as_str(), 16).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn containers_of_a_task_have_docker_ids_of_their_own_that_stay() {
        let task = TaskId::random();
        let ids: HashSet<_> = (0..1000).map(|container| docker_id(&task, container)).collect();
        assert_eq!(ids.len(), 1000);
        for (container, id) in [0, 999].map(|container| (container, docker_id(&task, container))) {
            let (own, number) = id.split_once('-').unwrap();
            assert_eq!(own, task.as_str());
            assert!(number.len() == 10 && number.bytes().all(|it| it.is_ascii_digit()), "{id}");
            assert_eq!(id, docker_id(&task, container));
        }
    }

    #[test]
    fn an_arn_begins_with_the_partition_of_its_region() {
        for (region, expected) in
            [("us-west-2", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
        {
            assert_eq!(partition(region), expected);
        }
    }
}
