//! Updates of a stack that runs: each service that is concerned is rolled, as a deployment would in
//! AWS; what changes no task is taken over as it is.

use std::{collections::BTreeSet, sync::Arc};

use super::{Environment, running::RunningEnvironment, service::RunningService};
use crate::ecs::Launcher;
use scheduler::Revision;
use stack::{LogicalId, Service, Stack, TaskDefinition};

/// An update of the stack that runs.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    /// The stack as it is to be.
    pub stack: Stack,
    /// The revision that services are rolled to that have changed; greater than any before.
    pub revision: Revision,
    /// The logical ids of services that are rolled though the stack has them as before: because their
    /// program has changed, say.
    pub rolled: BTreeSet<LogicalId>,
}

// === impl Environment ===

impl Environment {
    /// Returns a service with the desired count that the user chose.
    pub(super) fn scaled(&self, model: &Service) -> Service {
        let desired_count = self.scale.get(&model.logical_id).copied();
        let desired_count = desired_count.unwrap_or(model.desired_count);
        Service { desired_count, ..model.clone() }
    }
}

// === impl RunningEnvironment ===

impl<L: Launcher> RunningEnvironment<L> {
    /// Updates the stack.
    pub(super) fn update(&mut self, update: Update) {
        let Update { stack, revision, rolled } = update;
        self.reload(&stack);
        self.environment.stack = Arc::new(stack);
        let stack = Arc::clone(&self.environment.stack);
        for model in &stack.services {
            let is_same = |one: &&RunningService| one.model.logical_id == model.logical_id;
            match self.services.iter().find(is_same).map(|one| Arc::clone(&one.model)) {
                Some(old) => {
                    let model = self.environment.scaled(model);
                    self.change(&old, model, revision, rolled.contains(&old.logical_id));
                }
                None => self.add_service(model, revision),
            }
        }
        for service in &mut self.services {
            if stack.services.iter().all(|it| it.logical_id != service.model.logical_id) {
                service.remove();
            }
        }
        self.forget_groups();
    }

    /// Takes up another desired count, which holds until it is changed again.
    pub(super) fn scale(&mut self, logical_id: LogicalId, count: u32) {
        let pace = self.pace();
        let mut services = self.services.iter_mut();
        if let Some(service) = services.find(|it| it.model.logical_id == logical_id) {
            let model = Service { desired_count: count, ..Service::clone(&service.model) };
            service.adjust(model, pace);
        }
        self.environment.scale.insert(logical_id, count);
    }

    fn change(&mut self, old: &Service, mut model: Service, revision: Revision, rolled: bool) {
        model.task_definition = registered(&old.task_definition, &model.task_definition);
        let deploys = rolled || starts_deployment(old, &model);
        let wiring = deploys.then(|| self.wiring(&model));
        let pace = self.pace();
        let mut services = self.services.iter_mut();
        let Some(service) = services.find(|it| it.model.logical_id == old.logical_id) else {
            return;
        };
        match wiring {
            Some(wiring) => service.deploy(model, wiring, revision, pace),
            None if *old != model => service.adjust(model, pace),
            None => {}
        }
    }
}

/// Returns the task definition that a service has after a change: the old one, or, if the new one differs
/// from that, the new one as its next revision.
fn registered(old: &Arc<TaskDefinition>, new: &TaskDefinition) -> Arc<TaskDefinition> {
    let as_revision = |number: u32| {
        let arn = new.arn.as_str();
        let family = arn.rsplit_once(':').map_or(arn, |(family, _)| family);
        let arn = format!("{family}:{number}").as_str().into();
        TaskDefinition { revision: number, arn, ..new.clone() }
    };
    if as_revision(old.revision) == **old {
        return Arc::clone(old);
    }
    Arc::new(as_revision(old.revision.saturating_add(1)))
}

/// Returns whether ECS starts a deployment for a change (cloudmap-ecs §3.6).
fn starts_deployment(old: &Service, new: &Service) -> bool {
    old.task_definition != new.task_definition
        || old.load_balancers != new.load_balancers
        || old.registry != new.registry
}

#[cfg(test)]
mod tests {
    use super::*;
    use stack::Container;

    fn definition(image: &str) -> Arc<TaskDefinition> {
        Arc::new(TaskDefinition::new("web", vec![Container::new("web", image)]))
    }

    #[test]
    fn only_a_task_definition_that_differs_is_a_new_revision() {
        let first = definition("a");
        assert_eq!(registered(&first, &definition("a")).revision, 1);
        let second = registered(&first, &definition("b"));
        assert_eq!((second.revision, second.arn.as_str()), (2, "task-definition/web:2"));
        assert_eq!(registered(&second, &definition("b")).revision, 2);
        assert_eq!(registered(&second, &definition("a")).revision, 3);
    }

    #[test]
    fn a_desired_count_or_a_grace_period_is_no_deployment() {
        let old = Service::new("web", definition("a"));
        let new = Service {
            desired_count: 5,
            health_check_grace_period: std::time::Duration::from_secs(9),
            ..old.clone()
        };
        assert!(!starts_deployment(&old, &new));
        assert!(starts_deployment(&old, &Service::new("web", definition("b"))));
    }
}
