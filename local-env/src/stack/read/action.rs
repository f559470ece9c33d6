//! What a listener or a rule does with a request (alb §3).

use crate::{
    cloudformation::Resolved,
    stack::{Action, Arn, FixedResponse, Forward, Redirect},
};

use super::{
    TARGET_GROUP,
    field::{Field, Properties, Result},
    named,
};

const CONTENT_TYPES: [&str; 5] =
    ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];

/// The one action of a list; `https` tells what the listener speaks.
pub(super) fn read(actions: &Field<'_>, resolved: &Resolved, https: bool) -> Result<Action> {
    let items = actions.items()?;
    for item in &items {
        let name = item.map()?.need("Type")?.text()?;
        if name.starts_with("authenticate-") || name == "jwt-validation" {
            let help = "remove the action, or give this environment a template without it";
            return Err(item.not_emulated(format!("the action `{name}`"), help));
        }
    }
    let [item] = items.as_slice() else {
        let why = format!("has {} actions that answer a request", items.len());
        return Err(actions.refused(why, "give exactly one of forward, redirect, fixed-response"));
    };
    let action = item.map()?;
    action.get("Order");
    let name = action.need("Type")?;
    match &*name.text()? {
        "forward" => forward(&action, resolved).map(|group| Action::Forward(Forward::to(group))),
        "redirect" => redirect(&action.need("RedirectConfig")?, https).map(Action::Redirect),
        "fixed-response" => {
            let config = action.need("FixedResponseConfig")?.map()?;
            fixed_response(&config).map(Action::FixedResponse)
        }
        other => {
            let help = "AWS knows forward, redirect, fixed-response, authenticate-oidc, \
                        authenticate-cognito and jwt-validation";
            Err(name.refused(format!("is `{other}`, which is no action"), help))
        }
    }
}

fn forward(action: &Properties<'_>, resolved: &Resolved) -> Result<Arn> {
    let single = action.get("TargetGroupArn");
    let listed = match action.map("ForwardConfig")? {
        Some(config) => forward_config(&config)?,
        None => None,
    };
    let group = match (single, listed) {
        (Some(single), Some(listed)) if single.text()? != listed.text()? => {
            let help = "give the target group once, in `TargetGroupArn` or in `ForwardConfig`";
            return Err(single.refused("differs from the group in `ForwardConfig`", help));
        }
        (Some(group), _) | (None, Some(group)) => group,
        (None, None) => {
            let help = "a forward action needs a target group";
            return Err(action.missing("TargetGroupArn", help));
        }
    };
    let arn = group.arn()?;
    match named(resolved, TARGET_GROUP, arn.as_str()) {
        Some(_) => Ok(arn),
        None => Err(group.not_in_template("target group")),
    }
}

fn forward_config<'a>(config: &Properties<'a>) -> Result<Option<Field<'a>>> {
    let help = "forward to exactly one target group";
    if let Some(stickiness) = config.map("TargetGroupStickinessConfig")? {
        stickiness.get("DurationSeconds");
        if let Some(enabled) = stickiness.get("Enabled")
            && enabled.flag()?
        {
            return Err(enabled.not_emulated("a forward that sticks to a target group", help));
        }
    }
    let Some(groups) = config.get("TargetGroups") else { return Ok(None) };
    let items = groups.items()?;
    if items.len() > 1 {
        return Err(groups.not_emulated("a forward to several target groups", help));
    }
    let Some(group) = items.first() else { return Ok(None) };
    let group = group.map()?;
    if let Some(weight) = group.get("Weight")
        && weight.number(0..=999)? == 0
    {
        return Err(weight.not_emulated("a forward with no weight", help));
    }
    group.need("TargetGroupArn").map(Some)
}

fn redirect(field: &Field<'_>, https: bool) -> Result<Redirect> {
    let config = field.map()?;
    let redirect = Redirect {
        status: redirect_status(&config.need("StatusCode")?)?,
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

fn redirect_status(field: &Field<'_>) -> Result<u16> {
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

fn fixed_response(config: &Properties<'_>) -> Result<FixedResponse> {
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
