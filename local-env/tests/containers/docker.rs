//! The `docker` command, and the images that all tests share.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tokio::sync::{Mutex, MutexGuard, OnceCell};

/// The tag of the images that tests build.
pub const TAG: &str = "test";

/// The Compose file has one network, so there is one environment at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
static IMAGES: OnceCell<()> = OnceCell::const_new();

/// Waits for the others to end, and for the images to be built.
pub async fn ready() -> MutexGuard<'static, ()> {
    let guard = ONE_AT_A_TIME.lock().await;
    IMAGES.get_or_init(async || build()).await;
    guard
}

/// `dev` makes in a third of the time what `release` does.
fn build() {
    run(docker(&["compose", "build", "--build-arg", "PROFILE=dev"]).env("IMAGE_TAG", TAG));
}

/// A `docker` command in the repository's root.
pub fn docker(arguments: &[&str]) -> Command {
    let mut command = Command::new("docker");
    command.args(arguments).current_dir(root());
    command
}

/// What a command that must succeed says.
pub fn run(command: &mut Command) -> String {
    let output = output(command);
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// How a command ended, whatever it was.
pub fn output(command: &mut Command) -> Output {
    command.output().expect("docker is installed")
}

/// All that a command said.
pub fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
