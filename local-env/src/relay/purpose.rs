//! The first line of what a relay passes on: what a connection is meant for.

use std::{fmt, io, net::SocketAddrV4};

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The length of the longest purpose, in bytes.
const LONGEST: usize = 64;

/// What a connection is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// One question for the resolver and its answer, each behind its length, as over UDP.
    Question,
    /// A connection to the resolver.
    Resolver,
    /// A connection to a task, or to something that the environment serves.
    Connection(SocketAddrV4),
}

// === impl Purpose ===

impl Purpose {
    /// Reads the first line of a connection.
    pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let mut line = Vec::new();
        loop {
            let byte = from.read_u8().await?;
            if byte == b'\n' {
                let unknown = || io::Error::new(io::ErrorKind::InvalidData, "no known purpose");
                return Self::parse(&line).ok_or_else(unknown);
            }
            if line.len() == LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "too long for a purpose"));
            }
            line.push(byte);
        }
    }

    fn parse(line: &[u8]) -> Option<Self> {
        match std::str::from_utf8(line).ok()? {
            "question" => Some(Self::Question),
            "resolver" => Some(Self::Resolver),
            address => address.parse().ok().map(Self::Connection),
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Question => writeln!(f, "question"),
            Self::Resolver => writeln!(f, "resolver"),
            Self::Connection(address) => writeln!(f, "{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_purpose_is_read_as_it_was_written() {
        let address = "127.1.2.3:8080".parse().unwrap();
        for purpose in [Purpose::Question, Purpose::Resolver, Purpose::Connection(address)] {
            let text = format!("{purpose}rest");
            let mut from = text.as_bytes();
            assert_eq!(Purpose::read(&mut from).await.unwrap(), purpose);
            assert_eq!(from, b"rest");
        }
    }

    #[tokio::test]
    async fn what_is_no_purpose_is_an_error() {
        let long = "x".repeat(10_000);
        for text in ["", "question", "\n", "10.0.0.1\n", "[::1]:80\n", &long] {
            assert!(Purpose::read(&mut text.as_bytes()).await.is_err(), "{text}");
        }
    }
}
