//! The binary as a user runs it, with the sample stack and its services.

use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::dns;
use test_support::{PATIENCE, client_builder, eventually, task::process_with};

/// Building the services may take this long on a machine that has not built them yet.
const BUILD_PATIENCE: std::time::Duration = std::time::Duration::from_secs(600);

/// `local-env up` at work.
pub struct Up {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
    table: String,
    data: TempDir,
}

impl Up {
    /// Starts it in the repository's root and waits until it says that all is well.
    async fn start(arguments: &[&str]) -> Self {
        Self::start_in(&root(), &[&["--publish", "0:443"], arguments].concat()).await
    }

    pub async fn start_in(folder: &Path, arguments: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut child = command(folder)
            .args(["up", "--publish", "0:80", "--dns", "127.0.0.1:0"])
            .arg("--data-folder")
            .arg(data.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(File::create(data.path().join("stderr")).unwrap())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut table = String::new();
        let healthy = async {
            while let Some(line) = output.next_line().await.unwrap() {
                table += &line;
                table.push('\n');
                if line.starts_with("all tasks run and are healthy") {
                    return;
                }
            }
            let errors = std::fs::read_to_string(data.path().join("stderr")).unwrap();
            panic!("it ended early, having said: {table}{errors}");
        };
        timeout(BUILD_PATIENCE, healthy).await.expect("all tasks healthy");
        Self { child, output, table, data }
    }

    /// Waits for a line with these words.
    pub async fn says(&mut self, words: &str) {
        let said = async {
            while let Some(line) = self.output.next_line().await.unwrap() {
                if line.contains(words) {
                    return;
                }
            }
            panic!("it ended early, without {words}");
        };
        timeout(PATIENCE, said).await.unwrap_or_else(|_| panic!("it never said {words}"));
    }

    /// What it has said on standard error.
    pub fn errors(&self) -> String {
        std::fs::read_to_string(self.data.path().join("stderr")).unwrap()
    }

    /// The word of the table that starts like this.
    pub fn shown(&self, start: &str) -> &str {
        let mut words = self.table.split_whitespace();
        words.find(|word| word.starts_with(start)).unwrap_or_else(|| panic!("{}", self.table))
    }

    fn client(&self) -> reqwest::Client {
        let file = std::fs::read(self.row("CA")).unwrap();
        let certificate = reqwest::Certificate::from_pem(&file).unwrap();
        client_builder().tls_certs_only([certificate]).build().unwrap()
    }

    fn dns(&self) -> SocketAddr {
        self.row("DNS").parse().unwrap()
    }

    /// What stands behind a title of the table.
    fn row(&self, title: &str) -> &str {
        let mut lines = self.table.lines();
        let text = lines.find_map(|line| line.trim().strip_prefix(title));
        text.unwrap_or_else(|| panic!("{}", self.table)).trim()
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().unwrap().try_into().unwrap()), signal).unwrap();
    }

    /// How it ended, and all that it still had to say.
    pub async fn ended(mut self) -> (ExitStatus, String) {
        let rest = async {
            let mut rest = String::new();
            while let Some(line) = self.output.next_line().await.unwrap() {
                rest += &line;
                rest.push('\n');
            }
            rest
        };
        let rest = timeout(PATIENCE, rest).await.expect("its output ends");
        (timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap(), rest)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-env"));
    command.current_dir(folder).kill_on_drop(true);
    // Whether this machine has Docker is to make no difference.
    command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    command
}

async fn json(client: &reqwest::Client, url: &str) -> Value {
    let response = client.get(url).send().await.unwrap();
    assert_eq!(response.status(), 200, "{url}");
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn what_the_readme_promises_comes_true() {
    let up = Up::start(&[]).await;
    let (http, https) = (up.shown("http://").to_owned(), up.shown("https://").to_owned());
    let client = up.client();

    let redirect = client.get(format!("{http}/service1/peer")).send().await.unwrap();
    assert_eq!(redirect.status(), 301);
    let location = redirect.headers()["location"].to_str().unwrap();
    assert_eq!(location, format!("{https}/service1/peer"));
    for (caller, peer) in [(1, 2), (2, 1), (3, 1)] {
        let answer = json(&client, &format!("{https}/service{caller}/peer")).await;
        assert_eq!(answer["service"], format!("service{caller}"), "{answer}");
        assert_eq!(answer["peer"]["answer"]["service"], format!("service{peer}"), "{answer}");
    }

    let answer = json(&client, &format!("{https}/service3")).await;
    assert_eq!(answer["service"], "service3");
    assert_eq!(json(&client, &https).await["msg"], "base route");

    let names = dns::addresses(up.dns(), "service2.services.").await;
    assert_eq!(names.len(), 1);
    assert!(up.table.contains(&format!("{}:7072", names[0].0)), "{}", up.table);
    assert_eq!(names[0].1, 60);

    up.signal(Signal::SIGINT);
    let (status, rest) = up.ended().await;
    assert!(status.success(), "{status}: {rest}");
    assert_eq!(rest.matches("exit code 0").count(), 3, "{rest}");
}

#[tokio::test]
async fn what_the_cdk_synthesises_runs_as_it_is() {
    let template = "infra/tests/data/cdk-v2.json";
    let up = Up::start(&[template, "--project", "local-env.toml"]).await;
    let url = format!("{}/service2/peer", up.shown("https://"));
    let answer = json(&up.client(), &url).await;
    assert_eq!(answer["peer"]["answer"]["service"], "service1", "{answer}");
    up.signal(Signal::SIGTERM);
    let (status, rest) = up.ended().await;
    assert!(status.success(), "{status}: {rest}");
}

#[tokio::test]
async fn a_killed_task_is_replaced_in_targets_and_names() {
    let up = Up::start(&["--scale", "service1=2"]).await;
    let (client, url) = (up.client(), format!("{}/service1", up.shown("https://")));
    let names = async || {
        let mut names = dns::addresses(up.dns(), "service1.services.").await;
        names.sort();
        names
    };
    let before = names().await;
    assert_eq!(before.len(), 2);

    let victim = json(&client, &url).await["task_id"].as_str().unwrap().to_owned();
    let process = process_of(&victim).unwrap();
    kill(process, Signal::SIGKILL).unwrap();
    eventually("another name in its place", || async {
        let now = names().await;
        now.len() == 2 && now != before
    })
    .await;
    for _ in 0..10 {
        assert_ne!(json(&client, &url).await["task_id"], victim.as_str());
    }
    up.signal(Signal::SIGTERM);
    let (status, rest) = up.ended().await;
    assert!(status.success(), "{status}: {rest}");
}

#[tokio::test]
async fn tasks_end_with_a_local_env_that_is_killed() {
    let up = Up::start(&[]).await;
    let url = format!("{}/service1", up.shown("https://"));
    let task = json(&up.client(), &url).await["task_id"].as_str().unwrap().to_owned();
    assert!(process_of(&task).is_some());
    up.signal(Signal::SIGKILL);
    eventually("the task has ended", || async { process_of(&task).is_none() }).await;
}

/// A task's process.
fn process_of(task: &str) -> Option<Pid> {
    let own = format!("/v4/{task}-");
    process_with("ECS_CONTAINER_METADATA_URI_V4", |uri| uri.contains(&own))
}

/// Runs it to its end; what it says on standard error, on one line.
async fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = command(folder).env("NO_COLOR", "1").args(arguments).output();
    let output = timeout(PATIENCE, output).await.expect("an end").unwrap();
    assert!(!output.status.success(), "{arguments:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn mistakes_are_told_in_the_users_words() {
    let (root, empty) = (root(), tempfile::tempdir().unwrap());
    let data = empty.path().join("data");
    let with_data = |more: &[&'static str]| {
        let data = data.to_str().unwrap().to_owned();
        let own = ["up", "--dns", "127.0.0.1:0", "--data-folder"].map(str::to_owned);
        let more = more.iter().map(ToString::to_string);
        own.into_iter().chain([data]).chain(more).collect::<Vec<_>>()
    };
    for (folder, more, expected) in [
        (&*root, &["nowhere.json"][..], "cannot read the template nowhere.json"),
        (
            &*root,
            &["--scale", "service9=2"],
            "there is no service service9; the stack has service1",
        ),
        (&*root, &["--scale", "service1"], "there is no `=` in it"),
        (&*root, &["--publish", "9000:444"], "no listener has port 444; the stack has 80, 443"),
        (&*root, &["--parameter", "Domain=x"], "Domain"),
        (
            empty.path(),
            &["--parameter", "DomainName=a.example", "--parameter", "HostedZoneId=Z1"],
            "does not say how to run service1, service2, service3",
        ),
    ] {
        let arguments = with_data(more);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let said = refused(folder, &arguments).await;
        assert!(said.contains(expected), "{more:?}: {said}");
    }
}

#[tokio::test]
async fn a_taken_port_is_told_with_its_holder() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let data = tempfile::tempdir().unwrap();
    let publish = format!("{port}:80");
    let arguments = ["up", "--dns", "127.0.0.1:0", "--publish", &publish, "--data-folder"];
    let said = refused(&root(), &[&arguments[..], &[data.path().to_str().unwrap()]].concat()).await;
    assert!(said.contains(&format!("port {port}, wanted for a listener, is taken by")), "{said}");
    assert!(said.contains(&format!("(process {})", std::process::id())), "{said}");
}

#[tokio::test]
async fn what_the_tasks_say_is_kept_to_its_last_line_a_file_for_each_stream() {
    let folder = tempfile::tempdir().unwrap();
    let up = Up::start(&["--log-dir", folder.path().to_str().unwrap()]).await;
    let client = up.client();
    let url = format!("{}/service1", up.shown("https://"));
    let task = json(&client, &url).await["task_id"].as_str().unwrap().to_owned();
    up.signal(Signal::SIGTERM);
    assert!(up.ended().await.0.success());
    let group = std::fs::read_dir(folder.path()).unwrap();
    let group = group.map(|entry| entry.unwrap().path());
    let mut streams = group.map(|it| it.join("service1/ServiceOneContainer").join(&task));
    let stream = streams.find(|path| path.exists()).expect("the stream of the task");
    let said = std::fs::read_to_string(stream).unwrap();
    for word in ["\"message\":\"listening\"", "\"path\":\"/service1\"", "\"signal\":\"SIGTERM\""] {
        assert!(said.contains(word), "{word} in {said}");
    }
}
