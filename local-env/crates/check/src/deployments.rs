//! Whether a deployment can go on, and what becomes of one that fails (cloudmap-ecs §3.6).

use super::{code, subject::Subject, value::key};
use stack::Service;

pub(super) fn check(subject: &Subject<'_>) {
    for service in &subject.stack.services {
        room(subject, service);
        let id = &service.logical_id;
        if service.circuit_breaker.is_none() {
            let message = format!("nothing gives up a deployment of `{id}` that fails");
            let mend = "DeploymentConfiguration:\n  \
                        DeploymentCircuitBreaker: {Enable: true, Rollback: true}";
            let place = subject.at_id(id, &key("DeploymentConfiguration"));
            subject.tell(&code::CIRCUIT_BREAKER, place, message, mend);
        }
        if !service.load_balancers.is_empty() && service.health_check_grace_period.is_zero() {
            let message =
                format!("the tasks of `{id}` are held to the health check from their first second");
            let mend = "HealthCheckGracePeriodSeconds: 60";
            let place = subject.at_id(id, &key("HealthCheckGracePeriodSeconds"));
            subject.tell(&code::GRACE_PERIOD, place, message, mend);
        }
    }
}

fn room(subject: &Subject<'_>, service: &Service) {
    let desired = u64::from(service.desired_count);
    let (least, most) = (service.minimum_healthy_percent, service.maximum_percent);
    let lower = (desired * u64::from(least)).div_ceil(100);
    let upper = desired * u64::from(most) / 100;
    if desired == 0 || lower < desired || upper > desired {
        return;
    }
    let message = format!(
        "with {desired} tasks, at least {least} and at most {most} percent are {lower} and {upper}: none \
         can be stopped before a new one is started, nor the other way round"
    );
    let mend = "DeploymentConfiguration: {MinimumHealthyPercent: 100, MaximumPercent: 200}";
    let path = key("DeploymentConfiguration").key("MaximumPercent");
    let place = subject.at_id(&service.logical_id, &path);
    subject.tell(&code::NO_ROOM, place, message, mend);
}
