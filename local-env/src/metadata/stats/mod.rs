//! The statistics of a container, as Docker writes them (cloudmap-ecs §4.3).
//!
//! On Linux the kernel knows what a container's process and all that descend from it use; elsewhere
//! nobody does. It keeps no account of network traffic by process, so the statistics have none.

#[cfg(target_os = "linux")]
mod linux;
mod reading;

#[cfg(not(target_os = "linux"))]
use std::time::SystemTime;

use serde::Serialize;

use super::timestamp::nanoseconds;

#[cfg(target_os = "linux")]
pub(super) use linux::read;
pub(super) use reading::UsageReading;

/// The object that Docker writes.
#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "they are Docker's")]
pub(super) struct Stats {
    read: String,
    preread: String,
    name: String,
    id: String,
    num_procs: usize,
    pids_stats: Pids,
    cpu_stats: Cpu,
    precpu_stats: Cpu,
    memory_stats: Memory,
    blkio_stats: Blocks,
}

#[derive(Serialize)]
struct Pids {
    current: usize,
}

#[derive(Default, Serialize)]
#[expect(clippy::struct_field_names, reason = "they are Docker's")]
struct Cpu {
    cpu_usage: CpuUsage,
    system_cpu_usage: u64,
    online_cpus: usize,
    throttling_data: Throttling,
}

#[derive(Default, Serialize)]
struct CpuUsage {
    total_usage: u64,
    usage_in_kernelmode: u64,
    usage_in_usermode: u64,
}

/// How a container was throttled, which none is here.
#[derive(Default, Serialize)]
struct Throttling {
    periods: u64,
    throttled_periods: u64,
    throttled_time: u64,
}

#[derive(Serialize)]
struct Memory {
    usage: u64,
    max_usage: u64,
    limit: u64,
}

#[derive(Serialize)]
struct Blocks {
    io_service_bytes_recursive: [BlockBytes; 2],
}

#[derive(Serialize)]
struct BlockBytes {
    major: u32,
    minor: u32,
    op: &'static str,
    value: u64,
}

/// Returns what the process with this id uses; `None` where nobody knows.
#[cfg(not(target_os = "linux"))]
pub(super) fn read(_pid: u32, _now: SystemTime) -> Option<UsageReading> {
    None
}

// === impl Stats ===

impl Stats {
    /// Makes the statistics of a reading. `limit` is in bytes; `before` is an earlier reading, by which
    /// a reader sees how fast something is used.
    pub(super) fn new(
        name: &str,
        id: String,
        limit: u64,
        reading: &UsageReading,
        before: Option<&UsageReading>,
    ) -> Self {
        Self {
            read: nanoseconds(reading.at),
            // The zero time of Go, in which Docker is written.
            preread: before.map_or("0001-01-01T00:00:00Z".into(), |it| nanoseconds(it.at)),
            name: name.to_owned(),
            id,
            num_procs: 0,
            pids_stats: Pids { current: reading.processes },
            cpu_stats: Cpu::new(reading),
            precpu_stats: before.map(Cpu::new).unwrap_or_default(),
            memory_stats: Memory { usage: reading.memory, max_usage: reading.max_memory, limit },
            blkio_stats: Blocks {
                io_service_bytes_recursive: [
                    BlockBytes::new("Read", reading.bytes_read),
                    BlockBytes::new("Write", reading.bytes_written),
                ],
            },
        }
    }
}

// === impl Cpu ===

impl Cpu {
    fn new(reading: &UsageReading) -> Self {
        Self {
            cpu_usage: CpuUsage {
                total_usage: reading.user + reading.kernel,
                usage_in_kernelmode: reading.kernel,
                usage_in_usermode: reading.user,
            },
            system_cpu_usage: reading.system,
            online_cpus: reading.processors,
            throttling_data: Throttling::default(),
        }
    }
}

// === impl BlockBytes ===

impl BlockBytes {
    /// Makes a count of bytes on a device that is not known.
    fn new(op: &'static str, value: u64) -> Self {
        Self { major: 0, minor: 0, op, value }
    }
}
