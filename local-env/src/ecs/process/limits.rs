//! What a process is given at its birth: its limits, and its end with the environment's.

use nix::sys::resource::{Resource, setrlimit};
use tokio::process::Command;

use stack::Ulimit;

/// A limit of the kernel's.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    resource: Resource,
    soft: u64,
    hard: u64,
}

/// Returns the kernel's limits for those of a task definition, or in the user's words why there is none
/// for one of them.
pub(super) fn of(ulimits: &[Ulimit]) -> Result<Vec<Limit>, String> {
    let limit = |ulimit: &Ulimit| {
        let unknown = || format!("the limit `{}` is not known on this machine", ulimit.name);
        let resource = resource(&ulimit.name).ok_or_else(unknown)?;
        Ok(Limit { resource, soft: ulimit.soft, hard: ulimit.hard })
    };
    ulimits.iter().map(limit).collect()
}

fn resource(name: &str) -> Option<Resource> {
    Some(match name {
        "core" => Resource::RLIMIT_CORE,
        "cpu" => Resource::RLIMIT_CPU,
        "data" => Resource::RLIMIT_DATA,
        "fsize" => Resource::RLIMIT_FSIZE,
        "memlock" => Resource::RLIMIT_MEMLOCK,
        "nofile" => Resource::RLIMIT_NOFILE,
        "nproc" => Resource::RLIMIT_NPROC,
        "rss" => Resource::RLIMIT_RSS,
        "stack" => Resource::RLIMIT_STACK,
        _ => return other(name),
    })
}

#[cfg(target_os = "linux")]
fn other(name: &str) -> Option<Resource> {
    Some(match name {
        "locks" => Resource::RLIMIT_LOCKS,
        "msgqueue" => Resource::RLIMIT_MSGQUEUE,
        "nice" => Resource::RLIMIT_NICE,
        "rtprio" => Resource::RLIMIT_RTPRIO,
        "rttime" => Resource::RLIMIT_RTTIME,
        "sigpending" => Resource::RLIMIT_SIGPENDING,
        _ => return None,
    })
}

#[cfg(not(target_os = "linux"))]
fn other(_name: &str) -> Option<Resource> {
    None
}

/// Gives these limits to the process of a command, and has it end with the thread that starts it.
#[expect(unsafe_code, reason = "code between fork and exec; it makes system calls only")]
pub(super) fn apply(command: &mut Command, limits: Vec<Limit>) {
    let parent = nix::unistd::getpid();
    // SAFETY: the closure allocates nothing and takes no lock: only system calls that are safe to
    // make between fork and exec.
    unsafe {
        command.pre_exec(move || {
            for &Limit { resource, soft, hard } in &limits {
                setrlimit(resource, soft, hard)?;
            }
            end_with_parent(parent)
        });
    }
}

#[cfg(target_os = "linux")]
fn end_with_parent(parent: nix::unistd::Pid) -> std::io::Result<()> {
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
    if nix::unistd::getppid() == parent { Ok(()) } else { Err(nix::Error::ESRCH.into()) }
}

#[cfg(not(target_os = "linux"))]
fn end_with_parent(_parent: nix::unistd::Pid) -> std::io::Result<()> {
    Ok(())
}
