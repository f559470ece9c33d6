//! `redirect` actions (alb §3.2).

use super::field::{Field, Properties, Result};
use stack::Redirect;

/// `https` tells what the listener speaks.
pub(super) fn read(field: &Field<'_>, https: bool) -> Result<Redirect> {
    let config = field.map()?;
    let redirect = Redirect {
        status: status(&config.need("StatusCode")?)?,
        protocol: part(&config, "Protocol", "#{protocol}", protocol)?,
        host: part(&config, "Host", "#{host}", |host| (1..=128).contains(&host.len()))?,
        port: part(&config, "Port", "#{port}", port)?,
        path: part(&config, "Path", "/#{path}", |path| path.starts_with('/') && path.len() <= 128)?,
        query: part(&config, "Query", "#{query}", |query| {
            query.len() <= 128 && !query.starts_with('?')
        })?,
    };
    let kept = [&redirect.protocol, &redirect.host, &redirect.port, &redirect.path];
    if kept == ["#{protocol}", "#{host}", "#{port}", "/#{path}"] {
        let help = "change the protocol, host, port or path; the query alone is not enough";
        return Err(field.refused("redirects to the address that was asked for", help));
    }
    if https && redirect.protocol == "HTTP" {
        let help = "redirect to `HTTPS`, or leave `Protocol` out";
        return Err(field.refused("redirects from HTTPS to HTTP", help));
    }
    Ok(redirect)
}

fn status(field: &Field<'_>) -> Result<u16> {
    match &*field.text()? {
        "HTTP_301" => Ok(301),
        "HTTP_302" => Ok(302),
        other => Err(field.refused(format!("is `{other}`"), "write `HTTP_301` or `HTTP_302`")),
    }
}

fn part(
    config: &Properties<'_>,
    key: &str,
    default: &str,
    legal: impl Fn(&str) -> bool,
) -> Result<String> {
    let Some(field) = config.get(key) else { return Ok(default.to_owned()) };
    let text = field.text()?;
    if legal(&text) {
        return Ok(text.into_owned());
    }
    let help = match key {
        "Protocol" => "write `HTTP`, `HTTPS` or `#{protocol}`",
        "Host" => "a host has 1 to 128 characters",
        "Port" => "write 1 to 65535, or `#{port}`",
        "Path" => "a path begins with `/` and has up to 128 characters",
        _ => "a query has up to 128 characters, without its question mark",
    };
    Err(field.refused(format!("is `{text}`"), help))
}

fn protocol(text: &str) -> bool {
    ["HTTP", "HTTPS", "#{protocol}"].contains(&text)
}

fn port(text: &str) -> bool {
    text == "#{port}" || text.parse::<u16>().is_ok_and(|port| port > 0)
}
