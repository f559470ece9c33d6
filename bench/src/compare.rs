//! The comparison of load balancers.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::Command,
};

use clap::Args;
use miette::IntoDiagnostic as _;

use crate::{
    load::Load,
    peer::{Ours, Peer, free_port, wait_for},
    process::Process,
    rounds::{Column, Rounds, Row, mebibytes, table, tell},
};

#[derive(Args)]
pub(crate) struct Compare {
    #[command(flatten)]
    rounds: Rounds,
    /// Compare only these
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Peer>,
}

/// What is told of each, the processor time at `CPU`.
const COLUMNS: [Column; 5] =
    [("requests/s", 0), ("p50 ms", 2), ("p99 ms", 2), ("CPU µs", 1), ("memory MiB", 1)];
const CPU: usize = 3;

/// Compares all that are installed, and then ours with itself.
pub(crate) fn run(compare: &Compare) -> miette::Result<()> {
    let folder = tempfile::tempdir().into_diagnostic()?;
    certificate(folder.path())?;
    let backend = free_port()?;
    let _serving = start_backend(&[SocketAddr::from((Ipv4Addr::LOCALHOST, backend))])?;
    wait_for(backend)?;
    let peers = [Peer::Nginx, Peer::LocalEnv, Peer::Haproxy, Peer::Envoy];
    let wanted = |peer: &Peer| compare.only.is_empty() || compare.only.contains(peer);
    let (peers, missing): (Vec<_>, Vec<_>) =
        peers.into_iter().filter(wanted).partition(|peer| peer.program().is_some());
    for peer in missing {
        tell(&format!("{} is not installed, and left out; bench/setup installs it", peer.name()));
    }
    for load in Load::ALL {
        let each = |peer: &Peer| (peer.name().to_owned(), *peer, Ours::default());
        let candidates: Vec<_> = peers.iter().map(each).collect();
        table(load.title(), &COLUMNS, &rounds(compare, load, &candidates, folder.path(), backend)?);
    }
    ours_alone(compare, folder.path(), backend)
}

/// What rules and targets cost.
fn ours_alone(compare: &Compare, folder: &Path, backend: u16) -> miette::Result<()> {
    let port = free_port()?;
    let address = |n: u16| {
        let [high, low] = n.to_be_bytes();
        SocketAddr::from(([127, 7, high, low], port))
    };
    let targets: Vec<_> = (1..=1000).map(address).collect();
    let _serving = start_backend(&targets)?;
    let ours = |name: &str, rules, targets: &[SocketAddr]| {
        let targets = targets.to_vec();
        (name.to_owned(), Peer::LocalEnv, Ours { rules, targets })
    };
    let rules = [ours("1 rule", Some(1), &[]), ours("100 rules", Some(100), &[])];
    let rows = rounds(compare, Load::Http, &rules, folder, backend)?;
    table("rules, the last one matching", &COLUMNS, &rows);
    let groups = [ours("1 target", None, &targets[..1]), ours("1000 targets", None, &targets)];
    table("targets", &COLUMNS, &rounds(compare, Load::Http, &groups, folder, backend)?);
    Ok(())
}

fn rounds(
    compare: &Compare,
    load: Load,
    candidates: &[(String, Peer, Ours)],
    folder: &Path,
    backend: u16,
) -> miette::Result<Vec<Row>> {
    compare.rounds.of(candidates, CPU, |(name, peer, ours)| {
        let running = peer.start(folder, backend, ours)?;
        load.put(&running, 1)?;
        let before = running.process.cpu();
        let measured = load.put(&running, compare.rounds.seconds)?;
        let used = running.process.cpu().saturating_sub(before);
        let figures = vec![
            measured.per_second,
            millis(measured.p50),
            millis(measured.p99),
            used.as_secs_f64() * 1e6 / measured.requests,
            mebibytes(running.process.memory()),
        ];
        Ok(Row { name: name.clone(), figures })
    })
}

fn millis(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The same certificate for all others; ours makes one of the same kind.
fn certificate(folder: &Path) -> miette::Result<()> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).into_diagnostic()?;
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    fs::write(folder.join("both.pem"), format!("{certificate}{key}")).into_diagnostic()?;
    fs::write(folder.join("certificate.pem"), certificate).into_diagnostic()?;
    fs::write(folder.join("key.pem"), key).into_diagnostic()
}

fn start_backend(addresses: &[SocketAddr]) -> miette::Result<Process> {
    let mut command = Command::new(env::current_exe().into_diagnostic()?);
    command.arg("backend").args(addresses.iter().map(ToString::to_string));
    Process::start(&mut command)
}
