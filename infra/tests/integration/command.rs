//! The command line.

use std::{
    io::Read,
    process::{Command, Output, Stdio},
};

#[test]
fn synth_prints_the_services_in_json() {
    assert_prints(&["synth"], &infra::services_template().to_json());
    assert_prints(
        &["synth", "services", "--format", "json"],
        &infra::services_template().to_json(),
    );
}

#[test]
fn synth_prints_yaml_when_asked() {
    assert_prints(&["synth", "--format", "yaml"], &infra::services_template().to_yaml());
}

#[test]
fn synth_prints_the_registry_by_name() {
    assert_prints(&["synth", "registry"], &infra::registry_template().to_json());
    assert_prints(&["synth", "registry", "--format=yaml"], &infra::registry_template().to_yaml());
}

#[test]
fn an_unknown_stack_is_refused_with_those_that_there_are() {
    let output = run(&["synth", "service"]);
    let message = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(message.contains("services") && message.contains("registry"), "{message}");
}

#[test]
fn help_shows_how_to_synth() {
    let help = String::from_utf8(run(&["synth", "--help"]).stdout).expect("text");
    assert!(help.contains("infra synth --format yaml"), "{help}");
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut child = infra(&["synth"]).stdout(writer).stderr(Stdio::piped()).spawn().expect("infra");
    let mut message = String::new();
    child.stderr.take().expect("stderr").read_to_string(&mut message).expect("text");
    assert!(child.wait().expect("an end").success());
    assert_eq!(message, "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let output = infra(&["synth"]).stdout(full).output().expect("infra");
    let message = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1));
    assert!(message.starts_with("error: cannot write the template to standard output: "));
    assert_eq!(message.lines().count(), 1);
}

fn assert_prints(arguments: &[&str], expected: &str) {
    let output = run(arguments);
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).expect("text"), expected);
    assert_eq!(String::from_utf8(output.stderr).expect("text"), "");
}

fn run(arguments: &[&str]) -> Output {
    infra(arguments).output().expect("infra")
}

fn infra(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_infra"));
    command.args(arguments);
    command
}
