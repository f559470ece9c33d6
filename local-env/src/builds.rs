//! What has to be made before the tasks start: programs that `local-env.toml` has a command for, and
//! images.

use std::{fmt, path::PathBuf, process::Stdio};

use miette::Diagnostic;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use thiserror::Error;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// A command to run before the services are started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Build {
    pub(crate) doing: Doing,
    /// What one calls the container that it is for.
    pub(crate) service: String,
    /// A line for the shell.
    pub(crate) command: String,
    pub(crate) folder: PathBuf,
}

/// What a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It makes a program or an image.
    Building,
    /// It gets an image from its registry.
    Pulling,
}

/// Why a build gave nothing to run.
#[derive(Debug, Error, Diagnostic)]
pub enum BuildError {
    /// The command failed.
    #[error("{doing} {service} failed: `{command}` ended with {status}")]
    #[diagnostic(help("{}", help(*doing)))]
    Failed {
        /// What it was for.
        doing: Doing,
        /// What one calls the container that it was for.
        service: String,
        /// The line that the shell was given.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// The lines that it wrote.
        output: Vec<String>,
    },
    /// The command cannot be run.
    #[error("{doing} {service} failed: `{command}` cannot be run in {}", folder.display())]
    Unrunnable {
        /// What it was for.
        doing: Doing,
        /// What one calls the container that it was for.
        service: String,
        /// The line that the shell was given.
        command: String,
        /// Where it was to run.
        folder: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
}

/// A running build, which is ended where nobody waits for it any more.
struct Running(Child);

/// Runs a build; each line that it writes is told to `heard`.
pub(crate) async fn run(build: &Build, mut heard: impl FnMut(&str)) -> Result<(), BuildError> {
    let unrunnable = |source| BuildError::Unrunnable {
        doing: build.doing,
        service: build.service.clone(),
        command: build.command.clone(),
        folder: build.folder.clone(),
        source,
    };
    let mut running = Running::spawn(build).map_err(unrunnable)?;
    let mut output = Vec::new();
    if let Some(stdout) = running.0.stdout.take() {
        let mut lines = BufReader::new(stdout).split(b'\n');
        while let Ok(Some(line)) = lines.next_segment().await {
            let line = String::from_utf8_lossy(&line).into_owned();
            heard(&line);
            output.push(line);
        }
    }
    let status = running.0.wait().await.map_err(unrunnable)?;
    if status.success() {
        return Ok(());
    }
    let Build { doing, service, command, .. } = build.clone();
    Err(BuildError::Failed { doing, service, command, status, output })
}

fn help(doing: Doing) -> &'static str {
    match doing {
        Doing::Building => "the command is from local-env.toml",
        Doing::Pulling => {
            "in AWS this is CannotPullContainerError. Log in with `docker login`, give the image its \
             tag here, or say in local-env.toml how it is run or built"
        }
    }
}

// === impl Doing ===

impl Doing {
    /// Returns the verb alone: `building`.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Pulling => "pulling",
        }
    }

    /// Returns what is said once it is done: `built`.
    pub(crate) fn past(self) -> &'static str {
        match self {
            Self::Building => "built",
            Self::Pulling => "pulled",
        }
    }
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Building => "building",
            Self::Pulling => "pulling the image of",
        })
    }
}

// === impl Build ===

impl Build {
    /// Has Docker pull an image, as whoever is logged in at its registry.
    pub(crate) fn pull(image: &str, service: String) -> Self {
        let command = format!("docker pull {}", shell_words::quote(image));
        Self { doing: Doing::Pulling, service, command, folder: PathBuf::from(".") }
    }
}

// === impl Running ===

impl Running {
    /// Starts it in a process group of its own, which ends as one.
    fn spawn(build: &Build) -> std::io::Result<Self> {
        Command::new("sh")
            .args(["-c", &format!("{{ {}\n}} 2>&1", build.command)])
            .current_dir(&build.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .map(Self)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has been waited for has no id any more.
        if let Some(group) = self.0.id().and_then(|id| i32::try_from(id).ok()) {
            // It may have ended in this moment; then there is nothing to signal.
            let _ = killpg(Pid::from_raw(group), Signal::SIGTERM);
        }
    }
}
