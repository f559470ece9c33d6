//! What the endpoint answers to whom. It has no socket and no clock.

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
    answer::{Container, Task},
    credentials,
    directory::{Directory, Found},
    facts::TaskFacts,
    names,
    path::{About, Path, Version, Who},
    protection::{self, Answer as ProtectionAnswer, Protection, Refusal, Wish},
    stats::{self, Stats},
};

const MIB: u64 = 1024 * 1024;

/// All that answers, but the wire.
pub(super) struct Endpoint {
    directory: Directory,
    protections: mpsc::UnboundedSender<Protection>,
}

/// A request as it came.
pub(super) struct Message<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) body: &'a [u8],
    pub(super) peer: IpAddr,
    /// When it came: the time of day, and the time that never goes back.
    pub(super) now: (SystemTime, Instant),
}

/// A status and JSON.
type Answer = (StatusCode, Value);

// === impl Endpoint ===

impl Endpoint {
    pub(super) fn new(
        directory: Directory,
        protections: mpsc::UnboundedSender<Protection>,
    ) -> Self {
        Self { directory, protections }
    }

    /// The status and the body.
    pub(super) fn answer(&self, message: &Message<'_>) -> (StatusCode, String) {
        let (status, body) = self.decide(message);
        (status, body.to_string())
    }

    fn decide(&self, message: &Message<'_>) -> Answer {
        let Some(path) = Path::parse(message.path) else {
            let said = format!("there is nothing at {}", message.path);
            return (StatusCode::NOT_FOUND, said.into());
        };
        let reads = *message.method == Method::GET;
        match path {
            Path::Metadata(version, who, about) if reads => {
                self.metadata(message, version, who, about)
            }
            Path::Credentials(id) if reads => {
                let (status, refusal) = credentials::refuse(id);
                json(status, refusal)
            }
            Path::Protection(who) if reads || *message.method == Method::PUT => {
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
        version: Version,
        who: Who<'_>,
        about: About,
    ) -> Answer {
        let Some(found) = self.find(message, who) else {
            return (StatusCode::NOT_FOUND, not_found(message, version, who, about).into());
        };
        if let Some(refused) = self.too_often(&found, message) {
            return refused;
        }
        let now = message.now.0;
        match about {
            About::Container => {
                json(StatusCode::OK, Container::new(&found.task, found.index, version))
            }
            About::Task => json(StatusCode::OK, Task::new(&found.task, version, now)),
            About::ContainerStats => json(StatusCode::OK, self.stats(&found, now)),
            About::TaskStats => {
                let all = found.siblings().map(|it| (docker_id(&it), self.stats(&it, now)));
                json(StatusCode::OK, all.collect::<BTreeMap<_, _>>())
            }
        }
    }

    fn stats(&self, found: &Found, now: SystemTime) -> Option<Stats> {
        let container = found.container()?;
        let reading = stats::read(container.pid?, now)?;
        let before = self.directory.exchange(found, reading.clone());
        let limit = memory_limit(&found.task, &container.name);
        Some(Stats::new(&container.name, docker_id(found), limit, &reading, before.as_ref()))
    }

    fn protection(&self, message: &Message<'_>, who: Who<'_>) -> Answer {
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
    ) -> Result<ProtectionAnswer, Refusal> {
        let now = message.now.0;
        let task = task.ok_or(Refusal::NoTask)?;
        if *message.method != Method::PUT {
            protection::allowed(task)?;
            return Ok(ProtectionAnswer::state(task, self.directory.protection(&task.id, now)));
        }
        let until = Wish::parse(message.body)?.until(now)?;
        protection::allowed(task)?;
        if !self.directory.protect(&task.id, until) {
            return Err(Refusal::NoTask);
        }
        let heard = self.protections.send(Protection { task: task.id.clone(), until });
        if heard.is_err() {
            tracing::debug!(task = %task.id, "nobody hears that a task asks to be protected");
        }
        Ok(ProtectionAnswer::state(task, until))
    }

    fn find(&self, message: &Message<'_>, who: Who<'_>) -> Option<Found> {
        match who {
            Who::Container(id) => self.directory.find(id),
            Who::Asking => self.directory.at(message.peer),
        }
    }

    fn too_often(&self, found: &Found, message: &Message<'_>) -> Option<Answer> {
        let refused = !self.directory.admits(&found.task.id, message.now.1);
        let said = "You have reached maximum request limit.";
        refused.then(|| (StatusCode::TOO_MANY_REQUESTS, said.into()))
    }
}

/// In AWS's words up to the last colon.
fn not_found(message: &Message<'_>, version: Version, who: Who<'_>, about: About) -> String {
    let (handler, wanted) = about.handler();
    let why = match who {
        Who::Container(id) => format!("there is no container {id}"),
        Who::Asking => format!("no task has the address {}", message.peer),
    };
    format!("{} {handler}: unable to get {wanted} from request: {why}", version.as_str())
}

fn docker_id(found: &Found) -> String {
    names::docker_id(&found.task.id, found.index)
}

/// The container's own, or the task's, in bytes.
fn memory_limit(task: &TaskFacts, container: &str) -> u64 {
    let own = task.defined(container).and_then(|container| container.memory);
    u64::from(own.unwrap_or(task.service.task_definition.memory)) * MIB
}

fn json(status: StatusCode, body: impl Serialize) -> Answer {
    match to_value(body) {
        Ok(body) => (status, body),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string().into()),
    }
}
