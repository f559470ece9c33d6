//! Ports that a load balancer or a registry may name. Nothing is opened by them.

use super::{Field, Result, Task};

pub(super) fn read(field: &Field<'_>, task: &Task) -> Result<u16> {
    let mapping = field.map()?;
    if let Some(range) = mapping.get("ContainerPortRange") {
        return Err(range.not_emulated("a range of ports", "map each port on its own"));
    }
    let port = mapping.need("ContainerPort")?.port()?;
    let host = mapping.get("HostPort");
    if !task.awsvpc {
        // A port of the instance, of which there is none.
        host.iter().for_each(Field::ignore);
    } else if let Some(host) = host {
        let host_port = host.number(0..=u16::MAX.into())?;
        if host_port != 0 && host_port != u32::from(port) {
            let why = format!("is {host_port} for container port {port}");
            let help = "with awsvpc the host ports and container ports in port mappings must match";
            return Err(host.refused(why, help));
        }
    }
    if let Some(protocol) = mapping.get("Protocol")
        && !protocol.text()?.eq_ignore_ascii_case("tcp")
    {
        return Err(protocol.not_emulated("a port of another protocol", "only `tcp` is emulated"));
    }
    Ok(port)
}
