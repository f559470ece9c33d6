//! What holds whatever happens: random crashes, changes of health, scaling and deployments, against a
//! model that only counts.

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;

use super::*;
use stack::{
    Arn, CircuitBreaker, Container, Service, ServiceLoadBalancer, TaskDefinition, Threshold,
};

const PACE: Pace = Pace {
    settled: Duration::from_secs(40),
    start_up: Duration::from_secs(30),
    longest: Duration::from_secs(27 * 60),
};

#[derive(Clone, Debug)]
enum Step {
    Run(prop::sample::Index),
    End(prop::sample::Index),
    Judge(prop::sample::Index, HealthStatus),
    Scale(u32),
    Deploy,
    Protect(prop::sample::Index, u64),
    Wait(u64),
}

/// A task as the model sees it.
#[derive(Clone, Debug)]
struct Real {
    revision: Revision,
    running: bool,
    stopping: bool,
    verdict: HealthStatus,
}

struct Model {
    scheduler: Scheduler,
    policy: ServicePolicy,
    alive: BTreeMap<TaskId, Real>,
    now: Instant,
    revision: u32,
    protected: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<prop::sample::Index>;
    let verdict = prop_oneof![Just(HealthStatus::Healthy), Just(HealthStatus::Unhealthy)];
    let step = prop_oneof![
        4 => index().prop_map(Step::Run),
        2 => index().prop_map(Step::End),
        4 => (index(), verdict).prop_map(|(index, verdict)| Step::Judge(index, verdict)),
        1 => (0..6_u32).prop_map(Step::Scale),
        1 => Just(Step::Deploy),
        1 => (index(), 1..300_u64).prop_map(|(index, seconds)| Step::Protect(index, seconds)),
        3 => (0..90_u64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..200)
}

fn policies() -> impl Strategy<Value = ServicePolicy> {
    let breaker = prop::option::of(any::<(bool, bool)>());
    (0..6_u32, 0..=100_u32, 100..=250_u32, 0..2_u64, any::<bool>(), breaker).prop_map(
        |(desired, minimum, maximum, grace, balanced, breaker)| {
            let definition = TaskDefinition::new("web", vec![Container::new("web", "web")]);
            let mut service = Service::new("web", Arc::new(definition));
            service.desired_count = desired;
            service.minimum_healthy_percent = minimum;
            service.maximum_percent = maximum;
            service.health_check_grace_period = Duration::from_secs(grace * 60);
            let (target_group, container_name) = (Arn::from("web"), "web".to_owned());
            if balanced {
                let entry =
                    ServiceLoadBalancer { target_group, container_name, container_port: 80 };
                service.load_balancers.push(entry);
            }
            service.circuit_breaker = breaker.map(|(rollback, reset_on_healthy_task)| {
                let threshold = Threshold::BoundedPercent(50);
                CircuitBreaker { rollback, reset_on_healthy_task, threshold }
            });
            ServicePolicy::of(&service, PACE)
        },
    )
}

impl Model {
    fn new(policy: ServicePolicy) -> Self {
        let scheduler = Scheduler::new(policy.clone(), Revision(0), DeploymentId::of(7));
        let (alive, now) = (BTreeMap::new(), Instant::now());
        Self { scheduler, policy, alive, now, revision: 0, protected: false }
    }

    fn healthy(&self) -> usize {
        let standing = |(id, real): (&TaskId, &Real)| {
            !real.stopping
                && self.scheduler.tasks[id].standing(&self.scheduler.policy, self.now)
                    == Standing::Healthy
        };
        self.alive.iter().filter(|&it| standing(it)).count()
    }

    fn pick(&self, index: prop::sample::Index) -> Option<TaskId> {
        (!self.alive.is_empty())
            .then(|| self.alive.keys().nth(index.index(self.alive.len())).cloned())
            .flatten()
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Run(index) => self.run(index),
            Step::End(index) => {
                if let Some(id) = self.pick(index) {
                    self.end(&id);
                }
            }
            Step::Judge(index, verdict) => {
                if let Some(id) = self.pick(index) {
                    self.judge(&id, verdict);
                }
            }
            Step::Scale(desired) => {
                self.policy.desired = desired;
                self.scheduler.scale(desired);
            }
            Step::Deploy => {
                self.revision += 1;
                self.scheduler.deploy(Revision(self.revision));
            }
            Step::Protect(index, seconds) => {
                if let Some(id) = self.pick(index) {
                    self.protected = true;
                    self.scheduler
                        .set_protection(&id, Some(self.now + Duration::from_secs(seconds)));
                }
            }
            Step::Wait(seconds) => self.now += Duration::from_secs(seconds),
        }
    }

    fn run(&mut self, index: prop::sample::Index) {
        let Some(id) = self.pick(index) else { return };
        let real = self.alive.get_mut(&id).unwrap();
        if !real.running {
            real.running = true;
            self.scheduler.note_running(&id, self.now);
        }
    }

    fn end(&mut self, id: &TaskId) {
        let real = self.alive.remove(id).unwrap();
        assert_eq!(self.scheduler.note_stopped(id, self.now), real.stopping);
    }

    fn judge(&mut self, id: &TaskId, verdict: HealthStatus) {
        let real = self.alive.get_mut(id).unwrap();
        if real.running {
            real.verdict = verdict;
            self.scheduler.note_target_health(id, verdict);
        }
    }

    /// Asks the scheduler, and holds it to what must stay true.
    fn decide(&mut self) -> Result<Plan, TestCaseError> {
        let healthy_before = self.healthy();
        let plan = self.scheduler.decide(self.now, TaskId::random);
        for PlannedStop { task: id, .. } in &plan.stop {
            let real = self.alive.get_mut(id).unwrap();
            prop_assert!(!real.stopping, "told to stop twice");
            real.stopping = true;
        }
        let lower = self.policy.lower();
        prop_assert!(
            self.healthy() >= lower.min(healthy_before),
            "{} healthy of {healthy_before} left, {lower} needed",
            self.healthy()
        );
        for PlannedStart { task: id, revision } in &plan.start {
            let (running, stopping, verdict) = (false, false, HealthStatus::Unknown);
            let real = Real { revision: *revision, running, stopping, verdict };
            prop_assert!(self.alive.insert(id.clone(), real).is_none());
        }
        if !plan.start.is_empty() {
            prop_assert!(self.alive.len() <= self.policy.upper(), "above the maximum percent");
        }
        prop_assert!(self.alive.keys().eq(self.scheduler.tasks.keys()), "a task was lost");
        Ok(plan)
    }

    /// From now on every task that starts runs and turns healthy, and every one that stops ends.
    fn recover(&mut self) -> Result<Vec<Happening>, TestCaseError> {
        let mut told = Vec::new();
        for _ in 0..200 {
            let plan = self.decide()?;
            told.extend(plan.happenings);
            for (id, real) in self.alive.clone() {
                if real.stopping {
                    self.end(&id);
                } else if !real.running {
                    self.alive.get_mut(&id).unwrap().running = true;
                    self.scheduler.note_running(&id, self.now);
                    self.judge(&id, HealthStatus::Healthy);
                } else {
                    self.judge(&id, HealthStatus::Healthy);
                }
            }
            self.now = plan.wake.unwrap_or(self.now + Duration::from_secs(1)).max(self.now);
        }
        Ok(told)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_bounds_hold_and_the_desired_state_is_reached(policy in policies(), steps in steps()) {
        let mut model = Model::new(policy);
        for step in steps {
            model.take(&step);
            model.decide()?;
        }
        model.recover()?;
        let primary = model.scheduler.deployments()[0].clone();
        // Given up, or stuck between its bounds, it stays as it is: that is told of, not mended.
        if primary.rollout == Rollout::Failed || model.scheduler.is_known_stuck {
            return Ok(());
        }
        prop_assert_eq!(model.alive.len(), model.policy.desired());
        for real in model.alive.values() {
            prop_assert_eq!(real.revision, primary.revision);
        }
        prop_assert_eq!(primary.rollout, Rollout::Completed);
        prop_assert!(model.scheduler.is_steady());
    }

    #[test]
    fn with_room_between_the_bounds_nothing_gets_stuck(policy in policies(), steps in steps()) {
        let policy = ServicePolicy { minimum_healthy_percent: 50, maximum_percent: 200, ..policy };
        let policy = ServicePolicy { breaker: None, ..policy };
        let mut model = Model::new(policy);
        for step in steps {
            model.take(&step);
            model.decide()?;
        }
        let told = model.recover()?;
        prop_assert!(!told.contains(&Happening::Stuck));
        prop_assert!(model.scheduler.is_steady());
    }
}
