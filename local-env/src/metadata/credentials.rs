//! The refusal of credentials (cloudmap-ecs §4.5). A task role is nobody's to assume here,
//! so no id is known.

use http::StatusCode;
use serde::Serialize;

/// The body by which an SDK is refused credentials.
#[derive(Serialize)]
pub(super) struct CredentialsRefusal {
    code: &'static str,
    message: &'static str,
    #[serde(rename = "HTTPErrorCode")]
    status: u16,
}

/// Returns the answer to a request for the credentials with this id.
pub(super) fn refuse(id: Option<&str>) -> (StatusCode, CredentialsRefusal) {
    let (code, message) = match id {
        Some(_) => ("InvalidIdInRequest", "CredentialsV2Request: Credentials not found"),
        None => ("NoIdInRequest", "CredentialsV2Request: No Credential ID in the request"),
    };
    let status = StatusCode::BAD_REQUEST;
    (status, CredentialsRefusal { code, message, status: status.as_u16() })
}
