//! Listeners and the certificates that are added to them (alb §1, §5.5, §10.1).

use super::{
    Child, Context, LISTENER, LOAD_BALANCER, action,
    attributes::Attributes,
    certificate,
    field::{Field, Properties, Reading, Result},
    named, response_header, ssl_policy,
};
use cloudformation::{Resolved, Resource};
use stack::{Arn, Certificate, Listener, ListenerAttributes, ListenerProtocol};

/// Attributes for certificates of clients, which no listener here asks for.
const UNUSED: [(&str, &str); 6] = [
    (
        "routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name",
        "X-Amzn-Mtls-Clientcert-Serial-Number",
    ),
    (
        "routing.http.request.x_amzn_mtls_clientcert_issuer.header_name",
        "X-Amzn-Mtls-Clientcert-Issuer",
    ),
    (
        "routing.http.request.x_amzn_mtls_clientcert_subject.header_name",
        "X-Amzn-Mtls-Clientcert-Subject",
    ),
    (
        "routing.http.request.x_amzn_mtls_clientcert_validity.header_name",
        "X-Amzn-Mtls-Clientcert-Validity",
    ),
    ("routing.http.request.x_amzn_mtls_clientcert_leaf.header_name", "X-Amzn-Mtls-Clientcert-Leaf"),
    ("routing.http.request.x_amzn_mtls_clientcert.header_name", "X-Amzn-Mtls-Clientcert"),
];

pub(super) fn read(reading: &Reading<'_>, context: &Context<'_>) -> Result<Child<Listener>> {
    let properties = reading.properties();
    let balancer = properties.need("LoadBalancerArn")?;
    let parent = parent(&balancer, context.resolved, LOAD_BALANCER, "load balancer")?;
    let protocol = protocol(reading, &properties, context)?;
    if let Some(mode) = properties.map("MutualAuthentication")?.and_then(|it| it.get("Mode"))
        && mode.text()? != "off"
    {
        let help = "leave `MutualAuthentication` out, or set its `Mode` to `off`";
        return Err(mode.not_emulated("certificates of clients", help));
    }
    if let Some(transforms) = properties.get("Transforms").filter(|it| !it.is_empty()) {
        let help = "a default action takes requests as they are: transform them in a rule";
        return Err(transforms.refused("stands at a listener", help));
    }
    let https = protocol != ListenerProtocol::Http;
    let item = Listener {
        logical_id: reading.resource.logical_id.clone(),
        arn: reading.resource.reference().into(),
        port: properties.need("Port")?.port()?,
        protocol,
        attributes: attributes(reading, &properties)?,
        rules: Vec::new(),
        default_action: action::read(&properties.need("DefaultActions")?, context, https)?,
    };
    Ok(Child { parent, item, span: reading.resource.span })
}

/// A `ListenerCertificate`, as the one certificate that it adds.
pub(super) fn read_certificate(
    reading: &Reading<'_>,
    context: &Context<'_>,
) -> Result<Child<Certificate>> {
    let properties = reading.properties();
    let listener = properties.need("ListenerArn")?;
    let parent = parent(&listener, context.resolved, LISTENER, "listener")?;
    if !speaks_tls(context.resolved, &parent) {
        let help = "only a listener with the protocol HTTPS has certificates";
        return Err(listener.refused("names a listener without TLS", help));
    }
    let certificates = properties.need("Certificates")?;
    let help = "one `ListenerCertificate` adds exactly one certificate";
    let item = match certificates.items()?.as_slice() {
        [certificate] => certificate::named_by(certificate, context.certificates)?,
        [] => return Err(certificates.refused("is empty", help)),
        [_, second, ..] => return Err(second.refused("is a second certificate", help)),
    };
    Ok(Child { parent, item, span: reading.resource.span })
}

/// The resource of the template that a property has to name.
pub(super) fn parent(
    field: &Field<'_>,
    resolved: &Resolved,
    kind: &str,
    name: &'static str,
) -> Result<Arn> {
    let arn = field.arn()?;
    let known = named(resolved, kind, arn.as_str()).is_some();
    if known { Ok(arn) } else { Err(field.not_in_template(name)) }
}

/// Whether the listener's protocol is HTTPS; asked before the listener itself is read.
pub(super) fn speaks_tls(resolved: &Resolved, listener: &Arn) -> bool {
    let protocol =
        |it: &Resource| it.properties.get("Protocol")?.text().map(|text| text == "HTTPS");
    named(resolved, LISTENER, listener.as_str()).and_then(protocol).unwrap_or(false)
}

fn protocol(
    reading: &Reading<'_>,
    properties: &Properties<'_>,
    context: &Context<'_>,
) -> Result<ListenerProtocol> {
    let field = properties.need("Protocol")?;
    match &*field.text()? {
        "HTTP" => Ok(ListenerProtocol::Http),
        "HTTPS" => Ok(ListenerProtocol::Https {
            certificates: vec![default_certificate(properties, context.certificates)?],
            policy: ssl_policy::read(reading, properties)?,
        }),
        other => {
            let help = "the listeners of an Application Load Balancer speak HTTP or HTTPS";
            Err(field.not_emulated(format!("the protocol `{other}`"), help))
        }
    }
}

fn default_certificate(properties: &Properties<'_>, known: &[Certificate]) -> Result<Certificate> {
    match properties.items("Certificates")?.as_slice() {
        [certificate] => certificate::named_by(certificate, known),
        [] => Err(properties.missing("Certificates", "an HTTPS listener needs a certificate")),
        [_, second, ..] => {
            let help = "give one here, and the others as `ListenerCertificate`";
            Err(second.refused("is a second certificate", help))
        }
    }
}

fn attributes(reading: &Reading<'_>, properties: &Properties<'_>) -> Result<ListenerAttributes> {
    let mut given = Attributes::read(properties, "ListenerAttributes")?;
    let default = ListenerAttributes::default();
    let attributes = ListenerAttributes {
        server_header: given.flag("routing.http.response.server.enabled", default.server_header)?,
        response_headers: response_header::read(&mut given)?,
        tls_version_header: header_name(
            &mut given,
            "routing.http.request.x_amzn_tls_version.header_name",
            default.tls_version_header,
        )?,
        tls_cipher_suite_header: header_name(
            &mut given,
            "routing.http.request.x_amzn_tls_cipher_suite.header_name",
            default.tls_cipher_suite_header,
        )?,
    };
    given.finish(reading, &UNUSED)?;
    Ok(attributes)
}

fn header_name(attributes: &mut Attributes<'_>, key: &str, default: String) -> Result<String> {
    let Some(field) = attributes.take(key) else { return Ok(default) };
    let name = field.text()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(legal) {
        return Ok(name.into_owned());
    }
    let help = "a header's name is made of letters, digits, hyphens and underscores";
    Err(field.refused(format!("is `{name}`"), help))
}
