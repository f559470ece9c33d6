//! Listeners and their rules (alb §1, §2, §10.1).

use super::{
    Child, LISTENER, LOAD_BALANCER, action, condition,
    field::{Field, Properties, Reading, Result},
    named,
};
use crate::{
    cloudformation::Resolved,
    stack::{
        Arn, Certificate, KeyAlgorithm, Listener, ListenerAttributes, ListenerProtocol, Rule,
        SslPolicy, Transforms,
    },
};

pub(super) fn read(
    reading: &Reading<'_>,
    resolved: &Resolved,
    certificates: &[Certificate],
) -> Result<Child<Listener>> {
    let properties = reading.properties();
    let parent =
        parent(&properties.need("LoadBalancerArn")?, resolved, LOAD_BALANCER, "load balancer")?;
    let protocol = protocol(&properties, certificates)?;
    if let Some(mode) = properties.map("MutualAuthentication")?.and_then(|it| it.get("Mode"))
        && mode.text()? != "off"
    {
        let help = "leave `MutualAuthentication` out, or set its `Mode` to `off`";
        return Err(mode.not_emulated("certificates of clients", help));
    }
    let https = protocol != ListenerProtocol::Http;
    let item = Listener {
        logical_id: reading.resource.logical_id.clone(),
        arn: reading.resource.reference().into(),
        port: properties.need("Port")?.port()?,
        protocol,
        attributes: ListenerAttributes::default(),
        rules: Vec::new(),
        default_action: action::read(&properties.need("DefaultActions")?, resolved, https)?,
    };
    Ok(Child { parent, item, span: reading.resource.span })
}

pub(super) fn read_rule(reading: &Reading<'_>, resolved: &Resolved) -> Result<Child<Rule>> {
    let properties = reading.properties();
    let listener = properties.need("ListenerArn")?;
    let parent = parent(&listener, resolved, LISTENER, "listener")?;
    let protocol = named(resolved, LISTENER, parent.as_str())
        .and_then(|listener| listener.properties.get("Protocol")?.text());
    if let Some(transforms) = properties.get("Transforms").filter(|it| !it.is_empty()) {
        let help = "let the service answer under the path that clients ask for";
        return Err(transforms.not_emulated("a rewritten request", help));
    }
    let https = protocol.is_some_and(|protocol| protocol == "HTTPS");
    let item = Rule {
        logical_id: reading.resource.logical_id.clone(),
        priority: properties.need("Priority")?.number(1..=50_000)?,
        conditions: condition::read(&properties.need("Conditions")?)?,
        transforms: Transforms::default(),
        action: action::read(&properties.need("Actions")?, resolved, https)?,
    };
    Ok(Child { parent, item, span: reading.resource.span })
}

fn parent(field: &Field<'_>, resolved: &Resolved, kind: &str, name: &'static str) -> Result<Arn> {
    let arn = field.arn()?;
    let known = named(resolved, kind, arn.as_str()).is_some();
    if known { Ok(arn) } else { Err(field.not_in_template(name)) }
}

fn protocol(properties: &Properties<'_>, known: &[Certificate]) -> Result<ListenerProtocol> {
    let field = properties.need("Protocol")?;
    let certificates = properties.items("Certificates")?;
    match (&*field.text()?, certificates.as_slice()) {
        ("HTTP", _) => Ok(ListenerProtocol::Http),
        ("HTTPS", [certificate]) => {
            let arn = certificate.map()?.need("CertificateArn")?.arn()?;
            let known = known.iter().find(|certificate| certificate.arn == arn).cloned();
            let unknown = || Certificate { arn, domain_names: vec![], key: KeyAlgorithm::Rsa };
            Ok(ListenerProtocol::Https {
                certificates: vec![known.unwrap_or_else(unknown)],
                policy: SslPolicy::default(),
            })
        }
        ("HTTPS", []) => {
            Err(properties.missing("Certificates", "an HTTPS listener needs a certificate"))
        }
        ("HTTPS", [_, second, ..]) => {
            let help = "give one here, and the others as `ListenerCertificate`";
            Err(second.refused("is a second certificate", help))
        }
        (other, _) => {
            let help = "the listeners of an Application Load Balancer speak HTTP or HTTPS";
            Err(field.not_emulated(format!("the protocol `{other}`"), help))
        }
    }
}
