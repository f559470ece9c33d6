//! Runs the builds that a project file asks for, one after another, before anything is started.

use std::{process::Stdio, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use miette::Diagnostic;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use thiserror::Error;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::Instant,
};

use super::{
    project::{Build, Doing},
    screen::Screen,
    signals::Signals,
};

/// Between two frames of the spinner.
const FRAME: Duration = Duration::from_millis(100);

/// Why a build gave nothing to run.
#[derive(Debug, Error, Diagnostic)]
pub(super) enum BuildError {
    #[error("{doing} {service} failed: `{command}` ended with {status}")]
    #[diagnostic(help("{}", help(*doing)))]
    Failed { doing: Doing, service: String, command: String, status: std::process::ExitStatus },
    #[error("{doing} {service} failed: `{command}` cannot be run in {folder}")]
    Unrunnable {
        doing: Doing,
        service: String,
        command: String,
        folder: String,
        #[source]
        source: std::io::Error,
    },
    #[error("stopped while {doing} {service}")]
    Interrupted { doing: Doing, service: String },
}

fn help(doing: Doing) -> &'static str {
    match doing {
        Doing::Building => "its output stands above; the command is from local-env.toml",
        Doing::Pulling => {
            "its output stands above (in AWS: CannotPullContainerError). Log in with `docker login`, give \
             the image its tag here, or say in local-env.toml how it is run or built"
        }
    }
}

/// Runs the builds; the output of one that fails is shown whole.
pub(super) async fn run(
    builds: &[Build],
    screen: &Screen,
    signals: &mut Signals,
) -> Result<(), BuildError> {
    for build in builds {
        run_one(build, screen, signals).await?;
    }
    Ok(())
}

async fn run_one(build: &Build, screen: &Screen, signals: &mut Signals) -> Result<(), BuildError> {
    let started = Instant::now();
    let progress = progress(build, screen);
    let unrunnable = |source| BuildError::Unrunnable {
        doing: build.doing,
        service: build.service.clone(),
        command: build.command.clone(),
        folder: build.folder.display().to_string(),
        source,
    };
    let mut child = spawn(build).map_err(unrunnable)?;
    let mut lines = Vec::new();
    tokio::select! {
        () = follow(&mut child, &progress, &mut lines) => {}
        () = signals.next() => {
            end(&child);
            progress.finish_and_clear();
            let (doing, service) = (build.doing, build.service.clone());
            return Err(BuildError::Interrupted { doing, service });
        }
    }
    let status = child.wait().await.map_err(unrunnable)?;
    progress.finish_and_clear();
    if status.success() {
        screen.progress(
            &build.service,
            &format!("{} in {:.1} s", build.doing.past(), started.elapsed().as_secs_f32()),
        );
        return Ok(());
    }
    for line in lines {
        screen.progress(&build.service, &line);
    }
    let (service, command) = (build.service.clone(), build.command.clone());
    Err(BuildError::Failed { doing: build.doing, service, command, status })
}

fn progress(build: &Build, screen: &Screen) -> ProgressBar {
    let progress = ProgressBar::new_spinner();
    if progress.is_hidden() {
        screen.progress(&build.service, &format!("{}: {}", build.doing.verb(), build.command));
    } else {
        let style = ProgressStyle::with_template("{spinner} {prefix}  {wide_msg}");
        progress.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        progress.set_prefix(build.service.clone());
        progress.set_message(format!("{}: {}", build.doing.verb(), build.command));
        progress.enable_steady_tick(FRAME);
    }
    progress
}

/// In a process group of its own, which ends as one.
fn spawn(build: &Build) -> std::io::Result<Child> {
    Command::new("sh")
        .args(["-c", &format!("{{ {}\n}} 2>&1", build.command)])
        .current_dir(&build.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
}

async fn follow(child: &mut Child, progress: &ProgressBar, lines: &mut Vec<String>) {
    let Some(output) = child.stdout.take() else { return };
    let mut output = BufReader::new(output).split(b'\n');
    while let Ok(Some(line)) = output.next_segment().await {
        let line = String::from_utf8_lossy(&line).into_owned();
        progress.set_message(line.clone());
        lines.push(line);
    }
}

fn end(child: &Child) {
    if let Some(group) = child.id().and_then(|id| i32::try_from(id).ok()) {
        // It may have ended in this moment; then there is nothing to signal.
        let _ = killpg(Pid::from_raw(group), Signal::SIGTERM);
    }
}
