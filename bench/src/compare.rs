//! The comparison: rounds of the same load on each, and a table of the middle ones.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::Command,
};

use clap::Args;
use miette::IntoDiagnostic as _;

use crate::{
    load::{Load, Measured},
    peer::{Ours, Peer, free_port, wait_for},
    process::Process,
};

#[derive(Args)]
pub(crate) struct Compare {
    /// How long each load lasts
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// How many rounds, of which the middle one counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// Compare only these
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Peer>,
}

/// What a load on a load balancer came to.
#[derive(Clone, Debug)]
struct Result {
    name: String,
    measured: Measured,
    /// Microseconds.
    cpu_per_request: f64,
    memory: u64,
}

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
        table(load.title(), &rounds(compare, load, &candidates, folder.path(), backend)?);
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
    table("rules, the last one matching", &rounds(compare, Load::Http, &rules, folder, backend)?);
    let groups = [ours("1 target", None, &targets[..1]), ours("1000 targets", None, &targets)];
    table("targets", &rounds(compare, Load::Http, &groups, folder, backend)?);
    Ok(())
}

/// The middle round of each. The rounds take turns, so that who disturbs the machine disturbs all.
fn rounds(
    compare: &Compare,
    load: Load,
    candidates: &[(String, Peer, Ours)],
    folder: &Path,
    backend: u16,
) -> miette::Result<Vec<Result>> {
    let mut results: Vec<Vec<Result>> = candidates.iter().map(|_| Vec::new()).collect();
    for _ in 0..compare.rounds {
        for ((name, peer, ours), results) in candidates.iter().zip(&mut results) {
            let running = peer.start(folder, backend, ours)?;
            load.put(&running, 1)?;
            let before = running.process.cpu();
            let measured = load.put(&running, compare.seconds)?;
            let used = running.process.cpu().saturating_sub(before);
            results.push(Result {
                name: name.clone(),
                cpu_per_request: used.as_secs_f64() * 1e6 / measured.requests,
                memory: running.process.memory(),
                measured,
            });
        }
    }
    Ok(results.into_iter().filter_map(middle).collect())
}

/// By processor time, which is what repeats best.
fn middle(mut rounds: Vec<Result>) -> Option<Result> {
    rounds.sort_by(|a, b| a.cpu_per_request.total_cmp(&b.cpu_per_request));
    rounds.get(rounds.len() / 2).cloned()
}

/// Each figure and its ratio to the first row's.
fn table(title: &str, results: &[Result]) {
    tell(&format!("\n{title}\n"));
    tell("| | requests/s | p50 ms | p99 ms | CPU µs | memory MiB |\n|---|---|---|---|---|---|");
    let Some(first) = results.first() else { return };
    for result in results {
        #[expect(clippy::cast_precision_loss, reason = "memory is below 2^53 bytes")]
        let mebibytes = |result: &Result| result.memory as f64 / 1024.0 / 1024.0;
        let cells = [
            (result.measured.per_second, first.measured.per_second, 0),
            (millis(result.measured.p50), millis(first.measured.p50), 2),
            (millis(result.measured.p99), millis(first.measured.p99), 2),
            (result.cpu_per_request, first.cpu_per_request, 1),
            (mebibytes(result), mebibytes(first), 1),
        ];
        let cells = cells.map(|(own, reference, digits)| cell(own, reference, digits));
        tell(&format!("| {} | {} |", result.name, cells.join(" | ")));
    }
}

fn cell(own: f64, reference: f64, digits: usize) -> String {
    if own == 0.0 || reference == 0.0 {
        return "-".to_owned();
    }
    format!("{own:.digits$} ({:.2}x)", own / reference)
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

#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn tell(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown_beside_their_ratio_to_the_first() {
        assert_eq!(cell(15.0, 20.0, 1), "15.0 (0.75x)");
        assert_eq!(cell(0.0, 20.0, 1), "-");
    }
}
