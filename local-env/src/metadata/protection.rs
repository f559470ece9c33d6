//! Task protection: a task asks not to be stopped while it is busy (cloudmap-ecs §4.5).

use std::{
    ops::RangeInclusive,
    time::{Duration, SystemTime},
};

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{facts::TaskFacts, names, timestamp};
use scheduler::{LastStatus, TaskId};

const DEFAULT_MINUTES: u64 = 120;
const MINUTES: RangeInclusive<u64> = 1..=2880;

/// What a task asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The task.
    pub task: TaskId,
    /// Until when it is not to be stopped for a scale-in or a deployment; `None` if it may be.
    pub until: Option<SystemTime>,
}

/// The body of a `PUT`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Wish {
    protection_enabled: Option<bool>,
    expires_in_minutes: Option<i64>,
}

/// Why a task's protection is neither told nor changed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// 400: the body is no JSON, or has fields that there are not, or of the wrong kind.
    #[error("UpdateTaskProtection: failed to decode request: {0}")]
    Unreadable(String),
    /// 400.
    #[error("Invalid request: does not contain 'ProtectionEnabled' field")]
    NotSaid,
    /// 400.
    #[error("ExpiresInMinutes is {0}; it must be from 1 to 2880")]
    Minutes(i64),
    /// 403: in AWS it is the task's role that may ask ECS.
    #[error("Invalid Request: no task IAM role credentials available for task")]
    NoRole,
    /// 404.
    #[error("Failed to find a task for the request")]
    NoTask,
    /// 200, as in AWS: it was understood, but the task has ended.
    #[error("The specified task is not running")]
    NotRunning,
}

/// The answer's body; one of its fields is there.
#[derive(Default, Serialize)]
pub(super) struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    protection: Option<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_date: Option<String>,
    protection_enabled: bool,
    task_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    arn: Option<String>,
    detail: String,
    reason: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Error {
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
    code: &'static str,
    message: String,
}

// === impl Wish ===

impl Wish {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(body).map_err(|error| Refusal::Unreadable(error.to_string()))
    }

    /// Until when the task is to be protected.
    pub(super) fn until(&self, now: SystemTime) -> Result<Option<SystemTime>, Refusal> {
        let enabled = self.protection_enabled.ok_or(Refusal::NotSaid)?;
        let minutes = match self.expires_in_minutes {
            None => DEFAULT_MINUTES,
            Some(asked) => {
                let minutes = u64::try_from(asked).ok().filter(|it| MINUTES.contains(it));
                minutes.ok_or(Refusal::Minutes(asked))?
            }
        };
        Ok(enabled.then(|| now + Duration::from_secs(minutes * 60)))
    }
}

/// Whether a task may ask at all.
pub(super) fn allowed(task: &TaskFacts) -> Result<(), Refusal> {
    match (&task.service.task_definition.task_role, task.known_status) {
        (None, _) => Err(Refusal::NoRole),
        (_, LastStatus::Stopped) => Err(Refusal::NotRunning),
        _ => Ok(()),
    }
}

// === impl Answer ===

impl Answer {
    pub(super) fn state(task: &TaskFacts, until: Option<SystemTime>) -> Self {
        let state = State {
            expiration_date: until.map(timestamp::seconds),
            protection_enabled: until.is_some(),
            task_arn: names::task_arn(task),
        };
        Self { protection: Some(state), ..Self::default() }
    }

    /// `task` is absent where none is known yet.
    pub(super) fn refusal(refusal: &Refusal, task: Option<&TaskFacts>) -> (StatusCode, Self) {
        let (arn, message) = (task.map(names::task_arn), refusal.to_string());
        let (status, code) = match refusal {
            Refusal::NotRunning => {
                let failure = Failure { arn, detail: message, reason: "TASK_NOT_VALID" };
                return (StatusCode::OK, Self { failure: Some(failure), ..Self::default() });
            }
            Refusal::NoRole => (StatusCode::FORBIDDEN, "AccessDeniedException"),
            Refusal::NoTask => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
            Refusal::Unreadable(_) | Refusal::NotSaid | Refusal::Minutes(_) => {
                (StatusCode::BAD_REQUEST, "InvalidParameterException")
            }
        };
        (status, Self { error: Some(Error { arn, code, message }), ..Self::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(body: &str) -> Result<Option<u64>, Refusal> {
        let now = SystemTime::UNIX_EPOCH;
        let until = Wish::parse(body.as_bytes())?.until(now)?;
        Ok(until.map(|until| until.duration_since(now).unwrap().as_secs() / 60))
    }

    #[test]
    fn protection_lasts_as_long_as_was_asked_for_or_two_hours() {
        assert_eq!(minutes(r#"{"ProtectionEnabled":true}"#), Ok(Some(120)));
        assert_eq!(minutes(r#"{"ProtectionEnabled":false}"#), Ok(None));
        for asked in [1, 60, 2880] {
            let body = format!(r#"{{"ProtectionEnabled":true,"ExpiresInMinutes":{asked}}}"#);
            assert_eq!(minutes(&body), Ok(Some(asked)));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for asked in [0, 2881, -1, i64::MAX] {
            let body = format!(r#"{{"ProtectionEnabled":true,"ExpiresInMinutes":{asked}}}"#);
            assert_eq!(minutes(&body), Err(Refusal::Minutes(asked)));
        }
        assert_eq!(minutes("{}"), Err(Refusal::NotSaid));
        for body in ["", "[]", "nonsense", r#"{"ProtectionEnabled":1}"#, r#"{"Protected":true}"#] {
            assert!(matches!(minutes(body), Err(Refusal::Unreadable(_))), "{body}");
        }
    }
}
