//! Values of options, as they are typed.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

const DNS_PORT: u16 = 53;

/// Returns a reader of two values with a separator between them, as in `80:8080`.
pub(super) fn pair<A, B>(
    separator: char,
) -> impl Fn(&str) -> Result<(A, B), String> + Clone + Send + Sync
where
    A: FromStr<Err: std::fmt::Display>,
    B: FromStr<Err: std::fmt::Display>,
{
    move |text| {
        let (left, right) =
            text.split_once(separator).ok_or_else(|| format!("there is no `{separator}` in it"))?;
        let left = left.parse().map_err(|error| format!("`{left}`: {error}"))?;
        let right = right.parse().map_err(|error| format!("`{right}`: {error}"))?;
        Ok((left, right))
    }
}

/// Reads the address of a resolver, with or without its port.
pub(super) fn resolver(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, DNS_PORT));
    address.or_else(|_| text.parse()).map_err(|_| "it is no address, with or without a port".into())
}
