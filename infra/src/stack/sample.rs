//! What the three services differ in. All else about them is the same.

/// One of the services.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) address: Address,
    /// Begins the logical ids of what belongs to the service.
    pub(super) id: &'static str,
    /// The service's name in ECS, from which the container and target group have theirs.
    pub(super) title: &'static str,
    /// The listener rule's place in the order.
    pub(super) priority: u32,
    /// The service that this one calls.
    pub(super) peer: Address,
}

/// Where the others find a service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Address {
    /// Its name in Cloud Map, its path on the load balancer, and its repository.
    pub(super) name: &'static str,
    pub(super) port: u16,
}

/// The Cloud Map namespace, which is the end of every service's DNS name.
pub(super) const NAMESPACE: &str = "services";

const SERVICE1: Address = Address { name: "service1", port: 7071 };
const SERVICE2: Address = Address { name: "service2", port: 7072 };
const SERVICE3: Address = Address { name: "service3", port: 7073 };

pub(super) const SERVICES: [Sample; 3] = [
    Sample { address: SERVICE1, id: "Service1", title: "ServiceOne", priority: 1, peer: SERVICE2 },
    Sample { address: SERVICE2, id: "Service2", title: "ServiceTwo", priority: 2, peer: SERVICE1 },
    Sample {
        address: SERVICE3,
        id: "Service3",
        title: "ServiceThree",
        priority: 3,
        peer: SERVICE1,
    },
];

// === impl Sample ===

impl Sample {
    /// The logical id of one of the service's parts.
    pub(super) fn part(&self, part: &str) -> String {
        format!("{}{part}", self.id)
    }

    pub(super) fn container(&self) -> String {
        format!("{}Container", self.title)
    }
}

// === impl Address ===

impl Address {
    pub(super) fn url(&self) -> String {
        format!("http://{}.{NAMESPACE}:{}", self.name, self.port)
    }
}
