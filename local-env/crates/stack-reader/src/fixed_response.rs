//! `fixed-response` actions (alb §3.3).

use std::borrow::Cow;

use crate::{
    field::{Field, Properties, Result},
    problem::ActionFault,
};
use stack::FixedResponse;

const CONTENT_TYPES: [&str; 5] =
    ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

pub(super) fn read(config: &Properties<'_>) -> Result<FixedResponse> {
    let status = config.need("StatusCode")?;
    let found = status.number(0..=u32::from(u16::MAX))?;
    let code = u16::try_from(found).unwrap_or(0);
    if !matches!(code, 200..=299 | 400..=599) {
        return Err(status.refused(ActionFault::FixedStatus { found }));
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
    Err(field.unknown_word(&text, CONTENT_TYPES))
}

fn message_body(field: &Field<'_>) -> Result<String> {
    field.sized(0..=1024).map(Cow::into_owned)
}
