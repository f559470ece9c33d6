//! Who may reach whom (cloudmap-ecs §5.1).
//!
//! A connection needs a rule of some group of the one who makes it, by the other's port, and one of
//! some group of the other. Only its beginning is asked about: answers need no rule.
//!
//! Where a task or a load balancer has its address is not modelled, but that it has a private IPv4
//! address somewhere in the VPC. A rule for a range of addresses is taken to mean them as soon as
//! the range and the VPC's overlap; where the template has no VPC, any private range (RFC 1918) may
//! be its. A load balancer is reached by its private addresses too, be it internet-facing or not.
//! What is on a prefix list is not known, so that a rule for one lets nobody through.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::Ipv4Net;

use super::{End, Passage, Protocol};
use stack::{
    Direction, SecurityGroup, SecurityGroupId, SecurityGroupPeer, SecurityGroupRule, Stack, Traffic,
};

const DNS: u16 = 53;

/// The security groups of a stack, and who is in them.
#[derive(Clone, Debug)]
pub struct Reach {
    groups: Vec<SecurityGroup>,
    members: HashMap<End, Vec<SecurityGroupId>>,
    /// The ranges of private addresses.
    networks: Vec<Ipv4Net>,
    /// The addresses of the VPCs' resolvers.
    resolvers: Vec<Ipv4Addr>,
}

/// An attempt to connect to a port.
#[derive(Clone, Copy)]
struct Attempt {
    protocol: Protocol,
    port: u16,
}

/// The answer for one side.
enum Side<'a> {
    /// A rule lets it pass, or none is needed.
    Passes(Option<&'a SecurityGroupRule>),
    /// None of these groups has a rule.
    Stuck(Vec<&'a SecurityGroup>),
}

// === impl Reach ===

impl Reach {
    /// Makes the answer to who may reach whom in a stack.
    pub fn new(stack: &Stack) -> Self {
        let tasks = stack.services.iter().map(|service| {
            (End::Task(service.logical_id.clone()), named(&service.security_groups))
        });
        let balancers = stack.load_balancers.iter().map(|balancer| {
            (End::LoadBalancer(balancer.logical_id.clone()), named(&balancer.security_groups))
        });
        let mut groups = stack.security_groups.clone();
        let default = SecurityGroupId::default_of_vpc();
        if groups.iter().all(|group| group.id != default) {
            groups.push(SecurityGroup::default_of_vpc());
        }
        Self {
            groups,
            members: tasks.chain(balancers).collect(),
            networks: if stack.networks.is_empty() { private() } else { stack.networks.clone() },
            resolvers: stack.networks.iter().copied().filter_map(resolver).collect(),
        }
    }

    /// Returns whether `from` may connect to `to` on this port, by which rules, or for want of
    /// which.
    pub fn may<'a>(
        &'a self,
        from: &'a End,
        to: &'a End,
        protocol: Protocol,
        port: u16,
    ) -> Passage<'a> {
        if let Some(stranger) = [from, to].into_iter().find(|end| self.is_unknown(end)) {
            return Passage::Unknown(stranger);
        }
        if self.is_beyond_groups(to, port) {
            return Passage::Allowed { egress: None, ingress: None };
        }
        let attempt = Attempt { protocol, port };
        let denied = |side, groups, peer| Passage::Denied { side, groups, peer, protocol, port };
        let egress = match self.side(from, to, Direction::Egress, attempt) {
            Side::Passes(rule) => rule,
            Side::Stuck(groups) => return denied(Direction::Egress, groups, to),
        };
        match self.side(to, from, Direction::Ingress, attempt) {
            Side::Passes(ingress) => Passage::Allowed { egress, ingress },
            Side::Stuck(groups) => denied(Direction::Ingress, groups, from),
        }
    }

    /// Returns what the groups of one end say of the other.
    fn side(&self, end: &End, peer: &End, side: Direction, attempt: Attempt) -> Side<'_> {
        // Somebody outside has groups of his own, or none: they are not ours to know.
        let Some(ids) = self.members.get(end) else { return Side::Passes(None) };
        let known: Vec<_> = ids.iter().filter_map(|id| self.group(id)).collect();
        let mut rules = known.iter().flat_map(|group| group.rules(side));
        let rule =
            rules.find(|rule| attempt.is_in(&rule.traffic) && self.is_peer(&rule.peer, peer));
        if rule.is_some() || known.len() < ids.len() {
            Side::Passes(rule)
        } else {
            Side::Stuck(known)
        }
    }

    fn group(&self, id: &SecurityGroupId) -> Option<&SecurityGroup> {
        self.groups.iter().find(|group| group.id == *id)
    }

    fn is_peer(&self, peer: &SecurityGroupPeer, end: &End) -> bool {
        match (peer, end) {
            (SecurityGroupPeer::Group(group), end) => {
                self.members.get(end).is_some_and(|groups| groups.contains(group))
            }
            (SecurityGroupPeer::V4(range), End::Address(address)) => {
                matches!(address.to_canonical(), IpAddr::V4(address) if range.contains(&address))
            }
            (SecurityGroupPeer::V6(range), End::Address(address)) => {
                matches!(address.to_canonical(), IpAddr::V6(address) if range.contains(&address))
            }
            (SecurityGroupPeer::V4(range), End::Task(_) | End::LoadBalancer(_)) => {
                // Of two networks that overlap, one is in the other.
                self.networks.iter().any(|vpc| vpc.contains(range) || range.contains(vpc))
            }
            (SecurityGroupPeer::V6(_), End::Task(_) | End::LoadBalancer(_))
            | (SecurityGroupPeer::PrefixList(_) | SecurityGroupPeer::Nobody, _) => false,
        }
    }

    fn is_unknown(&self, end: &End) -> bool {
        !matches!(end, End::Address(_)) && !self.members.contains_key(end)
    }

    /// Returns whether this is a service of a VPC that no security group stands before: a
    /// link-local one, such as a task's metadata, and the resolver.
    fn is_beyond_groups(&self, to: &End, port: u16) -> bool {
        const RESOLVER: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x253);
        let End::Address(address) = to else { return false };
        match address.to_canonical() {
            IpAddr::V4(address) if address.is_link_local() => true,
            IpAddr::V4(address) => port == DNS && self.resolvers.contains(&address),
            IpAddr::V6(address) => port == DNS && address == RESOLVER,
        }
    }
}

/// Returns the groups, or the VPC's own for those who name none.
fn named(groups: &[SecurityGroupId]) -> Vec<SecurityGroupId> {
    if groups.is_empty() { vec![SecurityGroupId::default_of_vpc()] } else { groups.to_vec() }
}

/// Returns the address of a VPC's resolver, which is the third of its range.
fn resolver(vpc: Ipv4Net) -> Option<Ipv4Addr> {
    vpc.network().to_bits().checked_add(2).map(Ipv4Addr::from_bits)
}

/// Returns the ranges that a VPC's addresses are usually in.
fn private() -> Vec<Ipv4Net> {
    let ranges = [([10, 0, 0, 0], 8), ([172, 16, 0, 0], 12), ([192, 168, 0, 0], 16)];
    ranges.into_iter().map(|(start, length)| Ipv4Net::new_assert(start.into(), length)).collect()
}

// === impl Attempt ===

impl Attempt {
    fn is_in(self, traffic: &Traffic) -> bool {
        const TCP: u8 = 6;
        const UDP: u8 = 17;
        match (self.protocol, traffic) {
            (_, Traffic::All) => true,
            (Protocol::Tcp, Traffic::Tcp(ports)) | (Protocol::Udp, Traffic::Udp(ports)) => {
                ports.contains(&self.port)
            }
            (Protocol::Tcp, Traffic::Other(number)) => *number == TCP,
            (Protocol::Udp, Traffic::Other(number)) => *number == UDP,
            _ => false,
        }
    }
}
