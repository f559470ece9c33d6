//! The DNS servers that are compared, and how each is started.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use clap::ValueEnum;
use miette::{IntoDiagnostic as _, miette};

use crate::{
    names,
    peer::{free_port, installed, wait_for, workers},
    process::Process,
};

/// Who is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Resolver {
    LocalEnv,
    Dnsmasq,
    Unbound,
    Knot,
}

/// A DNS server at work.
pub(crate) struct Answering {
    pub(crate) process: Process,
    pub(crate) port: u16,
}

// === impl Resolver ===

impl Resolver {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::LocalEnv => "local-env",
            Self::Dnsmasq => "dnsmasq",
            Self::Unbound => "unbound",
            Self::Knot => "knot",
        }
    }

    /// Its program, if it is installed.
    pub(crate) fn program(self) -> Option<PathBuf> {
        match self {
            Self::LocalEnv => env::current_exe().ok(),
            Self::Knot => installed("knotd"),
            Self::Dnsmasq | Self::Unbound => installed(self.name()),
        }
    }

    /// Starts it with the names and waits until it answers.
    pub(crate) fn start(self, folder: &Path) -> miette::Result<Answering> {
        let program = self.program().ok_or_else(|| miette!("{} is not installed", self.name()))?;
        let port = free_port()?;
        let mut command = Command::new(program);
        match self {
            Self::LocalEnv => {
                command.arg("names").args(["--port", &port.to_string()]);
            }
            Self::Dnsmasq => {
                fs::write(folder.join("hosts"), names::hosts()).into_diagnostic()?;
                let text = include_str!("../peers/dnsmasq.conf");
                command.arg("--keep-in-foreground").arg("-C").arg(written(folder, text, port)?);
            }
            Self::Unbound => {
                let text = include_str!("../peers/unbound.conf");
                command.arg("-c").arg(written(folder, text, port)?);
            }
            Self::Knot => {
                fs::write(folder.join("zone"), names::zone()).into_diagnostic()?;
                let text = include_str!("../peers/knot.conf");
                command.arg("-c").arg(written(folder, text, port)?);
            }
        }
        let process = Process::start(&mut command)?;
        wait_for(port).map_err(|error| miette!("{} does not answer: {error}", self.name()))?;
        Ok(Answering { process, port })
    }
}

/// Writes a configuration with its blanks filled in.
fn written(folder: &Path, text: &str, port: u16) -> miette::Result<PathBuf> {
    let text = text
        .replace("{port}", &port.to_string())
        .replace("{workers}", &workers().to_string())
        .replace("{folder}", &folder.display().to_string())
        .replace("{local-data}", &names::local_data());
    let path = folder.join("conf");
    fs::write(&path, text).into_diagnostic()?;
    Ok(path)
}
