//! What Linux knows of processes, read from `/proc`.

use std::time::SystemTime;

use procfs::{CurrentSI as _, KernelStats, process::Process};

use super::reading::UsageReading;

const NANOSECONDS: u64 = 1_000_000_000;
const KIB: u64 = 1024;

/// Returns what the process with this id and its descendants use; `None` if it is gone.
pub(in crate::metadata) fn read(pid: u32, now: SystemTime) -> Option<UsageReading> {
    let system = KernelStats::current().ok()?;
    let mut reading = UsageReading {
        at: now,
        user: 0,
        kernel: 0,
        system: nanoseconds(passed(&system)),
        processors: system.cpu_time.len(),
        memory: 0,
        max_memory: 0,
        processes: 0,
        bytes_read: 0,
        bytes_written: 0,
    };
    let mut pending = vec![i32::try_from(pid).ok()?];
    while let Some(pid) = pending.pop() {
        // A process may end while it is looked at.
        let Ok(process) = Process::new(pid) else { continue };
        if reading.add(&process).is_some() {
            pending.extend(children(&process));
        }
    }
    (reading.processes > 0).then_some(reading)
}

/// Returns how long all processors have run, in ticks.
fn passed(system: &KernelStats) -> u64 {
    let it = &system.total;
    let more = [it.iowait, it.irq, it.softirq, it.steal];
    it.user + it.nice + it.system + it.idle + more.into_iter().flatten().sum::<u64>()
}

fn children(process: &Process) -> Vec<i32> {
    let Ok(threads) = process.tasks() else { return Vec::new() };
    let children = threads.flatten().filter_map(|thread| thread.children().ok());
    children.flatten().filter_map(|pid| i32::try_from(pid).ok()).collect()
}

fn nanoseconds(ticks: u64) -> u64 {
    ticks.saturating_mul(NANOSECONDS / procfs::ticks_per_second().max(1))
}

// === impl UsageReading ===

impl UsageReading {
    /// Adds what one process uses; `None` if that has ended.
    fn add(&mut self, process: &Process) -> Option<()> {
        let (stat, status) = (process.stat().ok()?, process.status().ok()?);
        // What its children used counts as its own once they have ended.
        let ended = |ticks: i64| u64::try_from(ticks).unwrap_or_default();
        self.user += nanoseconds(stat.utime + ended(stat.cutime));
        self.kernel += nanoseconds(stat.stime + ended(stat.cstime));
        self.memory += status.vmrss.unwrap_or_default() * KIB;
        self.max_memory += status.vmhwm.unwrap_or_default() * KIB;
        self.processes += 1;
        // Not everybody may know this of everybody.
        if let Ok(io) = process.io() {
            self.bytes_read += io.read_bytes;
            self.bytes_written += io.write_bytes;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_is_read_with_those_that_descend_from_it() {
        let mut parent = Command::new("sh")
            .args(["-c", "cat & cat; wait"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let now = SystemTime::now();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        let reading = loop {
            let reading = read(parent.id(), now).unwrap();
            if reading.processes >= 2 || std::time::Instant::now() > deadline {
                break reading;
            }
            std::thread::yield_now();
        };
        drop(parent.stdin.take());
        parent.wait().unwrap();
        assert!(reading.processes >= 2, "{reading:?}");
        assert!(reading.memory > 0 && reading.max_memory >= reading.memory, "{reading:?}");
        assert!(reading.system > 0 && reading.processors > 0, "{reading:?}");
        assert_eq!(read(parent.id(), now), None);
    }
}
