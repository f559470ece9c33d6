//! A reading of what processes use.

use std::time::SystemTime;

/// What a process and its descendants have used up to a point in time. Durations are in nanoseconds,
/// amounts in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::metadata) struct UsageReading {
    pub(super) at: SystemTime,
    pub(super) user: u64,
    pub(super) kernel: u64,
    /// How long all the machine's processors have run, idle or not.
    pub(super) system: u64,
    pub(super) processors: usize,
    pub(super) memory: u64,
    pub(super) max_memory: u64,
    pub(super) processes: usize,
    pub(super) bytes_read: u64,
    pub(super) bytes_written: u64,
}
