//! A task's program: this very test binary, run again to serve instead of to test.

use std::{
    env,
    ffi::OsStr,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    process, thread,
};

use local_env::Process;
use nix::unistd::Pid;
use procfs::process::{self as procfs_process, all_processes};

const ROLE: &str = "LOCAL_ENV_TEST_TASK";

/// The program that serves as `role`: `serve`, `deaf` (ignores SIGTERM), `fail` (exits with 3) or `hog`
/// (holds 200 MiB).
pub fn command(role: &str) -> Process {
    let this = Process::new(env::current_exe().expect("this binary"));
    let arguments = ["--exact", "task", "--ignored", "--nocapture"];
    arguments.into_iter().fold(this, Process::arg).dir("/").env(ROLE, role)
}

/// A line for the shell.
pub fn shell(line: &str) -> Process {
    Process::new("/bin/sh").arg("-c").arg(line).dir("/")
}

/// A task's process, known by the value of a variable.
pub fn process_with(name: &str, is_its: impl Fn(&str) -> bool) -> Option<Pid> {
    let of_task = |process: &procfs_process::Process| {
        let environ = process.environ().unwrap_or_default();
        environ.get(OsStr::new(name)).and_then(|value| value.to_str()).is_some_and(&is_its)
    };
    let process = all_processes().ok()?.flatten().find(of_task)?;
    Some(Pid::from_raw(process.pid))
}

/// Does what a task's program does, as the variable of [`command`] tells. A test binary whose tests run
/// tasks has an ignored test `task` that calls this.
pub fn run() {
    match env::var(ROLE).as_deref() {
        Ok("serve") => serve(),
        Ok("deaf") => {
            // A shell can ignore a signal without unsafe code, and what it becomes inherits that.
            let this = env::current_exe().expect("this binary");
            let script = "trap '' TERM; exec \"$0\" \"$@\"";
            let mut command = process::Command::new("sh");
            command.args(["-c", script]).arg(this).args(env::args_os().skip(1));
            command.env(ROLE, "serve");
            let error = std::os::unix::process::CommandExt::exec(&mut command);
            panic!("{error}");
        }
        Ok("fail") => process::exit(3),
        Ok("hog") => hog(),
        _ => {}
    }
}

/// Takes 200 MiB and holds them.
fn hog() {
    let taken = vec![1_u8; 200 * 1024 * 1024];
    writeln!(std::io::stdout(), "{} bytes taken", taken.len()).expect("standard output");
    loop {
        thread::park();
    }
}

fn serve() {
    let variable = |name| env::var(name).expect("a variable of a task's");
    let listener = TcpListener::bind(format!("{}:{}", variable("HOST"), variable("PORT")));
    writeln!(std::io::stdout(), "listening").expect("standard output");
    for stream in listener.expect("the task's own port").incoming() {
        let stream = stream.expect("a connection");
        thread::spawn(move || answer(stream));
    }
}

/// Answers each request on a connection with the task's environment.
fn answer(stream: TcpStream) {
    let mut variables: Vec<_> =
        env::vars().map(|(name, value)| format!("{name}={value}")).collect();
    variables.sort();
    let body = variables.join("\n");
    let mut writer = stream.try_clone().expect("a stream");
    let mut lines = BufReader::new(stream).lines();
    while let Some(Ok(_request_line)) = lines.next() {
        lines
            .by_ref()
            .take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty()))
            .for_each(drop);
        let length = body.len();
        if write!(writer, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}").is_err() {
            return;
        }
    }
}
