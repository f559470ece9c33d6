//! The comparison of DNS servers.

use std::{fs, path::Path, process::Command};

use clap::Args;
use miette::{IntoDiagnostic as _, miette};

use crate::{
    load::number,
    names,
    peer::installed,
    resolver::{Answering, Resolver},
    rounds::{Column, Rounds, Row, mebibytes, table, tell},
};

/// What is told of each, the processor time at `CPU`.
const COLUMNS: [Column; 4] = [("queries/s", 0), ("mean ms", 3), ("CPU µs", 2), ("memory MiB", 1)];
const CPU: usize = 2;

#[derive(Args)]
pub(crate) struct Dns {
    #[command(flatten)]
    rounds: Rounds,
    /// Compare only these
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Resolver>,
}

/// What dnsperf has measured.
#[derive(Clone, Debug, PartialEq)]
struct Measured {
    answers: f64,
    per_second: f64,
    /// Milliseconds.
    mean: f64,
}

/// Compares all that are installed.
pub(crate) fn run(dns: &Dns) -> miette::Result<()> {
    let folder = tempfile::tempdir().into_diagnostic()?;
    fs::write(folder.path().join("questions"), names::questions()).into_diagnostic()?;
    let all = [Resolver::LocalEnv, Resolver::Dnsmasq, Resolver::Unbound, Resolver::Knot];
    let wanted = |it: &Resolver| dns.only.is_empty() || dns.only.contains(it);
    let (resolvers, missing): (Vec<_>, Vec<_>) =
        all.into_iter().filter(wanted).partition(|it| it.program().is_some());
    for it in missing {
        tell(&format!("{} is not installed, and left out; bench/setup installs it", it.name()));
    }
    let mut rows = dns.rounds.of(&resolvers, CPU, |it| round(*it, dns.rounds.seconds, &folder))?;
    fastest_peer_first(&mut rows);
    table("answers over UDP, 3 of 4 with addresses", &COLUMNS, &rows);
    Ok(())
}

fn round(resolver: Resolver, seconds: u64, folder: &tempfile::TempDir) -> miette::Result<Row> {
    let answering = resolver.start(folder.path())?;
    load(&answering, folder.path(), 1)?;
    let before = answering.process.cpu();
    let measured = load(&answering, folder.path(), seconds)?;
    let used = answering.process.cpu().saturating_sub(before);
    let figures = vec![
        measured.per_second,
        measured.mean,
        used.as_secs_f64() * 1e6 / measured.answers,
        mebibytes(answering.process.memory()),
    ];
    Ok(Row { name: resolver.name().to_owned(), figures })
}

/// By processor time, and ours last.
fn fastest_peer_first(rows: &mut [Row]) {
    rows.sort_by(|a, b| a.figure(CPU).total_cmp(&b.figure(CPU)));
    rows.sort_by_key(|row| row.name == Resolver::LocalEnv.name());
}

fn load(on: &Answering, folder: &Path, seconds: u64) -> miette::Result<Measured> {
    let program = installed("dnsperf").ok_or_else(|| miette!("dnsperf is not installed"))?;
    let mut command = Command::new(program);
    command.args(["-s", "127.0.0.1", "-c", "32", "-T", "2", "-t", "1"]);
    command.args(["-p", &on.port.to_string(), "-l", &seconds.to_string(), "-d"]);
    let output = command.arg(folder.join("questions")).output().into_diagnostic()?;
    let text = String::from_utf8_lossy(&output.stdout);
    read(&text).ok_or_else(|| miette!("the load failed:\n{text}"))
}

/// Nothing where answers are not what they should be: three in four with addresses, the fourth that
/// there is no such name.
fn read(text: &str) -> Option<Measured> {
    let answers = number(text, r"Queries completed:\s+(\d+)")?;
    let found = number(text, r"NOERROR (\d+)")?;
    let absent = number(text, r"NXDOMAIN (\d+)")?;
    let wrong = (found - 3.0 * absent).abs() > 0.01 * answers || found + absent < answers;
    (!wrong).then_some(Measured {
        answers,
        per_second: number(text, r"Queries per second:\s+([\d.]+)")?,
        mean: 1e3 * number(text, r"Average Latency \(s\):\s+([\d.]+)")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
  Queries completed:    4000 (100.00%)
  Response codes:       NOERROR 3000 (75.00%), NXDOMAIN 1000 (25.00%)
  Queries per second:   250190.130447

  Average Latency (s):  0.000250 (min 0.000010, max 0.001913)
";

    #[test]
    fn what_dnsperf_says_is_read() {
        let measured = Measured { answers: 4000.0, per_second: 250_190.130_447, mean: 0.25 };
        assert_eq!(read(TEXT), Some(measured));
    }

    #[test]
    fn wrong_answers_are_no_answers() {
        assert_eq!(read(&TEXT.replace("NOERROR", "REFUSED")), None);
        assert_eq!(read(&TEXT.replace("NXDOMAIN 1000", "NXDOMAIN 500, SERVFAIL 500")), None);
        assert_eq!(read(""), None);
    }

    #[test]
    fn the_fastest_peer_is_what_others_are_held_against() {
        let row = |name: &str, cpu| Row { name: name.to_owned(), figures: vec![0.0, 0.0, cpu] };
        let mut rows = [row("local-env", 1.0), row("dnsmasq", 3.0), row("knot", 2.0)];
        fastest_peer_first(&mut rows);
        assert_eq!(rows.map(|row| row.name), ["knot", "dnsmasq", "local-env"]);
    }
}
