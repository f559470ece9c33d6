//! The errors of the API (cloudmap-ecs §6.1).

use http::StatusCode;
use serde_json::{Value, json};

use crate::catalog::ReportError;

/// An error that a client is told, named as in AWS because SDKs make types of the names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ApiError {
    /// 400: there is no such operation, or it is not emulated.
    #[error("{0} is no operation that is emulated here")]
    UnknownOperation(String),
    /// 400: the body is no JSON.
    #[error("the body is no JSON: {0}")]
    Serialization(String),
    /// 400: a parameter is absent or of the wrong kind or size.
    #[error("{0}")]
    InvalidInput(String),
    /// 400: there is no such namespace.
    #[error("there is no namespace {0}")]
    NamespaceNotFound(String),
    /// 400: there is no such service.
    #[error("there is no service {0}")]
    ServiceNotFound(String),
    /// 400: the service has no such instance.
    #[error("the service has no instance {0}")]
    InstanceNotFound(String),
    /// 400: the service's health is not reported.
    #[error("the service has no HealthCheckCustomConfig, so nobody reports its health")]
    CustomHealthNotFound,
    /// 413: the body is too long, or came too slowly.
    #[error("the body is too long or came too slowly")]
    TooLarge,
}

// === impl ApiError ===

impl ApiError {
    /// Returns the status of the answer.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Returns the body of the answer.
    pub(super) fn body(&self) -> Value {
        json!({ "__type": self.name(), "Message": self.to_string() })
    }

    fn name(&self) -> &'static str {
        match self {
            Self::UnknownOperation(_) => "UnknownOperationException",
            Self::Serialization(_) => "SerializationException",
            Self::InvalidInput(_) => "InvalidInput",
            Self::NamespaceNotFound(_) => "NamespaceNotFound",
            Self::ServiceNotFound(_) => "ServiceNotFound",
            Self::InstanceNotFound(_) => "InstanceNotFound",
            Self::CustomHealthNotFound => "CustomHealthNotFound",
            Self::TooLarge => "RequestEntityTooLargeException",
        }
    }
}

impl From<ReportError> for ApiError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::NoService(id) => Self::ServiceNotFound(id),
            ReportError::NoInstance(id) => Self::InstanceNotFound(id),
            ReportError::NoCustomHealth => Self::CustomHealthNotFound,
        }
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_data() {
            Self::InvalidInput(error.to_string())
        } else {
            Self::Serialization(error.to_string())
        }
    }
}
