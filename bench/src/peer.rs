//! The load balancers that are compared, and how each is started.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use clap::ValueEnum;
use miette::{IntoDiagnostic as _, miette};

use crate::process::Process;

/// How long a load balancer may take until it serves.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    LocalEnv,
    Nginx,
    Haproxy,
    Envoy,
}

/// A load balancer at work.
pub(crate) struct Running {
    pub(crate) process: Process,
    pub(crate) http: u16,
    pub(crate) https: u16,
}

/// What ours is given beyond the usual.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ours {
    pub(crate) rules: Option<u32>,
    pub(crate) targets: Vec<SocketAddr>,
}

// === impl Peer ===

impl Peer {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LocalEnv => "local-env",
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::Envoy => "envoy",
        }
    }

    /// Its program, if it is installed.
    pub(crate) fn program(self) -> Option<PathBuf> {
        match self {
            Self::LocalEnv => env::current_exe().ok(),
            Self::Envoy => Some(PathBuf::from("target/bench/bin/envoy"))
                .filter(|program| program.exists())
                .or_else(|| installed("envoy")),
            _ => installed(self.name()),
        }
    }

    /// Starts it in front of the backend and waits until it serves.
    pub(crate) fn start(self, folder: &Path, backend: u16, ours: &Ours) -> miette::Result<Running> {
        let program = self.program().ok_or_else(|| miette!("{} is not installed", self.name()))?;
        let (http, https) = (free_port()?, free_port()?);
        let mut command = Command::new(program);
        match self {
            Self::LocalEnv => {
                command.arg("balancer").args(["--http", &http.to_string()]);
                command.args(["--https", &https.to_string()]);
                command.args(ours.rules.map(|rules| format!("--rules={rules}")));
                command.arg("--folder").arg(folder.join("authority"));
                if ours.targets.is_empty() {
                    command.arg(format!("127.0.0.1:{backend}"));
                }
                command.args(ours.targets.iter().map(ToString::to_string));
            }
            Self::Nginx => {
                let text = include_str!("../peers/nginx.conf");
                command.arg("-c").arg(written(folder, "nginx.conf", text, [http, https, backend])?);
            }
            Self::Haproxy => {
                let text = include_str!("../peers/haproxy.cfg");
                command.arg("-f").arg(written(
                    folder,
                    "haproxy.cfg",
                    text,
                    [http, https, backend],
                )?);
            }
            Self::Envoy => {
                let text = include_str!("../peers/envoy.yaml");
                command.arg("-c").arg(written(folder, "envoy.yaml", text, [http, https, backend])?);
                command.args(["--concurrency", &workers().to_string(), "--disable-hot-restart"]);
            }
        }
        let process = Process::start(&mut command)?;
        wait_for(http)
            .and_then(|()| wait_for(https))
            .map_err(|error| miette!("{} does not serve: {error}", self.name()))?;
        Ok(Running { process, http, https })
    }
}

/// Writes a configuration with its blanks filled in.
fn written(folder: &Path, name: &str, text: &str, ports: [u16; 3]) -> miette::Result<PathBuf> {
    let [http, https, backend] = ports.map(|port| port.to_string());
    let text = text
        .replace("{http}", &http)
        .replace("{https}", &https)
        .replace("{backend}", &backend)
        .replace("{workers}", &workers().to_string())
        .replace("{folder}", &folder.display().to_string());
    let path = folder.join(name);
    fs::write(&path, text).into_diagnostic()?;
    Ok(path)
}

pub(crate) fn installed(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

pub(crate) fn free_port() -> miette::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).into_diagnostic()?;
    Ok(listener.local_addr().into_diagnostic()?.port())
}

#[expect(clippy::disallowed_methods, reason = "there is no runtime here to be held up")]
pub(crate) fn wait_for(port: u16) -> miette::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if Instant::now() > deadline {
            return Err(miette!("nobody listens on port {port}"));
        }
        sleep(Duration::from_millis(10));
    }
    Ok(())
}

pub(crate) fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
