//! What the endpoint answers to a request. It has no socket and no clock.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    time::{Instant, SystemTime},
};

use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, value::to_value};
use tokio::sync::mpsc;

use super::{
    answer::{ContainerAnswer, TaskAnswer},
    credentials,
    directory::{Directory, FoundContainer},
    facts::TaskFacts,
    names,
    path::{EndpointPath, EndpointVersion, Subject, Who},
    protection::{self, Protection, ProtectionAnswer, ProtectionRefusal, ProtectionRequest},
    stats::{self, Stats},
};

const MIB: u64 = 1024 * 1024;

/// The endpoint without its wire.
pub(super) struct Endpoint {
    directory: Directory,
    protections: mpsc::UnboundedSender<Protection>,
}

/// A request as it came, and when it did.
pub(super) struct Message<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) body: &'a [u8],
    pub(super) peer: IpAddr,
    /// The time of day at which the request came.
    pub(super) time: SystemTime,
    /// The same by the clock that never goes back.
    pub(super) now: Instant,
}

/// An answer: its status and its JSON.
type StatusAndBody = (StatusCode, Value);

// === impl Endpoint ===

impl Endpoint {
    pub(super) fn new(
        directory: Directory,
        protections: mpsc::UnboundedSender<Protection>,
    ) -> Self {
        Self { directory, protections }
    }

    /// Returns the status and the body of the answer to a request.
    pub(super) fn answer(&self, message: &Message<'_>) -> (StatusCode, String) {
        let (status, body) = self.decide(message);
        (status, body.to_string())
    }

    fn decide(&self, message: &Message<'_>) -> StatusAndBody {
        let Some(path) = EndpointPath::parse(message.path) else {
            let said = format!("there is nothing at {}", message.path);
            return (StatusCode::NOT_FOUND, said.into());
        };
        let reads = *message.method == Method::GET;
        match path {
            EndpointPath::Metadata(version, who, about) if reads => {
                self.metadata(message, version, who, about)
            }
            EndpointPath::Credentials(id) if reads => {
                let (status, refusal) = credentials::refuse(id);
                json(status, refusal)
            }
            EndpointPath::Protection(who) if reads || *message.method == Method::PUT => {
                self.protection(message, who)
            }
            _ => {
                let said = format!("{} does not take {}", message.path, message.method);
                (StatusCode::METHOD_NOT_ALLOWED, said.into())
            }
        }
    }

    fn metadata(
        &self,
        message: &Message<'_>,
        version: EndpointVersion,
        who: Who<'_>,
        about: Subject,
    ) -> StatusAndBody {
        let Some(found) = self.find(message, who) else {
            return (StatusCode::NOT_FOUND, not_found(message, version, who, about).into());
        };
        if let Some(refused) = self.too_often(&found, message) {
            return refused;
        }
        let now = message.time;
        match about {
            Subject::Container => {
                json(StatusCode::OK, ContainerAnswer::new(&found.task, found.index, version))
            }
            Subject::Task => json(StatusCode::OK, TaskAnswer::new(&found.task, version, now)),
            Subject::ContainerStats => json(StatusCode::OK, self.stats(&found, now)),
            Subject::TaskStats => {
                let all = found.siblings().map(|it| (docker_id(&it), self.stats(&it, now)));
                json(StatusCode::OK, all.collect::<BTreeMap<_, _>>())
            }
        }
    }

    fn stats(&self, found: &FoundContainer, now: SystemTime) -> Option<Stats> {
        let container = found.container()?;
        let reading = stats::read(container.pid?, now)?;
        let before = self.directory.replace_reading(found, reading.clone());
        let limit = memory_limit(&found.task, &container.name);
        Some(Stats::new(&container.name, docker_id(found), limit, &reading, before.as_ref()))
    }

    fn protection(&self, message: &Message<'_>, who: Who<'_>) -> StatusAndBody {
        let found = self.find(message, who);
        if let Some(refused) = found.as_ref().and_then(|found| self.too_often(found, message)) {
            return refused;
        }
        let task = found.as_ref().map(|found| &*found.task);
        match self.protect(message, task) {
            Ok(answer) => json(StatusCode::OK, answer),
            Err(refusal) => {
                let (status, answer) = ProtectionAnswer::refusal(&refusal, task);
                json(status, answer)
            }
        }
    }

    fn protect(
        &self,
        message: &Message<'_>,
        task: Option<&TaskFacts>,
    ) -> Result<ProtectionAnswer, ProtectionRefusal> {
        let now = message.time;
        let task = task.ok_or(ProtectionRefusal::NoTask)?;
        if *message.method != Method::PUT {
            protection::allowed(task)?;
            return Ok(ProtectionAnswer::state(task, self.directory.protection(&task.id, now)));
        }
        let until = ProtectionRequest::parse(message.body)?.until(now)?;
        protection::allowed(task)?;
        if !self.directory.protect(&task.id, until) {
            return Err(ProtectionRefusal::NoTask);
        }
        let sent = self.protections.send(Protection { task: task.id.clone(), until });
        if sent.is_err() {
            tracing::debug!(task = %task.id, "nobody takes that a task asks to be protected");
        }
        Ok(ProtectionAnswer::state(task, until))
    }

    fn find(&self, message: &Message<'_>, who: Who<'_>) -> Option<FoundContainer> {
        match who {
            Who::Container(id) => self.directory.find(id),
            Who::Asking => self.directory.at(message.peer),
        }
    }

    fn too_often(&self, found: &FoundContainer, message: &Message<'_>) -> Option<StatusAndBody> {
        let refused = !self.directory.try_admit(&found.task.id, message.now);
        let said = "You have reached maximum request limit.";
        refused.then(|| (StatusCode::TOO_MANY_REQUESTS, said.into()))
    }
}

/// Returns the body of a 404, in AWS's words up to the last colon.
fn not_found(
    message: &Message<'_>,
    version: EndpointVersion,
    who: Who<'_>,
    about: Subject,
) -> String {
    let (handler, wanted) = about.handler();
    let why = match who {
        Who::Container(id) => format!("there is no container {id}"),
        Who::Asking => format!("no task has the address {}", message.peer),
    };
    format!("{} {handler}: unable to get {wanted} from request: {why}", version.as_str())
}

fn docker_id(found: &FoundContainer) -> String {
    names::docker_id(&found.task.id, found.index)
}

/// Returns the memory limit of a container, or the task's where the container has none, in bytes.
fn memory_limit(task: &TaskFacts, container: &str) -> u64 {
    let own = task.defined(container).and_then(|container| container.memory);
    u64::from(own.unwrap_or(task.service.task_definition.memory)) * MIB
}

fn json(status: StatusCode, body: impl Serialize) -> StatusAndBody {
    match to_value(body) {
        Ok(body) => (status, body),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string().into()),
    }
}
