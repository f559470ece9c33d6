//! Security groups as the template describes them (cloudmap-ecs §5): what each lets in and out. Who
//! may reach whom by them is for [`vpc`](check::vpc) to answer.
//!
//! A rule only ever allows, and all rules of a group count, wherever they stand in the template.

use std::{
    fmt,
    hash::{Hash, Hasher},
    ops::RangeInclusive,
    sync::Arc,
};

use ipnet::{Ipv4Net, Ipv6Net};

use super::LogicalId;

/// No resource can be called so.
const DEFAULT_GROUP: &str = "VPC.DefaultSecurityGroup";

/// A security group with the stand-alone rules that name it, or the VPC's default group
/// (`AWS::EC2::SecurityGroup`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// The name in the template.
    pub logical_id: LogicalId,
    /// The id, by which its members and other groups' rules name it.
    pub id: SecurityGroupId,
    /// The description: `GroupDescription`.
    pub description: String,
    /// The rules for what may come to a member.
    pub ingress: Vec<SecurityGroupRule>,
    /// The rules for where a member may go. They are never empty: a group without such rules lets
    /// everything out.
    pub egress: Vec<SecurityGroupRule>,
}

/// The id of a security group, `sg-…`, and what a reader knows the group by. Two are equal if their
/// ids are. It is cheap to clone.
#[derive(Clone, Debug)]
pub struct SecurityGroupId {
    id: Arc<str>,
    known: Known,
}

/// What a reader knows a group by.
#[derive(Clone, Debug)]
enum Known {
    /// The name in the template.
    Resource(LogicalId),
    DefaultOfVpc,
    /// Nothing but its id, since it is in no template.
    Id,
}

/// A rule of a security group: what it lets through, and whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroupRule {
    /// The resource that it stands in.
    pub logical_id: LogicalId,
    /// The place in that resource.
    pub place: RulePlace,
    /// Whether it stands among `ingress` or `egress`.
    pub direction: Direction,
    /// The protocol and ports that it lets through.
    pub traffic: Traffic,
    /// The peer at the other end.
    pub peer: SecurityGroupPeer,
}

/// The place that a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulePlace {
    /// The rule stands in the group's own list, at this index.
    Inline(usize),
    /// The rule is a resource of its own.
    StandAlone,
    /// The rule stands nowhere: AWS adds it.
    Implied,
}

/// The direction of a rule, as a member of the group sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// What comes to the member.
    Ingress,
    /// What the member sends.
    Egress,
}

/// The protocol and ports of a rule: `IpProtocol` with `FromPort` and `ToPort`. Where others than
/// TCP's and UDP's ports are given, they mean something else or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// All protocols: `-1`.
    All,
    /// A range of TCP ports.
    Tcp(RangeInclusive<u16>),
    /// A range of UDP ports.
    Udp(RangeInclusive<u16>),
    /// Messages of ICMP for IPv4.
    Icmp(IcmpKind),
    /// Messages of ICMP for IPv6.
    Icmpv6(IcmpKind),
    /// All of the protocol that has this number.
    Other(u8),
}

/// The messages of ICMP that a rule lets through; `None` is all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpKind {
    /// The type, from `FromPort`.
    pub kind: Option<u8>,
    /// The code, from `ToPort`.
    pub code: Option<u8>,
}

/// The peer at the other end of what a rule lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityGroupPeer {
    /// A range of IPv4 addresses: `CidrIp`.
    V4(Ipv4Net),
    /// A range of IPv6 addresses: `CidrIpv6`.
    V6(Ipv6Net),
    /// A list that AWS keeps; what is on it is not in the template.
    PrefixList(String),
    /// The members of a group, by their private addresses, and nothing that those let in.
    Group(SecurityGroupId),
    /// The rule names nobody, and lets nothing through.
    Nobody,
}

// === impl SecurityGroup ===

impl SecurityGroup {
    /// Returns the group that AWS gives a VPC, which lets its own members in and everything out.
    pub fn default_of_vpc() -> Self {
        let id = SecurityGroupId::default_of_vpc();
        let own = SecurityGroupPeer::Group(id.clone());
        Self {
            logical_id: DEFAULT_GROUP.into(),
            description: "default VPC security group".to_owned(),
            ingress: vec![SecurityGroupRule::implied(
                &DEFAULT_GROUP.into(),
                Direction::Ingress,
                own,
            )],
            egress: SecurityGroupRule::everything_out(&DEFAULT_GROUP.into()),
            id,
        }
    }

    /// Returns the rules of one direction.
    pub fn rules(&self, direction: Direction) -> &[SecurityGroupRule] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

impl fmt::Display for SecurityGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

// === impl SecurityGroupId ===

impl SecurityGroupId {
    /// Makes the id of a group that has a name in the template.
    pub fn new(id: &str, logical_id: LogicalId) -> Self {
        Self { id: id.into(), known: Known::Resource(logical_id) }
    }

    /// Returns the id of the group that whatever names no group is in.
    pub fn default_of_vpc() -> Self {
        Self { id: DEFAULT_GROUP.into(), known: Known::DefaultOfVpc }
    }

    /// Returns the group's name in the template, if it has one.
    pub fn logical_id(&self) -> Option<&LogicalId> {
        match &self.known {
            Known::Resource(logical_id) => Some(logical_id),
            Known::DefaultOfVpc | Known::Id => None,
        }
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.id
    }
}

impl From<&str> for SecurityGroupId {
    fn from(id: &str) -> Self {
        Self { id: id.into(), known: Known::Id }
    }
}

impl PartialEq for SecurityGroupId {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for SecurityGroupId {}

impl Hash for SecurityGroupId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// Shows what a reader knows the group by.
impl fmt::Display for SecurityGroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.known {
            Known::Resource(name) => write!(f, "`{name}`"),
            Known::DefaultOfVpc => f.write_str("the VPC's default group"),
            Known::Id => write!(f, "`{}`", self.id),
        }
    }
}

// === impl SecurityGroupRule ===

impl SecurityGroupRule {
    /// Returns the rules of a group that has none for what it lets out: everything.
    pub fn everything_out(logical_id: &LogicalId) -> Vec<Self> {
        let everybody =
            [SecurityGroupPeer::V4(Ipv4Net::default()), SecurityGroupPeer::V6(Ipv6Net::default())];
        everybody.map(|peer| Self::implied(logical_id, Direction::Egress, peer)).into()
    }

    /// Returns what it lets through, in words: `tcp 80 from 0.0.0.0/0`.
    pub fn meaning(&self) -> String {
        let preposition = match self.direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        };
        format!("{} {preposition} {}", self.traffic, self.peer)
    }

    fn implied(logical_id: &LogicalId, direction: Direction, peer: SecurityGroupPeer) -> Self {
        let (logical_id, place) = (logical_id.clone(), RulePlace::Implied);
        Self { logical_id, place, direction, traffic: Traffic::All, peer }
    }
}

/// Shows where it stands and what it means: `` `Group.SecurityGroupIngress[0]` (tcp 80 from
/// 0.0.0.0/0) ``.
impl fmt::Display for SecurityGroupRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, property) = (&self.logical_id, self.direction.property());
        match self.place {
            RulePlace::Inline(index) => write!(f, "`{id}.{property}[{index}]`")?,
            RulePlace::StandAlone => write!(f, "`{id}`")?,
            RulePlace::Implied if *id == DEFAULT_GROUP => f.write_str("the VPC's default group")?,
            RulePlace::Implied => write!(f, "`{id}`, which has no `{property}`")?,
        }
        write!(f, " ({})", self.meaning())
    }
}

// === impl Direction ===

impl Direction {
    /// Returns the property of a group that lists such rules.
    pub fn property(self) -> &'static str {
        match self {
            Self::Ingress => "SecurityGroupIngress",
            Self::Egress => "SecurityGroupEgress",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ingress => "in",
            Self::Egress => "out",
        })
    }
}

// === impl Traffic ===

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports = |f: &mut fmt::Formatter<'_>, protocol, ports: &RangeInclusive<u16>| match ports
            .clone()
            .into_inner()
        {
            (from, to) if from == to => write!(f, "{protocol} {from}"),
            (from, to) => write!(f, "{protocol} {from}-{to}"),
        };
        match self {
            Self::All => f.write_str("everything"),
            Self::Tcp(range) => ports(f, "tcp", range),
            Self::Udp(range) => ports(f, "udp", range),
            Self::Icmp(kind) => write!(f, "icmp{kind}"),
            Self::Icmpv6(kind) => write!(f, "icmpv6{kind}"),
            Self::Other(number) => write!(f, "protocol {number}"),
        }
    }
}

// === impl IcmpKind ===

impl fmt::Display for IcmpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.code) {
            (None, _) => Ok(()),
            (Some(kind), None) => write!(f, " type {kind}"),
            (Some(kind), Some(code)) => write!(f, " type {kind} code {code}"),
        }
    }
}

// === impl SecurityGroupPeer ===

impl fmt::Display for SecurityGroupPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(network) => network.fmt(f),
            Self::V6(network) => network.fmt(f),
            Self::PrefixList(id) => write!(f, "the prefix list `{id}`"),
            Self::Group(id) => id.fmt(f),
            Self::Nobody => f.write_str("nobody"),
        }
    }
}
