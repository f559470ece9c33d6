//! Shows how what has to be built or pulled comes along, with its output where that fails.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

use super::{screen::Screen, signals::Signals};
use crate::builds::{self, Build, BuildError};

/// Between two frames of the spinner.
const FRAME: Duration = Duration::from_millis(100);

/// Runs the builds; the output of one that fails is shown whole.
pub(super) async fn run(
    builds: &[Build],
    screen: &Screen,
    signals: &mut Signals,
) -> miette::Result<()> {
    for build in builds {
        run_one(build, screen, signals).await?;
    }
    Ok(())
}

async fn run_one(build: &Build, screen: &Screen, signals: &mut Signals) -> miette::Result<()> {
    let started = Instant::now();
    let progress = progress(build, screen);
    let outcome = tokio::select! {
        ended = builds::run(build, |line| progress.set_message(line.to_owned())) => ended,
        () = signals.next() => {
            progress.finish_and_clear();
            return Err(miette::miette!("stopped while {} {}", build.doing, build.service));
        }
    };
    progress.finish_and_clear();
    if let Err(BuildError::Failed { output, .. }) = &outcome {
        for line in output {
            screen.progress(&build.service, line);
        }
    }
    outcome?;
    let seconds = started.elapsed().as_secs_f32();
    screen.progress(&build.service, &format!("{} in {seconds:.1} s", build.doing.past()));
    Ok(())
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
