//! `redirect` actions (alb §3.2).

use crate::{
    field::{Field, Properties, Result},
    problem::{ActionFault, Form},
};
use stack::Redirect;

/// Reads a redirect; `https` tells what the listener speaks.
pub(super) fn read(field: &Field<'_>, https: bool) -> Result<Redirect> {
    let config = field.map()?;
    let redirect = Redirect {
        status: status(&config.need("StatusCode")?)?,
        protocol: part(&config, "Protocol", "#{protocol}", (Form::RedirectProtocol, protocol))?,
        host: part(&config, "Host", "#{host}", (Form::RedirectHost, host))?,
        port: part(&config, "Port", "#{port}", (Form::RedirectPort, port))?,
        path: part(&config, "Path", "/#{path}", (Form::RedirectPath, path))?,
        query: part(&config, "Query", "#{query}", (Form::RedirectQuery, query))?,
    };
    let kept = [&redirect.protocol, &redirect.host, &redirect.port, &redirect.path];
    if kept == ["#{protocol}", "#{host}", "#{port}", "/#{path}"] {
        return Err(field.refused(ActionFault::SameAddress));
    }
    if https && redirect.protocol == "HTTP" {
        return Err(field.refused(ActionFault::HttpsToHttp));
    }
    Ok(redirect)
}

fn status(field: &Field<'_>) -> Result<u16> {
    field.choice(&[("HTTP_301", 301), ("HTTP_302", 302)])
}

fn part(
    config: &Properties<'_>,
    key: &str,
    default: &str,
    (form, legal): (Form, fn(&str) -> bool),
) -> Result<String> {
    let Some(field) = config.get(key) else { return Ok(default.to_owned()) };
    let text = field.text()?;
    if legal(&text) { Ok(text.into_owned()) } else { Err(field.malformed(&text, form)) }
}

fn protocol(text: &str) -> bool {
    ["HTTP", "HTTPS", "#{protocol}"].contains(&text)
}

fn port(text: &str) -> bool {
    text == "#{port}" || text.parse::<u16>().is_ok_and(|port| port > 0)
}

fn host(text: &str) -> bool {
    (1..=128).contains(&text.len())
}

fn path(text: &str) -> bool {
    text.starts_with('/') && text.len() <= 128
}

fn query(text: &str) -> bool {
    text.len() <= 128 && !text.starts_with('?')
}
