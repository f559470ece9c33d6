//! `Fn::Cidr`: blocks of one size, cut out of a larger one.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Call, Result, Scope, texts};
use crate::{Node, Value};

/// What CloudFormation takes where the bits are left out.
const HOST_BITS: u8 = 8;
const MOST_BLOCKS: usize = 256;

// === impl Scope ===

impl Scope<'_> {
    pub(super) fn cidr(&self, call: &Call<'_>) -> Result<Value> {
        let (block, count, bits) = match call.argument.items() {
            Some([block, count]) => (block, count, None),
            Some([block, count, bits]) => (block, count, Some(bits)),
            _ => return Err(call.wrong("needs a list of 2 or 3 items")),
        };
        let text = self.text(call, block)?;
        let block: IpNet =
            text.parse().map_err(|_| call.wrong(format!("has `{text}` for a block")))?;
        let count: usize = self.number(call, count)?;
        let bits: u8 = bits.map_or(Ok(HOST_BITS), |bits| self.number(call, bits))?;
        let longest = match block.addr() {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let prefix = longest - bits.min(longest);
        let blocks = block.subnets(prefix).map_err(|_| {
            call.wrong(format!("cannot cut blocks with {bits} host bits out of {block}"))
        })?;
        let blocks: Vec<_> =
            blocks.take(count.min(MOST_BLOCKS)).map(|block| block.to_string()).collect();
        if !(1..=MOST_BLOCKS).contains(&count) || blocks.len() < count {
            return Err(call.wrong(format!("asks for {count} blocks, where {block} has fewer")));
        }
        Ok(texts(blocks.iter().map(String::as_str), call.span))
    }

    fn number<T: std::str::FromStr>(&self, call: &Call<'_>, node: &Node) -> Result<T> {
        let text = self.text(call, node)?;
        text.parse().map_err(|_| call.wrong(format!("has `{text}` for a number")))
    }
}
