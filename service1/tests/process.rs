//! A service as a process: what it refuses, what it logs, how it ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    io::{BufRead, BufReader, Lines, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, ChildStdout, Command, Output, Stdio},
    thread,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

/// A service that listens on a free loopback port. Killed where a test forgets it.
struct Running {
    process: Child,
    log: Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
}

fn service1(environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_service1"));
    command.env_clear().env("HOST", "127.0.0.1").env("PORT", "0");
    command.envs(environment.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Asserts that a service says one line, and gives it.
fn last_words(command: &mut Command, code: i32) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert_eq!(status.code(), Some(code));
    assert!(stdout.is_empty());
    let stderr = String::from_utf8(stderr).unwrap();
    let line = stderr.strip_suffix('\n').unwrap();
    assert!(line.starts_with("service1: ") && !line.contains('\n'), "{stderr}");
    line.to_owned()
}

// === impl Running ===

impl Running {
    fn start(environment: &[(&str, &str)]) -> Self {
        let mut process = service1(environment).spawn().unwrap();
        let mut log = BufReader::new(process.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&log.next().unwrap().unwrap()).unwrap();
        assert_eq!(first["message"], "listening");
        let address = first["address"].as_str().unwrap().parse().unwrap();
        Self { process, log, address }
    }

    fn get(&self, path: &str, headers: &str) -> String {
        let mut connection = TcpStream::connect(self.address).unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.process.id()).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// The exit code, and what was logged since the start.
    fn end(mut self) -> (Option<i32>, Vec<Value>) {
        let lines = self.log.by_ref().map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        let lines = lines.collect();
        (self.process.wait().unwrap().code(), lines)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_setting_that_makes_no_sense_is_one_line_and_exit_code_2() {
    for (variable, value) in [
        ("PORT", "http"),
        ("HOST", "localhost"),
        ("SERVICE_URL", "http://10.0.0.1:7072"),
        ("DNS_SERVER", "10.0.0.2"),
        ("RUST_LOG", "loud=very"),
    ] {
        let said = last_words(&mut service1(&[(variable, value)]), 2);
        assert!(said.contains(&format!("{variable}={value:?}")), "{said}");
        assert!(said.contains("; wanted "), "{said}");
    }
}

#[test]
fn arguments_are_not_silently_ignored() {
    let said = last_words(service1(&[]).arg("--port=80"), 2);
    assert!(said.contains("--port=80") && said.contains("SERVICE_URL"), "{said}");
}

#[test]
fn a_port_that_is_taken_is_one_line_and_exit_code_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = last_words(&mut service1(&[("PORT", &port)]), 1);
    assert!(said.contains(&format!("127.0.0.1:{port}")), "{said}");
}

#[test]
fn both_signals_end_a_service_with_exit_code_0() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let service = Running::start(&[]);
        assert!(service.get("/service1", "").starts_with("HTTP/1.1 200"));
        service.signal(signal);
        let (code, log) = service.end();
        assert_eq!(code, Some(0));
        assert_eq!(log.last().unwrap()["signal"], signal.as_str());
    }
}

#[test]
fn the_version_is_the_packages_and_the_task_the_endpoints() {
    let endpoint = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}/v4/0123-1", endpoint.local_addr().unwrap());
    let answers = thread::spawn(move || {
        let (mut connection, _) = endpoint.accept().unwrap();
        let mut request = BufReader::new(connection.try_clone().unwrap()).lines();
        let first = request.next().unwrap().unwrap();
        let body = r#"{"TaskARN":"arn:aws:ecs:us-west-2:1:task/services/0123"}"#;
        let length = body.len();
        write!(
            connection,
            "HTTP/1.1 200 OK
content-length: {length}

{body}"
        )
        .unwrap();
        first
    });
    let service = Running::start(&[("ECS_CONTAINER_METADATA_URI_V4", &uri)]);
    let answer = service.get("/service1", "");
    let version = format!(r#""version":"{}""#, env!("CARGO_PKG_VERSION"));
    assert!(answer.contains(&version) && answer.contains(r#""task_id":"0123""#), "{answer}");
    assert_eq!(answers.join().unwrap(), "GET /v4/0123-1/task HTTP/1.1");
}

#[test]
fn a_finished_request_is_one_flat_line() {
    let service = Running::start(&[]);
    service.get("/service1/peer?secret=1", "x-amzn-trace-id: Root=1-2-3\r\n");
    service.signal(Signal::SIGTERM);
    let (_, log) = service.end();
    let line = &log[0];
    assert_eq!(line["message"], "finished");
    assert_eq!((&line["method"], &line["path"]), (&"GET".into(), &"/service1/peer".into()));
    assert_eq!((&line["status"], &line["level"]), (&503.into(), &"WARN".into()));
    assert_eq!(line["trace_id"], "Root=1-2-3");
    assert!(line["duration_ms"].is_number() && line["timestamp"].is_string());
    assert!(line["problem"].as_str().unwrap().contains("SERVICE_URL"));
    assert_eq!(log[1]["message"], "stopping");
}

#[test]
fn health_checks_of_the_load_balancer_do_not_drown_the_log() {
    let check = "user-agent: ELB-HealthChecker/2.0\r\n";
    let paths = |rust_log| {
        let service = Running::start(&[("RUST_LOG", rust_log)]);
        service.get("/service1", check);
        service.get("/service1/health", check);
        service.get("/service1", "");
        service.signal(Signal::SIGTERM);
        let log = service.end().1;
        log.iter().filter_map(|line| line["path"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(paths("info"), ["/service1/health", "/service1"]);
    assert_eq!(paths("service_kit=debug,info"), ["/service1", "/service1/health", "/service1"]);
}

#[test]
fn the_program_asks_the_running_service_for_its_health() {
    let running = Running::start(&[]);
    let port = running.address.port().to_string();
    let ask = |port: &str| {
        let mut command = service1(&[("PORT", port)]);
        command.arg("healthcheck");
        command
    };
    assert!(ask(&port).status().unwrap().success());
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end().0, Some(0));
    let words = last_words(&mut ask(&port), 1);
    assert!(words.starts_with("service1: is not healthy (Connection refused"), "{words}");
}
