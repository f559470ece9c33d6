//! Listeners and the certificates that are added to them (alb §1, §5.5, §10.1).

use crate::{
    action,
    attributes::Attributes,
    certificate,
    child::Child,
    context::Context,
    field::{Field, Properties, Reading, Result},
    lookup::named,
    problem::{Form, Kind, ListenerFault, Need, NotEmulated, Part},
    resource_type::{LISTENER, LOAD_BALANCER},
    response_header, ssl_policy,
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
    let parent = parent(&balancer, context.resolved, LOAD_BALANCER, Kind::LoadBalancer)?;
    let protocol = protocol(reading, &properties, context)?;
    if let Some(mode) = properties.map("MutualAuthentication")?.and_then(|it| it.get("Mode"))
        && mode.text()? != "off"
    {
        return Err(mode.refused(NotEmulated::ClientCertificates));
    }
    if let Some(transforms) = properties.get("Transforms").filter(|it| !it.is_empty()) {
        return Err(transforms.refused(ListenerFault::Transforms));
    }
    let https = protocol != ListenerProtocol::Http;
    let item = Listener {
        logical_id: (&reading.resource.logical_id).into(),
        arn: reading.resource.reference().into(),
        port: properties.need("Port")?.port()?,
        protocol,
        attributes: attributes(reading, &properties)?,
        rules: Vec::new(),
        default_action: action::read(&properties.need("DefaultActions")?, context, https)?,
    };
    Ok(Child { parent, item, span: reading.resource.span })
}

/// Reads a `ListenerCertificate` as the one certificate that it adds.
pub(super) fn read_certificate(
    reading: &Reading<'_>,
    context: &Context<'_>,
) -> Result<Child<Certificate>> {
    let properties = reading.properties();
    let listener = properties.need("ListenerArn")?;
    let parent = parent(&listener, context.resolved, LISTENER, Kind::Listener)?;
    if !speaks_tls(context.resolved, &parent) {
        return Err(listener.refused(ListenerFault::CertificateWithoutTls));
    }
    let certificates = properties.need("Certificates")?;
    let item = match certificates.items()?.as_slice() {
        [certificate] => certificate::named_by(certificate, context.certificates)?,
        [] => return Err(certificates.refused(ListenerFault::AddsNoCertificate)),
        [_, second, ..] => return Err(second.refused(ListenerFault::AddsTwoCertificates)),
    };
    Ok(Child { parent, item, span: reading.resource.span })
}

/// Returns the resource of the template that a property has to name.
pub(super) fn parent(
    field: &Field<'_>,
    resolved: &Resolved,
    resource_type: &str,
    kind: Kind,
) -> Result<Arn> {
    let arn = field.arn()?;
    let known = named(resolved, resource_type, arn.as_str()).is_some();
    if known { Ok(arn) } else { Err(field.not_in_template(kind)) }
}

/// Returns whether the listener's protocol is HTTPS, before the listener itself is read.
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
        other => Err(field.refused(NotEmulated::ListenerProtocol { found: other.to_owned() })),
    }
}

fn default_certificate(properties: &Properties<'_>, known: &[Certificate]) -> Result<Certificate> {
    let properties = properties.of(Part::ListenerCertificates);
    match properties.items("Certificates")?.as_slice() {
        [certificate] => certificate::named_by(certificate, known),
        [] => Err(properties.missing("Certificates", Need::Certificate)),
        [_, second, ..] => Err(second.refused(ListenerFault::SecondCertificate)),
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
    Err(field.malformed(&name, Form::HeaderAttribute))
}
