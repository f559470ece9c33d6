//! An error as a client gets it: `application/problem+json` (RFC 9457).
//!
//! A handler says what is wrong; the layer that knows the request's path adds `instance`, and the
//! request's log line gets the detail.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// What went wrong with one request.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    routes: Vec<String>,
}

// === impl Problem ===

impl Problem {
    /// A problem of a kind of its own, told by a URI that stays: `urn:problem:peer-too-slow`.
    pub fn new(
        kind: &'static str,
        title: impl Into<String>,
        status: StatusCode,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            title: title.into(),
            status: status.as_u16(),
            detail: detail.into(),
            instance: None,
            routes: Vec::new(),
        }
    }

    /// A problem of which its status says it all (RFC 9457 §4.2.1).
    pub fn of_status(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::new("about:blank", status.canonical_reason().unwrap_or("Error"), status, detail)
    }

    /// Adds the routes that there are.
    pub(crate) fn with_routes(mut self, routes: &[String]) -> Self {
        routes.clone_into(&mut self.routes);
        self
    }

    pub(crate) fn with_instance(mut self, path: &str) -> Self {
        self.instance = Some(path.to_owned());
        self
    }

    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    pub(crate) fn body(&self) -> Body {
        // Text and numbers always serialize; an empty body would still be a valid answer.
        serde_json::to_vec(self).unwrap_or_default().into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.body());
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let content_type = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        response.extensions_mut().insert(self);
        response
    }
}
