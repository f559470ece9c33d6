//! Processes that end with their owner, and what they have used.

use std::{
    fs,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use miette::{Context as _, IntoDiagnostic as _, miette};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

/// Linux tells processor time in this unit everywhere (`USER_HZ`).
const TICKS_PER_SECOND: u32 = 100;

/// A process and its children; all end when this is dropped.
pub(crate) struct Process {
    child: Child,
}

// === impl Process ===

impl Process {
    pub(crate) fn start(command: &mut Command) -> miette::Result<Self> {
        Self::spawn(command, Stdio::null())
    }

    /// Starts a process, and gives what it says.
    pub(crate) fn start_heard(command: &mut Command) -> miette::Result<(Self, ChildStdout)> {
        let mut process = Self::spawn(command, Stdio::piped())?;
        let output = process.child.stdout.take().ok_or_else(|| miette!("it says nothing"))?;
        Ok((process, output))
    }

    fn spawn(command: &mut Command, output: Stdio) -> miette::Result<Self> {
        use std::os::unix::process::CommandExt as _;

        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(Stdio::null())
            .spawn()
            .into_diagnostic()
            .wrap_err_with(|| format!("cannot start {name}"))?;
        Ok(Self { child })
    }

    /// Processor time so far, of it and its children: user and system.
    pub(crate) fn cpu(&self) -> Duration {
        let ticks: u64 = self.members().iter().filter_map(|&pid| ticks(pid)).sum();
        Duration::from_secs(ticks) / TICKS_PER_SECOND
    }

    /// The most memory that each of its processes ever had resident, added up, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        self.members().iter().filter_map(|&pid| peak(pid)).sum()
    }

    /// It and those that it has started: what is in its group.
    fn members(&self) -> Vec<u32> {
        let group = self.child.id();
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(|&pid| field(pid, 2) == Some(u64::from(group))).collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(group) = i32::try_from(self.child.id()) {
            // It may have ended by itself.
            let _killed = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        let _ended = self.child.wait();
    }
}

fn ticks(pid: u32) -> Option<u64> {
    Some(field(pid, 11)? + field(pid, 12)?)
}

/// A field of `/proc/PID/stat`, counted from the one behind the name.
fn field(pid: u32, at: usize) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(at)?.parse().ok()
}

fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
