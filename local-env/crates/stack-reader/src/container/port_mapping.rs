//! Ports that a load balancer, a registry or Service Connect may name. Nothing is opened by them.

use super::{Field, Result, Task};
use crate::problem::{ContainerFault, Part};
use stack::NamedPort;

/// `AppProtocol`, and whether it is HTTP.
const PROTOCOLS: [(&str, bool); 3] = [("http", true), ("http2", true), ("grpc", true)];

/// Reads a mapping, with the name that it may have; `None` where no load balancer could name it.
pub(super) fn read(field: &Field<'_>, task: &Task) -> Result<Option<(u16, Option<NamedPort>)>> {
    let mapping = field.map()?;
    if let Some(range) = mapping.get("ContainerPortRange") {
        range.ignore();
        return Ok(None);
    }
    let port = mapping.need("ContainerPort")?.port()?;
    let host = mapping.of(Part::HostPort).get("HostPort");
    if !task.awsvpc {
        // A port of the instance, of which there is none.
        host.iter().for_each(Field::ignore);
    } else if let Some(field) = host {
        let host = field.number(0..=u16::MAX.into())?;
        if host != 0 && host != u32::from(port) {
            return Err(field.refused(ContainerFault::HostPort { host, container: port }));
        }
    }
    if let Some(protocol) = mapping.get("Protocol") {
        match protocol.text()?.to_ascii_lowercase().as_str() {
            "tcp" => {}
            "udp" => {
                protocol.ignore();
                return Ok(None);
            }
            other => return Err(protocol.unknown_word(other, ["tcp", "udp"])),
        }
    }
    let speaks_http = mapping.get("AppProtocol").map(|it| it.choice(&PROTOCOLS)).transpose()?;
    let name = mapping.text("Name")?.map(|name| NamedPort {
        name: name.into_owned(),
        port,
        speaks_http: speaks_http.unwrap_or(false),
    });
    Ok(Some((port, name)))
}
