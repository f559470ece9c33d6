//! Service Connect as the template describes it: the names by which tasks call a service through a
//! proxy, and what these stand for (cloudmap-ecs §3.14).

/// `ServiceConnectConfiguration`, where it is enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceConnect {
    /// The namespace's name. Tasks use the names of their own only.
    pub namespace: String,
    /// What the service offers; nothing where it only calls others.
    pub endpoints: Vec<ConnectEndpoint>,
}

/// A port that others connect to by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectEndpoint {
    /// `DiscoveryName`, by default the port mapping's name.
    pub discovery_name: String,
    /// The port mapping's.
    pub container_port: u16,
    /// Whether `AppProtocol` says that it speaks HTTP.
    pub speaks_http: bool,
    /// How clients call it, at least one.
    pub aliases: Vec<ClientAlias>,
}

/// A name and a port that a client connects to. `Ord` is by name, then port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientAlias {
    /// `DnsName`, by default the discovery name in the namespace: `orders.shop`.
    pub name: String,
    /// By default the container's.
    pub port: u16,
}
