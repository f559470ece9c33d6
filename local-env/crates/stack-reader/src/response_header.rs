//! The headers that a listener's attributes put on every answer (alb §5.5).

use crate::{
    attributes::Attributes,
    field::{Field, Result},
    problem::Form,
};

/// The headers that there is an attribute for, and how it calls them.
const HEADERS: [(&str, &str); 10] = [
    ("strict_transport_security", "Strict-Transport-Security"),
    ("access_control_allow_origin", "Access-Control-Allow-Origin"),
    ("access_control_allow_methods", "Access-Control-Allow-Methods"),
    ("access_control_allow_headers", "Access-Control-Allow-Headers"),
    ("access_control_allow_credentials", "Access-Control-Allow-Credentials"),
    ("access_control_expose_headers", "Access-Control-Expose-Headers"),
    ("access_control_max_age", "Access-Control-Max-Age"),
    ("content_security_policy", "Content-Security-Policy"),
    ("x_content_type_options", "X-Content-Type-Options"),
    ("x_frame_options", "X-Frame-Options"),
];

const MAX_LENGTH: usize = 1024;

/// Reads the name and value of each header that has one.
pub(super) fn read(attributes: &mut Attributes<'_>) -> Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    for (word, header) in HEADERS {
        let field = attributes.take(&format!("routing.http.response.{word}.header_value"));
        let value = field.as_ref().map(value).transpose()?.unwrap_or_default();
        if !value.is_empty() {
            headers.push((header.to_owned(), value));
        }
    }
    Ok(headers)
}

fn value(field: &Field<'_>) -> Result<String> {
    let text = field.sized(0..=MAX_LENGTH)?;
    match text.chars().find(|c| !is_legal(*c)) {
        None => Ok(text.into_owned()),
        Some(illegal) => Err(field.illegal(&text, illegal, Form::HeaderValue)),
    }
}

fn is_legal(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_ :;.,\\/'?!(){}[]@<>=-+*#&`|~^%".contains(c)
}
