//! The program that listens on a port, for error messages.

/// Returns which program listens on a port, as ` by NAME (process ID)`; nothing where that can't be known.
pub(crate) fn described(port: u16) -> String {
    holder(port).map_or_else(String::new, |(name, id)| format!(" by {name} (process {id})"))
}

#[cfg(target_os = "linux")]
fn holder(port: u16) -> Option<(String, i32)> {
    use procfs::{
        net::{TcpState, tcp, tcp6},
        process::{FDTarget, Process, all_processes},
    };

    let sockets = tcp().into_iter().flatten().chain(tcp6().into_iter().flatten());
    let listening: Vec<_> = sockets
        .filter(|socket| socket.state == TcpState::Listen && socket.local_address.port() == port)
        .map(|socket| socket.inode)
        .collect();
    let listens = |process: &Process| {
        let descriptors = process.fd().into_iter().flatten().flatten();
        descriptors.into_iter().any(
            |open| matches!(open.target, FDTarget::Socket(inode) if listening.contains(&inode)),
        )
    };
    let process = all_processes().ok()?.flatten().find(listens)?;
    Some((process.stat().ok()?.comm, process.pid))
}

#[cfg(not(target_os = "linux"))]
fn holder(_port: u16) -> Option<(String, i32)> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_a_port_is_named() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let expected = format!("(process {})", std::process::id());
        assert!(described(port).ends_with(&expected), "{}", described(port));
        drop(listener);
        assert_eq!(described(port), "");
    }
}
