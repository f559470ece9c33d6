//! The answers that the load balancer makes itself, with the bodies and headers of ALB's own
//! (alb §6.2).

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use super::body::Body;
use crate::stack;

const SERVER: HeaderValue = HeaderValue::from_static("awselb/2.0");
const HTML: HeaderValue = HeaderValue::from_static("text/html");

/// An error page: the causes of each status stand in alb §6.1.
pub(super) fn error(status: StatusCode) -> Response<Body> {
    let mut response = page(status);
    if status == StatusCode::BAD_REQUEST || status == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// A redirect's answer.
pub(super) fn redirect(status: StatusCode, location: HeaderValue) -> Response<Body> {
    let mut response = page(status);
    response.headers_mut().insert(header::LOCATION, location);
    response
}

/// A `fixed-response` action's answer; the character set is ALB's addition (alb §3.3).
pub(super) fn fixed(status: StatusCode, action: &stack::FixedResponse) -> Response<Body> {
    let content_type = action.content_type.as_deref().unwrap_or("text/plain");
    let mut response = from_text(status, Bytes::from(action.body.clone()));
    if let Ok(value) = HeaderValue::try_from(format!("{content_type}; charset=utf-8")) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}

fn page(status: StatusCode) -> Response<Body> {
    let title = title(status);
    let html = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n\
         <center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    let mut response = from_text(status, Bytes::from(html));
    response.headers_mut().insert(header::CONTENT_TYPE, HTML);
    response
}

fn from_text(status: StatusCode, text: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::text(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::SERVER, SERVER);
    response
}

/// The phrases are nginx's, which ALB follows, where they differ from the registered ones.
fn title(status: StatusCode) -> String {
    let phrase = match status.as_u16() {
        405 => "Not Allowed",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        _ => status.canonical_reason().unwrap_or_default(),
    };
    format!("{} {phrase}", status.as_u16())
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    async fn body(response: Response<Body>) -> Bytes {
        response.into_body().collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn the_pages_are_as_long_as_those_of_alb() {
        for (status, length) in
            [(301, 134), (302, 110), (400, 122), (502, 122), (503, 162), (504, 132)]
        {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(body(page(status)).await.len(), length, "{status}");
        }
    }

    #[tokio::test]
    async fn a_fixed_response_says_its_character_set() {
        let action = stack::FixedResponse {
            status: 404,
            content_type: Some("application/json".into()),
            body: "{}".into(),
        };
        let response = fixed(StatusCode::NOT_FOUND, &action);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json; charset=utf-8");
        assert_eq!(response.headers()[header::SERVER], "awselb/2.0");
        assert_eq!(body(response).await, "{}");
    }
}
