//! `fixed-response` actions (alb §3.3).

use super::field::{Field, Properties, Result};
use stack::FixedResponse;

const CONTENT_TYPES: [&str; 5] =
    ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

pub(super) fn read(config: &Properties<'_>) -> Result<FixedResponse> {
    let status = config.need("StatusCode")?;
    let code = status.number(0..=u32::from(u16::MAX))?;
    let code = u16::try_from(code).unwrap_or(0);
    if !matches!(code, 200..=299 | 400..=599) {
        return Err(status.refused(format!("is {code}"), "write a status 2xx, 4xx or 5xx"));
    }
    let content_type = config.get("ContentType");
    let content_type = content_type.map(|field| self::content_type(&field)).transpose()?;
    let body = config.get("MessageBody");
    let body = body.map(|field| message_body(&field)).transpose()?.unwrap_or_default();
    Ok(FixedResponse { status: code, content_type, body })
}

fn content_type(field: &Field<'_>) -> Result<String> {
    let text = field.text()?;
    if CONTENT_TYPES.contains(&&*text) {
        return Ok(text.into_owned());
    }
    let help = format!("write one of {}", CONTENT_TYPES.join(", "));
    Err(field.refused(format!("is `{text}`"), help))
}

fn message_body(field: &Field<'_>) -> Result<String> {
    let text = field.text()?;
    let length = text.chars().count();
    if length <= 1024 {
        return Ok(text.into_owned());
    }
    Err(field.refused(format!("has {length} characters"), "AWS takes up to 1024"))
}
