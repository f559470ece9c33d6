//! `local-env up` with tasks that are containers, beside one that is a process.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::docker::{docker, output, run, said};

const TEMPLATE: &str = include_str!("launcher/shop.yaml");
const SERVER: &str = include_str!("launcher/web/server.pl");
const DOCKERFILE: &str = include_str!("launcher/web/Dockerfile");
const DESK: &str = include_str!("launcher/desk.py");
const PROJECT: &str = "
[services.web]
build = \"web\"
env = { EXTRA = \"from the desk\" }
[services.desk]
run = \"python3 desk.py\"
";
const PATIENCE: Duration = Duration::from_secs(90);
/// What everything that an environment makes in Docker is labelled with.
const LABEL: &str = "label=dev.local-env.folder";

/// `local-env up` at work.
struct Up {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Up {
    fn start(folder: &Path) -> Self {
        let mut command = up(folder);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|it| sender.send(it)));
        Self { child, lines, seen: Vec::new() }
    }

    /// The next line with these words.
    fn until(&mut self, words: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("never said: {words}\n{}", self.seen.join("\n"));
            };
            self.seen.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Where the load balancer is.
    fn url(&mut self) -> String {
        let line = self.until("listeners http://");
        line.split_whitespace().nth(1).unwrap().to_owned()
    }

    fn signal(&self, signal: &str) {
        run(Command::new("kill").args([signal, &self.child.id().to_string()]));
    }

    fn ended(mut self) -> bool {
        self.child.wait().unwrap().success()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn up(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-env"));
    command.current_dir(folder).args(["up", "shop.yaml", "--publish", "0:80"]);
    command.args(["--dns", "127.0.0.1:0"]).env("LOCAL_ENV_DATA", folder.join("data"));
    command
}

fn folder(template: &str, project: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("web")).unwrap();
    for (name, text) in [
        ("shop.yaml", template),
        ("local-env.toml", project),
        ("desk.py", DESK),
        ("web/server.pl", SERVER),
        ("web/Dockerfile", DOCKERFILE),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn get(url: &str) -> String {
    run(Command::new("curl").args(["--silent", "--show-error", "--max-time", "20", url]))
}

/// Containers and networks of environments, whichever.
fn left() -> String {
    let containers = run(&mut docker(&["ps", "--all", "--quiet", "--filter", LABEL]));
    containers + &run(&mut docker(&["network", "ls", "--quiet", "--filter", LABEL]))
}

/// The folders of environments, whichever.
fn folders() -> BTreeSet<PathBuf> {
    let entries = std::env::temp_dir().read_dir().unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.join("gate").exists()).collect()
}

/// One after another, since what is left behind is looked for.
#[test]
#[ignore = "needs Docker"]
fn containers_and_processes_are_tasks_of_one_environment() {
    they_call_each_other_and_end();
    a_container_that_uses_too_much_memory_is_replaced();
    what_a_killed_environment_left_is_removed_at_the_next_start();
    an_image_that_cannot_be_had_is_told_of();
    an_image_of_cdks_is_built_as_its_assets_say();
    without_docker_the_entries_that_are_missing_are_told();
    a_task_is_of_one_kind();
    assert_eq!(left(), "");
}

fn they_call_each_other_and_end() {
    let (folder, before) = (folder(TEMPLATE, PROJECT), folders());
    let mut up = Up::start(folder.path());
    let url = up.url();
    up.until("all tasks run and are healthy");
    assert!(!folders().is_subset(&before));
    assert!(up.seen.iter().any(|line| line.ends_with("│ listening")), "{:#?}", up.seen);
    let environment = get(&format!("{url}/web"));
    for variable in [
        "FROM_IMAGE=yes",
        "LEVEL=template",
        "EXTRA=from the desk",
        "AWS_EXECUTION_ENV=AWS_ECS_FARGATE",
    ] {
        assert!(environment.lines().any(|line| line == variable), "{variable}: {environment}");
    }
    assert!(get(&format!("{url}/web/task")).contains("\"Family\":\"web\""));
    // A process by its name from a container, and the other way round.
    assert_eq!(get(&format!("{url}/web/peer")), "this is desk\n");
    assert!(get(&format!("{url}/desk/peer")).contains("FROM_IMAGE=yes"));
    // The same by a name of Service Connect, at another port.
    assert_eq!(get(&format!("{url}/web/alias")), "this is desk\n");
    // A container by its name from a container: a task of the same service.
    assert!(get(&format!("{url}/web/self")).contains("FROM_IMAGE=yes"));
    up.signal("-INT");
    up.until("exit code 0");
    assert!(up.ended());
    assert_eq!(left(), "");
    assert!(folders().is_subset(&before));
}

fn a_container_that_uses_too_much_memory_is_replaced() {
    let folder = folder(TEMPLATE, PROJECT);
    let mut up = Up::start(folder.path());
    let url = up.url();
    up.until("all tasks run and are healthy");
    get(&format!("{url}/web/hog"));
    up.until("exit code 137, SIGKILL, OutOfMemoryError: Container killed due to memory usage");
    get(&format!("{url}/web/exit"));
    up.until("Essential container in task exited (web: exit code 3)");
    up.until("has reached a steady state");
    up.signal("-INT");
    // At once.
    up.signal("-INT");
    up.ended();
    assert_eq!(left(), "");
}

fn what_a_killed_environment_left_is_removed_at_the_next_start() {
    let folder = folder(TEMPLATE, PROJECT);
    let mut killed = Up::start(folder.path());
    killed.until("all tasks run and are healthy");
    killed.signal("-KILL");
    killed.ended();
    let before = left();
    assert!(before.lines().count() > 4, "{before}");
    let mut next = Up::start(folder.path());
    next.until("all tasks run and are healthy");
    let after = left();
    assert!(before.lines().all(|id| !after.contains(id)), "{before}\n{after}");
    next.signal("-INT");
    assert!(next.ended());
}

fn an_image_that_cannot_be_had_is_told_of() {
    let template = TEMPLATE.replace("team/web:1", "127.0.0.1:1/team/web:1");
    let folder = folder(&template, &PROJECT.replace("build = \"web\"", ""));
    let ended = output(&mut up(folder.path()));
    let told = said(&ended);
    assert!(!ended.status.success());
    assert!(told.contains("pulling the image of web failed"), "{told}");
    assert!(told.contains("CannotPullContainerError"), "{told}");
}

fn an_image_of_cdks_is_built_as_its_assets_say() {
    let image = "registry.invalid/assets:of-a-test";
    let folder = folder(
        &TEMPLATE.replace("team/web:1", image),
        &PROJECT
            .replace("[services.web]\nbuild = \"web\"\nenv = { EXTRA = \"from the desk\" }\n", ""),
    );
    let assets = r#"{"dockerImages": {"1": {"source": {"directory": "web"},
        "destinations": {"here": {"repositoryName": "assets", "imageTag": "of-a-test"}}}}}"#;
    fs::write(folder.path().join("Shop.assets.json"), assets).unwrap();
    let mut up = Up::start(folder.path());
    let url = up.url();
    up.until("all tasks run and are healthy");
    assert!(get(&format!("{url}/web")).contains("FROM_IMAGE=yes"));
    up.signal("-INT");
    assert!(up.ended());
    // So that the next one has to be built too.
    run(&mut docker(&["image", "rm", image]));
}

fn without_docker_the_entries_that_are_missing_are_told() {
    let folder = folder(TEMPLATE, PROJECT);
    let ended = output(up(folder.path()).env("DOCKER_HOST", "unix:///nowhere/docker.sock"));
    let told = said(&ended);
    assert!(!ended.status.success());
    assert!(
        told.contains("does not say how to run web") && told.contains("[services.web]"),
        "{told}"
    );
    assert!(told.contains("start Docker"), "{told}");
}

fn a_task_is_of_one_kind() {
    let two = "- {Name: log, Image: team/log:1, Essential: false}\n        - Name: web";
    let folder = folder(
        &TEMPLATE.replace("- Name: web", two),
        &format!("{PROJECT}[services.web.containers.log]\nrun = \"true\"\n"),
    );
    let told = said(&output(&mut up(folder.path())));
    assert!(told.contains("would run as a container"), "{told}");
}
