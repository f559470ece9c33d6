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

/// The protection that a task asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The task's id.
    pub task: TaskId,
    /// Until when the task is not to be stopped for a scale-in or a deployment; `None` if it may be.
    pub until: Option<SystemTime>,
}

/// The body of a `PUT`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ProtectionRequest {
    protection_enabled: Option<bool>,
    expires_in_minutes: Option<i64>,
}

/// Why a request about a task's protection is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProtectionRefusal {
    /// 400: the body is no JSON, or has fields that there are not, or of the wrong kind.
    #[error("UpdateTaskProtection: failed to decode request: {0}")]
    Unreadable(String),
    /// 400: the field that is always wanted is absent.
    #[error("Invalid request: does not contain 'ProtectionEnabled' field")]
    NotSaid,
    /// 400: the time is too short or too long.
    #[error("ExpiresInMinutes is {0}; it must be from 1 to 2880")]
    Minutes(i64),
    /// 403: the task has no role, which in AWS is what may ask ECS.
    #[error("Invalid Request: no task IAM role credentials available for task")]
    NoRole,
    /// 404: there is no such task.
    #[error("Failed to find a task for the request")]
    NoTask,
    /// 200, as in AWS: the request was understood, but the task has ended.
    #[error("The specified task is not running")]
    NotRunning,
}

/// The body of the answer, which has one of these fields.
#[derive(Default, Serialize)]
pub(super) struct ProtectionAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    protection: Option<ProtectionState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<ProtectionFailure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ProtectionError>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ProtectionState {
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_date: Option<String>,
    protection_enabled: bool,
    task_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ProtectionFailure {
    arn: Option<String>,
    detail: String,
    reason: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ProtectionError {
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
    code: &'static str,
    message: String,
}

// === impl ProtectionRequest ===

impl ProtectionRequest {
    /// Reads a body.
    pub(super) fn parse(body: &[u8]) -> Result<Self, ProtectionRefusal> {
        serde_json::from_slice(body)
            .map_err(|error| ProtectionRefusal::Unreadable(error.to_string()))
    }

    /// Returns until when the task is to be protected; `None` if its protection is to end.
    pub(super) fn until(&self, now: SystemTime) -> Result<Option<SystemTime>, ProtectionRefusal> {
        let enabled = self.protection_enabled.ok_or(ProtectionRefusal::NotSaid)?;
        let minutes = match self.expires_in_minutes {
            None => DEFAULT_MINUTES,
            Some(asked) => {
                let minutes = u64::try_from(asked).ok().filter(|it| MINUTES.contains(it));
                minutes.ok_or(ProtectionRefusal::Minutes(asked))?
            }
        };
        Ok(enabled.then(|| now + Duration::from_secs(minutes * 60)))
    }
}

/// Returns why a task may not ask at all, if it may not.
pub(super) fn allowed(task: &TaskFacts) -> Result<(), ProtectionRefusal> {
    match (&task.service.task_definition.task_role, task.known_status) {
        (None, _) => Err(ProtectionRefusal::NoRole),
        (_, LastStatus::Stopped) => Err(ProtectionRefusal::NotRunning),
        _ => Ok(()),
    }
}

// === impl ProtectionAnswer ===

impl ProtectionAnswer {
    /// Answers with a task's protection.
    pub(super) fn state(task: &TaskFacts, until: Option<SystemTime>) -> Self {
        let state = ProtectionState {
            expiration_date: until.map(timestamp::seconds),
            protection_enabled: until.is_some(),
            task_arn: names::task_arn(task),
        };
        Self { protection: Some(state), ..Self::default() }
    }

    /// Answers with a refusal; `task` is absent where there is none.
    pub(super) fn refusal(
        refusal: &ProtectionRefusal,
        task: Option<&TaskFacts>,
    ) -> (StatusCode, Self) {
        let (arn, message) = (task.map(names::task_arn), refusal.to_string());
        let (status, code) = match refusal {
            ProtectionRefusal::NotRunning => {
                let failure = ProtectionFailure { arn, detail: message, reason: "TASK_NOT_VALID" };
                return (StatusCode::OK, Self { failure: Some(failure), ..Self::default() });
            }
            ProtectionRefusal::NoRole => (StatusCode::FORBIDDEN, "AccessDeniedException"),
            ProtectionRefusal::NoTask => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
            ProtectionRefusal::Unreadable(_)
            | ProtectionRefusal::NotSaid
            | ProtectionRefusal::Minutes(_) => {
                (StatusCode::BAD_REQUEST, "InvalidParameterException")
            }
        };
        (status, Self { error: Some(ProtectionError { arn, code, message }), ..Self::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(body: &str) -> Result<Option<u64>, ProtectionRefusal> {
        let now = SystemTime::UNIX_EPOCH;
        let until = ProtectionRequest::parse(body.as_bytes())?.until(now)?;
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
            assert_eq!(minutes(&body), Err(ProtectionRefusal::Minutes(asked)));
        }
        assert_eq!(minutes("{}"), Err(ProtectionRefusal::NotSaid));
        for body in ["", "[]", "nonsense", r#"{"ProtectionEnabled":1}"#, r#"{"Protected":true}"#] {
            assert!(matches!(minutes(body), Err(ProtectionRefusal::Unreadable(_))), "{body}");
        }
    }
}
