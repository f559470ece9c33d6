//! Load balancers and the attributes that they share with target groups in form (alb §10).

use std::{collections::HashMap, time::Duration};

use super::{
    attribute,
    field::{Field, Properties, Reading, Result},
};
use crate::stack::{LoadBalancer, LoadBalancerAttributes};

/// What holds here anyway (alb §10.2).
const DEFAULTS: [(&str, &str); 12] = [
    ("access_logs.s3.enabled", "false"),
    ("connection_logs.s3.enabled", "false"),
    ("health_check_logs.s3.enabled", "false"),
    ("deletion_protection.enabled", "false"),
    ("client_keep_alive.seconds", "3600"),
    ("load_balancing.cross_zone.enabled", "true"),
    ("routing.http.preserve_host_header.enabled", "false"),
    ("routing.http.xff_client_port.enabled", "false"),
    ("routing.http.xff_header_processing.mode", "append"),
    ("routing.http2.enabled", "true"),
    ("waf.fail_open.enabled", "false"),
    ("zonal_shift.config.enabled", "false"),
];

pub(super) fn read(reading: &Reading<'_>) -> Result<LoadBalancer> {
    let properties = reading.properties();
    if let Some(kind) = properties.get("Type")
        && kind.text()? != "application"
    {
        let what = format!("a load balancer of type `{}`", kind.text()?);
        return Err(kind.not_emulated(what, "only `application` is emulated"));
    }
    name(&properties)?;
    properties.ignore_unless("Scheme", &["internet-facing", "internal"])?;
    properties.ignore_unless("IpAddressType", &["ipv4"])?;
    let mut attributes = Attributes::read(&properties, "LoadBalancerAttributes")?;
    let idle_timeout = attributes.number("idle_timeout.timeout_seconds", 1, 4000, 60)?;
    attributes.finish(reading, &DEFAULTS)?;
    let resource = reading.resource;
    Ok(LoadBalancer {
        logical_id: resource.logical_id.clone(),
        arn: resource.reference().into(),
        name: attribute(resource, "LoadBalancerName"),
        full_name: attribute(resource, "LoadBalancerFullName"),
        dns_name: attribute(resource, "DNSName"),
        attributes: LoadBalancerAttributes { idle_timeout, ..LoadBalancerAttributes::default() },
        listeners: Vec::new(),
    })
}

/// The name, if given, is one that AWS would take.
pub(super) fn name(properties: &Properties<'_>) -> Result<()> {
    let Some(field) = properties.get("Name") else { return Ok(()) };
    let name = field.text()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if (1..=32).contains(&name.len()) && name.chars().all(legal) {
        return Ok(());
    }
    let help = "a name has up to 32 letters, digits and hyphens";
    Err(field.refused(format!("is `{name}`"), help))
}

/// A list of `{Key, Value}`.
pub(super) struct Attributes<'a> {
    list: &'static str,
    by_key: HashMap<String, Field<'a>>,
    /// In the template's order.
    unread: Vec<String>,
}

// === impl Attributes ===

impl<'a> Attributes<'a> {
    pub(super) fn read(properties: &Properties<'a>, list: &'static str) -> Result<Self> {
        let mut attributes = Self { list, by_key: HashMap::new(), unread: Vec::new() };
        for item in properties.items(list)? {
            let item = item.map()?;
            let key = item.need("Key")?.text()?.into_owned();
            attributes.unread.push(key.clone());
            attributes.by_key.insert(key, item.need("Value")?);
        }
        Ok(attributes)
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Field<'a>> {
        self.unread.retain(|unread| unread != key);
        self.by_key.remove(key)
    }

    pub(super) fn number(
        &mut self,
        key: &str,
        from: u32,
        to: u32,
        default: u32,
    ) -> Result<Duration> {
        let seconds = self.take(key).map_or(Ok(default), |field| field.number(from..=to))?;
        Ok(Duration::from_secs(seconds.into()))
    }

    /// Lists the rest as ignored, but for what holds anyway.
    pub(super) fn finish(self, reading: &Reading<'_>, defaults: &[(&str, &str)]) -> Result<()> {
        for key in &self.unread {
            let Some(field) = self.by_key.get(key) else { continue };
            let value = field.text()?;
            if !defaults.contains(&(key, &value)) {
                reading.ignore(format!("{}.{key}", self.list));
            }
        }
        Ok(())
    }
}
