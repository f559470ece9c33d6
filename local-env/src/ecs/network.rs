//! The addresses of tasks. Every Fargate task has a network interface of its own, so that two tasks
//! of one service listen on the same port; here each has an address of its own in 127.0.0.0/8.
//!
//! An environment leases a /16 of it, by holding a socket on the range's first address: two
//! environments on one machine then never share an address, and a lease ends with its process.

use std::{
    collections::HashSet,
    io,
    net::{Ipv4Addr, UdpSocket},
    ops::RangeInclusive,
};

/// The second octets of the ranges; 127.0.0.0/16 is left to the machine.
const RANGES: RangeInclusive<u8> = 1..=254;
/// The port of the sockets that hold leases, to which nothing is ever sent.
const LEASE_PORT: u16 = 24_601;
/// The first address of a range that is for tasks, after 256 that are not.
const FIRST_TASK: u16 = 256;

/// A network that tasks get their addresses from.
#[derive(Debug)]
pub enum Network {
    /// A leased range of addresses.
    Range(Range),
    /// 127.0.0.1 alone, where the machine has no other: one task a service.
    Single,
}

/// A leased range of addresses.
#[derive(Debug)]
pub struct Range {
    octet: u8,
    next: u16,
    used: HashSet<Ipv4Addr>,
    _lease: UdpSocket,
}

/// Why an address can't be had.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// Other environments have leased all ranges.
    #[error("all of 127.1.0.0 to 127.254.0.0 is in use by other environments")]
    AllLeased,
    /// A range can't be leased.
    #[error("cannot use addresses in 127.0.0.0/8")]
    Lease(#[source] io::Error),
    /// Tasks have all addresses of the range.
    #[error("the network has no free address")]
    Exhausted,
}

// === impl Network ===

impl Network {
    /// Leases a range, or settles for 127.0.0.1 where the machine has no other address.
    ///
    /// # Errors
    ///
    /// If all ranges are leased, or the machine refuses.
    pub fn lease() -> Result<Self, NetworkError> {
        for octet in RANGES {
            match UdpSocket::bind((Ipv4Addr::new(127, octet, 0, 1), LEASE_PORT)) {
                Ok(lease) => return Ok(Self::Range(Range::new(octet, lease))),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
                    return Ok(Self::Single);
                }
                Err(error) => return Err(NetworkError::Lease(error)),
            }
        }
        Err(NetworkError::AllLeased)
    }

    /// Returns addresses that no task gets, for what else is to be reached at an address of its own.
    pub fn others(&self) -> Vec<Ipv4Addr> {
        match self {
            // The first two are the network's and the lease's.
            Self::Range(range) => {
                (2..=u8::MAX).map(|last| Ipv4Addr::new(127, range.octet, 0, last)).collect()
            }
            Self::Single => Vec::new(),
        }
    }

    /// Returns an address for a task.
    ///
    /// # Errors
    ///
    /// If tasks have all addresses.
    pub fn allocate(&mut self) -> Result<Ipv4Addr, NetworkError> {
        match self {
            Self::Range(range) => range.allocate().ok_or(NetworkError::Exhausted),
            Self::Single => Ok(Ipv4Addr::LOCALHOST),
        }
    }

    /// Takes back the address of a task that has ended; the others are given out first.
    pub fn release(&mut self, address: Ipv4Addr) {
        if let Self::Range(range) = self {
            range.used.remove(&address);
        }
    }
}

// === impl Range ===

impl Range {
    fn new(octet: u8, lease: UdpSocket) -> Self {
        Self { octet, next: FIRST_TASK, used: HashSet::new(), _lease: lease }
    }

    fn allocate(&mut self) -> Option<Ipv4Addr> {
        for _ in FIRST_TASK..=u16::MAX {
            let [third, fourth] = self.next.to_be_bytes();
            let address = Ipv4Addr::new(127, self.octet, third, fourth);
            self.next = self.next.checked_add(1).unwrap_or(FIRST_TASK);
            if self.used.insert(address) {
                return Some(address);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range() -> Range {
        Range::new(9, UdpSocket::bind("127.0.0.1:0").unwrap())
    }

    #[test]
    fn two_environments_have_different_ranges() {
        let (Network::Range(one), Network::Range(other)) =
            (Network::lease().unwrap(), Network::lease().unwrap())
        else {
            return; // This machine has 127.0.0.1 only.
        };
        assert_ne!(one.octet, other.octet);
    }

    #[test]
    fn an_address_is_given_to_one_task_at_a_time() {
        let mut range = range();
        let addresses: HashSet<_> = (0..1000).filter_map(|_| range.allocate()).collect();
        assert_eq!(addresses.len(), 1000);
    }

    #[test]
    fn a_released_address_is_given_out_after_all_others() {
        let mut network = Network::Range(range());
        let first = network.allocate().unwrap();
        network.release(first);
        let others = usize::from(u16::MAX - FIRST_TASK);
        for _ in 0..others {
            assert_ne!(network.allocate().unwrap(), first);
        }
        assert_eq!(network.allocate().unwrap(), first);
        assert!(matches!(network.allocate(), Err(NetworkError::Exhausted)));
    }
}
