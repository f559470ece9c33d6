//! Service Connect as the template describes it: the names by which tasks call a service through a
//! proxy, and what these stand for (cloudmap-ecs §3.14).

/// Service Connect of a service, where it is enabled (`ServiceConnectConfiguration`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceConnect {
    /// The namespace's name. Tasks use the names of their own only.
    pub namespace: String,
    /// The ports that the service offers; none where it only calls others.
    pub endpoints: Vec<ConnectEndpoint>,
}

/// A port that others connect to by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectEndpoint {
    /// The name in the namespace: `DiscoveryName`, by default the port mapping's name.
    pub discovery_name: String,
    /// The container's port, from the port mapping.
    pub container_port: u16,
    /// Whether `AppProtocol` says that it speaks HTTP.
    pub speaks_http: bool,
    /// The names and ports by which clients call it, at least one.
    pub aliases: Vec<ClientAlias>,
}

/// A name and a port that a client connects to. `Ord` is by name, then port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientAlias {
    /// The name: `DnsName`, by default the discovery name in the namespace, `orders.shop`.
    pub name: String,
    /// The port, by default the container's.
    pub port: u16,
}
