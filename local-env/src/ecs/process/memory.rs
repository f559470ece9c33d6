//! How much memory a process and those that it started use, as far as Linux tells.
//!
//! Limits of address space (`setrlimit`) count what is reserved and never used, and control groups
//! want rights that a desk's user seldom has: so tasks are asked for what they use instead.

use std::fs;

/// The depth of processes that is looked at, which no container's exceeds.
const DEPTH: u32 = 16;

/// Returns the memory that a process and its descendants hold and share with nobody, in bytes.
pub(super) fn used(pid: u32) -> Option<u64> {
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten()?;
    Some(pages(pid, DEPTH)?.saturating_mul(u64::try_from(page).ok()?))
}

fn pages(pid: u32, depth: u32) -> Option<u64> {
    // `size resident shared …`, in pages (proc_pid_statm(5)).
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let mut fields = statm.split(' ').skip(1).map_while(|field| field.parse::<u64>().ok());
    let own = fields.next()?.saturating_sub(fields.next()?);
    let children = children(pid).filter(|_| depth > 0);
    Some(own + children.filter_map(|child| pages(child, depth - 1)).sum::<u64>())
}

fn children(pid: u32) -> impl Iterator<Item = u32> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let listed = fs::read_to_string(path).unwrap_or_default();
    listed.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>().into_iter()
}
