//! How the endpoint refuses credentials (cloudmap-ecs §4.5). A task role is nobody's to assume here,
//! so no id is known.

use http::StatusCode;
use serde::Serialize;

/// What an SDK is told.
#[derive(Serialize)]
pub(super) struct Refusal {
    code: &'static str,
    message: &'static str,
    #[serde(rename = "HTTPErrorCode")]
    status: u16,
}

/// The answer to who asks for the credentials with this id.
pub(super) fn refuse(id: Option<&str>) -> (StatusCode, Refusal) {
    let (code, message) = match id {
        Some(_) => ("InvalidIdInRequest", "CredentialsV2Request: Credentials not found"),
        None => ("NoIdInRequest", "CredentialsV2Request: No Credential ID in the request"),
    };
    let status = StatusCode::BAD_REQUEST;
    (status, Refusal { code, message, status: status.as_u16() })
}
