//! A service as a process: its environment, its signals, its last words and its exit code.

use std::{env, io, process::ExitCode};

use tokio::{
    runtime::Runtime,
    signal::unix::{Signal, SignalKind, signal},
};
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::{
    logs, self_check,
    service::{Service, StartError},
    settings::{SettingError, Settings},
};

/// The one argument that a service takes.
const HEALTHCHECK: &str = "healthcheck";

/// Why the process ends before its time.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Setting(#[from] SettingError),
    #[error(
        "does not take arguments such as {0:?}; there is `healthcheck`, which asks the running \
         service, and the environment: PORT, HOST, SERVICE_URL, DNS_SERVER, RUST_LOG"
    )]
    Argument(String),
    #[error("is not healthy ({0})")]
    Unhealthy(io::Error),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("cannot go on ({0})")]
    System(#[from] io::Error),
    #[error("ended at once by a second signal")]
    SecondSignal,
}

struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

/// Runs a service as this process; a `main` returns what this returns: 0 after a stop that was
/// asked for, 2 after settings that make no sense, else 1. Every failure is one line on stderr.
pub fn run(service: impl Into<Service>) -> ExitCode {
    let service = service.into();
    let name = service.identity().name;
    match start(service) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("{name}: {error}"));
            error.exit_code()
        }
    }
}

fn start(service: Service) -> Result<(), RunError> {
    let settings = Settings::from_environment(service.identity().port)?;
    match env::args_os().nth(1) {
        None => {}
        Some(argument) if argument == HEALTHCHECK => {
            let name = service.identity().name;
            return self_check::ask(name, settings.listen).map_err(RunError::Unhealthy);
        }
        Some(argument) => {
            return Err(RunError::Argument(argument.to_string_lossy().into_owned()));
        }
    }
    logs::start(logs::filter()?);
    Runtime::new()?.block_on(serve(service, settings))
}

async fn serve(service: Service, settings: Settings) -> Result<(), RunError> {
    // Before the socket: a signal that comes once we can be reached is never missed.
    let mut signals = StopSignals::new()?;
    let bound = service.bind(settings).await?;
    let shutdown = CancellationToken::new();
    let mut running = std::pin::pin!(bound.run(shutdown.clone()));
    tokio::select! {
        end = &mut running => return Ok(end?),
        signal = signals.next() => info!(signal, "stopping"),
    }
    shutdown.cancel();
    tokio::select! {
        end = &mut running => Ok(end?),
        _ = signals.next() => Err(RunError::SecondSignal),
    }
}

#[expect(clippy::print_stderr, reason = "a process's last words, when there may be no log")]
fn say(line: &str) {
    eprintln!("{line}");
}

// === impl RunError ===

impl RunError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Setting(_) | Self::Argument(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

// === impl StopSignals ===

impl StopSignals {
    fn new() -> io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
