//! How soon a stack is up: the sample stack until it answers, and a large one until all its tasks are
//! healthy, with the memory that local-env takes for that.

use std::{
    env,
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use clap::Args;
use miette::{Context as _, IntoDiagnostic as _, miette};

use crate::process::Process;

/// What local-env says when all is well.
const HEALTHY: &str = "all tasks run and are healthy";
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(60);
const SERVICES: [&str; 3] = ["service1", "service2", "service3"];
const MIB: u64 = 1024 * 1024;

#[derive(Args)]
pub(crate) struct Start {
    /// Services of the large stack
    #[arg(long, default_value_t = 100)]
    services: u32,
    /// Tasks of each
    #[arg(long, default_value_t = 3)]
    tasks: u32,
    /// How often each stack is started; the middle counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Starts both stacks and prints how long that took.
#[expect(clippy::print_stdout, reason = "the figures are what this is for")]
pub(crate) fn run(start: &Start) -> miette::Result<()> {
    let local_env = built("local-env")?;
    let sample: Vec<_> = (0..start.rounds.max(1))
        .map(|_| until_the_first_200(&local_env))
        .collect::<miette::Result<_>>()?;
    println!("sample stack, to the first 200: {:.0} ms", middle(sample).as_secs_f64() * 1e3);
    let (mut times, mut memory) = (Vec::new(), 0);
    for _ in 0..start.rounds.max(1) {
        let (time, used) = until_all_are_healthy(&local_env, start)?;
        times.push(time);
        memory = memory.max(used);
    }
    let Start { services, tasks, .. } = start;
    let seconds = middle(times).as_secs_f64();
    println!("{services} services of {tasks} tasks, to all healthy: {seconds:.2} s");
    println!("local-env took at most {} MiB for that", memory.div_ceil(MIB));
    Ok(())
}

/// A task that answers everything with 200, one connection after the other.
pub(crate) fn task() -> miette::Result<()> {
    let variable = |name: &str| env::var(name).into_diagnostic().wrap_err(name.to_owned());
    let port: u16 = variable("PORT")?.parse().into_diagnostic()?;
    let address: Ipv4Addr = variable("HOST")?.parse().into_diagnostic()?;
    for stream in TcpListener::bind((address, port)).into_diagnostic()?.incoming() {
        let Ok(mut stream) = stream else { continue };
        let mut request = [0; 4096];
        while stream.read(&mut request).is_ok_and(|length| length > 0) {
            if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").is_err() {
                break;
            }
        }
    }
    Ok(())
}

/// A program of this workspace, built as this one is.
fn built(name: &str) -> miette::Result<PathBuf> {
    let path = env::current_exe().into_diagnostic()?.with_file_name(name);
    let help = "cargo build --release -p local-env -p service1 -p service2 -p service3";
    if path.exists() { Ok(path) } else { Err(miette!(help = help, "{name} is not built")) }
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn until_the_first_200(local_env: &Path) -> miette::Result<Duration> {
    let folder = tempfile::tempdir().into_diagnostic()?;
    let mut project =
        "[parameters]\nDomainName = \"a.example\"\nHostedZoneId = \"Z1\"\n".to_owned();
    for service in SERVICES {
        // Writing to a string does not fail.
        let _ = writeln!(project, "[services.{service}]\nrun = \"{}\"", built(service)?.display());
    }
    fs::write(folder.path().join("local-env.toml"), project).into_diagnostic()?;
    let (plain, secure) = (free_port()?, free_port()?);
    let mut command = up(local_env, folder.path());
    command.args(["--publish", &format!("{plain}:80"), "--publish", &format!("{secure}:443")]);
    let started = Instant::now();
    let _process = Process::start(&mut command)?;
    let url = format!("https://localhost:{secure}/service1");
    while started.elapsed() < PATIENCE {
        let asked = Command::new("curl")
            .args(["--silent", "--insecure", "--output", "/dev/null"])
            .args(["--write-out", "%{http_code}", &url])
            .output()
            .into_diagnostic()
            .wrap_err("curl is needed")?;
        if asked.stdout == b"200" {
            return Ok(started.elapsed());
        }
    }
    Err(miette!("the sample stack never answered"))
}

/// How long it took, and how many bytes of memory.
fn until_all_are_healthy(local_env: &Path, start: &Start) -> miette::Result<(Duration, u64)> {
    let folder = tempfile::tempdir().into_diagnostic()?;
    fs::write(folder.path().join("large.yaml"), template(start)).into_diagnostic()?;
    let this = env::current_exe().into_diagnostic()?;
    let run = format!("{} task", this.display());
    let entry = |index| format!("[services.s{index}]\nrun = {run:?}\n");
    let project: String = (0..start.services).map(entry).collect();
    fs::write(folder.path().join("local-env.toml"), project).into_diagnostic()?;
    let mut command = up(local_env, folder.path());
    command.args(["large.yaml", "--publish", "0:80"]);
    let started = Instant::now();
    let (process, output) = Process::start_heard(&mut command)?;
    for line in BufReader::new(output).lines() {
        if line.into_diagnostic()?.starts_with(HEALTHY) {
            return Ok((started.elapsed(), process.memory()));
        }
    }
    Err(miette!("the large stack ended before it was healthy"))
}

fn up(local_env: &Path, folder: &Path) -> Command {
    let mut command = Command::new(local_env);
    command.current_dir(folder).args(["up", "--dns", "127.0.0.1:0", "--data-folder", "data"]);
    command
}

fn free_port() -> miette::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).into_diagnostic()?;
    Ok(listener.local_addr().into_diagnostic()?.port())
}

/// Services behind one load balancer, each with a rule, a target group and a name of its own.
fn template(start: &Start) -> String {
    let mut text = include_str!("start/base.yaml").to_owned();
    let service = include_str!("start/service.yaml");
    for index in 0..start.services {
        text += &service
            .replace("INDEX", &index.to_string())
            .replace("PRIORITY", &(index + 1).to_string())
            .replace("COUNT", &start.tasks.to_string());
    }
    text
}
