//! `Fn::Cidr`: blocks of one size, cut out of a larger one.

use std::net::IpAddr;

use ipnet::IpNet;

use super::call::Call;
use crate::{
    node::{Node, Value},
    problem::{Expected, FunctionFault, Result},
    scope::Scope,
};

/// The host bits that CloudFormation takes where none are given.
const HOST_BITS: u8 = 8;
const MOST_BLOCKS: usize = 256;

// === impl Scope ===

impl Scope<'_> {
    pub(super) fn cidr(&self, call: &Call<'_>) -> Result<Value> {
        let (block, count, bits) = match call.argument.items() {
            Some([block, count]) => (block, count, None),
            Some([block, count, bits]) => (block, count, Some(bits)),
            _ => return Err(call.wrong(FunctionFault::Items { least: 2, most: 3 })),
        };
        let text = self.text(call, block)?;
        let block: IpNet = call.parsed(Expected::CidrBlock, text)?;
        let count: usize = self.number(call, count)?;
        let bits: u8 = bits.map_or(Ok(HOST_BITS), |bits| self.number(call, bits))?;
        let longest = match block.addr() {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let prefix = longest - bits.min(longest);
        if !(1..=MOST_BLOCKS).contains(&count) {
            return Err(call.wrong(FunctionFault::BlockCount { count, most: MOST_BLOCKS }));
        }
        let blocks = block
            .subnets(prefix)
            .map_err(|_| call.wrong(FunctionFault::HostBits { bits, block: block.to_string() }))?;
        let blocks: Vec<_> = blocks.take(count).map(|block| block.to_string()).collect();
        if blocks.len() < count {
            let block = block.to_string();
            return Err(call.wrong(FunctionFault::TooFewBlocks { count, block }));
        }
        Ok(Value::of_texts(blocks.iter().map(String::as_str), call.span))
    }

    fn number<T: std::str::FromStr>(&self, call: &Call<'_>, node: &Node) -> Result<T> {
        let text = self.text(call, node)?;
        call.parsed(Expected::Number, text)
    }
}
